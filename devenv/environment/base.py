"""What the base of an environment is, and what it has.

Where all of the stack is the base's, the environment has no NEURON of its own. What its sources require
is the base's where that has it in a version that will do, and is installed beside it where it has not.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.names import normalise_name
from devenv.core.requirements import requirement_name
from devenv.environment.quick import COMPILERS
from devenv.places.modules import observe
from devenv.system import process

NEURONS = ("neuron", "neuron-nightly", "neuron-gpu")
"""The base's, whether or not its Python knows it as a distribution; a second one would hide it."""

_PROBE = """
import importlib.metadata, importlib.util, json, sys
found = {}
for one in importlib.metadata.distributions():
    if one.metadata["Name"]:
        found.setdefault(one.metadata["Name"], one.version)
modules = [m for m in sys.argv[1:] if importlib.util.find_spec(m)]
print(json.dumps([found, modules]))
"""


def files_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """With a base's modules loaded: the files that say what it is, and the compilers that it brings.

    The folder of a modulefile says which version is the default.
    """
    modulefiles = [Path(path) for path in environ.get("_LMFILES_", "").split(":") if path]
    folders = (file.parent for file in modulefiles)
    chosen = (file.parent / name for file in modulefiles for name in (".version", ".modulerc"))
    found = (shutil.which(name, path=environ.get("PATH", "")) for name in COMPILERS)
    programs = (os.path.realpath(path) for path in found if path)
    return tuple(dict.fromkeys(map(str, (*modulefiles, *folders, *chosen, *programs))))


@dataclass(frozen=True)
class BasePackages:
    """What the base's Python finds. versions: of its distributions; modules: names it can import."""

    versions: Mapping[str, str]
    modules: frozenset[str] = frozenset()


def base_packages(
    context: Context, base: str, python: str, requirements: Iterable[str]
) -> BasePackages:
    """What `python` finds with the modules of `base` loaded, and without the user's own PYTHONPATH."""
    own = {n: v for n, v in context.environ.items() if n not in ("PYTHONPATH", "PYTHONHOME")}
    _, environ = observe(own, base)
    names = sorted({_module(_name(requirement)) for requirement in requirements})
    done = process.run(
        [python, "-c", _PROBE, *names], environ={**environ, "PYTHONNOUSERSITE": "1"}, cwd="/"
    )
    if done.returncode:
        raise StateError(
            f"{python} cannot be asked what the base has: {done.stderr.strip()[-300:]}",
            fix="Is it the Python of the base? Name that one: devenv create NAME --python PATH",
        )
    versions, modules = json.loads(done.stdout)
    found = {normalise_name(name): version for name, version in versions.items()}
    return BasePackages(found, frozenset(modules))


def check_neuron(found: BasePackages, requirements: Iterable[str]) -> None:
    """UsageError for a requirement on NEURON that the base's does not meet, as far as it is known."""
    for requirement in requirements:
        version = found.versions.get(_name(requirement))
        if _name(requirement) in NEURONS and version and not _fits(found, requirement):
            raise UsageError(
                f"the base's NEURON is {version}, and {requirement} is required",
                fix="Choose a base with a NEURON that fits, or another version of what requires it.",
            )


def provided_by(found: BasePackages, requirements: Iterable[str]) -> tuple[str, ...]:
    """The distributions that are not to be installed: those that the base has as they are required.

    One that no requirement names counts too: what is installed may need it.
    """
    wanted = tuple(requirements)
    unfit = {_name(r) for r in wanted if not _fits(found, r)}
    plain = {name for name in map(_name, wanted) if _module(name) in found.modules}
    return tuple(sorted({*found.versions, *plain, *NEURONS} - (unfit - set(NEURONS))))


def _fits(found: BasePackages, requirement: str) -> bool:
    """Whether the base has it. Of a module that is no distribution no version is known: it has."""
    from packaging.requirements import Requirement

    wanted = Requirement(requirement)
    version = found.versions.get(normalise_name(wanted.name))
    if version is None:
        return _module(normalise_name(wanted.name)) in found.modules
    return wanted.specifier.contains(version, prereleases=True)


def _name(requirement: str) -> str:
    return requirement_name(requirement)


def _module(name: str) -> str:
    return name.replace("-", "_").replace(".", "_")
