"""The variables that Spack packages contribute to an activation, for every version of Spack.

`spack env activate` prints the variables that the recipes of installed packages set. devenv uses only
their values: the script adds ``.`` if a variable was empty, omits PYTHONPATH since Spack 1.2, and is
empty before the install.
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
"""Variables to ignore: Spack's own; MANPATH, since man searches next to PATH; PYTHONPATH is computed."""

_LISTS = re.compile(r"\w*PATH|\w+_DIRS|LUA_C?PATH|CLASSPATH")


@dataclass(frozen=True)
class RunVariables:
    """Variables set by recipes. lists: variable -> entries, the first in front. scalars: the others."""

    lists: Mapping[str, tuple[str, ...]]
    scalars: Mapping[str, str]


def run_variables(script: str, before: Mapping[str, str]) -> RunVariables:
    """Parse the output of ``spack env activate --sh``, run with the variables `before`."""
    lists: dict[str, tuple[str, ...]] = {}
    scalars: dict[str, str] = {}
    for name, value in _exports(script):
        if _NOT_OURS.fullmatch(name) or before.get(name) == value:
            continue
        if _LISTS.fullmatch(name) and _absolute(value):
            old = entries(before.get(name))
            lists[name] = tuple(e for e in entries(value) if e not in old)
        else:
            scalars[name] = value
    return RunVariables({n: v for n, v in lists.items() if v}, scalars)


def _exports(script: str) -> Iterable[tuple[str, str]]:
    for line in script.splitlines():
        match = _EXPORT.match(line.strip())
        if match:
            words = shlex.split(match[2].rstrip(";"))
            yield match[1], words[0] if words else ""


def _absolute(value: str) -> bool:
    return all(entry.startswith("/") for entry in entries(value))


def site_folders(lock: SpackLock, view: str, python: str) -> tuple[str, ...]:
    """Folders with Python packages: the view's, then those of externals, which no view contains.

    python: ``3.11``. A NEURON built by Spack has a separate folder, and may coexist with a wheel.
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
    """Whether an external has Python packages, by its name: its dependencies are unknown."""
    return node.name.startswith("py-") or node.name == "neuron"


def search_paths(lock: SpackLock) -> tuple[str, ...]:
    """The ``bin`` folders of externals among the runtime packages."""
    folders = (
        posixpath.join(node.external, "bin")
        for node in lock.running()
        if node.external
        and node.external not in ("/usr", "/", "/usr/local")
        and node.name != "python"
    )
    return tuple(dict.fromkeys(folders))


def built_from(lock: SpackLock, sources: Sequence[str]) -> tuple[ConcreteSpec, ...]:
    """The packages that are built from one of these dev sources, and their dependents."""
    affected = {n.hash for n in lock.nodes.values() if n.dev in sources}
    while True:
        more = {n.hash for n in lock.nodes.values() if set(n.needs) & affected} - affected
        if not more:
            return tuple(n for n in lock.nodes.values() if n.hash in affected)
        affected |= more


def contribution(
    lock: SpackLock, variables: RunVariables, view: str, python: str, repeated: Sequence[str] = ()
) -> EnvironmentDelta:
    """The edits that Spack's packages contribute to an activation.

    variables: of the recipes. python: ``3.11``. repeated: prefixes that the view excludes; they come
    last. The view's folders come first. Folders of the system (``/usr``) are left out, since they would
    shadow everything else.
    """
    origin = "spack view"
    others = (posixpath.join(prefix, "bin") for prefix in repeated)
    own = (posixpath.join(view, "bin"), *search_paths(lock), *others)
    lists = {**variables.lists, "PATH": _joined(own, variables.lists.get("PATH", ()))}
    lists["PYTHONPATH"] = site_folders(lock, view, python)
    interpreters = {n.external for n in lock.nodes.values() if n.name == "python" and n.external}
    edits: list[Edit] = []
    for name, values in lists.items():
        kept = [v for v in values if not _is_system_folder(v, interpreters)]
        edits += [Prepend(name, value, origin) for value in reversed(kept)]
    edits += [Set(name, value, "spack recipe") for name, value in variables.scalars.items()]
    return EnvironmentDelta(tuple(edits))


def _joined(*values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for some in values for value in some))


def _is_system_folder(entry: str, interpreters: Collection[str]) -> bool:
    """Whether an entry is below ``/usr``, or belongs to the interpreter under the view's Python."""
    roots = ("/usr", "/bin", "/lib", *interpreters)
    return any(entry == root or entry.startswith(f"{root}/") for root in roots)
