"""All commands with their options, as data: what help and completion need without importing them.

`devenv/resources/commands.json` is made by ``python docs/generate.py``; a test keeps it up to date.
"""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # typing takes as long to import as all the rest
if TYPE_CHECKING:
    from typing import Any

FILE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "resources", "commands.json")


def read_table() -> dict[str, Any]:
    """As `devenv.cli.kinds.table` makes it."""
    with open(FILE, encoding="utf-8") as file:
        table: dict[str, Any] = json.load(file)
    return table


def summaries() -> dict[str, str]:
    """The first sentence of each command's help."""
    return {name: command["help"] for name, command in read_table()["commands"].items()}
