"""What an activation takes from what Spack built, the same for every version of Spack.

`spack env activate` says what the recipes of the installed packages set. Of that the values are taken
and nothing else: it leaves ``.`` behind where a variable was empty, since 1.2 it says nothing of
Python's path, and before the install it says nothing at all.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.delta import Edit, EnvironmentDelta, Prepend, Set, entries
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock

_EXPORT = re.compile(r"export ([A-Za-z_]\w*)=(.*?);?$", re.DOTALL)
_NOT_OURS = re.compile(r"SPACK_\w+|PS1|MANPATH|PYTHONPATH|_|PWD|SHLVL|LOADEDMODULES|MODULEPATH")
"""Spack's own; man looks beside PATH by itself; and Python's path is computed."""

_LISTS = re.compile(r"\w*PATH|\w+_DIRS|LUA_C?PATH|CLASSPATH")


@dataclass(frozen=True)
class RunVariables:
    """What the recipes set. lists: variable -> entries, the first in front. scalars: others."""

    lists: Mapping[str, tuple[str, ...]]
    scalars: Mapping[str, str]


def run_variables(said: str, before: Mapping[str, str]) -> RunVariables:
    """From what ``spack env activate --sh`` printed in the variables `before`."""
    lists: dict[str, tuple[str, ...]] = {}
    scalars: dict[str, str] = {}
    for name, value in _exports(said):
        if _NOT_OURS.fullmatch(name) or before.get(name) == value:
            continue
        if _LISTS.fullmatch(name) and _absolute(value):
            there = entries(before.get(name))
            lists[name] = tuple(e for e in entries(value) if e not in there)
        else:
            scalars[name] = value
    return RunVariables({n: v for n, v in lists.items() if v}, scalars)


def _exports(said: str) -> Iterable[tuple[str, str]]:
    for line in said.splitlines():
        match = _EXPORT.match(line.strip())
        if match:
            words = shlex.split(match[2].rstrip(";"))
            yield match[1], words[0] if words else ""


def _absolute(value: str) -> bool:
    return all(entry.startswith("/") for entry in entries(value))


def site_folders(lock: SpackLock, view: str, python: str) -> tuple[str, ...]:
    """Folders with Python packages: the view's, then those of externals, which no view holds.

    python: ``3.11``. A NEURON that Spack built has one of its own, and may stand beside a wheel.
    """
    below = f"lib/python{python}/site-packages"
    interpreters = {n.external for n in lock.nodes.values() if n.name == "python"}
    outside = dict.fromkeys(
        posixpath.join(node.external, below)
        for node in lock.running()
        if node.external and node.external not in interpreters and _python_package(node)
    )
    built = any(node.name == "neuron" and not node.external for node in lock.running())
    own = ("lib/python", below) if built else (below,)
    return (*(posixpath.join(view, folder) for folder in own), *outside)


def _python_package(node: ConcreteSpec) -> bool:
    """An external says nothing of what it needs; its name, or that of a simulator with Python."""
    return node.name.startswith("py-") or node.name == "neuron"


def search_paths(lock: SpackLock) -> tuple[str, ...]:
    """The ``bin`` folders of externals that are for running."""
    found = (
        posixpath.join(node.external, "bin")
        for node in lock.running()
        if node.external
        and node.external not in ("/usr", "/", "/usr/local")
        and node.name != "python"
    )
    return tuple(dict.fromkeys(found))


def built_from(lock: SpackLock, sources: Sequence[str]) -> tuple[ConcreteSpec, ...]:
    """The packages that stand on one of these dev sources, or on one that does."""
    touched = {n.hash for n in lock.nodes.values() if n.dev in sources}
    while True:
        more = {n.hash for n in lock.nodes.values() if set(n.needs) & touched} - touched
        if not more:
            return tuple(n for n in lock.nodes.values() if n.hash in touched)
        touched |= more


def contribution(
    lock: SpackLock, said: RunVariables, view: str, python: str, repeated: Sequence[str] = ()
) -> EnvironmentDelta:
    """What Spack's packages bring to an activation, in the order of precedence that the view has.

    said: of the recipes. python: ``3.11``. repeated: prefixes that the view has no place for; they come
    last. The view's folders stand in front; those of the machine itself (``/usr``) are left out, since
    they would get in front of everybody's.
    """
    origin = "spack view"
    others = (posixpath.join(prefix, "bin") for prefix in repeated)
    own = (posixpath.join(view, "bin"), *search_paths(lock), *others)
    lists = {**said.lists, "PATH": _joined(own, said.lists.get("PATH", ()))}
    lists["PYTHONPATH"] = site_folders(lock, view, python)
    interpreters = {n.external for n in lock.nodes.values() if n.name == "python" and n.external}
    edits: list[Edit] = []
    for name, values in lists.items():
        kept = [v for v in values if not _of_the_machine(v, interpreters)]
        edits += [Prepend(name, value, origin) for value in reversed(kept)]
    edits += [Set(name, value, "spack recipe") for name, value in said.scalars.items()]
    return EnvironmentDelta(tuple(edits))


def _joined(*values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for some in values for value in some))


def _of_the_machine(entry: str, interpreters: Collection[str]) -> bool:
    """Below ``/usr``, or of the Python that the view's own stands on."""
    roots = ("/usr", "/bin", "/lib", *interpreters)
    return any(entry == root or entry.startswith(f"{root}/") for root in roots)
