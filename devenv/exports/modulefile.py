"""Modulefiles: Tcl for Environment Modules (and Lmod, which reads them too), Lua for Lmod.

A modulefile cannot restore the old value of a variable: a module system unsets on unload what it set. It
is for users of `module load`; a deactivation by devenv restores every variable exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from devenv.core.delta import Append, Edit, Prepend, Remove, Set, entries
from devenv.exports.request import ExportFile, ExportRequest

_TCL = re.compile(r'[][\\${}";#\s]|[\x80-\ud7ff\ue000-\uffff]')
_LUA = re.compile(r'[\\"\x00-\x1f\x7f]')


def tcl(request: ExportRequest) -> str:
    """The text of a Tcl modulefile."""
    name = request.generation.name
    lines = ["#%Module1.0", f"module-whatis {_tcl(f'devenv environment {name}')}"]
    lines += [f"module load {module}" for module in request.generation.base.modules]
    for edit in request.delta.edits:
        lines += _tcl_edit(edit)
    return "\n".join(lines) + "\n"


def _tcl_edit(edit: Edit) -> list[str]:
    if isinstance(edit, Set):
        return [f"setenv {edit.name} {_tcl(edit.value)}"]
    if not isinstance(edit, (Prepend, Append, Remove)):
        return [f"unsetenv {edit.name}"]
    verb = f"{type(edit).__name__.lower()}-path"
    # Of several prepended entries, the last one ends up first.
    values = entries(edit.value)[:: -1 if isinstance(edit, Prepend) else 1]
    lines = [f"{verb} {edit.name} {_tcl(value)}" for value in values]
    if isinstance(edit, Prepend) and edit.only_over:
        is_set = f'[info exists env({edit.name})] && $env({edit.name}) ne ""'
        return [f"if {{{is_set}}} {{ {line} }}" for line in lines]
    return lines


def _tcl(text: str) -> str:
    return _TCL.sub(_tcl_escape, text) or "{}"


def _tcl_escape(match: re.Match[str]) -> str:
    """Escapes non-ASCII characters by number, since Lmod reads Tcl files as Latin-1."""
    if match[0] == "\n":
        return "\\n"
    return f"\\u{ord(match[0]):04x}" if match[0] > "\x7f" else f"\\{match[0]}"


def lua(request: ExportRequest) -> str:
    """The text of a Lua modulefile."""
    name = request.generation.name
    lines = [f"whatis({_lua(f'devenv environment {name}')})"]
    lines += [f"load({_lua(module)})" for module in request.generation.base.modules]
    for edit in request.delta.edits:
        lines += _lua_edit(edit)
    return "\n".join(lines) + "\n"


def _lua_edit(edit: Edit) -> list[str]:
    name = _lua(edit.name)
    if isinstance(edit, Set):
        return [f"setenv({name}, {_lua(edit.value)})"]
    if not isinstance(edit, (Prepend, Append, Remove)):
        return [f"unsetenv({name})"]
    verb = f"{type(edit).__name__.lower()}_path"
    values = entries(edit.value)[:: -1 if isinstance(edit, Prepend) else 1]
    lines = [f"{verb}({name}, {_lua(value)})" for value in values]
    if isinstance(edit, Prepend) and edit.only_over:
        is_set = f'(os.getenv({name}) or "") ~= ""'
        return [f"if {is_set} then {line} end" for line in lines]
    return lines


def _lua(text: str) -> str:
    escaped = _LUA.sub(lambda m: f"\\{ord(m[0]):03d}" if m[0] not in '\\"' else f"\\{m[0]}", text)
    return f'"{escaped}"'


def tcl_files(request: ExportRequest) -> tuple[ExportFile, ...]:
    """The Tcl modulefile of the environment in a tree."""
    return (ExportFile(request.generation.name, _in_place_of_ours(tcl(request))),)


def lua_files(request: ExportRequest) -> tuple[ExportFile, ...]:
    """The Lua modulefile of the environment in a tree."""
    return (ExportFile(f"{request.generation.name}.lua", _in_place_of_ours(lua(request))),)


def _in_place_of_ours(text: str) -> Callable[[str], str]:
    """Replaces a whole modulefile, but only one that devenv wrote."""

    def merged(before: str) -> str:
        if before and "devenv" not in "".join(before.splitlines()[:2]):
            raise ValueError("it is not a modulefile of devenv's")
        return text

    return merged
