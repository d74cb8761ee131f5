"""A package's own tox configuration: what it is, and what devenv adds to one of its environments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from devenv.testing.toxfile import PASSED

CONFIGURATIONS = {
    "tox.ini": r"^\[(tox|testenv)\b",
    "setup.cfg": r"^\[tox:",
    "pyproject.toml": r"^\[tool\.tox\b",
    "tox.toml": "",
}
"""The files that tox reads, and what in them is its own: a tox.ini may have pytest's settings alone."""

_SECTIONS = ("testenv:{name}", "env.{name}", "tool.tox.env.{name}")
"""What a section is called in an override: in INI files, in tox.toml and in pyproject.toml."""


def has_tox(files: Mapping[str, str]) -> bool:
    """Whether these files (name -> text) configure tox."""
    return any(re.search(CONFIGURATIONS[name], text, re.MULTILINE) for name, text in files.items())


def tox_overrides(name: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Options for tox with which a package's own environment `name` gets our variables.

    They are said in the syntax of each format of its configuration, since tox passes over those that
    do not apply; without a word, so that `not_applied` has to look whether any did.
    """
    sets = "\n".join(f"{key}={_value(value)}" for key, value in sorted(variables.items()))
    sections = [section.format(name=name) for section in _SECTIONS]
    words = ((f"{one}.set_env+={sets}", f"{one}.pass_env+={','.join(PASSED)}") for one in sections)
    return tuple(word for pair in words for text in pair for word in ("-x", text))


def _value(text: str) -> str:
    """Behind a ``;`` tox would read a marker, and it substitutes what stands in braces."""
    return text.replace("{", "\\{").replace("}", "\\}").replace(";", "\\;")


def read_settings(printed: str) -> dict[str, tuple[str, ...]]:
    """Key -> the lines of its value, in what ``tox config -e NAME -k KEY`` printed."""
    settings: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in printed.splitlines():
        if found := re.fullmatch(r"(\w+) =(?: (.*))?", line):
            key = found[1]
            settings[key] = (found[2],) if found[2] else ()
        elif line.startswith("  ") and key:
            settings[key] += (line[2:],)
    return settings


def not_applied(
    settings: Mapping[str, Iterable[str]], variables: Mapping[str, str]
) -> tuple[str, ...]:
    """The names of those variables that do not have our values in an environment's settings."""
    lines = set(settings.get("set_env", ()))
    lines |= {line.replace("\\;", ";") for line in lines}
    return tuple(name for name, value in variables.items() if f"{name}={value}" not in lines)
