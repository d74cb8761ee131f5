"""Run by python, special and nrniv in the environment, not by devenv: which model did NEURON load?

FACTS is replaced: JSON with the model's library and the names of its MOD files. The program inserts the
first mechanism and the first point process. stdout: MARK and a line of JSON with what was inserted,
whether the model's library is loaded, and which others are.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FACTS = "{}"
MAPS = Path("/proc/self/maps")
MARK = "DEVENV_STARTED "


def loaded() -> list[str]:
    """The resolved paths of the libraries of mechanisms in this process."""
    lines = MAPS.read_text(errors="replace").splitlines()
    paths = {line.split(maxsplit=5)[-1] for line in lines if "libnrnmech" in line}
    return sorted(str(Path(path).resolve()) for path in paths)


def registered(h: Any, kind: int, files: list[str]) -> Iterator[str]:
    """The mechanisms (0) or point processes (1) of these MOD files."""
    types, name = h.MechanismType(kind), h.ref("")
    for number in range(int(types.count())):
        types.select(number)
        types.selected(name)
        artificial = kind and types.is_artificial(number)
        if Path(types.file()).stem in files and not artificial:
            yield name[0]


def main() -> None:
    """Insert the mechanisms, print the answer, and quit NEURON."""
    h = importlib.import_module("neuron").h

    facts = json.loads(FACTS)
    files, own = facts["files"], str(Path(facts["library"]).resolve())
    section = h.Section(name="devenv")
    mechanisms = list(registered(h, 0, files))[:1]
    for name in mechanisms:
        section.insert(name)
    points = list(registered(h, 1, files))[:1]
    placed = [getattr(h, name)(section(0.5)) for name in points]
    inserted = [*mechanisms, *(one.hname().split("[")[0] for one in placed)]
    libraries = loaded() if MAPS.exists() else [own]
    others = [path for path in libraries if path != own]
    answer = {"loaded": own in libraries, "others": others, "inserted": inserted}
    sys.stdout.write(f"{MARK}{json.dumps(answer)}\n")
    sys.stdout.flush()
    h.quit()


if __name__ == "__main__":
    main()
