"""Exports for editors and notebooks, which start processes themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping

from devenv.core.jsonc import parse, with_value
from devenv.exports.data import dotenv
from devenv.exports.request import ExportFile, ExportRequest

_KERNEL = '. "$0" && exec python -m ipykernel_launcher -f "$1"'
_VARIABLES = ".vscode/devenv.env"
_COMMANDS = "--compile-commands-dir="


def vscode(request: ExportRequest) -> str:
    """The text of a .vscode/settings.json: interpreter, variables of the terminal, source paths."""
    return json.dumps(_settings(request), indent=2, ensure_ascii=False) + "\n"


def vscode_files(request: ExportRequest) -> tuple[ExportFile, ...]:
    """Settings, debuggers and variables for VS Code, merged into the existing files of a folder."""
    return (
        ExportFile(".vscode/settings.json", lambda text: _with_settings(text, request)),
        ExportFile(".vscode/launch.json", lambda text: _with_debuggers(text, request)),
        ExportFile(_VARIABLES, lambda _: dotenv(request), private=True),
    )


def _settings(request: ExportRequest) -> dict[str, object]:
    generation = request.generation
    settings: dict[str, object] = {
        "python.defaultInterpreterPath": generation.python,
        "python.analysis.extraPaths": [overlay.root for overlay in generation.overlays],
        "terminal.integrated.env.linux": _terminal(request),
        "terminal.integrated.env.osx": _terminal(request),
    }
    if generation.model:
        settings["clangd.arguments"] = [_COMMANDS + generation.model.path]
    return settings


def _terminal(request: ExportRequest) -> dict[str, str | None]:
    """The terminal's variables; null unsets one. Only PATH keeps the caller's entries: for a variable
    that may be unset, the reference would add an empty entry.
    """
    alone = request.alone()
    values: dict[str, str | None] = {name: alone.get(name) for name in request.delta.names()}
    if "PATH" in values:
        values["PATH"] = request.around("PATH", "${env:PATH}")
    return values


def _with_settings(text: str, request: ExportRequest) -> str:
    """The settings with ours added. The user's own variables, folders and arguments are kept."""
    children = parse(text).children
    for key, value in _settings(request).items():
        if isinstance(value, dict):
            for name, one in value.items():
                text = with_value(text, (key, name), one)
        elif isinstance(value, list):
            theirs = children[key].value if key in children else []
            text = with_value(
                text, (key,), _beside(value, theirs if isinstance(theirs, list) else [])
            )
        else:
            text = with_value(text, (key,), value)
    return with_value(text, ("python.envFile",), f"${{workspaceFolder}}/{_VARIABLES}")


def _beside(ours: list[str], theirs: list[str]) -> list[str]:
    """Our items, then the user's. Our folder of compile commands replaces another one."""
    others = [one for one in theirs if one not in ours]
    replaced = any(one.startswith(_COMMANDS) for one in ours)
    return [*ours, *(one for one in others if not (replaced and one.startswith(_COMMANDS)))]


def _with_debuggers(text: str, request: ExportRequest) -> str:
    """The text of a launch.json with our configurations, which replace those of the same names."""
    if not parse(text).value:
        text = with_value(text, ("version",), "0.2.0")
    for ours in _debuggers(request):
        node = parse(text).children.get("configurations")
        known = node.value if node and isinstance(node.value, list) else []
        names = [one.get("name") if isinstance(one, dict) else None for one in known]
        at = names.index(ours["name"]) if ours["name"] in names else len(names)
        path = ("configurations", at) if node else ("configurations",)
        text = with_value(text, path, ours if node else [ours])
    return text


def _debuggers(request: ExportRequest) -> list[Mapping[str, object]]:
    generation = request.generation
    common = {"request": "launch", "cwd": "${fileDirname}"}
    variables = f"${{workspaceFolder}}/{_VARIABLES}"
    python = {
        "name": f"devenv {generation.name}: this Python file",
        "type": "debugpy",
        **common,
        "python": generation.python,
        "program": "${file}",
        "console": "integratedTerminal",
        "envFile": variables,
    }
    # gdb starts the interpreter itself: special is a script that starts it.
    native = {
        "name": f"devenv {generation.name}: mechanisms, in gdb",
        "type": "cppdbg",
        **common,
        "program": generation.python,
        "args": ["${file}"],
        "MIMode": "gdb",
        "envFile": variables,
    }
    return [python, native] if generation.model else [python]


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
