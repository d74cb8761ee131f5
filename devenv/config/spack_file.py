"""Edits a user's spack.yaml: changes entries in place and keeps every other byte."""

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
    """`text` with these specs and exactly these dev sources; unchanged if it has them already.

    package: the identity of a spec in a list. UsageError if `text` cannot be edited without loss.
    """
    before = parse_yaml(text, where)["spack"]
    changes: dict[str, Any] = {}
    if list(before.get("specs") or []) != list(specs):
        changes["specs"] = list(specs)
    present = before.get("develop") or {}
    entries = {name: {**(present.get(name) or {}), **entry} for name, entry in develop.items()}
    if entries != present:
        changes["develop"] = entries or None
    return with_values(text, changes, where, package, below="spack")
