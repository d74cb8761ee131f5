"""Files that take part at the next build: a run and `doctor` name those that were edited since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_models import mod
from support import Devenv

pytestmark = pytest.mark.real

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "pkg"
version = "1.2.3"
[tool.devenv]
mods = ["pkg/mods"]
"""
NOTE = "note: {} was edited since the last build; to apply it: devenv build follows"
FINDING = "{} was edited since"


@dataclass(frozen=True)
class Follows:
    """An environment that develops a package with two folders of MOD files."""

    devenv: Devenv
    source: Path

    @property
    def pyproject(self) -> Path:
        return self.source / "pyproject.toml"

    @property
    def template(self) -> Path:
        return self.devenv.home / "templates" / "follows.yaml"

    def run(self) -> str:
        return self.devenv("run", "follows", "--", "true").stdout

    def doctor(self) -> str:
        return self.devenv("doctor", "follows", code=None).stdout

    def check_noted(self, file: Path) -> None:
        assert self.run().count(NOTE.format(file)) == 1
        assert FINDING.format(file) in self.doctor()

    def check_silent(self) -> None:
        assert "edited since" not in self.run()
        assert "edited since" not in self.doctor()


@pytest.fixture
def follows(make_devenv: Callable[[str], Devenv], tmp_path: Path) -> Follows:
    found = Follows(make_devenv("follows"), tmp_path / "pkg")
    for folder, g in (("mods", 0.001), ("mods2", 0.002)):
        (found.source / "pkg" / folder).mkdir(parents=True)
        (found.source / "pkg" / folder / "leak.mod").write_text(mod("leak", g))
    (found.source / "pkg" / "__init__.py").touch()
    found.pyproject.write_text(PYPROJECT)
    found.template.parent.mkdir(parents=True)
    found.template.write_text("summary: mini\nneuron: neuron==9.0.2\npackages: []\n")
    found.devenv("create", "follows")
    found.devenv("develop", "pkg", "--path", found.source)
    found.run()  # which builds the model, and nothing else
    return found


def test_an_edit_is_named_until_the_next_build(follows: Follows) -> None:
    follows.check_silent()
    follows.pyproject.write_text(PYPROJECT.replace("pkg/mods", "pkg/mods2"))
    follows.check_noted(follows.pyproject)
    follows.devenv("build", "follows")
    follows.check_silent()
    with follows.template.open("a") as file:
        file.write("# edited\n")
    follows.check_noted(follows.template)
    follows.devenv("build", "follows")
    follows.check_silent()


def test_a_deleted_packaging_file_is_named(follows: Follows) -> None:
    follows.pyproject.unlink()
    follows.check_noted(follows.pyproject)


def test_without_a_build_what_the_last_change_saw_counts(follows: Follows) -> None:
    follows.devenv("add", "six")
    follows.check_silent()
    follows.pyproject.write_text(PYPROJECT + "# edited\n")
    follows.check_noted(follows.pyproject)
    follows.devenv("doctor", "follows", "--fix", code=None)
    follows.check_silent()
