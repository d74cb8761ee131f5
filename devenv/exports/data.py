"""Exports of the variables as data."""

from __future__ import annotations

import json
from dataclasses import asdict

from devenv.core.delta import Unset, apply
from devenv.exports.request import ExportRequest


def dotenv(request: ExportRequest) -> str:
    """NAME="value" lines for docker, python-dotenv and editors.

    Path lists include the caller's current entries. A .env file cannot unset variables.
    """
    after = apply(request.delta, request.environ)
    names = [name for name in request.delta.names() if name in after]
    return "".join(f"{name}={_quoted(after[name])}\n" for name in names)


def _quoted(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return f'"{value}"'


def as_json(request: ExportRequest) -> str:
    """The edits in order, with their origins, and the variables after applying them to an empty
    environment.
    """
    generation = request.generation
    return (
        json.dumps(
            {
                "name": generation.name,
                "generation": generation.number,
                "python": generation.python,
                "base": list(generation.base.modules),
                "edits": [
                    {"edit": type(edit).__name__.lower(), **asdict(edit)}
                    for edit in request.delta.edits
                ],
                "unset": [e.name for e in request.delta.edits if isinstance(e, Unset)],
                "variables": request.alone(),
            },
            indent=2,
            ensure_ascii=False,
        )
        + "\n"
    )
