"""What stands on PYTHONPATH, or in the working directory, is the user's: devenv itself never runs it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support import plain_environ

PROGRAM = Path(sys.executable).with_name("devenv")
SHADOWED = ("json", "yaml", "typing", "shlex", "__future__", "typer", "hashlib")
ENTRIES = {"script": [str(PROGRAM)], "module": [sys.executable, "-m", "devenv"]}


def shadow(folder: Path, name: str) -> Path:
    """A module of that name that leaves a trace, and has nothing of what the real one has."""
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(
        f"import sys\nsys.stderr.write('HIJACKED by {name}\\n')\nraise SystemExit(9)\n"
    )
    return folder


def start(argv: list[str], cwd: Path, home: Path, **variables: str) -> str:
    environ = {**plain_environ(), "DEVENV_HOME": str(home), **variables}
    done = subprocess.run(
        [*argv, "templates", "--json"], cwd=cwd, env=environ, text=True, timeout=60, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("entry", ENTRIES)
def test_pythonpath_takes_no_part(entry: str, tmp_path: Path) -> None:
    for name in SHADOWED:
        shadow(tmp_path / "mine", name)
    said = start(ENTRIES[entry], tmp_path, tmp_path / "home", PYTHONPATH=str(tmp_path / "mine"))
    assert "HIJACKED" not in said
    assert "neocortex" in said


def test_what_sitecustomize_imported_takes_no_part(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import json\n")
    (folder / "json.py").write_text("def dumps(*a, **k): return 'HIJACKED'\nloads = dumps\n")
    for argv in ENTRIES.values():
        assert "HIJACKED" not in start(argv, tmp_path, tmp_path / "home", PYTHONPATH=str(folder))


def test_the_working_directory_takes_no_part(tmp_path: Path) -> None:
    folder = shadow(tmp_path / "mine", "json")
    assert "HIJACKED" not in start(ENTRIES["module"], folder, tmp_path / "home")


def test_pythonhome_takes_no_part(tmp_path: Path) -> None:
    """A home with a standard library of the same version, so that Python itself starts with it."""
    library = Path(shlex.__file__).parent
    home = tmp_path / "other"
    copy = home / "lib" / library.name
    copy.mkdir(parents=True)
    for path in library.iterdir():
        (copy / path.name).symlink_to(path)
    (copy / "shlex.py").unlink()
    (copy / "shlex.py").write_text("raise SystemExit('HIJACKED')\n")
    for argv in ENTRIES.values():
        assert "HIJACKED" not in start(argv, tmp_path, tmp_path / "home", PYTHONHOME=str(home))


def test_the_pythonpath_of_the_command_is_untouched(tmp_path: Path) -> None:
    """The search path is devenv's own; the variable is as it was, for what devenv starts."""
    folder = shadow(tmp_path / "mine", "json")
    program = (
        "import devenv.__main__ as m, os, sys; m.isolate();"
        "print(os.environ['PYTHONPATH'], any(p == os.environ['PYTHONPATH'] for p in sys.path))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={**plain_environ(), "PYTHONPATH": str(folder)},
        cwd=tmp_path, text=True, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == [str(folder), "False"], done.stderr
