"""All commands with their options, as data: what help and completion need without importing them.

`devenv/resources/commands.json` is made by ``python docs/generate.py``; a test keeps it up to date.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "resources" / "commands.json"


def read_table() -> dict[str, Any]:
    """command -> its help, options, arguments, and the commands below it."""
    table: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return table


def summaries() -> dict[str, str]:
    """The first sentence of each command's help."""
    return {name: command["help"] for name, command in read_table().items()}
