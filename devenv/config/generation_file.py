"""environment.json and lock.json: a generation and its lock as JSON.

Every run and every rank reads them, so this uses the standard library only: importing msgspec takes
seven times as long as importing json.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from devenv.core.base import Base
from devenv.core.delta import Append, Edit, EnvironmentDelta, Prepend, Remove, Set, Unset
from devenv.core.environment import (
    BuiltModel,
    CompiledSource,
    Generation,
    Lock,
    NamedModel,
    Overlay,
)
from devenv.core.errors import StateError, UsageError

T = TypeVar("T")

FORMAT = 1
_FIX = "Rebuild it from environment.yaml: devenv build"
_EDITS: dict[str, type[Edit]] = {
    "set": Set,
    "unset": Unset,
    "prepend": Prepend,
    "append": Append,
    "remove": Remove,
}
_KINDS = {cls: kind for kind, cls in _EDITS.items()}


def generation_text(generation: Generation) -> str:
    """environment.json."""
    data = asdict(generation)
    data["delta"] = _edits(generation.delta)
    for named, item in zip(generation.further, data["further"], strict=True):
        item["delta"] = _edits(named.delta)
    return _text(data)


def _edits(delta: EnvironmentDelta) -> list[dict[str, Any]]:
    return [{"edit": _KINDS[type(edit)], **asdict(edit)} for edit in delta.edits]


def read_generation(text: str | bytes, where: str) -> Generation:
    """The generation that `generation_text` wrote; StateError for damage or another format."""
    return _read(text, where, _generation)


def lock_text(lock: Lock) -> str:
    """lock.json."""
    return _text(asdict(lock))


def read_lock(text: str | bytes, where: str) -> Lock:
    """The lock that `lock_text` wrote; StateError for damage or another format.

    It is checked completely, since it may come from another machine (--from-lock). No rank reads it.
    """
    from devenv.config.decode import decode

    try:
        return _read(text, where, lambda data: decode(Lock, data, where))
    except UsageError as error:
        raise StateError(error.what, fix=_FIX) from None


def _text(data: dict[str, Any]) -> str:
    return json.dumps({"format": FORMAT, **data}, indent=1) + "\n"


def _read(text: str | bytes, where: str, build: Callable[[dict[str, Any]], T]) -> T:
    try:
        data = json.loads(text)
        written = data.pop("format")
        if written == FORMAT:
            return build(data)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StateError(f"{where} is damaged", fix=_FIX) from None
    raise StateError(
        f"{where} has format {written}; this devenv reads format {FORMAT}",
        fix="Use the devenv version that wrote it, or rebuild it: devenv build",
    )


def _generation(data: dict[str, Any]) -> Generation:
    model = data.pop("model")
    return _built(
        Generation,
        {
            **data,
            "delta": _delta(data["delta"]),
            "overlays": [_built(Overlay, overlay) for overlay in data["overlays"]],
            "compiled": [_built(CompiledSource, one) for one in data.get("compiled", ())],
            "model": None if model is None else _built(BuiltModel, model),
            "further": [_named(item) for item in data.get("further", ())],
            "base": _built(Base, data.get("base", {})),
        },
    )


def _named(data: dict[str, Any]) -> NamedModel:
    return NamedModel(data["name"], _built(BuiltModel, data["model"]), _delta(data["delta"]))


def _delta(edits: list[dict[str, Any]]) -> EnvironmentDelta:
    return EnvironmentDelta(tuple(_edit(**edit) for edit in edits))


def _edit(edit: str, **values: Any) -> Edit:
    return _EDITS[edit](**values)


def _built(cls: Callable[..., T], data: dict[str, Any]) -> T:
    return cls(**{name: _tuples(value) for name, value in data.items()})


def _tuples(value: Any) -> Any:
    """The dataclasses have tuples where JSON has lists."""
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
