"""For editors and notebooks, which start processes of their own."""

from __future__ import annotations

import json

from devenv.exports.request import ExportRequest

_KERNEL = '. "$0" && exec python -m ipykernel_launcher -f "$1"'


def vscode(request: ExportRequest) -> str:
    """Text of a .vscode/settings.json: the interpreter, the terminal's variables, where sources are."""
    generation = request.generation
    settings = {
        "python.defaultInterpreterPath": generation.python,
        "python.analysis.extraPaths": [overlay.root for overlay in generation.overlays],
        "terminal.integrated.env.linux": _terminal(request),
        "terminal.integrated.env.osx": _terminal(request),
    }
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _terminal(request: ExportRequest) -> dict[str, str | None]:
    """null unsets. An empty entry, where nothing was there before, is left out but for PATH."""
    alone = request.alone()
    found: dict[str, str | None] = {name: alone.get(name) for name in request.delta.names()}
    if "PATH" in found:
        found["PATH"] = request.around("PATH", "${env:PATH}")
    return found


def kernelspec(request: ExportRequest) -> str:
    """Text of a kernel.json; the environment's Python needs the package ipykernel.

    The kernel activates the generation in use when it starts, and refuses where that refuses.
    """
    spec = {
        "argv": ["/bin/sh", "-c", _KERNEL, f"{request.current}/activate.sh", "{connection_file}"],
        "display_name": f"devenv {request.generation.name}",
        "language": "python",
        "metadata": {"debugger": True},
    }
    return json.dumps(spec, indent=2, ensure_ascii=False) + "\n"
