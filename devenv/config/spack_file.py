"""Editing a user's spack.yaml: entries change where they stand, every other byte stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devenv.config.yaml_edit import with_values
from devenv.config.yaml_text import parse_yaml


def edited_manifest(
    text: str,
    specs: Sequence[Any],
    develop: Mapping[str, Mapping[str, str]],
    where: str,
    package: Callable[[Any], str],
) -> str:
    """`text` with these specs and exactly these dev sources; itself where it says that already.

    package: what makes one spec of a list the same as another. UsageError where it cannot be edited
    without loss.
    """
    before = parse_yaml(text, where)["spack"]
    wanted: dict[str, Any] = {}
    if list(before.get("specs") or []) != list(specs):
        wanted["specs"] = list(specs)
    there = before.get("develop") or {}
    entries = {name: {**(there.get(name) or {}), **entry} for name, entry in develop.items()}
    if entries != there:
        wanted["develop"] = entries or None
    return with_values(text, wanted, where, package, below="spack")
