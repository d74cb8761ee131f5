"""The variables as data."""

from __future__ import annotations

import json
from dataclasses import asdict

from devenv.core.delta import Unset, apply
from devenv.exports.request import ExportRequest


def dotenv(request: ExportRequest) -> str:
    """NAME="value" lines, as docker, python-dotenv and editors read them.

    Path lists are whole: ours around what the caller has now. A .env file cannot unset.
    """
    after = apply(request.delta, request.environ)
    names = [name for name in request.delta.names() if name in after]
    return "".join(f"{name}={_quoted(after[name])}\n" for name in names)


def _quoted(value: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n")):
        value = value.replace(plain, escaped)
    return f'"{value}"'


def as_json(request: ExportRequest) -> str:
    """The edits in their order, each with its origin; and the variables that they make of nothing."""
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
