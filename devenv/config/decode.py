"""From plain data to the core's dataclasses, and nothing that is misspelt comes through.

msgspec converts and knows the types, but ignores unknown keys of a dataclass and names no key below a
dictionary in its messages; so the data is walked here first.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
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

    where: the file, for the message. given: fields that are known already; a file may not set them.
    """
    data = {} if data is None else data
    _check_object(cls, data, "", where, tuple(given))
    return msgspec.convert({**data, **given}, cls)


def schema(cls: type, title: str, given: tuple[str, ...] = ()) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what `decode` takes for `cls`; `given` as there."""
    (root,), definitions = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "properties" in definition:
            definition["additionalProperties"] = False
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    top = definitions[cls.__name__]
    for name in given:
        del top["properties"][name]
        top["required"] = [required for required in top.get("required", []) if required != name]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    return {**head, **root, "$defs": definitions}


def _check(hint: Any, value: Any, path: str, where: str) -> None:
    """Raise for the first thing in `value` that `hint` does not allow."""
    inner = hint
    if isinstance(hint, UnionType) and NoneType in get_args(hint):
        if value is None:
            return
        inner = next(option for option in get_args(hint) if option is not NoneType)
    if is_dataclass(inner):
        _check_object(inner, value, path, where)
    elif get_origin(inner) is tuple and isinstance(value, list):
        for index, item in enumerate(value):
            _check(get_args(inner)[0], item, f"{path}[{index}]", where)
    elif get_origin(inner) is dict and isinstance(value, dict):
        for key, item in value.items():
            _check_key(key, path, where)
            _check(get_args(inner)[1], item, f"{path}.{key}", where)
    else:
        _check_leaf(inner, value, path, where)


def _check_object(cls: Any, value: Any, path: str, where: str, given: Iterable[str] = ()) -> None:
    if not isinstance(value, dict):
        _check_leaf(dict, value, path, where)
    known = {field.name: field for field in fields(cls) if field.name not in given}
    hints = get_type_hints(cls)
    for key, item in value.items():
        _check_key(key, path, where)
        if key in given:
            raise UsageError(
                f"{_place(where, path)}: {key!r} cannot be set here",
                fix=f"Remove it: the {key} follows from where the file stands.",
            )
        if key not in known:
            raise UsageError(
                f"{_place(where, path)}: unknown key {key!r}", fix=did_you_mean(key, known)
            )
        _check(hints[key], item, f"{path}.{key}".lstrip("."), where)
    for name, field in known.items():
        if name not in value and field.default is field.default_factory is MISSING:
            raise UsageError(
                f"{_place(where, path)}: the key {name!r} is missing",
                fix=f"Add a line '{name}: …'.",
            )


def _check_key(key: Any, path: str, where: str) -> None:
    if not isinstance(key, str):
        raise UsageError(
            f"{_place(where, path)}: YAML reads a key as {key!r}, which is no text",
            fix="Put the key in quotes.",
        )


def _check_leaf(hint: Any, value: Any, path: str, where: str) -> None:
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"{_place(where, path)}: {_sentence(str(error), value)}", fix=_quotes(hint, value)
        ) from None


def _place(where: str, path: str) -> str:
    return f"{where}, at {path}" if path else where


def _sentence(message: str, value: Any) -> str:
    """msgspec's ``Expected `bool | str`, got `int` `` in plain words, with what was there."""
    if not message.startswith("Expected `"):
        return message
    expected, got = message.split("`")[1], message.split("`")[3]
    words = " or ".join(_WORDS.get(name, name) for name in expected.split(" | "))
    there = f" ({value!r})" if isinstance(value, (str, int, float)) else ""
    return f"expected {words}, but there is {_WORDS.get(got, got)}{there}"


def _quotes(hint: Any, value: Any) -> str:
    """YAML's best known trap: ``python: 3.10`` is the number 3.1."""
    if str in (hint, *get_args(hint)) and value is not None and not isinstance(value, (dict, list)):
        return "Put it in quotes: YAML takes it for something other than text."
    return ""
