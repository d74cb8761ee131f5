"""What is damaged or replaced is noticed by every use, healed by a build, and never passed over."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shells.harness import HERE, Shell
from support import plain_environ
from tiny import Tiny

from devenv.config.context import make_context
from devenv.core.interpreter import Interpreter
from devenv.engines.venv.packages import make_venv
from devenv.engines.venv.spec import VenvSpec
from devenv.system.files import remove
from devenv.system.index import resolve
from devenv.system.interpreters import find_python

pytestmark = pytest.mark.real

NAME = "tiny"


def generation(tiny: Tiny) -> dict:  # type: ignore[type-arg]
    path = tiny.devenv.home / "envs" / NAME / "current/environment.json"
    return json.loads(path.read_text())  # type: ignore[no-any-return]


@contextmanager
def away(path: Path) -> Iterator[None]:
    """A folder that is gone, and comes back."""
    aside = path.with_name(f"{path.name}.away")
    path.rename(aside)
    try:
        yield
    finally:
        if path.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(path)


@pytest.mark.parametrize("name", HERE)
def test_no_shell_takes_another_python(tiny: Tiny, name: str, tmp_path: Path) -> None:
    """The environment's Python is gone: an activation that goes on would run the system's."""
    shell = Shell(HERE[name], tmp_path, {"PATH": "/usr/bin:/bin"})
    current = tiny.devenv.home / "envs" / NAME / "current"
    source = shell.source(current / f"activate.{shell.dialect.suffix}")
    with away(Path(generation(tiny)["site"]).parents[2]):
        said = shell.run("dump before", source, "dump after", code=None)
    assert "the Python of tiny is missing or not executable" in said
    assert "devenv build tiny" in said
    assert "DEVENV_ENV" not in shell.dumped("after")


def test_without_its_packages_nothing_runs_with_another_python(tiny: Tiny) -> None:
    venv = Path(generation(tiny)["site"]).parents[2]
    with away(venv):
        for command in (("run", NAME, "--no-build", "--", "python", "-V"), ("activate", NAME)):
            said = tiny.devenv(*command, code=6).stdout
            assert str(venv) in said
            assert "devenv build tiny" in said
        said = tiny.devenv("doctor", NAME, code=1).stdout
        assert f"the packages in {venv}: it is gone" in said
        # A run that may build heals it.
        said = tiny.devenv(
            "run", NAME, "--", "python", "-c", "import sys; print(sys.prefix)"
        ).stdout
        assert str(venv) in said.splitlines()[-1]


def test_a_store_is_read_only_and_python_still_fills_its_caches(tiny: Tiny) -> None:
    found = generation(tiny)
    for folder in (Path(found["site"]).parents[2], Path(found["neuron"]).parents[2],
                   Path(found["model"]["path"])):  # fmt: skip
        writable = [
            path
            for path in (folder, *folder.rglob("*"))
            if "__pycache__" not in path.parts
            and not path.is_symlink()
            and path.stat().st_mode & 0o222
        ]
        assert writable == []
    cache = Path(found["site"], "h5py", "__pycache__")
    shutil.rmtree(cache)
    cache.mkdir()
    tiny.devenv("run", NAME, "--", "python", "-c", "import h5py")
    assert list(cache.glob("*.pyc"))
    assert tiny.devenv("doctor", NAME, "--json").returncode == 0


def test_no_file_of_a_store_is_also_in_the_cache_of_uv(tiny: Tiny) -> None:
    """Else a damage here is a damage of all that uses the cache, and comes back with each healing."""
    found = generation(tiny)
    library = Path(found["neuron"], "neuron/.data/lib/libnrniv.so")
    assert library.stat().st_nlink == 1


@pytest.mark.parametrize(
    "command", [("pip", "install", "six"), ("pip3", "uninstall", "-y", "numpy"),
                ("python", "-m", "pip", "install", "--upgrade", "six")],
    ids=" ".join,
)  # fmt: skip
def test_pip_refuses_and_names_the_way(tiny: Tiny, command: tuple[str, ...]) -> None:
    said = tiny.devenv("run", NAME, "--", *command, code=1).stdout
    assert "belongs to devenv" in said
    assert f"{tiny.devenv.home}/envs/tiny/environment.yaml" in said
    assert "devenv build tiny" in said
    assert "numpy==" in tiny.devenv("run", NAME, "--", "pip", "list").stdout


def test_what_another_installer_adds_is_taken_out(tiny: Tiny, tmp_path: Path) -> None:
    """As root no permission stops it: the next use does."""
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "stranger"\nversion = "1"\n'
    )
    (tmp_path / "stranger.py").write_text("")
    python = generation(tiny)["python"]
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "-q", "--python", python]
    subprocess.run([*uv, str(tmp_path)], check=True, capture_output=True, timeout=300)
    said = tiny.devenv("run", NAME, "--no-build", "--", "true", code=6).stdout
    assert "stranger" in said
    look = "import importlib.util as u; print('SPEC', u.find_spec('stranger'))"
    assert "SPEC None" in tiny.devenv("run", NAME, "--", "python", "-c", look).stdout


def test_touched_is_not_damaged_and_not_edited(tiny: Tiny) -> None:
    found = generation(tiny)
    for path in (found["site"], Path(found["neuron"], "neuron/.data/lib/libnrniv.so")):
        os.utime(path)
    request = tiny.devenv.home / "envs" / NAME / "environment.yaml"
    os.utime(request)
    said = tiny.devenv("run", NAME, "--no-build", "--", "echo", "RAN").stdout
    assert said.strip() == "RAN"
    assert "edited" not in tiny.devenv("doctor", NAME).stdout
    assert "edited" not in tiny.devenv("activate", NAME).stdout


def test_an_edited_request_is_noticed_whatever_its_time_is(tiny: Tiny) -> None:
    request = tiny.devenv.home / "envs" / NAME / "environment.yaml"
    before, times = request.read_text(), request.stat()
    request.write_text(before + "packages: [iniconfig]\n")
    os.utime(request, ns=(times.st_atime_ns, times.st_mtime_ns))
    try:
        said = tiny.devenv("run", NAME, "--", "echo", "RAN").stdout
        assert f"{request} was edited since the last build" in said
        assert "edited since (packages)" in tiny.devenv("doctor", NAME).stdout
        assert "environment.yaml was edited: packages" in tiny.devenv("build", NAME, "--why").stdout
        assert (
            "environment.yaml was edited: packages"
            in tiny.devenv("build", NAME, "--dry-run").stdout
        )
    finally:
        request.write_text(before)
    tiny.devenv("build", NAME)
    assert "edited" not in tiny.devenv("run", NAME, "--", "echo", "RAN").stdout


def test_uv_that_fails_is_not_a_python_that_is_not_there(tiny: Tiny, tmp_path: Path) -> None:
    """Its cache cannot be made: the reason is uv's own, not that there is no Python."""
    (tmp_path / "file").write_text("")
    said = tiny.devenv(
        "create", "other", "--template", "tiny", "--python", "3",
        code=None, UV_CACHE_DIR=str(tmp_path / "file/cache"),
    )  # fmt: skip
    assert said.returncode != 0
    assert "no Python" not in said.stdout
    assert str(tmp_path / "file/cache") in said.stdout


def test_a_damage_in_the_cache_of_uv_does_not_come_into_a_store(tmp_path: Path) -> None:
    environ = {**plain_environ(), "UV_CACHE_DIR": str(tmp_path / "cache")}
    context = make_context({**environ, "DEVENV_HOME": str(tmp_path / "home")}, tmp_path, quiet=True)
    interpreter = Interpreter(*find_python("3", environ))
    spec = VenvSpec(interpreter, resolve(("iniconfig",), interpreter.path, environ=environ))
    file = f"{interpreter.site}/iniconfig/__init__.py"
    venv = make_venv(context, spec, "the packages")
    good = (venv / file).read_text()
    (cached,) = (tmp_path / "cache").glob("archive-v0/*/iniconfig/__init__.py")
    cached.write_text(good + "DAMAGED = True\n")
    remove(venv)
    assert make_venv(context, spec, "the packages") == venv
    assert (venv / file).read_text() == good
    assert [path.name for path in venv.parent.iterdir()] == [spec.key]


def test_our_own_pip_is_no_damage_of_a_package(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As in every environment of the Spack engine, whose wheels hold a pip."""
    environ = {**plain_environ(), "DEVENV_HOME": str(tmp_path / "home")}
    context = make_context(environ, tmp_path)
    interpreter = Interpreter(*find_python("3", environ))
    spec = VenvSpec(interpreter, resolve(("pip",), interpreter.path, environ=environ))
    venv = make_venv(context, spec, "the packages")
    assert "nothing is installed here" in (venv / "bin/pip").read_text()
    said = capfd.readouterr().err
    assert said.count("Installing packages") == 1
    assert "damaged" not in said


def test_a_module_that_shadows_pythons_own_is_named(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "typing.py").write_text("raise SystemExit('not this one')\n")
    said = tiny.devenv("doctor", NAME, code=1, PYTHONPATH=str(tmp_path)).stdout
    assert f"{tmp_path}/typing.py on PYTHONPATH shadows a module" in said
    assert f"remove {tmp_path} from PYTHONPATH" in said
