"""Finds the NEURON in the deps, extras or dependency groups of a package's own tox environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource, Generation
from devenv.testing import group_requirements, required_neuron, satisfies
from devenv.testing.own import own_settings
from devenv.testing.plain import required_lines
from devenv.testing.tox import neuron_in


def other_neuron(context: Context, generation: Generation, source: DevSource, name: str) -> str:
    """The requirement on NEURON of the package's own tox environment `name`, if the generation's NEURON
    does not satisfy it; else empty."""
    keys = ("deps", "extras", "dependency_groups")
    settings = own_settings(context, source, ("-e", name), *keys)
    deps, extras, groups = (settings.get(key, ()) for key in keys)
    root = Path(source.path)
    lines = tuple(_with_files(root, deps, frozenset()))
    extras = (*extras, *_own_extras(lines))
    # The environment itself satisfies the package's requirements without extras.
    optional = [line for line in required_lines(generation, source.package) if "extra" in line]
    grouped = group_requirements(_text(root / "pyproject.toml"), groups)
    named = required_neuron((*lines, *grouped, *optional), extras)
    return "" if not named or satisfies(*neuron_in(context, generation), named) else named


def _own_extras(deps: Iterable[str]) -> Iterator[str]:
    """The extras of the package itself in deps such as ``.[test]`` or ``-e .[test,docs]``."""
    for line in deps:
        if match := re.fullmatch(r"(?:-e\s*|--editable[ =])?(?:\.|/\S*)\[(.+)\]", line.strip()):
            yield from (extra.strip() for extra in match[1].split(","))


def _with_files(root: Path, deps: Iterable[str], seen: frozenset[Path]) -> Iterator[str]:
    """The lines of `deps`, with ``-r FILE`` replaced recursively by the lines of the file."""
    for line in deps:
        named = re.fullmatch(r"(?:-r|--requirement)[ =]?(.+)", line.strip())
        if not named:
            yield line
        elif (path := root / named[1].strip()) not in seen:
            yield from _with_files(path.parent, _text(path).splitlines(), seen | {path})


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
