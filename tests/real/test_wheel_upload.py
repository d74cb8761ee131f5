"""devenv wheel upload to real indexes: pypiserver with a password, devpi with staging and production."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_indexes import PASSWORD, USER, Server, devpi, failing, pages, pypiserver
from support import Devenv, plain_environ
from wheel_samples import pure_wheel

pytestmark = pytest.mark.real

LOGIN = {"UV_PUBLISH_USERNAME": USER, "UV_PUBLISH_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pypiserver(tmp_path_factory.mktemp("pypiserver")) as found:
        yield found


def test_sent_verified_and_then_already_there(
    devenv: Devenv, server: Server, tmp_path: Path
) -> None:
    path = pure_wheel(tmp_path, "1.0")
    dry = devenv("wheel", "upload", path, "--index", server.url, "--dry-run", **LOGIN).stdout
    assert "would be sent" in dry
    assert list(server.folder.iterdir()) == []
    done = devenv("wheel", "upload", path, "--index", server.url, **LOGIN).stdout
    assert "sent and verified" in done
    assert PASSWORD not in done
    assert (server.folder / path.name).read_bytes() == path.read_bytes()
    again = devenv("wheel", "upload", path, "--index", server.url, "--json", **LOGIN).stdout
    (one,) = json.loads(again)["wheels"]
    assert one["state"] == "already there"
    into = tmp_path / "into"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--target", into, "pure==1.0"]
    pip += ["--disable-pip-version-check", "--index-url", f"{server.url}simple/"]
    subprocess.run(list(map(str, pip)), check=True, env=plain_environ())
    assert (into / "pure.py").read_text() == "ANSWER = 42\n"


def test_other_content_is_refused_before_anything_is_sent(
    devenv: Devenv, server: Server, tmp_path: Path
) -> None:
    first = pure_wheel(tmp_path / "a", "2.0")
    devenv("wheel", "upload", first, "--index", server.url, **LOGIN)
    other, new = (
        pure_wheel(tmp_path / "b", "2.0", "ANSWER = 43\n"),
        pure_wheel(tmp_path / "b", "2.1"),
    )
    done = devenv("wheel", "upload", new, other, "--index", server.url, code=6, **LOGIN).stdout
    for path in (first, other):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in done
    assert not (server.folder / new.name).exists()
    assert (server.folder / first.name).read_bytes() == first.read_bytes()


def test_a_wheel_with_an_error_is_not_sent(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    path = pure_wheel(tmp_path, "3.0")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("extra.py", "")
    done = devenv("wheel", "upload", path, "--index", server.url, code=1, **LOGIN).stdout
    assert "extra.py: not in RECORD" in done
    assert "nothing was sent" in done
    assert not (server.folder / path.name).exists()


def test_credentials_of_every_usual_place(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    home = tmp_path / "user"
    home.mkdir()
    lines = f"[local]\nrepository = {server.url}\nusername = {USER}\npassword = {PASSWORD}\n"
    host = f"machine 127.0.0.1 login {USER} password {PASSWORD}\n"
    with_user = server.url.replace("://", f"://{USER}:{PASSWORD}@")
    twine = {"TWINE_USERNAME": USER, "TWINE_PASSWORD": PASSWORD}
    places = {
        "4.0": (".pypirc", lines, "local", {}),
        "4.1": (".netrc", host, server.url, {}),
        "4.2": ("", "", with_user, {}),
        "4.3": ("", "", server.url, twine),
    }
    for version, (file, text, index, variables) in places.items():
        for old in (home / ".pypirc", home / ".netrc"):
            old.unlink(missing_ok=True)
        if file:
            (home / file).write_text(text)
        path = pure_wheel(tmp_path, version)
        done = devenv("wheel", "upload", path, "--index", index, HOME=str(home), **variables).stdout
        assert "sent and verified" in done, version
        assert PASSWORD not in done
        assert (server.folder / path.name).is_file()


def test_keyring(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    backend = {
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    code = "import keyring, sys; keyring.set_password(*sys.argv[1:])"
    argv = [sys.executable, "-c", code, server.url, USER, PASSWORD]
    subprocess.run(argv, check=True, env={**plain_environ(), **backend})
    path = pure_wheel(tmp_path, "5.0")
    variables = {**backend, "TWINE_USERNAME": USER}
    variables["PATH"] = f"{Path(sys.executable).parent}:{plain_environ()['PATH']}"
    done = devenv("wheel", "upload", path, "--index", server.url, **variables).stdout
    assert "credentials: keyring" in done
    assert (server.folder / path.name).is_file()


@pytest.mark.parametrize("login", [{}, {**LOGIN, "UV_PUBLISH_PASSWORD": "wrong-password"}])
def test_a_wrong_password_is_one_clear_error(
    devenv: Devenv, server: Server, tmp_path: Path, login: dict[str, str]
) -> None:
    path = pure_wheel(tmp_path, "6.0")
    done = devenv("wheel", "upload", path, "--index", server.url, code=6, **login).stdout
    assert "denies access" in done
    assert "UV_PUBLISH_PASSWORD" in done
    assert "wrong-password" not in done
    assert not (server.folder / path.name).exists()


def test_a_server_that_fails_for_a_while(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    path = pure_wheel(tmp_path, "7.0")
    with failing(2, server.url) as (url, seen):
        devenv("wheel", "upload", path, "--index", url, **LOGIN)
    assert len(seen) > 2
    assert (server.folder / path.name).read_bytes() == path.read_bytes()


def test_a_server_that_does_not_answer(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    path = pure_wheel(tmp_path, "8.0")
    with failing(10**6, server.url) as (url, _):
        done = devenv("wheel", "upload", path, "--index", url, code=5, **LOGIN).stdout
    assert "HTTP 503" in done
    assert "run the same command again" in done
    began = time.monotonic()
    dead = devenv("wheel", "upload", path, "--index", "http://127.0.0.1:9/", code=5, **LOGIN).stdout
    assert "does not answer" in dead
    assert time.monotonic() - began < 60
    assert not (server.folder / path.name).exists()


def test_a_server_that_never_answers_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devenv.core.errors import UnreachableError
    from devenv.products.wheel import online
    from devenv.products.wheel.credentials import Credentials
    from devenv.products.wheel.indexes import Target

    monkeypatch.setattr(online, "PAUSE", 0.01)
    with failing(10**6, server.url, hangs=True) as (url, seen):
        target = Target("", url, (f"{url}simple/",))
        limit = {"DEVENV_HTTP_TIMEOUT": "2"}
        with pytest.raises(UnreachableError, match=r"does not answer: timed out \(4 tries\)"):
            online.online(online.IndexSession(target, Credentials(), limit), "pure")
    assert len(seen) == online.TRIES


def test_the_password_goes_to_the_index_alone() -> None:
    """Its page names files of another server, or leads there."""
    from devenv.products.wheel import online
    from devenv.products.wheel.credentials import Credentials
    from devenv.products.wheel.indexes import Target

    elsewhere: dict[str, str] = {}
    own: dict[str, str] = {}
    with pages({"/file": b"content"}, elsewhere) as other:
        texts = {"/simple/pure/": f'<a href="{other}file">a</a><a href="/moved">b</a>'.encode()}
        with pages(texts, own, moved=f"{other}file") as url:
            target = Target("", url, (f"{url}simple/",))
            session = online.IndexSession(target, Credentials(USER, PASSWORD), {})
            files = online.online(session, "pure") or ()
            digests = {online.digest_online(one, session) for one in files}
    assert digests == {hashlib.sha256(b"content").hexdigest()}
    assert own.keys() == {"/simple/pure/", "/moved"}
    assert all(text.startswith("Basic ") for text in own.values())
    assert elsewhere == {"/file": ""}


def test_a_page_that_is_none_is_one_clear_error(tmp_path: Path) -> None:
    path = pure_wheel(tmp_path, "1.0")
    devenv = Devenv(tmp_path / "home")
    for text in (b"{", b'{"files": [{}]}', b"[]"):
        with pages({"/simple/pure/": text}, {}, kind="application/json") as url:
            done = devenv("wheel", "upload", path, "--index", url, code=6).stdout
        assert f"{url}simple/pure/ is not a page of a package index" in done


def test_the_password_is_in_no_process_list(devenv: Devenv, server: Server, tmp_path: Path) -> None:
    """The server lets the first try hang, so that what sends the file is there for a while."""
    path = pure_wheel(tmp_path, "9.0")
    lines: set[bytes] = set()
    with failing(1, server.url, hangs=True, method="POST") as (url, _):
        argv = [sys.executable, "-m", "devenv", "wheel", "upload", str(path), "--index", url]
        environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home), **LOGIN}
        process = subprocess.Popen(argv, env=environ, stdout=subprocess.DEVNULL)
        while process.poll() is None:
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    lines.add(entry.read_bytes())
                except OSError:
                    continue
    assert process.returncode == 0
    assert (server.folder / path.name).is_file()
    assert any(b"publish" in line for line in lines)
    assert not any(PASSWORD.encode() in line for line in lines)


def test_from_staging_to_production_by_name(devenv: Devenv, tmp_path: Path) -> None:
    path = pure_wheel(tmp_path, "1.0")
    with devpi(tmp_path / "devpi") as found:
        text = "".join(
            f'[[tool.devenv.wheel.index]]\nname = "{name}"\nurl = "{found.url}{name}/+simple/"\n'
            f'publish = "{found.url}{name}/"\n'
            for name in ("staging", "production")
        )
        (tmp_path / "pyproject.toml").write_text(text)
        for name in ("staging", "production"):
            done = devenv("wheel", "upload", path, "--index", name, cwd=tmp_path, **LOGIN).stdout
            assert "sent and verified" in done
            done = devenv("wheel", "upload", path, "--index", name, cwd=tmp_path, **LOGIN).stdout
            assert "already there" in done
        other = pure_wheel(tmp_path / "other", "1.0", "ANSWER = 43\n")
        done = devenv(
            "wheel", "upload", other, "--index", "production", cwd=tmp_path, code=6, **LOGIN
        ).stdout
        assert "other content under the same name" in done
        # Without a name the simple API of the address is found, too.
        new = pure_wheel(tmp_path, "1.1")
        devenv("wheel", "upload", new, "--index", f"{found.url}staging/", cwd=tmp_path, **LOGIN)


def test_bad_input(devenv: Devenv, tmp_path: Path) -> None:
    path = pure_wheel(tmp_path, "1.0")
    said = devenv("wheel", "upload", path, "--index", "prodction", code=2).stdout
    assert "--index prodction: neither a URL nor a known index" in said
    for url in ("http://[::1/", "http://host:port/", "http://127.0.0.1:99999/"):
        said = devenv("wheel", "upload", path, "--index", url, code=2).stdout
        assert f"--index {url}: neither a URL nor a known index" in said
    said = devenv("wheel", "upload", path, path, "--index", "http://127.0.0.1:9/", code=2).stdout
    assert "named twice" in said
    home = tmp_path / "user"
    home.mkdir()
    (home / ".pypirc").write_text(f"password = {PASSWORD}\n")
    said = devenv("wheel", "upload", path, "--index", "x", code=2, HOME=str(home)).stdout
    assert ".pypirc is not valid" in said
    assert PASSWORD not in said
