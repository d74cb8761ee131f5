"""Exports for editors and notebooks, which start processes themselves."""

from __future__ import annotations

import json

from devenv.exports.request import ExportRequest

_KERNEL = '. "$0" && exec python -m ipykernel_launcher -f "$1"'


def vscode(request: ExportRequest) -> str:
    """The text of a .vscode/settings.json: interpreter, variables of the terminal, source paths."""
    generation = request.generation
    settings = {
        "python.defaultInterpreterPath": generation.python,
        "python.analysis.extraPaths": [overlay.root for overlay in generation.overlays],
        "terminal.integrated.env.linux": _terminal(request),
        "terminal.integrated.env.osx": _terminal(request),
    }
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _terminal(request: ExportRequest) -> dict[str, str | None]:
    """The terminal's variables; null unsets one. Only PATH keeps the caller's entries: for a variable
    that may be unset, the reference would add an empty entry.
    """
    alone = request.alone()
    values: dict[str, str | None] = {name: alone.get(name) for name in request.delta.names()}
    if "PATH" in values:
        values["PATH"] = request.around("PATH", "${env:PATH}")
    return values


def kernelspec(request: ExportRequest) -> str:
    """The text of a kernel.json. The environment's Python needs the package ipykernel.

    The kernel activates the current generation when it starts, and fails if the activation fails.
    """
    spec = {
        "argv": ["/bin/sh", "-c", _KERNEL, f"{request.current}/activate.sh", "{connection_file}"],
        "display_name": f"devenv {request.generation.name}",
        "language": "python",
        "metadata": {"debugger": True},
    }
    return json.dumps(spec, indent=2, ensure_ascii=False) + "\n"
