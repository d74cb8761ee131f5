"""An environment with a model of small mechanisms, built with a compiler that counts its calls."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from support import Devenv

MOD = """NEURON {{
    SUFFIX {name}
    NONSPECIFIC_CURRENT i
    RANGE g, e
}}
PARAMETER {{ g = {g} (S/cm2)  e = -65 (mV) }}
ASSIGNED {{ v (mV)  i (mA/cm2) }}
BREAKPOINT {{ i = g*(v - e) }}
"""
TEMPLATE = """summary: a model of small mechanisms
neuron: neuron==9.0.2
packages: []
variants:
  more:
    help: one mechanism more
  coreneuron:
    help: CoreNEURON as well
model:
  repository:
    package: neurodamus-models
    ref: none
  mods:
    - package: neurodamus-models
      path: mod
    - package: neurodamus-models
      path: more
      when: +more
"""
# What is asked of a model: the current of its first mechanism at -50 mV, and whether it has "extra".
ASK = """
from neuron import h
types, name = h.MechanismType(0), h.ref("")
names = []
for number in range(int(types.count())):
    types.select(number)
    types.selected(name)
    names.append(name[0])
cell = h.Section()
cell.insert("small0")
h.finitialize(-50)
print("ANSWER", round(cell(0.5).small0.i, 9), "extra" in names)
h.quit()
"""


def mod(name: str, g: float = 0.001) -> str:
    return MOD.format(name=name, g=g)


@dataclass(frozen=True)
class Small:
    """One environment. folder: of its mods. calls: the file of the compiler's calls. first: a file of
    commands of sh that the compiler begins with, which are no part of what identifies it.
    """

    devenv: Devenv
    name: str
    folder: Path
    calls: Path
    first: Path

    def build(self, *arguments: str) -> tuple[str, list[str]]:
        """devenv build, and the compiler's calls: sources compiled, and what was linked."""
        self.calls.write_text("")
        done = self.devenv("build", *(arguments or (self.name,)))
        return done.stdout, compiler_calls(self.calls)

    def answer(self, *arguments: str) -> str:
        """What special says of the model."""
        argv = ("special", "-nobanner", "-python", "-c", ASK)
        done = self.devenv("run", self.name, *arguments, "--", *argv)
        return next(line for line in done.stdout.splitlines() if line.startswith("ANSWER"))

    def path(self, name: str) -> Path:
        return self.folder / "mod" / f"{name}.mod"


def compiler_calls(calls: Path) -> list[str]:
    """``compile X`` and ``link X``, sorted; asking for the version is no call."""
    found = []
    for line in calls.read_text().splitlines():
        if match := re.search(r" -c (\S+)\.cpp ", line):
            found.append(f"compile {Path(match[1]).name}")
        elif match := re.search(r"-x c\+\+-header .*-o (\S+)", line):
            found.append(f"header {match[1]}")
        elif match := re.search(r"-o (\S+)", line):
            found.append(f"link {Path(match[1]).name}")
    return sorted(found)


def make_small(home: Path, name: str, count: int, *options: str) -> Small:
    """Create the environment; its compiler writes down its calls, and ccache is out of the way."""
    root = home.parent / name
    (root / "mod").mkdir(parents=True)
    (root / "more").mkdir()
    (root / "more" / "extra.mod").write_text(mod("extra"))
    for number in range(count):
        (root / "mod" / f"small{number}.mod").write_text(mod(f"small{number}"))
    template = root / "small.yaml"
    template.write_text(TEMPLATE)
    calls, first, wrapper = root / "calls", root / "first", root / "g++"
    calls.write_text("")
    first.write_text("")
    notes = f'. "{first}"\necho " $*" >> "{calls}"\n'
    wrapper.write_text(f'#!/bin/sh\n{notes}exec {shutil.which("g++")} "$@"\n')
    wrapper.chmod(0o755)
    devenv = Devenv(home, {"CXX": str(wrapper), "CCACHE_DISABLE": "1"})
    devenv("create", name, "--template", template, "--models", root, *options)
    return Small(devenv, name, root, calls, first)
