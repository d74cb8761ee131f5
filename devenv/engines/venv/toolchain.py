"""NEURON as a dev source in the venv engine."""

from __future__ import annotations

from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment, Lock
from devenv.core.interpreter import Interpreter
from devenv.core.plan import Plan, Run
from devenv.core.requirements import satisfies
from devenv.core.template import Template
from devenv.engines.venv.packages import make_venv
from devenv.engines.venv.spec import VenvSpec
from devenv.environment.foundation import variants_of
from devenv.sources.toolchain_build import BuiltToolchain, build_toolchain, with_packages
from devenv.sources.toolchain_host import find_tools, requirements_of
from devenv.store.carry import announce
from devenv.system import index


def toolchain_source(environment: Environment) -> DevSource | None:
    """The dev source that NEURON is compiled from; None if it is installed from a wheel or the base."""
    return next((one for one in environment.develop if one.kind == "toolchain"), None)


def developed_neuron(
    context: Context,
    environment: Environment,
    template: Template,
    interpreter: Interpreter,
    before: Lock | None,
    update: bool,
) -> BuiltToolchain | None:
    """NEURON, compiled from its clone unless the store has it; None if it is not a dev source. before:
    has the packages that it was compiled with, which are kept unless `update` is set.

    PreconditionError that names everything that is missing on this machine, StepError with the
    compiler's error.
    """
    source = toolchain_source(environment)
    if source is None:
        return None
    variants = variants_of(environment, template)
    tools = find_tools(source, interpreter, variants, context.environ)
    lock = _locked(context, source, interpreter, before, update)
    venv = make_venv(context, VenvSpec(interpreter, lock), "the packages that NEURON is built with")
    return build_toolchain(
        context, source, with_packages(tools, venv, interpreter.site, lock), variants
    )


def _locked(
    context: Context,
    source: DevSource,
    interpreter: Interpreter,
    before: Lock | None,
    update: bool,
) -> tuple[str, ...]:
    """The exact packages to build with; the previous ones as long as they satisfy the requirements."""
    needed = requirements_of(Path(source.path)).build
    kept = before.tools if before else ()
    same = before is not None and before.python == interpreter.version
    if not needed or (same and not update and satisfies(kept, needed, interpreter.version)):
        return kept if needed else ()
    resolution = Run(("uv", "pip", "compile", "--generate-hashes", *needed))
    announce(context, Plan("resolve", (resolution,)), f"{source.package} is compiled with them")
    return index.resolve(needed, interpreter.path, environ=context.environ, prefer=kept)
