"""What each command prints with --json, as shapes, and the JSON Schemas made from them.

A shape is the name of a type, [SHAPE] for a list, {"*": SHAPE} for names with values, or keys with their
shapes; a key that ends with "?" may be absent. A change that breaks programs needs another number in
`VERSION`; a further key does not.
"""

from __future__ import annotations

from typing import Any

VERSION = 1

Shape = str | list[Any] | dict[str, Any]

LINES: Shape = {"lines": ["str"]}
"""Of a dry run, and of commands that print text for another program."""
_NOTES = {
    "findings?": [
        {"id": "str", "severity": "str", "what": "str", "why": "str", "fix": "str", "page": "str"}
    ]
}
_BUILT: dict[str, Any] = {
    "name?": "str", "generation?": "int", "compiled?": "int", "model?": "str", "models?": "any",
    "missing?": ["str"], "notes?": ["str"], "left_out?": ["any"],
}  # fmt: skip
_IMAGE = {"image": "str", "built?": "bool"}
_PACKAGES: Shape = {"packages": ["any"], "channel?": "str"}
_NOTHING: Shape = {}
_CREATED: Shape = {"name": "str", "python": "str"}
_REPORTED: Shape = {"lines": ["str"], **_NOTES}
_SPACK: Shape = {"core": "str", "recipes": "str", "commit": "str", "packages_commit": "str"}

OUTPUTS: dict[str, Shape] = {
    "init": {"file": "str", "found": "any"},
    "create": _CREATED,
    "adopt": _CREATED,
    "remove": {"removed": "str", "trash": "str"},
    "restore": {
        "trash?": [{"environment": "str", "removed": "str", "path": "str"}], "restored?": "str",
    },
    "develop": {"package": "str", "path": "str", "origin": "str"},
    "undevelop": LINES,
    "build": _BUILT,
    "run": LINES,
    "shell": _NOTHING,
    "test": {
        "tests?": ["any"], "profile?": "str", "exit_code?": "int", "neuron?": "str", "passed?": "int",
        "failed?": "int", "skipped?": "int", "failures?": ["any"], "lost?": ["any"],
        "left_out?": ["str"], "reports?": ["str"],
    },
    "submit": {"job": "str", "environment": "str", "state": "str", "log": "str", "folder": "str"},
    "jobs": {"jobs": [{"job": "str", "environment": "str", "state": "str", "log": "str"}]},
    "logs": LINES,
    "alloc": LINES,
    "activate": LINES,
    "refresh": LINES,
    "deactivate": LINES,
    "shell-init": LINES,
    "shell-setup": {"file": "str", "diff": ["str"]},
    "shell-hook": {"variables": {"*": "any"}},
    "list": {
        "environments": [
            {"name": "str", "template": "str", "model": "str", "generation": "str", "developed": "str"}
        ]
    },
    "show": {"environment": {"name": "str"}, "generation": "any", "lock": "any", "stale": "str"},
    "templates": {"templates": [{"name": "str", "summary?": "str", "error?": "str"}]},
    "generations": {
        "name": "str",
        "generations": [{"number": "int", "current": "bool", "made": "str", "changed": "str"}],
    },
    "rollback": {"name": "str", "from": "int", "generation": "int", "notes?": ["str"]},
    "lock diff": {
        "name": "str", "from": "int", "to": "int", "differences": ["any"], "notes": ["str"],
    },
    "graph": {"name": "str", "generation": "int", "components?": ["any"], "path?": "str"},
    "models": {"models": [{"key": "str", "path": "str", "bytes": "int", "mechanisms": ["str"]}]},
    "models list": {"models": [{"key": "str", "path": "str", "bytes": "int", "mechanisms": ["str"]}]},
    "models remove": {"removed": "str"},
    "models show": {"*": "str"},
    "models compile-commands": {"path": "str"},
    "prune": {"removed": ["str"], "bytes": "int", "in_use": ["str"]},
    "du": {
        "entries": [{"kind": "str", "key": "str", "path": "str", "bytes": "int", "users": ["str"]}],
        "environments": [{"environment": "str", "own": "int", "store": "int", "alone": "int"}],
    },
    "doctor": {"name": "str", **_NOTES},
    "which": {"name": "str", "path?": "str", "why?": "str", "shadows?": ["any"]},
    "gpu": {"gpu": {"*": "any"}},
    "export": {"files?": ["str"], "diff?": ["str"], "added?": ["str"], "lines?": ["str"]},
    "config show": {"settings": {"*": {"value": "any", "source": "str", "line": "int"}}},
    "config set": {"file": "str"},
    "config unset": {"file": "str"},
    "host": {"cores": "int", "root": "bool", "scheduler": "str", "mpi": ["any"]},
    "sync": _BUILT,
    "allow": {"file": "str", "digest": "str", "asks": ["str"]},
    "add": {"added": ["str"]},
    "remove-package": {"removed": ["str"]},
    "mods add": {"added": ["str"]},
    "mods remove": {"removed": ["str"]},
    "data get": {"name": "str", "path": "str"},
    "data list": {"data": [{"name": "str", "state": "str"}]},
    "help": _NOTHING,
    "report": {"page": "str", "data": "str", "reports": [["str"]]},
    "spack setup": _SPACK,
    "spack status": {"ready": "bool", "damaged?": ["str"]},
    "spack update": _SPACK,
    "spack sources": {"fetched": ["str"], "there": ["any"]},
    "spack exec": _NOTHING,
    "cache push": {"pushed": ["str"], "left_out": ["str"]},
    "cache pull": _BUILT,
    "cache list": {"packages": ["str"]},
    "wheel build": {"output": "str", "cells": [{"python": "str", "state": "str", "wheel": "str"}]},
    "wheel test": {"wheel": "str", "suites": [{"python": "str", "steps": ["any"]}]},
    "wheel upload": {
        "index": "str", "wheels": [{"file": "str", "sha256": "str", "state": "str"}], **_NOTES,
    },
    "wheel shell": _NOTHING,
    "wheel ci github": LINES,
    "wheel check": {"wheels": ["any"], **_NOTES},
    "wheel image build": _IMAGE,
    "wheel image list": {"images": [{"names": ["str"], "id": "str"}]},
    "wheel image push": _IMAGE,
    "conda build": {**_NOTES, "packages": ["any"], "channel?": "str"},
    "conda convert": _REPORTED,
    "conda ci": LINES,
    "conda env create": _CREATED,
    "conda index": _REPORTED,
    "conda search": _PACKAGES,
    "conda verify": _REPORTED,
    "conda test": {"rows": [{"package": "str", "test": "str", "result": "str"}], **_NOTES},
    "conda upload": _PACKAGES,
    "conda carry": _PACKAGES,
}  # fmt: skip
"""By the whole name of the command."""

ERROR: Shape = {
    "code": "int", "error": {"type": "str", "message": "str", "fix": "str", "log?": "str"},
}  # fmt: skip
EVENT: Shape = {"event": "str", "title": "str", "time": "number", "done?": "int", "total?": "int"}

_TYPES = {"str": "string", "int": "integer", "bool": "boolean", "number": "number"}


def schema_name(command: str) -> str:
    """``devenv.models.list/1`` for "models list"; of the root ``devenv/1``."""
    return f"{'.'.join(['devenv', *command.split()])}/{VERSION}"


def schema_of(name: str, shape: Shape) -> dict[str, Any]:
    """The JSON Schema of documents that name themselves `name` and have this shape, or lines."""
    keyed = {"type": "object", "required": ["schema"], "properties": {"schema": {"const": name}}}
    shapes = [_schema(shape)] if shape == LINES else [_schema(shape), _schema(LINES)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "allOf": [keyed, {"anyOf": shapes}],
    }


def schemas() -> dict[str, dict[str, Any]]:
    """All of them, by the name that stands in the documents."""
    shapes = {schema_name(command): shape for command, shape in OUTPUTS.items()}
    more = {f"devenv.error/{VERSION}": ERROR, f"devenv.event/{VERSION}": EVENT}
    return {name: schema_of(name, shape) for name, shape in {**shapes, **more}.items()}


def _schema(shape: Shape) -> dict[str, Any]:
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0])}
    if isinstance(shape, str):
        return {"type": _TYPES[shape]} if shape in _TYPES else {}
    if "*" in shape:
        return {"type": "object", "additionalProperties": _schema(shape["*"])}
    properties = {key.rstrip("?"): _schema(value) for key, value in shape.items()}
    required = [key for key in shape if not key.endswith("?")]
    return {"type": "object", "properties": properties, "required": required}
