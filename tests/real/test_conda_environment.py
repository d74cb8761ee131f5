"""An environment of conda packages behind the same commands as any other."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conda_parts import VERSION, assemble, make_python
from support import Devenv, plain_environ

pytestmark = pytest.mark.real

SITE = f"lib/python{VERSION}/site-packages"
ACTIVATE = """\
export ALPHA_HOME=$CONDA_PREFIX/share/alpha OLD_LD=$LD_LIBRARY_PATH
export LD_LIBRARY_PATH=$CONDA_PREFIX/lib:$LD_LIBRARY_PATH
"""
LOOK = """\
import importlib.util
if importlib.util.find_spec("alpha"):
    import alpha
    print("alpha", alpha.VERSION)
"""


def alpha(version: str, build: str = "0") -> dict[str, object]:
    files = {
        f"{SITE}/alpha.py": f"VERSION = '{version} {build}'\n",
        "etc/conda/activate.d/alpha.sh": ACTIVATE,
        "share/alpha/data": version,
    }
    needs = ["python", "beta"]
    return {"name": "alpha", "version": version, "build": build, "files": files, "depends": needs}


@pytest.fixture(scope="module")
def shared(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A channel with a stand-in for python, alpha in two versions, and beta."""
    folder = tmp_path_factory.mktemp("conda-environment")
    channel = folder / "channel"
    devenv = make_devenv("conda-environment")
    make_python(devenv, folder, channel, VERSION, pip=False)
    beta = {"name": "beta", "files": {f"{SITE}/beta.py": "VERSION = '1'\n"}, "depends": ["python"]}
    note = json.dumps({"libraries": {"libnothing.so.1": "/opt/site/libnothing.so.1"}})
    bound = {"name": "bound", "files": {"share/devenv/host/bound.json": note}}
    packages = (alpha("1"), alpha("2"), alpha("1", "0_derecho"), beta, bound)
    assemble(channel, folder / "files", *packages)
    devenv("conda", "index", channel)
    return channel


@pytest.fixture
def channel(shared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shared, tmp_path / "channel"))


def seen(devenv: Devenv, name: str = "box") -> str:
    return devenv("run", name, "--", "python", "-c", LOOK).stdout.strip()


def test_every_verb(
    devenv: Devenv, channel: Path, tmp_path: Path, make_package: Callable[..., Path]
) -> None:
    create = (
        "create",
        "box",
        "--template",
        "conda",
        "--channel",
        channel,
        "--package",
        "alpha=1=0",
    )
    planned = devenv(*create, "--dry-run").stdout
    assert "child solve" in planned and "what they resolve to is installed" in planned
    assert not (devenv.home / "envs").exists() and not (devenv.home / "conda-envs").exists()
    made = devenv(*create).stdout
    assert "since the template names conda packages only" in made
    assert seen(devenv) == "alpha 1 0"

    (prefix,) = (devenv.home / "conda-envs").glob("[!.]*")
    record = json.loads((prefix / "conda-meta" / "alpha-1-0.json").read_text())
    assert record["sha256"]
    lock = devenv.home / "envs/box/current/conda.lock"
    assert record["sha256"] in lock.read_text()

    source = make_package("mine", "hatchling")
    devenv("develop", "mine", "--path", source)
    code = "import mine, os; print(os.path.realpath(mine.__file__))"
    assert str(source) in devenv("run", "--", "python", "-c", code).stdout

    request = devenv.home / "envs/box/environment.yaml"
    request.write_text(request.read_text().replace("alpha=1=0", "alpha=2"))
    assert "-(alpha 1 0) +(alpha 2 0)" in devenv("build", "--why").stdout
    assert "box: generation 3, " in devenv("build").stdout
    assert "up to date (generation 3)" in devenv("build").stdout
    assert seen(devenv) == "alpha 2 0"
    assert "alpha 1 → 2" in devenv("lock", "diff").stdout
    assert "alpha 1 → 2" in devenv("generations").stdout.splitlines()[3]
    assert "alpha 2" in devenv("graph").stdout
    assert "engine conda" in devenv("show").stdout
    assert "fail" not in devenv("doctor").stdout

    devenv("rollback")
    assert seen(devenv) == "alpha 1 0"
    devenv("undevelop", "mine")
    devenv("remove", "box")
    devenv("prune")
    assert not [*devenv.home.glob("conda-envs/*")]


def test_packages_are_added_and_removed(devenv: Devenv, channel: Path) -> None:
    devenv("create", "box", "--template", "conda", "--channel", channel)
    assert seen(devenv) == ""
    devenv("add", "alpha =*=*_derecho")
    assert seen(devenv) == "alpha 1 0_derecho"
    devenv("add", "alpha=2")
    assert seen(devenv) == "alpha 2 0"
    devenv("remove-package", "alpha")
    assert seen(devenv) == ""
    assert "unknown package 'alpha'" in devenv("remove-package", "alpha", code=2).stdout


def test_the_template_of_a_site(devenv: Devenv, channel: Path, tmp_path: Path) -> None:
    """The site's build comes from the site's channel, whatever another channel has."""
    site, files = tmp_path / "site", {"share/mpi4py": "the site's"}
    bound = {"name": "mpi4py", "version": "3", "build": "derecho_gcc_0", "files": files}
    assemble(site, tmp_path / "bound", bound)
    assemble(channel, tmp_path / "newer", {"name": "mpi4py", "version": "4"})
    for one in (site, channel):
        devenv("conda", "index", one)
    devenv("create", "derecho", "--channel", site, "--channel", channel)
    (file,) = (devenv.home / "conda-envs").glob("[!.]*/share/mpi4py")
    assert file.read_text() == "the site's"


def test_a_lock_is_kept_and_reproduced(devenv: Devenv, channel: Path, tmp_path: Path) -> None:
    """A package that came later is not taken, unless asked for; another machine gets the same files."""
    create = ("create", "box", "--template", "conda", "--channel", channel, "--package", "alpha")
    (channel / "linux-64" / "alpha-2-0.conda").rename(tmp_path / "alpha-2-0.conda")
    devenv("conda", "index", channel)
    devenv(*create)
    kept = seen(devenv)
    assert kept.startswith("alpha 1 ")
    (tmp_path / "alpha-2-0.conda").rename(channel / "linux-64" / "alpha-2-0.conda")
    devenv("conda", "index", channel)
    assert "up to date" in devenv("build").stdout
    devenv("add", "beta")
    assert seen(devenv) == kept
    lock = devenv.home / "envs/box/current/lock.json"
    other = Devenv(tmp_path / "other")
    other("create", "same", "--from-lock", lock)
    assert seen(other, "same") == kept
    assert "generation 2" in devenv("build", "--update").stdout
    assert seen(devenv) == "alpha 2 0"


def test_activation_scripts_of_packages(devenv: Devenv, channel: Path) -> None:
    """What they change is part of the activation, in every shell, and is undone."""
    devenv("create", "box", "--template", "conda", "--channel", channel, "--package", "alpha")
    (prefix,) = (devenv.home / "conda-envs").glob("[!.]*")
    script = devenv.home / "envs/box/current/activate.sh"
    shown = f'. "{script}"; echo "$ALPHA_HOME|$LD_LIBRARY_PATH|$CONDA_PREFIX|${{OLD_LD-none}}"'
    environ = {**plain_environ(), "LD_LIBRARY_PATH": "/mine"}
    said = subprocess.check_output(["sh", "-c", shown], text=True, env=environ).strip()
    assert said == f"{prefix}/share/alpha|{prefix}/lib:/mine|{prefix}|none"
    program = str(Path(sys.executable).parent)
    text = 'eval "$(devenv shell-init bash)"; devenv activate box; env; echo ---; devenv deactivate; env'
    environ |= {"DEVENV_HOME": str(devenv.home), "PATH": f"{program}:{environ['PATH']}"}
    shown = subprocess.check_output(["bash", "-c", text], text=True, env=environ)
    active, _, after = shown.partition("---")
    assert f"ALPHA_HOME={prefix}/share/alpha" in active
    assert "ALPHA_HOME" not in after and "CONDA_PREFIX" not in after
    assert "LD_LIBRARY_PATH=/mine\n" in after


def test_a_damaged_installation_is_named_and_made_again(devenv: Devenv, channel: Path) -> None:
    devenv("create", "box", "--template", "conda", "--channel", channel, "--package", "alpha=1=0")
    (prefix,) = (devenv.home / "conda-envs").glob("[!.]*")
    file = prefix / SITE / "alpha.py"
    file.chmod(0o644)
    file.write_text("VERSION = 'broken'\n")
    assert "alpha.py" in devenv("doctor", code=1).stdout
    devenv("doctor", "--fix")
    assert seen(devenv) == "alpha 1 0"


def test_a_killed_installation_goes_on(devenv: Devenv, channel: Path) -> None:
    create = ("create", "box", "--template", "conda", "--channel", channel, "--package", "alpha")
    devenv(*create)
    (prefix,) = (devenv.home / "conda-envs").glob("[!.]*")
    left = prefix.with_name(f".{prefix.name}.staging-1-1")
    prefix.rename(left)
    assert "prune" not in devenv("build", "--force").stdout
    assert seen(devenv).startswith("alpha 2")
    assert not left.exists()


def test_what_a_package_needs_from_the_host(devenv: Devenv, channel: Path, tmp_path: Path) -> None:
    """A login node may lack what the nodes have: the installation goes on, with a warning."""
    create = ("create", "box", "--template", "conda", "--channel", channel, "--package", "bound")
    words = "bound needs libnothing.so.1 from the host, which does not have it"
    assert f"warning: {words}" in devenv(*create).stdout
    assert words in devenv("doctor", "box", code=1).stdout
    (tmp_path / "libnothing.so.1").write_text("")
    found = devenv("doctor", "box", LD_LIBRARY_PATH=str(tmp_path)).stdout
    assert words not in found


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--channel", "nowhere/at/all"), 2, "nowhere/at/all is not a directory"),
        ((), 2, "none is named"),
        (("--channel", "CHANNEL", "--package", "gamma"), 2, "gamma"),
        (("--channel", "CHANNEL", "--package", "=1"), 2, "invalid package '=1'"),
        (("--channel", "CHANNEL", "--python", "/usr/bin/python3"), 2, "Give a version"),
        (("--channel", "CHANNEL", "--python", "2.7"), 2, "python 2.7"),
        (("--channel", "CHANNEL", "--neuron", "neuron==9.0.1"), 2, "names a wheel"),
        (("--channel", "CHANNEL", "--engine", "venv"), 2, "--channel is for conda packages"),
        (("--channel", "http://127.0.0.1:9/none"), 5, "http://127.0.0.1:9/none"),
        (("--channel", "http://me:secret@127.0.0.1:9/none"), 2, "RATTLER_AUTH_FILE"),
    ],
)
def test_what_cannot_be(
    devenv: Devenv, channel: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    named = [str(channel) if one == "CHANNEL" else one for one in words]
    done = devenv("create", "box", "--template", "conda", *named, code=code)
    assert message in done.stdout
    assert "secret" not in done.stdout
    assert not (devenv.home / "envs" / "box").exists()
    assert not [*devenv.home.glob("conda-envs/*")]


def test_an_environment_file(devenv: Devenv, channel: Path, tmp_path: Path) -> None:
    """With the site's spelling of a build."""
    file = tmp_path / "environment.yml"
    text = "name: site\nchannels: [channel, nodefaults]\ndependencies:\n  - python\n"
    file.write_text(f"{text}  - alpha =*=*_derecho\n")
    assert "child solve" in devenv("conda", "env", "create", "-f", file, "--dry-run").stdout
    devenv("conda", "env", "create", "-f", file)
    assert seen(devenv, "site") == "alpha 1 0_derecho"
    devenv("conda", "env", "create", "-f", file, "-n", "other", "-c", channel)
    assert seen(devenv, "other") == "alpha 1 0_derecho"
    assert "exists already" in devenv("conda", "env", "create", "-f", file, code=6).stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dependencies: [python]\n", "has no name"),
        ("name: a\n", "names no dependencies"),
        ("name: a\nchanels: [x]\ndependencies: [python]\n", "Did you mean 'channels'"),
        ("name: a\ndependencies: [python, {pip: [six]}]\n", "at dependencies[1]: packages of pip"),
        ("name: a\ndependencies: python\n", "at dependencies: not a list"),
        ("name: a\ndependencies: [python, 3]\n", "invalid value 3"),
        ("- a\n", "is not a mapping"),
        ("name: [", "environment.yml"),
    ],
)
def test_an_environment_file_that_cannot_be(
    devenv: Devenv, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "environment.yml").write_text(text)
    done = devenv("conda", "env", "create", cwd=tmp_path, code=2)
    assert message in done.stdout
    assert "environment.yml" in done.stdout
    assert not (devenv.home / "envs").exists()


def test_a_server_that_is_silent(devenv: Devenv, tmp_path: Path) -> None:
    """It accepts connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/channel"
        create = ("create", "box", "--template", "conda", "--channel", address)
        done = devenv(*create, code=5, DEVENV_HTTP_TIMEOUT="0.5")
        assert f"{address}/: no answer within 0.5 s" in done.stdout
        found = devenv("conda", "search", "x", "-c", address, code=5, DEVENV_HTTP_TIMEOUT="0.5")
        assert "no answer within 0.5 s" in found.stdout
    assert not (devenv.home / "envs" / "box").exists()
