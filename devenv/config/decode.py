"""Decodes plain data into dataclasses, and refuses misspelt keys.

msgspec checks the data against Structs made from the dataclasses: only Structs refuse unknown keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, reduce
from inspect import cleandoc
from operator import or_
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from devenv.core.errors import UsageError
from devenv.core.names import did_you_mean

T = TypeVar("T")

_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys with values",
    "null": "nothing",
    "date": "a date",
    "datetime": "a time",
}


def decode(cls: type[T], data: Any, where: str, **given: Any) -> T:
    """`data` as the dataclass `cls`; UsageError for an unknown key at any depth or a wrong type.

    where: the file, for the message. given: values of fields that the file may not set.
    """
    data = {} if data is None else data
    strict = _strict(cls, tuple(given))
    try:
        msgspec.convert(data, strict)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), strict, data, where, given) from None
    return msgspec.convert({**data, **given}, cls)


def schema(cls: type, title: str, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the data that `decode` accepts for `cls`; `given` as there."""
    strict = _strict(cls, given)
    (root,), definitions = msgspec.json.schema_components([strict], ref_template="#/$defs/{name}")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return {**head, **root, "$defs": definitions}


def _strict(hint: Any, without: tuple[str, ...] = ()) -> Any:
    """The type `hint`, with each dataclass replaced by a Struct that refuses unknown keys.

    without: fields to omit from the Struct.
    """
    if isinstance(hint, UnionType):
        return reduce(or_, map(_strict, get_args(hint)))
    if origin := get_origin(hint):
        return origin[tuple(map(_strict, get_args(hint)))]
    return _struct(hint, without)


@cache  # a schema needs the same Struct wherever a dataclass occurs
def _struct(cls: Any, without: tuple[str, ...]) -> Any:
    if not (isinstance(cls, type) and is_dataclass(cls)):
        return cls
    types, members = get_type_hints(cls), []
    for field in fields(cls):
        known = {name: getattr(field, name) for name in ("default", "default_factory")}
        default = {name: value for name, value in known.items() if value is not MISSING}
        if field.name not in without:
            members.append((field.name, _strict(types[field.name]), msgspec.field(**default)))
    body: dict[str, Any] = {"__doc__": cleandoc(cls.__doc__ or "")}
    return msgspec.defstruct(
        cls.__name__, members, namespace=body, kw_only=True, forbid_unknown_fields=True
    )


def _refusal(
    message: str, strict: Any, data: Any, where: str, given: Collection[str]
) -> UsageError:
    """msgspec's ``Expected `int`, got `str` - at `$.tests[...].workers` `` in plain words."""
    reason, _, at = message.partition(" - at ")
    hint, value, path = _located(strict, data, re.findall(r"\.\w+|\[[^]]*\]", at))
    quoted = re.findall("`([^`]*)`", reason)
    if at.startswith("`key`"):
        odd = next(name for name in value if not isinstance(name, str))
        reason, fix = f"YAML reads a key as {odd!r}, which is not text", "Put the key in quotes."
    elif "missing" in reason:
        reason, fix = f"the key {quoted[0]!r} is missing", f"Add a line '{quoted[0]}: …'."
    elif "unknown" not in reason:
        reason, fix = _wrong_type(quoted[0], quoted[1], value)
    elif quoted[0] in given and not path:
        reason = f"{quoted[0]!r} cannot be set here"
        fix = f"Remove it: the {quoted[0]} follows from the location of the file."
    else:
        reason = f"unknown key {quoted[0]!r}"
        fix = did_you_mean(quoted[0], hint.__struct_fields__)
    return UsageError(f"{where}, at {path}: {reason}" if path else f"{where}: {reason}", fix=fix)


def _located(hint: Any, value: Any, steps: list[str]) -> tuple[Any, Any, str]:
    """The type and value at msgspec's path, and the path with the keys of dictionaries filled in."""
    path = ""
    key: int | str
    for step in steps:
        if step.startswith("."):
            key = step[1:]
            hint = next(f.type for f in msgspec.structs.fields(hint) if f.name == key)
        elif step == "[...]":
            hint = get_args(hint)[1]
            key = next(name for name, item in value.items() if not _fits(item, hint))
        else:
            hint, key = get_args(hint)[0], int(step[1:-1])
        if NoneType in get_args(hint):
            hint = get_args(hint)[0]
        value = value[key]
        path += f"[{key}]" if isinstance(key, int) else f".{key}"
    return hint, value, path.removeprefix(".")


def _fits(value: Any, hint: Any) -> bool:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return True


def _wrong_type(expected: str, got: str, value: Any) -> tuple[str, str]:
    """The reason, and the fix for a common mistake in YAML: ``python: 3.10`` is the number 3.1."""
    types = [name for name in expected.split(" | ") if name != "null"]
    words = " or ".join(_WORDS.get(name, name) for name in types)
    shown = f" ({value!r})" if isinstance(value, (str, int, float)) else ""
    trap = "str" in types and got not in ("array", "object", "null")
    fix = "Put it in quotes: YAML takes it for something other than text." if trap else ""
    return f"expected {words}, got {_WORDS.get(got, got)}{shown}", fix
