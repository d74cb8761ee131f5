"""An environment as files for other tools, all of them from the same delta."""

from __future__ import annotations

from collections.abc import Callable

from devenv.exports import data, direnv, editors, modulefile
from devenv.exports.request import Request

__all__ = ["FORMATS", "Request"]

FORMATS: dict[str, Callable[[Request], str]] = {
    "modulefile": modulefile.tcl,
    "modulefile-lua": modulefile.lua,
    "envrc": direnv.envrc,
    "dotenv": data.dotenv,
    "vscode": editors.vscode,
    "kernelspec": editors.kernelspec,
    "json": data.as_json,
}
