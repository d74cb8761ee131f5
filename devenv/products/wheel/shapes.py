"""The shapes of those parts of pyproject.toml that other tools define. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from devenv.core.errors import UsageError
from devenv.products.wheel.config import Config

_TABLES = (
    "project",
    "build-system",
    "tool",
    "tool.devenv",
    "tool.cibuildwheel",
    "tool.cibuildwheel.linux",
    "tool.cibuildwheel.macos",
)
_CIBUILDWHEEL: dict[str, tuple[type, ...]] = {
    "before-all": (str, list),
    "container-engine": (str, dict),
    "environment": (str, dict),
    "environment-pass": (str, list),
    "overrides": (list,),
    "test-command": (str, list),
    "test-requires": (str, list),
}
"""The options that devenv reads or adds to."""
_OTHERS: dict[str, tuple[type, ...]] = {
    "project.name": (str,),
    "project.requires-python": (str,),
    "build-system.requires": (list,),
    "build-system.build-backend": (str,),
}
_WORDS: dict[type, str] = {str: "text", list: "a list", dict: "a table"}


def require_shapes(data: Mapping[str, Any], path: str) -> None:
    """UsageError if a key in the content of a pyproject.toml has a value of the wrong type."""
    expected = {**dict.fromkeys(_TABLES, (dict,)), **_OTHERS, **dict(_options())}
    for key, types in expected.items():
        value = _value(data, key)
        if value is not None and not isinstance(value, types):
            words = " or ".join(_WORDS[one] for one in types)
            raise UsageError(f"{path}: {key} is not {words}", fix="Correct its value.")
    requires = _value(data, "project.requires-python") or ""
    try:
        SpecifierSet(requires)
    except InvalidSpecifier:
        raise UsageError(
            f"{path}: requires-python is not a version specifier: {requires!r}",
            fix="Write it like '>=3.10'.",
        ) from None


def _options() -> Iterator[tuple[str, tuple[type, ...]]]:
    for system in ("", "linux.", "macos."):
        for name, types in _CIBUILDWHEEL.items():
            yield f"tool.cibuildwheel.{system}{name}", types


def _value(data: Mapping[str, Any], key: str) -> Any:
    value: Any = data
    for word in key.split("."):
        value = value.get(word) if isinstance(value, Mapping) else None
    return value


def require_tests(config: Config, path: str) -> None:
    """UsageError if a test in the settings has no command, or does not expect a regular expression."""
    for one in config.tests:
        if not one.command:
            raise UsageError(f"{path}: the test {one.name!r} has no command", fix="Add its words.")
        try:
            re.compile(one.expect)
        except re.error as error:
            raise UsageError(
                f"{path}: the test {one.name!r} expects {one.expect!r}, which is not a regular"
                f" expression: {error}",
                fix="Write a \\ before ( ) [ ] { } . * + ? that stand for themselves.",
            ) from None
