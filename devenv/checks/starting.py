"""The processes that show which model NEURON loads: their argv, and how to read their answers."""

from __future__ import annotations

import json
from importlib.resources import files

from devenv.checks.evidence import Start
from devenv.core.environment import Generation

_MARK = "DEVENV_STARTED "


def starts(generation: Generation) -> dict[str, tuple[str, ...]]:
    """Program -> argv, to run in the activated environment. Empty without a model.

    A plain Python cannot load a model with the address sanitizer, and is left out then.
    """
    model = generation.model
    if model is None:
        return {}
    program = (files(__package__) / "start_probe.py").read_text(encoding="utf-8")
    facts = json.dumps({"library": model.library, "files": model.mechanisms})
    text = program.replace('\nFACTS = "{}"\n', f"\nFACTS = {facts!r}\n")
    python = {} if model.preload else {"python": ("python", "-c", text)}
    embedded = {name: (name, "-nobanner", "-python", "-c", text) for name in ("special", "nrniv")}
    return {**python, **embedded}


def start_of(program: str, returncode: int, stdout: str, stderr: str) -> Start:
    """The report of one of the processes."""
    for line in stdout.splitlines():
        if line.startswith(_MARK):
            answer = json.loads(line.removeprefix(_MARK))
            others, inserted = tuple(answer["others"]), tuple(answer["inserted"])
            return Start(program, answer["loaded"], others, inserted, _end(stderr))
    return Start(program, failure=_end(stderr or stdout) or f"exit code {returncode}")


def _end(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "; ".join(line for line in lines if line and "DISPLAY" not in line)[-300:]
