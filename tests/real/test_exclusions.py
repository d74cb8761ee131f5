"""What a template leaves out of a model: only where it must, said, and taken back on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import Devenv

pytestmark = pytest.mark.real

NAME = "older"
# The mods of neurodamus 3.7.2: its InhPoissonStim is in netstim_inhpoisson.mod, where 4.x has it in
# InhPoissonStim.mod and the models' repository brings the other file too.
TEMPLATE = """\
summary: neurodamus of the 3.x series
neuron: neuron==9.0.2
packages: [neurodamus==3.7.2]
model:
  repository: {package: neurodamus-models, ref: none}
  mods:
    - package: neurodamus
    - {package: neurodamus-models, path: mod}
  duplicates:
    netstim_inhpoisson.mod: InhPoissonStim.mod
  exclude:
    ALU.mod: it is not wanted here
  flags: [-DDISABLE_REPORTINGLIB]
"""
ASK = """
from neuron import h
print("ANSWER", hasattr(h, "InhPoissonStim"), hasattr(h, "ALU"))
h.quit()
"""


@dataclass(frozen=True)
class Older:
    """An environment with neurodamus 3.7.2. models: its repository of models, the test's own."""

    devenv: Devenv
    models: Path

    def build(self, *arguments: str, code: int = 0) -> str:
        return self.devenv("build", NAME, *arguments, code=code).stdout

    def has(self) -> list[bool]:
        """Whether special has InhPoissonStim, and ALU."""
        argv = ("special", "-nobanner", "-python", "-c", ASK)
        lines = self.devenv("run", NAME, "--", *argv).stdout.splitlines()
        answer = next(line for line in lines if line.startswith("ANSWER"))
        return [word == "True" for word in answer.split()[1:]]

    @property
    def own(self) -> Path:
        """neurodamus's netstim_inhpoisson.mod."""
        shown = json.loads(self.devenv("show", NAME, "--json").stdout)
        site = Path(shown["generation"]["site"])
        return site / "neurodamus/data/mod/netstim_inhpoisson.mod"


@pytest.fixture(scope="module")
def older(make_devenv: Callable[[str], Devenv]) -> Older:
    devenv = make_devenv("exclusions")
    template = devenv.home.parent / "older.yaml"
    template.write_text(TEMPLATE)
    models = devenv.home.parent / "models"
    (models / "mod").mkdir(parents=True)
    devenv("create", NAME, "--template", template, "--models", models)
    return Older(devenv, models)


def test_a_duplicate_is_left_out_only_where_the_other_file_is(older: Older) -> None:
    said = older.build()
    assert older.has() == [True, False]
    assert "left out: netstim" not in said
    other = older.models / "mod" / "InhPoissonStim.mod"
    other.write_bytes(older.own.read_bytes())
    said = older.build()
    assert older.has() == [True, False]
    line = f"left out: netstim_inhpoisson.mod ({older.own}): {other} defines"
    for text in (said, older.build()):
        assert line in text
        assert "left out: ALU.mod" in text
        assert "it is not wanted here" in text
    shown = older.devenv("show", NAME).stdout
    assert "netstim_inhpoisson.mod" in shown
    assert "it is not wanted here" in shown
    # Of the same name, but of another mechanism: nothing is left out.
    other.write_text(
        "NEURON { ARTIFICIAL_CELL Something RANGE x }\nASSIGNED { x }\nNET_RECEIVE(w) { x = w }\n"
    )
    assert "left out: netstim" not in older.build()
    assert older.has() == [True, False]
    other.unlink()


def test_an_exclusion_is_undone(older: Older) -> None:
    said = older.build("--include", "ALU")
    assert "left out: ALU.mod" not in said
    assert older.has() == [True, True]
    request = older.devenv.home / "envs" / NAME / "environment.yaml"
    text = request.read_text()
    assert "include:\n  - ALU.mod" in text
    request.write_text(text.replace("  - ALU.mod\n", "").replace("include:\n", ""))
    assert "left out: ALU.mod" in older.build()
    assert older.has() == [True, False]


def test_an_exclusion_that_is_needed_cannot_be_undone(older: Older) -> None:
    other = older.models / "mod" / "InhPoissonStim.mod"
    other.write_bytes(older.own.read_bytes())
    said = older.build("--include", "netstim_inhpoisson.mod", code=2)
    assert str(other) in said
    assert str(older.own) in said
    other.unlink()


def test_what_is_not_excluded_cannot_be_included(older: Older) -> None:
    said = older.build("--include", "ALUU.mod", code=2)
    assert "'ALUU.mod'" in said
    assert "Did you mean 'ALU.mod'" in said
