"""The packages of an environment: resolved to a lock, and made from it once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.core.environment import Lock
from devenv.core.layout import Layout
from devenv.core.names import normalised
from devenv.engines.venv import Interpreter, VenvSpec, plan_venv, requirement_name
from devenv.system import index
from devenv.system.executor import execute
from devenv.system.locks import locked
from devenv.workflows.context import Context


@dataclass(frozen=True)
class Wanted:
    """What an environment's packages are resolved from.

    absent: distributions that are not installed, since a dev source stands for them.
    """

    interpreter: Interpreter
    neuron: str
    requirements: tuple[str, ...]
    absent: tuple[str, ...] = ()

    @property
    def inputs(self) -> str:
        parts = [self.interpreter.version, self.neuron, self.requirements, self.absent]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


@dataclass(frozen=True)
class Installed:
    """Where the packages stand. neuron, venv: the two virtual environments."""

    interpreter: Interpreter
    neuron: Path
    venv: Path

    @property
    def python(self) -> str:
        return str(self.venv / "bin" / "python")

    @property
    def site(self) -> Path:
        return self.venv / self.interpreter.site

    @property
    def neuron_site(self) -> Path:
        return self.neuron / self.interpreter.site


def locked_packages(context: Context, wanted: Wanted, before: Lock | None, update: bool) -> Lock:
    """A Lock with the exact packages: as before where nothing that matters changed.

    What the lock before chose is kept as far as it is still allowed, unless `update` is asked for.
    """
    if before and before.inputs == wanted.inputs and not update:
        return before
    keep = () if update or before is None else (before.neuron, before.packages)
    python = wanted.interpreter.path
    own = (wanted.neuron,) if wanted.neuron else ()
    neuron = own and index.resolve(
        own, python, environ=context.environ, prefer=keep[0] if keep else ()
    )
    packages = index.resolve(
        wanted.requirements,
        python,
        excludes=(*map(requirement_name, own), *map(normalised, wanted.absent)),
        environ=context.environ,
        prefer=keep[1] if keep else (),
    )
    empty = Lock("", "", wanted.interpreter.version, (), ())
    return replace(
        before or empty,
        python=wanted.interpreter.version,
        neuron=neuron,
        packages=packages,
        inputs=wanted.inputs,
    )


def install(
    context: Context, interpreter: Interpreter, lock: Lock, stores: Sequence[Layout] = ()
) -> Installed:
    """Make what the lock says, where it is not there already. A NEURON of `stores` comes first."""
    neuron_spec = VenvSpec(interpreter, lock.neuron)
    there = (store.neuron(neuron_spec.key) for store in stores)
    neuron = next((path for path in there if path.exists()), context.layout.neuron(neuron_spec.key))
    if lock.neuron:
        _make(context, neuron_spec, neuron, "NEURON")
    sees = (str(neuron / interpreter.site),) if lock.neuron else ()
    spec = VenvSpec(interpreter, lock.packages, sees)
    venv = context.layout.venv(spec.key)
    if not lock.neuron:  # it is the base's
        neuron = venv
    # A package that compiles mechanisms while it is built (hnn-core) looks for nrnivmodl on PATH.
    path = os.pathsep.join([str(neuron / "bin"), context.environ.get("PATH", os.defpath)])
    _make(context, spec, venv, "packages", build_path=path)
    return Installed(interpreter, neuron, venv)


def _make(context: Context, spec: VenvSpec, path: Path, what: str, build_path: str = "") -> None:
    if path.exists():
        return
    lock = context.layout.lock(f"{path.parent.name}-{path.name}")
    with locked(lock, f"the {what} in {path}"):
        if path.exists():
            return
        log = str(context.layout.home / "log" / f"{path.parent.name}-{path.name}.log")
        plan = plan_venv(spec, str(path), index.uv_argv(), log, build_path)
        execute(plan, environ=context.environ, quiet=context.quiet)
