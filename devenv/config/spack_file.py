"""Editing a user's spack.yaml: entries change where they stand, comments and all else stay."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError


def edited_manifest(
    text: str,
    specs: Sequence[str],
    develop: Mapping[str, Mapping[str, str] | None],
    where: str,
) -> str:
    """`text` with these specs, and each entry of `develop` set, or removed where it is None.

    `text` itself where it says that already. UsageError where it cannot be edited without loss.
    """
    before = parse_yaml(text, where)
    wanted = _wanted(before, specs, develop)
    if before == wanted:
        return text
    edited = _edited(text, specs, develop)
    if parse_yaml(edited, where) != wanted:
        raise UsageError(
            f"{where}: cannot be edited without spoiling what is written there",
            fix=f"Set by hand: specs: {list(specs)}, develop: {dict(develop)}",
        )
    return edited


def _wanted(before: Any, specs: Sequence[str], develop: Mapping[str, Any]) -> Any:
    spack = {**before["spack"], "specs": list(specs)}
    entries = dict(spack.get("develop") or {})
    for name, entry in develop.items():
        if entry is None:
            entries.pop(name, None)
        else:
            entries[name] = {**(entries.get(name) or {}), **entry}
    if entries or "develop" in spack:
        spack["develop"] = entries
    if not entries:
        spack.pop("develop", None)
    return {**before, "spack": spack}


def _edited(text: str, specs: Sequence[str], develop: Mapping[str, Any]) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.util import load_yaml_guess_indent

    _, indent, offset = load_yaml_guess_indent(text)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 2**20
    yaml.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    data = yaml.load(text)
    spack = data["spack"]
    _set_list(spack, specs)
    entries = spack.get("develop")
    if entries is None and any(develop.values()):
        entries = spack["develop"] = {}
    for name, entry in develop.items():
        if entry is None and entries:
            entries.pop(name, None)
        elif entry is not None:
            entries.setdefault(name, {}).update(entry)
    if "develop" in spack and not spack["develop"]:
        del spack["develop"]
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _set_list(spack: Any, specs: Sequence[str]) -> None:
    """Items that stay keep their lines; one that changes is changed in its place."""
    there = spack.get("specs")
    if not there:
        spack["specs"] = list(specs)
        return
    for index in reversed(range(len(there))):
        if index >= len(specs):
            del there[index]
        elif there[index] != specs[index]:
            there[index] = specs[index]
    there.extend(specs[len(there) :])
