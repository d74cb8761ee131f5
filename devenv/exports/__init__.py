"""Exports of an environment for other tools, all made from its delta."""

from __future__ import annotations

from collections.abc import Callable

from devenv.exports import data, direnv, editors, modulefile
from devenv.exports.request import ExportFile, ExportRequest

__all__ = ["FILES", "FORMATS", "KERNEL", "ExportFile", "ExportRequest"]

KERNEL = "jupyter"

FORMATS: dict[str, Callable[[ExportRequest], str]] = {
    "modulefile": modulefile.tcl,
    "modulefile-lua": modulefile.lua,
    "envrc": direnv.envrc,
    "dotenv": data.dotenv,
    "vscode": editors.vscode,
    KERNEL: editors.kernelspec,
    "json": data.as_json,
}
"""The text of each format."""

FILES: dict[str, Callable[[ExportRequest], tuple[ExportFile, ...]]] = {
    "modulefile": modulefile.tcl_files,
    "modulefile-lua": modulefile.lua_files,
    "envrc": direnv.envrc_files,
    "vscode": editors.vscode_files,
}
"""The files of formats that can be written into a folder, merged with existing ones."""
