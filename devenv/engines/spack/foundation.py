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


def installed_prefixes(context: Context, request: SpackRequest) -> dict[str, str]:
    """Hash -> prefix of all installed packages, those of devenv before those of upstreams."""
    trees = (
        context.layout.spack / "opt",
        *map(Path, request.setting.configuration.site.upstreams.values()),
    )
    return observed.installed(trees)


def _files(request: SpackRequest, made: SpackBuild) -> dict[str, str]:
    """The files that a generation keeps: spack.yaml and spack.lock."""
    lock = made.folder / LOCK
    chosen = {LOCK: lock.read_text(encoding="utf-8")} if made.lock else {}
    return {MANIFEST: request.manifest, **chosen}


def _prefix(lock: SpackLock | None, prefixes: dict[str, str], name: str) -> Path | None:
    """The prefix of a package; None if it is not in the lock."""
    node = lock.named(name) if lock else None
    return Path(prefixes.get(node.hash, node.external)) if node else None


def foundation_of(request: SpackRequest, made: SpackBuild, prefixes: dict[str, str]) -> Foundation:
    """The foundation of an environment after the build `made`.

    prefixes: hash -> prefix, as `installed_prefixes` returns them.
    """
    installed = _installed(request, made, prefixes)
    engine_delta = EnvironmentDelta()
    if made.lock and made.variables:
        python = ".".join(request.interpreter.version.split(".")[:2])
        repeated = [prefixes[n.hash] for n in made.lock.repeated() if n.hash in prefixes]
        engine_delta = contribution(made.lock, made.variables, str(made.view), python, repeated)
        if installed.program == request.interpreter.path:
            edit = Prepend("PATH", str(python_folder(made)), "environment's Python")
            engine_delta = EnvironmentDelta((edit, *engine_delta.edits))
    roots = live_roots(request)
    one = model_prefix(made.lock, prefixes) if made.lock else None
    mods = installed_mods(one[1] if one else None)
    ignored = ignored_mods(request, made.lock) if made.lock and one else None
    return Foundation(
        environment=request.environment,
        template=of_sources(request.template, frozenset(roots), mods),
        variants=request.variants,
        lock=_lock(request, made),
        installed=installed,
        sources=request.layers,
        repository=ignored,
        packages=request.packages,
        roots=roots_of(roots, installed.site, None, request.packages),
        base=Base(),
        environ={**request.variables, **_compilers(request, made, one)},
        engine_delta=engine_delta,
        files=_files(request, made),
        own_neuron=_has_neuron(request, made),
    )


def _has_neuron(request: SpackRequest, made: SpackBuild) -> bool:
    """Whether the environment has NEURON; before concretization, whether it requests it."""
    if made.lock:
        return made.lock.named("neuron") is not None
    return bool(request.template.neuron or request.environment.neuron or request.template.model)


def _compilers(
    request: SpackRequest, made: SpackBuild, model: tuple[ConcreteSpec, Path] | None
) -> Mapping[str, str]:
    """The compilers that Spack used for the model; empty if they are not known."""
    if made.lock is None or model is None:
        return {}
    return compilers_of(made.lock, model[0], request.setting.configuration.externals)


def python_folder(made: SpackBuild) -> Path:
    """The folder with the Python of an environment whose view has none."""
    return made.folder / "python"


def _installed(request: SpackRequest, made: SpackBuild, prefixes: dict[str, str]) -> Installed:
    """The view takes the place of a virtual environment with packages, NEURON's prefix that of one with
    NEURON."""
    neuron = _prefix(made.lock, prefixes, "neuron") or made.view
    venv = _prefix(made.lock, prefixes, "python-venv")
    program = str(venv / "bin" / "python") if venv else request.interpreter.path
    in_view = (made.view / "bin" / "python").exists()
    return Installed(request.interpreter, neuron, made.view, "" if in_view else program)


def _lock(request: SpackRequest, made: SpackBuild) -> Lock:
    """devenv's lock. packages: the wheels; Spack's packages are in spack.lock, next to this file."""
    return Lock(
        request.environment,
        request.interpreter.path,
        request.interpreter.version,
        neuron=(),
        packages=request.wheels.lines,
        inputs=made.folder.name,
        sources=tuple(
            source_state(s, request.states[s.package]) for s in request.environment.develop
        ),
    )
