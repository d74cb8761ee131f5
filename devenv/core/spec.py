"""Variants in Spack's notation: ``+coreneuron~gpu model=neocortex``.

Source of the grammar: Spack's documentation, "Specs & dependencies" (boolean and valued variants).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devenv.core.errors import UsageError
from devenv.core.names import unknown

Value = bool | str

_TOKEN = re.compile(r"\s*(?:([+~])([A-Za-z0-9_][\w-]*)|([A-Za-z0-9_][\w-]*)=([^\s+~=]+))")

_NAME = re.compile(r"[^\s+~=]+(?=[\s+~]|$)")


@dataclass(frozen=True)
class Variant:
    """A variant that a template offers. values: the allowed values; empty for a boolean variant."""

    default: Value = False
    help: str = ""
    values: tuple[str, ...] = ()


def parse_variants(text: str) -> dict[str, Value]:
    """``"+a~b c=d"`` -> ``{"a": True, "b": False, "c": "d"}``; UsageError for anything else."""
    found: dict[str, Value] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UsageError(
                f"invalid variants {text!r}, at {text[position:]!r}",
                fix="Write them as +name, ~name or name=value, for instance '+plasticity~v5'.",
            )
        sign, flag, name, value = match.groups()
        if flag:
            found[flag] = sign == "+"
        else:
            found[name] = value
        position = match.end()
    return found


def split_spec(words: Iterable[str]) -> tuple[str, str]:
    """``["neocortex+coreneuron", "+plasticity"]`` -> ``("neocortex", "+coreneuron +plasticity")``.

    The name is empty if there is none.
    """
    text = " ".join(words).strip()
    match = _NAME.match(text)
    return (match[0], text[match.end() :].strip()) if match else ("", text)


def format_variants(values: Mapping[str, Value]) -> str:
    """The canonical notation: booleans first, then ``name=value``, each sorted by name."""
    flags = [("+" if v else "~") + k for k, v in sorted(values.items()) if isinstance(v, bool)]
    valued = [f"{k}={v}" for k, v in sorted(values.items()) if not isinstance(v, bool)]
    return " ".join(filter(None, ["".join(flags), *valued]))


def resolve_variants(
    asked: Mapping[str, Value], offered: Mapping[str, Variant], where: str
) -> dict[str, Value]:
    """Every offered variant with its value; UsageError for an unknown variant or an invalid value."""
    for name, value in asked.items():
        if name not in offered:
            raise unknown("variant", name, offered, where)
        _check_value(name, value, offered[name], where)
    return {name: asked.get(name, variant.default) for name, variant in offered.items()}


def _check_value(name: str, value: Value, variant: Variant, where: str) -> None:
    if not variant.values:
        if not isinstance(value, bool):
            raise UsageError(
                f"the variant {name!r} in {where} is a boolean", fix=f"Write +{name} or ~{name}."
            )
    elif isinstance(value, bool) or value not in variant.values:
        raise unknown(f"value for the variant {name!r}:", str(value), variant.values, where)


def holds(condition: str, values: Mapping[str, Value]) -> bool:
    """Whether `values` satisfy `condition` (``"+plasticity~v5"``; empty: always)."""
    return all(values.get(name) == value for name, value in parse_variants(condition).items())
