"""The value of a setting as words on the command line: read, and shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from typing import Any

from devenv.config.settings import LISTS, SWITCHES
from devenv.core.errors import UsageError
from devenv.core.launch import checked_line, checked_time, seconds
from devenv.core.names import unknown


def parse_value(key: str, words: Sequence[str], launchers: Collection[str]) -> Any:
    """The value of a setting as its file has it. launchers: the names that `launcher` can have.

    UsageError for words that the key cannot have.
    """
    for word in words:
        checked_line(word, key)
    if key in LISTS:
        return list(words)
    if len(words) != 1:
        raise UsageError(f"{key!r} is one value, not {len(words)}", fix="Put it in quotes.")
    value = words[0]
    if key == "jobs":
        return _number(value)
    if key == "proof" or key in SWITCHES:
        return _switch(value)
    if key == "launcher" and value not in launchers:
        raise unknown("launcher", value, launchers)
    if key == "time":
        checked_time(value, "config set time")
    if key == "max_wait":
        seconds(value, "config set max_wait")
    return value


def format_value(value: object) -> str:
    """The value of a setting as somebody types it."""
    if isinstance(value, (list, tuple)):
        return shlex.join(map(str, value))
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _number(value: str) -> int:
    if not re.fullmatch("[0-9]+", value):
        raise UsageError(f"invalid number of jobs: {value!r}", fix="Give a whole number.")
    return int(value)


def _switch(value: str) -> bool:
    words = {"on": True, "true": True, "off": False, "false": False}
    if value not in words:
        raise UsageError(f"invalid switch: {value!r}", fix="Use on or off.")
    return words[value]
