"""Several processes at once on shared sources and stores, some of them killed at any moment.

The suite runs a few rounds. By hand: DEVENV_RACE_ROUNDS=200 pytest tests/real/test_store_races.py
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from small_models import mod
from support import Devenv, plain_environ

from devenv.core.layout import Layout
from devenv.store.observe import KINDS, entries, leftovers
from devenv.store.realise import recorded_inputs
from devenv.system.seals import damages

pytestmark = pytest.mark.real

ROUNDS = int(os.environ.get("DEVENV_RACE_ROUNDS", "4"))
TEMPLATE = """\
summary: two mechanisms, and a package that is developed
neuron: neuron==9.0.2
packages: []
model:
  repository: {package: neurodamus-models, ref: none}
  mods: [{package: neurodamus-models, path: mod}]
"""
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "thing"
version = "1.{number}"
"""
WAITS = re.compile(r"devenv: waiting for .+, held by .+")


@dataclass
class Race:
    """Environments that share their dev source, their MOD files and their stores."""

    devenv: Devenv
    root: Path
    random: random.Random = field(default_factory=lambda: random.Random(11))  # noqa: S311

    @property
    def layout(self) -> Layout:
        return Layout(self.devenv.home)

    def edit(self, number: int) -> None:
        """Other packaging, so that every overlay is made anew; another mechanism, likewise."""
        for folder in (self.root / "thing" / "thing", self.root / "mod"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.root / "thing" / "thing" / "__init__.py").write_text(f"ANSWER = {number}\n")
        (self.root / "thing" / "pyproject.toml").write_text(PYPROJECT.format(number=number))
        for name in ("first", "second"):
            (self.root / "mod" / f"{name}.mod").write_text(mod(name, 0.001 + number / 1000))

    def create(self, name: str) -> tuple[str, ...]:
        template = self.root / "race.yaml"
        template.write_text(TEMPLATE)
        return ("create", name, "--template", str(template), "--models", str(self.root))

    def develop(self, name: str) -> tuple[str, ...]:
        return ("develop", "thing", "--path", str(self.root / "thing"), "--env", name)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "devenv", "--quiet", *arguments],
            env={**plain_environ(), "DEVENV_HOME": str(self.devenv.home), "CCACHE_DISABLE": "1"},
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def kill(self, process: subprocess.Popen[str]) -> None:
        """devenv alone, whose children live on for a moment; or all of it."""
        if process.poll() is None and self.random.random() < 0.5:
            process.kill()
        elif process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    def run(self, commands: list[tuple[str, ...]], victims: int) -> None:
        """All at once; `victims` of them are killed. What the others print is no error but a wait."""
        processes = [self.start(*command) for command in commands]
        killed = self.random.sample(processes, victims)
        for process in killed:
            time.sleep(self.random.random())
            self.kill(process)
        outputs = [process.communicate(timeout=600)[0] for process in processes]
        for command, process, output in zip(commands, processes, outputs, strict=True):
            assert "Traceback" not in output, (command, output)
            if process not in killed:
                assert process.returncode == 0, (command, output)
                assert "error" not in output, (command, output)
                told = [line for line in output.splitlines() if "waiting" in line]
                assert all(map(WAITS.fullmatch, told)), (command, output)

    def check(self) -> None:
        """Nothing is left of what was killed, and every product is what its hashes say."""
        self.devenv("prune")
        assert list(leftovers(self.layout)) == []
        products = entries(self.layout)
        assert {one.kind for one in products} == {
            "neuron",
            "venvs",
            "overlays",
            "models",
            "objects",
        }
        for one in products:
            assert recorded_inputs(one.path), one
            assert damages(one.path) == (), one


@pytest.fixture
def race(tmp_path: Path) -> Race:
    found = Race(Devenv(tmp_path / "home"), tmp_path / "shared")
    found.edit(0)
    for name in ("one", "two"):
        found.devenv(*found.create(name))
        found.devenv("build", name)
    return found


def test_two_develop_one_source_at_once(race: Race) -> None:
    """The overlay is made once, and both have it."""
    for number in range(1, 4):
        race.edit(number)
        race.run([race.develop("one"), race.develop("two")], victims=0)
        for name in ("one", "two"):
            ask = "import thing; print(thing.ANSWER, thing.__file__)"
            said = race.devenv("run", name, "--no-build", "--", "python", "-c", ask).stdout
            assert said.split()[-2] == str(number)
        race.check()
        assert len(list((race.devenv.home / "overlays").iterdir())) == number


def test_killed_among_others_only_whole_products_are_kept(race: Race) -> None:
    for number in range(1, ROUNDS + 1):
        race.edit(number)
        new = f"new{number}"
        commands = [
            race.develop("one"),
            race.develop("two"),
            ("build", "one"),
            ("build", "two"),
            ("build", "one"),
            race.create(new),
            ("prune",),
            ("prune",),
        ]
        race.random.shuffle(commands)
        race.run(commands, victims=race.random.randrange(4))
        for name in ("one", "two"):
            race.devenv(*race.develop(name))
            race.devenv("build", name)
        race.check()
        if (race.layout.env(new).current).is_symlink():
            race.devenv("remove", new)
    for name in ("one", "two"):
        race.devenv("remove", name)
    race.devenv("prune")
    assert {path.name for path in race.devenv.home.iterdir()} == {"trash"}
    assert set(KINDS) >= {"neuron", "venvs", "overlays", "models", "objects"}
