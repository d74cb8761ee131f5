"""The foundation of a Spack environment: the view, the prefixes of packages, the delta."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devenv.config.context import Context
from devenv.core.base import Base
from devenv.core.delta import EnvironmentDelta, Prepend
from devenv.core.environment import Lock
from devenv.engines.spack.folder import LOCK, MANIFEST
from devenv.engines.spack.installed import SpackBuild
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.engines.spack.observe import SpackRequest
from devenv.engines.spack.own_models import compilers_of
from devenv.engines.spack.recipe_model import (
    ignored_mods,
    installed_mods,
    live_roots,
    model_prefix,
    of_sources,
)
from devenv.engines.spack.running import contribution
from devenv.environment.foundation import Foundation, source_state
from devenv.models.neuron import Installed
from devenv.sources.folders import roots_of
from devenv.system import spack as observed


def installed_prefixes(context: Context, found: SpackRequest) -> dict[str, str]:
    trees = (
        context.layout.spack / "opt",
        *map(Path, found.setting.configuration.site.upstreams.values()),
    )
    return observed.installed(trees)


def _files(found: SpackRequest, made: SpackBuild) -> dict[str, str]:
    """The files that a generation keeps: spack.yaml and spack.lock."""
    lock = made.folder / LOCK
    chosen = {LOCK: lock.read_text(encoding="utf-8")} if made.lock else {}
    return {MANIFEST: found.manifest, **chosen}


def _prefix(lock: SpackLock | None, prefixes: dict[str, str], name: str) -> Path | None:
    """The prefix of a package; None if it is not in the lock."""
    node = lock.named(name) if lock else None
    return Path(prefixes.get(node.hash, node.external)) if node else None


def foundation_of(found: SpackRequest, made: SpackBuild, prefixes: dict[str, str]) -> Foundation:
    installed = _installed(found, made, prefixes)
    engine_delta = EnvironmentDelta()
    if made.lock and made.said:
        python = ".".join(found.interpreter.version.split(".")[:2])
        repeated = [prefixes[n.hash] for n in made.lock.repeated() if n.hash in prefixes]
        engine_delta = contribution(made.lock, made.said, str(made.view), python, repeated)
        if installed.program == found.interpreter.path:
            edit = Prepend("PATH", str(python_folder(made)), "environment's Python")
            engine_delta = EnvironmentDelta((edit, *engine_delta.edits))
    roots = live_roots(found)
    one = model_prefix(made.lock, prefixes) if made.lock else None
    mods = installed_mods(one[1] if one else None)
    ignored = ignored_mods(found, made.lock) if made.lock and one else None
    return Foundation(
        environment=found.environment,
        template=of_sources(found.template, frozenset(roots), mods),
        variants=found.variants,
        lock=_lock(found, made),
        installed=installed,
        sources=found.layers,
        repository=ignored,
        packages=found.packages,
        roots=roots_of(roots, installed.site, None, found.packages),
        base=Base(),
        environ={**found.variables, **_compilers(found, made, one)},
        engine_delta=engine_delta,
        files=_files(found, made),
        own_neuron=_has_neuron(found, made),
    )


def _has_neuron(found: SpackRequest, made: SpackBuild) -> bool:
    """Whether the environment has NEURON; before concretization, whether it requests it."""
    if made.lock:
        return made.lock.named("neuron") is not None
    return bool(found.template.neuron or found.environment.neuron or found.template.model)


def _compilers(
    found: SpackRequest, made: SpackBuild, model: tuple[ConcreteSpec, Path] | None
) -> Mapping[str, str]:
    """The compilers that Spack used for the model; empty if they are not known."""
    if made.lock is None or model is None:
        return {}
    return compilers_of(made.lock, model[0], found.setting.configuration.externals)


def python_folder(made: SpackBuild) -> Path:
    """The folder with the Python of an environment whose view has none."""
    return made.folder / "python"


def _installed(found: SpackRequest, made: SpackBuild, prefixes: dict[str, str]) -> Installed:
    """The view takes the place of a virtual environment with packages, NEURON's prefix that of one with
    NEURON."""
    neuron = _prefix(made.lock, prefixes, "neuron") or made.view
    venv = _prefix(made.lock, prefixes, "python-venv")
    program = str(venv / "bin" / "python") if venv else found.interpreter.path
    in_view = (made.view / "bin" / "python").exists()
    return Installed(found.interpreter, neuron, made.view, "" if in_view else program)


def _lock(found: SpackRequest, made: SpackBuild) -> Lock:
    """devenv's lock. packages: the wheels; Spack's packages are in spack.lock, next to this file."""
    return Lock(
        found.environment,
        found.interpreter.path,
        found.interpreter.version,
        neuron=(),
        packages=found.wheels.lines,
        inputs=made.folder.name,
        sources=tuple(source_state(s, found.states[s.package]) for s in found.environment.develop),
    )
