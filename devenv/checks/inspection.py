"""The process that inspects the environment: its argv, and how to read its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from devenv.checks.evidence import ModuleAnswer, PythonAnswer
from devenv.checks.libraries import own_libraries
from devenv.core.delta import Set, entries
from devenv.core.environment import Generation


def inspection(generation: Generation, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The argv to run in the activated environment, in the user's working directory.

    environ: the calling shell's variables. The process imports the dev sources' modules: allow it a
    minute. It unsets NEURON_INIT_MPI, so that no MPI starts.
    """
    questions = {
        "modules": [
            {
                "package": overlay.package,
                "name": module,
                "root": overlay.root,
                "overlay": overlay.path,
            }
            for overlay in generation.overlays
            for module in overlay.modules
        ],
        "hoc": list(generation.hoc),
        "libraries": own_libraries(generation),
        "variables": [edit.name for edit in generation.delta.edits if isinstance(edit, Set)],
        "shell": entries(environ.get("PYTHONPATH")),
    }
    program = (files(__package__) / "probe.py").read_text(encoding="utf-8")
    return (generation.python, "-c", program, json.dumps(questions))


def answer_of(stdout: str) -> PythonAnswer | None:
    """The last complete answer in the output of the process; None if there is none."""
    for line in reversed(stdout.splitlines()):
        try:
            return _decoded(json.loads(line))
        except (ValueError, KeyError, TypeError):
            continue
    return None


def _decoded(data: dict[str, object]) -> PythonAnswer:
    modules = [dict(each) for each in _list(data["modules"])]
    for each in modules:
        each["shell"] = tuple(each["shell"])
    return PythonAnswer(
        modules=tuple(ModuleAnswer(**each) for each in modules),
        special=str(data["special"]),
        hoc=tuple((str(n), str(hit), str(path)) for n, hit, path in _list(data["hoc"])),
        local=tuple(map(str, _list(data["local"]))),
        loaded=tuple(map(str, _list(data["loaded"]))),
        variables=tuple((str(n), str(v), bool(t)) for n, v, t in _list(data["variables"])),
    )


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value
