"""Projects of our own for tests: a folder with a small mechanism, a script and what the test writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from small_models import mod
from support import Devenv

from devenv.environment.project import ProjectFolder

NEURON = "neuron: neuron==9.0.2\npackages: []\n"
# The current of each mechanism named, at -50 mV; null for one that is not there.
RUN = """
import json, sys
from neuron import h
found = {}
for name in sys.argv[1:]:
    cell = h.Section()
    try:
        cell.insert(name)
    except ValueError:
        found[name] = None
        continue
    h.finitialize(-50)
    found[name] = round(getattr(cell(0.5), name).i, 9)
print("CURRENTS " + json.dumps(found))
"""


@dataclass(frozen=True)
class Project:
    """A folder, and the program that works in it."""

    devenv: Devenv
    folder: Path

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def add_mod(self, file: str, g: float = 0.001) -> None:
        self.write({file: mod(Path(file).stem, g)})

    def __call__(self, *arguments: object, code: int | None = 0, **variables: str) -> str:
        return self.devenv(*arguments, cwd=self.folder, code=code, **variables).stdout

    def currents(self, *names: str) -> dict[str, float | None]:
        """What a script in the project's environment finds of these mechanisms."""
        self.write({"run.py": RUN})
        lines = self("run", "--", "python", "run.py", *names).splitlines()
        line = next(line for line in lines if line.startswith("CURRENTS "))
        found: dict[str, float | None] = json.loads(line.removeprefix("CURRENTS "))
        return found

    @property
    def name(self) -> str:
        return ProjectFolder(self.folder.resolve()).name

    @property
    def is_made(self) -> bool:
        """Whether anything of its environment is there."""
        return (self.devenv.home / "envs" / self.name).exists()
