"""A package's own tox configuration, and the variables that devenv adds to one of its environments."""

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
"""The files that tox reads, and a pattern for its settings: a tox.ini may have only pytest's."""

_SECTIONS = ("testenv:{name}", "env.{name}", "tool.tox.env.{name}")
"""The name of a section in an override: for INI files, tox.toml and pyproject.toml."""


def has_tox(files: Mapping[str, str]) -> bool:
    """Whether these files (name -> text) configure tox."""
    return any(re.search(CONFIGURATIONS[name], text, re.MULTILINE) for name, text in files.items())


def tox_overrides(name: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Options of tox that set our variables in a package's own environment `name`.

    They are given for each configuration format, since tox ignores those that do not apply. It does so
    silently, so `not_applied` has to check that one of them was used.
    """
    sets = "\n".join(f"{key}={_value(value)}" for key, value in sorted(variables.items()))
    sections = [section.format(name=name) for section in _SECTIONS]
    words = ((f"{one}.set_env+={sets}", f"{one}.pass_env+={','.join(PASSED)}") for one in sections)
    return tuple(word for pair in words for text in pair for word in ("-x", text))


def _value(text: str) -> str:
    """Escapes ``;``, after which tox would read a marker, and braces, which it substitutes."""
    return text.replace("{", "\\{").replace("}", "\\}").replace(";", "\\;")


def read_settings(printed: str) -> dict[str, tuple[str, ...]]:
    """Key -> the lines of its value, from the output of ``tox config -e NAME -k KEY``."""
    settings: dict[str, tuple[str, ...]] = {}
    key = ""
    for line in printed.splitlines():
        if match := re.fullmatch(r"(\w+) =(?: (.*))?", line):
            key = match[1]
            settings[key] = (match[2],) if match[2] else ()
        elif line.startswith("  ") and key:
            settings[key] += (line[2:],)
    return settings


def not_applied(
    settings: Mapping[str, Iterable[str]], variables: Mapping[str, str]
) -> tuple[str, ...]:
    """The names of variables that do not have our values in the settings of an environment."""
    lines = set(settings.get("set_env", ()))
    lines |= {line.replace("\\;", ";") for line in lines}
    return tuple(name for name, value in variables.items() if f"{name}={value}" not in lines)
