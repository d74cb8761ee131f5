"""Exports of an environment for other tools, all made from its delta."""

from __future__ import annotations

from collections.abc import Callable

from devenv.exports import data, direnv, editors, modulefile
from devenv.exports.request import ExportRequest

__all__ = ["FORMATS", "ExportRequest"]

FORMATS: dict[str, Callable[[ExportRequest], str]] = {
    "modulefile": modulefile.tcl,
    "modulefile-lua": modulefile.lua,
    "envrc": direnv.envrc,
    "dotenv": data.dotenv,
    "vscode": editors.vscode,
    "kernelspec": editors.kernelspec,
    "json": data.as_json,
}
