"""Dev sources wherever they are and however they are laid out; nothing in them is changed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support import EXPECTED, raster
from tiny import Tiny

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", autouse=True)
def paths(tiny: Tiny) -> None:
    """An environment beside `tiny`, of the same model."""
    tiny.devenv("create", "paths", "--template", "tiny")
    tiny.devenv("build", "paths")


SAY = """\
import importlib.metadata


def say():
    print("said by", __file__, importlib.metadata.version(__package__))
"""


def digest(folder: Path) -> dict[str, str]:
    """All that is in a source, and what git says of it."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts)
    found = {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    status = ["git", "status", "--porcelain", "--ignored"]
    if (folder / ".git").exists():
        found["git"] = subprocess.run(
            status, cwd=folder, capture_output=True, text=True, check=True
        ).stdout
    return found


def committed(folder: Path) -> Path:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("name", ["a'b\"c;echo x;ñ#{x} $HOME:%"])
def test_a_source_at_an_odd_path(tiny: Tiny, tmp_path: Path, name: str) -> None:
    """NEURON finds no HOC file through a blank: a link without one leads to the folder itself."""
    source = tmp_path / name / "neurodamus"
    shutil.copytree(tiny.source, source, symlinks=True)
    before = digest(source)
    tiny.devenv("develop", "neurodamus", "--path", source, "--env", "paths")
    output = tiny.simulate("paths", tmp_path / "out")
    assert digest(source) == before
    data = source / "neurodamus" / "data" / "hoc"
    (data / "brandnew.hoc").write_text('print "a new hoc file"\n', encoding="utf-8")
    with (data / "neurodamus.hoc").open("a", encoding="utf-8") as file:
        file.write('\n{load_file("brandnew.hoc")}\nprint "hoc edit"\n')
    output = tiny.simulate("paths", tmp_path / "out")
    assert "hoc edit" in output
    assert "a new hoc file" in output
    found = raster(tmp_path / "out")
    assert found["special"] is True
    assert Path(found["neurodamus"]).resolve().is_relative_to(source)
    assert found["sha256"] == EXPECTED["sha256"]
    folders = tiny.devenv("show", "paths").stdout
    assert [x for x in folders.splitlines() if x.startswith("hoc ") and " b/" in x] == []
    done = tiny.devenv("test", "-e", "bb5", "--env", "paths")
    assert "5 passed, 0 failed" in done.stdout


def test_a_path_with_a_newline_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    source = tmp_path / "a\nb"
    source.mkdir()
    done = tiny.devenv("develop", "neurodamus", "--path", source, "--env", "paths", code=2)
    assert "a newline" in done.stdout


def finds(tiny: Tiny, module: str) -> str:
    """Where the environment's Python finds a module."""
    code = f"import importlib.util as u; print(u.find_spec({module!r}))"
    return tiny.devenv("run", "paths", "--no-build", "--", "python", "-c", code).stdout.strip()


@pytest.mark.parametrize(("backend", "root"), [("hatchling", "src"), ("setuptools", "")])
def test_a_package_of_ones_own(
    tiny: Tiny, make_package: Callable[..., Path], backend: str, root: str
) -> None:
    """It is in no catalogue. An edit is seen at once; its `tests` shadow nobody's."""
    source = committed(make_package("thing", backend, root, SAY))
    before = digest(source)
    tiny.devenv("develop", "thing", "--path", source, "--env", "paths")
    run = ("run", "paths", "--no-build", "--")
    said = tiny.devenv(*run, "say-thing", PYTHONDONTWRITEBYTECODE="1").stdout.split()
    assert Path(said[2]).resolve() == source / root / "thing" / "__init__.py"
    assert said[3] == "1.2.3"
    assert digest(source) == before
    assert finds(tiny, "tests") == "None"
    module = source / root / "thing" / "__init__.py"
    module.write_text(SAY.replace("said by", "edited in"), encoding="utf-8")
    assert tiny.devenv(*run, "say-thing").stdout.startswith("edited in")
    tiny.devenv("undevelop", "thing", "--env", "paths")
    assert finds(tiny, "thing") == "None"
    assert module.exists()


def test_a_folder_with_another_package_is_refused(
    tiny: Tiny, make_package: Callable[..., Path]
) -> None:
    source = make_package("thing", "hatchling")
    done = tiny.devenv("develop", "neurodamus", "--path", source, "--env", "paths", code=2)
    assert f"{source} contains the package thing, not neurodamus" in done.stdout
