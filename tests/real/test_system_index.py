"""The package index: an own one on disk, and none at all."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from devenv.core.errors import StepError, UnreachableError, UsageError
from devenv.system import archives, index

pytestmark = pytest.mark.real

NOWHERE = "http://me:s3cret@127.0.0.1:9/simple"


def wheel(folder: Path, name: str, version: str, *requires: str) -> None:
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {r}\n" for r in requires)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "")
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Of a machine whose only index is a folder with a few wheels."""
    folder = tmp_path / "index"
    folder.mkdir()
    for version in ("1.0", "2.0"):
        wheel(folder, "alpha", version, "beta>=1")
        wheel(folder, "beta", version, "gamma")
    wheel(folder, "gamma", "1.0")
    others = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_"))}
    own = {
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(folder),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    return {**others, **own}


def pins(lines: tuple[str, ...]) -> list[str]:
    return [line.split()[0] for line in lines if "==" in line]


def test_a_resolution_is_exact_and_has_hashes(environ: dict[str, str]) -> None:
    lines = index.resolve(["alpha"], sys.executable, environ=environ)
    assert pins(lines) == ["alpha==2.0", "beta==2.0", "gamma==1.0"]
    assert sum("--hash=sha256:" in line for line in lines) == 3
    assert not any("index" in line or "#" in line for line in lines)


def test_what_is_excluded_brings_nothing_along(environ: dict[str, str]) -> None:
    lines = index.resolve(["alpha"], sys.executable, environ=environ, excludes=["beta"])
    assert pins(lines) == ["alpha==2.0"]


def test_an_earlier_resolution_is_kept_as_far_as_it_fits(environ: dict[str, str]) -> None:
    old = index.resolve(["alpha==1.0", "beta==1.0"], sys.executable, environ=environ)
    kept = index.resolve(["alpha", "beta>1"], sys.executable, environ=environ, prefer=old)
    assert pins(kept) == ["alpha==1.0", "beta==2.0", "gamma==1.0"]


def test_settings_of_a_project_around_us_do_not_count(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "uv.toml").write_text('[pip]\nresolution = "lowest"\n')
    monkeypatch.chdir(tmp_path)
    assert pins(index.resolve(["beta"], sys.executable, environ=environ))[0] == "beta==2.0"


def test_what_cannot_be_resolved_is_told_in_a_line(environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"no versions fit alpha>3: Because .*alpha") as caught:
        index.resolve(["alpha>3"], sys.executable, environ=environ)
    assert "\n" not in caught.value.what


def test_no_network_is_told_without_secrets(tmp_path: Path, environ: dict[str, str]) -> None:
    for name in ("UV_NO_INDEX", "UV_FIND_LINKS"):
        del environ[name]
    environ |= {"UV_DEFAULT_INDEX": NOWHERE, "UV_HTTP_RETRIES": "0"}
    environ |= {"PIP_INDEX_URL": NOWHERE, "PIP_RETRIES": "1", "PIP_CONFIG_FILE": os.devnull}
    with pytest.raises(UnreachableError, match="refused") as caught:
        index.resolve(["alpha"], sys.executable, environ=environ)
    with pytest.raises(UnreachableError, match="refused") as other:
        archives.download("alpha", tmp_path, environ=environ)
    for error in (caught.value, other.value):
        assert "\n" not in error.what
        assert "s3cret" not in str(error)


def test_a_source_release_is_fetched_with_the_users_settings_of_pip(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    text = '[build-system]\nrequires=[]\nbuild-backend="b"\nbackend-path=["."]\n'
    info = "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n"
    backend = (
        f"open({str(tmp_path / 'ran')!r}, 'w')\n"
        "def build_wheel(*a, **k): raise SystemExit('error: not now')\n"
    )
    with tarfile.open(links / "thing-1.0.tar.gz", "w:gz") as tar:
        for name, body in (("pyproject.toml", text), ("b.py", backend), ("PKG-INFO", info)):
            member = tarfile.TarInfo(f"thing-1.0/{name}")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body.encode()))
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {links}\n")
    environ |= {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}
    out = tmp_path / "out"
    out.mkdir()
    found = archives.download("thing==1.0", out, environ=environ)
    assert found.read_bytes() == (links / "thing-1.0.tar.gz").read_bytes()
    assert not (tmp_path / "ran").exists(), "a download runs nothing of what it brings"
    with pytest.raises(UsageError, match="no source release of thing==2"):
        archives.download("thing==2", out, environ=environ)
    with tarfile.open(found) as tar:
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(tmp_path, **safe)  # noqa: S202 - our own
    with pytest.raises(StepError, match="not now"):
        index.build_wheel(tmp_path / "thing-1.0", tmp_path / "wheel", environ, known_as=tmp_path)
