"""A package that describes itself: [tool.devenv] of its source, devenv.toml where it is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from project import Project
from small_models import mod
from support import Devenv, edited

pytestmark = pytest.mark.real

DESCRIPTION = """
mods = ["ourcells/mechanisms"]
hoc = ["ourcells/hoc"]
env = {OURCELLS_DATA = "{root}/ourcells/data"}
"""
PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "our-cells"
version = "1.0"
[project.scripts]
simulate-cells = "ourcells:main"
[tool.hatch.build.targets.wheel]
packages = ["src/ourcells"]
[tool.devenv]
{description}
[tool.devenv.data.traces]
folder = "traces"
[tool.devenv.tests.quick]
package = "our-cells"
tests = ["tests"]
"""
MODULE = """
import json, os
FACTOR = 1

def current():
    from neuron import h
    h.load_file("cell.hoc")
    cell = h.Section()
    cell.insert("ours")
    h.finitialize(-50)
    return round(cell(0.5).ours.i * FACTOR, 9), h.fromhoc()

def main():
    print("CELLS " + json.dumps([*current(), os.environ["OURCELLS_DATA"]]))
"""
HOC = "func fromhoc() { return %d }\n"
TEST = "import ourcells\n\ndef test_current():\n    assert ourcells.current()[0] > 0\n"


@pytest.fixture(scope="module")
def package(
    make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    project = Project(make_devenv("package"), tmp_path_factory.mktemp("our-cells"))
    project.write(
        {
            "pyproject.toml": PYPROJECT.replace("{description}", DESCRIPTION),
            "src/ourcells/__init__.py": MODULE,
            "src/ourcells/devenv.toml": DESCRIPTION,
            "src/ourcells/mechanisms/ours.mod": mod("ours", 0.001),
            "src/ourcells/hoc/cell.hoc": HOC % 1,
            "src/ourcells/data/rates.txt": "1\n",
            "traces/one.txt": "2\n",
            "tests/test_current.py": TEST,
        }
    )
    return project


def cells(project: Project, *command: str) -> list[object]:
    lines = project("run", "--", *(command or ("simulate-cells",))).splitlines()
    line = next(line for line in lines if line.startswith("CELLS "))
    found: list[object] = json.loads(line.removeprefix("CELLS "))
    return found


def test_what_a_source_describes_is_used_and_its_edits_are_seen(package: Project) -> None:
    package("init")
    root = package.folder / "src/ourcells"
    data = str(root / "data")
    assert cells(package) == [0.015, 1, data]
    assert cells(package, "python", "-c", "import ourcells; ourcells.main()") == [0.015, 1, data]
    assert "1 passed" in package("test", "-e", "quick")
    with edited(root / "__init__.py", "FACTOR = 10\n"):
        assert cells(package)[0] == 0.15
    (root / "hoc/cell.hoc").write_text(HOC % 2)
    assert cells(package)[1] == 2
    package.add_mod("src/ourcells/mechanisms/ours.mod", 0.004)
    assert cells(package) == [0.06, 2, data]


def test_a_notebook_started_in_the_activated_shell_sees_it(package: Project) -> None:
    """What an editor's kernel gets: the variables alone, from `shell-hook`."""
    code = package("shell-hook", "--shell", "sh")
    script = f"{code}\npython -c 'import ourcells; ourcells.main()'"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert "CELLS [0.06, 2" in done.stdout


def test_its_data_stands_in_its_source(package: Project) -> None:
    assert package("data", "get", "traces").strip() == str(package.folder / "traces")


def test_what_an_installed_package_describes_is_used(package: Project, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "uv", "build", "--wheel", "-q", "--out-dir", str(wheels)]
    subprocess.run([*build, str(package.folder)], check=True)
    user = Project(package.devenv, tmp_path / "user")
    user.folder.mkdir()
    user.write({"devenv.yaml": "neuron: neuron==9.0.2\npackages: [our-cells]\n"})
    asked = {"UV_FIND_LINKS": str(wheels)}
    user("allow")
    user("build", **asked)
    found = cells(user)
    assert found[:2] == [0.06, 2]
    assert "/site-packages/ourcells/data" in str(found[2])
    assert "simulate-cells" in user("which", "simulate-cells")


def test_a_wrong_key_and_a_path_out_of_the_package_are_refused(package: Project) -> None:
    file = package.folder / "pyproject.toml"
    text = file.read_text()
    try:
        file.write_text(text.replace("hoc = [", "hoc_folders = ["))
        assert "unknown key 'hoc_folders'" in package("build", code=2)
        file.write_text(text.replace("ourcells/hoc", "../../elsewhere"))
        assert "leads out of the package" in package("build", code=2)
    finally:
        file.write_text(text)
