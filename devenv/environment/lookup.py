"""Where a name comes from, as a process in an environment would look for it."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.config.catalogue import load_catalogue
from devenv.core.activation import MODULE_OPTIONS
from devenv.core.delta import Append, Prepend, Set, entries
from devenv.core.environment import Generation
from devenv.core.names import normalise_name
from devenv.environment.activation import active_variables
from devenv.environment.handle import Env
from devenv.environment.mechanisms import find_mechanism

BEFORE = "it was there before the activation"
LIBRARY = "libnrnmech"


@dataclass(frozen=True)
class Hit:
    """A file, folder of packages, program or mechanism of that name, and why it is found."""

    path: str
    why: str


def look_up(env: Env, name: str) -> tuple[Hit, ...]:
    """All that has a name, each path once: the first is what a process gets, which shadows the others.

    name: of a HOC file, of libnrnmech, of a package or module, of a program, or of a mechanism.
    """
    context, generation = env.context, env.generation
    environ = active_variables(context, generation)
    found = dict[str, Hit]()
    for hit in _hits(generation, environ, context.cwd, name):
        found.setdefault(hit.path, hit)
    return tuple(found.values())


def _hits(
    generation: Generation, environ: Mapping[str, str], cwd: Path, what: str
) -> Iterator[Hit]:
    if what.endswith(".hoc"):
        yield from _hoc(generation, environ, cwd, what)
    elif what in (LIBRARY, f"{LIBRARY}.so"):
        yield from _library(generation, environ, cwd)
    else:
        found = list(_modules(generation, environ, what))
        found = found or list(_programs(generation, environ, cwd, what))
        yield from found or _mechanisms(generation, what)


def _hoc(generation: Generation, environ: Mapping[str, str], cwd: Path, what: str) -> Iterator[Hit]:
    """NEURON looks in the working directory first, and splits at colons and blanks."""
    if (cwd / what).is_file():
        yield Hit(str(cwd / what), "NEURON looks in the working directory first")
    for folder in filter(None, re.split(r"[:\s]", environ.get("HOC_LIBRARY_PATH", ""))):
        if Path(folder, what).is_file():
            yield Hit(str(Path(folder, what)), _origin(generation, "HOC_LIBRARY_PATH", folder))


def _library(generation: Generation, environ: Mapping[str, str], cwd: Path) -> Iterator[Hit]:
    """NEURON looks in the working directory only where it is given no library."""
    path = environ.get("NRNMECH_LIB_PATH", "")
    own = [Hit(path, _origin(generation, "NRNMECH_LIB_PATH", path))] if path else []
    given = MODULE_OPTIONS in environ
    local = cwd / platform.machine() / f"{LIBRARY}.so"
    if given:
        yield from own
    if local.is_file():
        first = "NEURON loads the one that it finds in the working directory"
        yield Hit(str(local), "the working directory, not looked at here" if given else first)
    if not given:
        yield from own


def _modules(generation: Generation, environ: Mapping[str, str], what: str) -> Iterator[Hit]:
    """Along the search path of the environment's Python."""
    names = _module_names(generation, what)
    own = [(s, "the environment's own packages") for s in (generation.site, generation.neuron)]
    path = [(f, _origin(generation, "PYTHONPATH", f)) for f in entries(environ.get("PYTHONPATH"))]
    for folder, why in (*path, *own):
        for name in names:
            plain = (Path(folder, name), Path(folder, f"{name}.py"))
            for file in (*plain, *Path(folder).glob(f"{name}.*.so")):
                if file.exists():
                    yield Hit(str(file.resolve()), why)


def _module_names(generation: Generation, what: str) -> tuple[str, ...]:
    """The top-level modules of a package by any of its names; else the name itself."""
    plain = normalise_name(what)
    known = next(
        (p for p in load_catalogue().values() if plain in map(normalise_name, p.names)), None
    )
    package = known.name if known else what
    overlay = next((o for o in generation.overlays if normalise_name(o.package) == package), None)
    if modules := (overlay and overlay.modules) or (known and known.modules):
        return modules
    return (what.replace("-", "_").replace(".", "/"),)


def _programs(
    generation: Generation, environ: Mapping[str, str], cwd: Path, what: str
) -> Iterator[Hit]:
    local = cwd / platform.machine() / what
    if what == "special" and local.exists():
        yield Hit(str(local), "neurodamus takes the one in the working directory first")
    for folder in entries(environ.get("PATH")):
        path = Path(folder, what)
        if path.is_file() and os.access(path, os.X_OK):
            yield Hit(str(path), _origin(generation, "PATH", folder))


def _mechanisms(generation: Generation, what: str) -> Iterator[Hit]:
    """The MOD file of a mechanism in each model of the environment."""
    models = (("model", generation.model), *((f.name, f.model) for f in generation.further))
    for name, model in models:
        if model and (found := find_mechanism(model, what)):
            yield Hit(found.source, f"a mechanism of the {name} {Path(model.path).name}")


def _origin(generation: Generation, name: str, value: str) -> str:
    """Who put the entry (or the scalar) there: the last edit that did."""
    for edit in reversed(generation.delta.edits):
        if edit.name != name:
            continue
        if isinstance(edit, Set) and edit.value == value:
            return edit.origin
        if isinstance(edit, (Prepend, Append)) and value in entries(edit.value):
            return edit.origin
    return f"a module of the base, or {BEFORE}" if generation.base else BEFORE
