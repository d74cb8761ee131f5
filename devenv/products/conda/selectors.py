"""Selectors: lines of a meta.yaml or a conda_build_config.yaml that apply to some platforms only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devenv.core.errors import UsageError
from devenv.products.conda.recipe import Note

_SELECTOR = re.compile(r"^(?P<code>.*?\S.*?)\s#[^\[\]]*\[(?P<expression>[^\[\]]+)\][^\[\]]*$")

Line = tuple[int, str]
"""The number of a line in the recipe's file, and its text."""


def namespace(platform: str, variant: Mapping[str, str]) -> dict[str, Any]:
    """The names that selectors may use, from conda-build's documentation, and the keys of the variant,
    as text.
    """
    system, _, machine = platform.partition("-")
    architectures = {"64": "x86_64", "32": "x86", "arm64": "arm64", "aarch64": "aarch64"}
    architecture = architectures.get(machine, machine)
    known = ("x86_64", "x86", "arm64", "aarch64", "ppc64le", "s390x", "armv6l", "armv7l")
    names: dict[str, Any] = {one: one == architecture for one in known}
    names["x86"] = architecture in ("x86", "x86_64")
    for one in ("linux", "osx", "win"):
        names[one] = system == one
        names[f"{one}64"] = platform == f"{one}-64"
        names[f"{one}32"] = platform == f"{one}-32"
    names |= {"unix": system != "win", "target_platform": platform, "build_platform": platform}
    names |= {k.replace("-", "_"): v for k, v in variant.items() if k.isidentifier() or "-" in k}
    return names | _versions(variant)


def _versions(variant: Mapping[str, str]) -> dict[str, Any]:
    """``py`` and ``np`` are numbers: 312 for Python 3.12."""
    result: dict[str, Any] = {}
    for key, name in (("python", "py"), ("numpy", "np")):
        parts = re.findall(r"\d+", variant.get(key, ""))[:2]
        if len(parts) == 2:
            result[name] = int("".join(parts))
    if "py" in result:
        result |= {"py3k": result["py"] >= 300, "py2k": result["py"] < 300}
    return result


def select(
    lines: Iterable[Line], names: Mapping[str, Any], path: str
) -> tuple[list[Line], list[Note]]:
    """The lines that apply, without their selectors, and notes on unknown names in selectors.

    An unknown name counts as false, as in conda-build. UsageError for an invalid expression.
    """
    kept: list[Line] = []
    notes: list[Note] = []
    for number, text in lines:
        result = selector(text)
        if result is None:
            kept.append((number, text))
            continue
        code, expression = result
        holds, unknown = _evaluated(expression, names, f"{path}, line {number}")
        notes += (Note(number, "changed", _unknown(name, expression)) for name in unknown)
        if holds:
            kept.append((number, code))
    return kept, notes


def selector(text: str) -> tuple[str, str] | None:
    """A line without its selector, and the selector; None for a line without one."""
    if text.lstrip().startswith("#"):
        return None
    result = _SELECTOR.match(text)
    return (result["code"].rstrip(), result["expression"].strip()) if result else None


def _unknown(name: str, expression: str) -> str:
    return f"selector [{expression}]: {name} is not known, and counts as false"


def _evaluated(expression: str, names: Mapping[str, Any], where: str) -> tuple[bool, Iterator[str]]:
    from jinja2 import TemplateError, meta
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    try:
        parsed = environment.parse("{{ " + expression + " }}")
        missing = sorted(meta.find_undeclared_variables(parsed) - names.keys())
        value = environment.compile_expression(expression)(**names, **dict.fromkeys(missing, False))
    except (TemplateError, TypeError) as error:
        raise UsageError(
            f"{where}: the selector [{expression}] cannot be evaluated: {error}",
            fix="Write an expression of Python, such as [linux and py >= 311].",
        ) from None
    return bool(value), iter(missing)
