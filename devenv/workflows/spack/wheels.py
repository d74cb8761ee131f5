"""Wheels beneath an environment of Spack's: Python packages, NEURON too, that nobody has to build."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.core.environment import Environment, Lock
from devenv.core.site import External
from devenv.core.template import Template
from devenv.engines.spack.wheels import REQUIREMENTS, Dist, met, wheel_externals
from devenv.engines.venv import Interpreter, VenvSpec
from devenv.system import index
from devenv.workflows.context import Context
from devenv.workflows.packages import make_venv


@dataclass(frozen=True)
class Wheels:
    """lines: of a requirements file with hashes, for the lock. externals: what Spack is told."""

    lines: tuple[str, ...] = ()
    externals: tuple[External, ...] = ()


def requirements(environment: Environment, template: Template) -> tuple[str, ...]:
    """What is to come from wheels; nothing where the environment does not ask for any."""
    neuron = environment.neuron or template.neuron
    return (*((neuron,) if neuron else ()), *REQUIREMENTS) if environment.wheels else ()


def wheels_of(
    context: Context,
    environment: Environment,
    template: Template,
    interpreter: Interpreter,
    before: Lock | None,
    *,
    update: bool,
    legacy: bool,
) -> Wheels:
    """The virtual environment that the environment asks for, made where it is not there.

    What was locked before stays, and the index is not asked, unless `update` is asked for, or it does
    not fit any more.
    """
    wanted = requirements(environment, template)
    if not wanted:
        return Wheels()
    keep = before.packages if before and not update else ()
    if before and before.python == interpreter.version and met(wanted, keep):
        lines = keep
    else:
        lines = index.resolve(wanted, interpreter.path, environ=context.environ, prefer=keep)
    spec = VenvSpec(interpreter, lines)
    venv = context.layout.venv(spec.key)
    make_venv(context, spec, venv, "wheels for Spack")
    dists = [Dist(name, version) for name, version in index.installed(venv / interpreter.site)]
    externals = wheel_externals(dists, str(venv), interpreter.version, legacy=legacy)
    return Wheels(lines, externals)
