"""environment.yml, conda's description of an environment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devenv.core.errors import UsageError
from devenv.core.names import unknown
from devenv.products.conda.specs import package_name

_KEYS = ("name", "channels", "dependencies", "prefix")
NO_DEFAULTS = "nodefaults"
"""A pseudo-channel that excludes the channels of conda's configuration, which devenv does not use."""


@dataclass(frozen=True)
class EnvironmentFile:
    """An environment.yml. name: empty if it has none. channels: in order. dependencies: as written."""

    name: str
    channels: tuple[str, ...]
    dependencies: tuple[str, ...]


def environment_file(data: Any, where: str) -> EnvironmentFile:
    """Validate the data of the file. UsageError for a key or value that devenv does not understand."""
    if not isinstance(data, Mapping):
        raise UsageError(f"{where} is not a mapping", fix="See: dependencies: [python, numpy]")
    for key in data:
        if key not in _KEYS:
            raise unknown("key", str(key), _KEYS, where)
    if not data.get("dependencies"):
        raise UsageError(f"{where} names no dependencies", fix="Add some: dependencies: [python]")
    channels = tuple(one for one in _texts(data, "channels", where) if one != NO_DEFAULTS)
    return EnvironmentFile(
        str(data.get("name") or ""), channels, _texts(data, "dependencies", where)
    )


def _texts(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = data.get(key) or []
    if not isinstance(values, list):
        raise UsageError(f"{where}, at {key}: not a list", fix=f"See: {key}: [one, two]")
    for number, one in enumerate(values):
        if isinstance(one, Mapping) and "pip" in one:
            raise UsageError(
                f"{where}, at {key}[{number}]: packages of pip are not conda packages",
                fix="Remove the section pip, and develop these packages: devenv develop PACKAGE;"
                " or make a package of each: devenv conda build",
            )
        if not isinstance(one, str) or not (key == "channels" or package_name(one)):
            raise UsageError(
                f"{where}, at {key}[{number}]: invalid value {one!r}",
                fix="Write it as conda does, such as 'numpy=2.1' or 'mpi4py=*=*_site'.",
            )
    return tuple(values)
