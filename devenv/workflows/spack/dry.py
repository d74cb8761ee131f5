"""What a build or a new environment of Spack's would do, as far as it is known before it is made."""

from __future__ import annotations

import shlex

from devenv.core.environment import Environment
from devenv.core.result import Result
from devenv.engines.spack.manifest import own_scope
from devenv.engines.spack.program import command
from devenv.workflows.built import BuildRequest
from devenv.workflows.context import Context, in_use, load_environment
from devenv.workflows.quick import unchanged
from devenv.workflows.spack.beside import models_asked
from devenv.workflows.spack.folder import kept_setting
from devenv.workflows.spack.ground import requested
from devenv.workflows.spack.install import OWN, install_words
from devenv.workflows.spack.manifest import manifest_path, taken_up, top_of
from devenv.workflows.spack.wheels import requirements


def dry_create(context: Context, environment: Environment) -> Result:
    """What Spack would be asked for; nothing is installed by `create`, but the wheels beneath."""
    _, template, _, manifest = requested(context, environment)
    wheels = requirements(environment, template)
    beneath = (f"uv venv {context.layout.venv('KEY')}  # {' '.join(wheels)}",) if wheels else ()
    path = manifest_path(context, environment.name)
    return Result((*beneath, f"# {path}", *manifest.splitlines()))


def dry_run(context: Context, name: str, request: BuildRequest) -> Result:
    """The command that `make` would run; nothing is made for it, so that it may not be known whole."""
    environment = taken_up(context, load_environment(context, name))
    environment, _ = models_asked(context, environment, request)
    line = _install_line(context, environment, request)
    note = ("# KEY: the hash of what is asked for, not known before",) if "KEY" in line else ()
    own = (f"{name} with {', '.join(environment.mods)}",) if environment.mods else ()
    models = (*own, *(one.name for one in environment.further))
    then = (f"# then devenv compiles the model {model}" for model in models)
    return Result((line, *note, *then))


def _install_line(context: Context, environment: Environment, request: BuildRequest) -> str:
    """The command, with KEY for a folder that is not known before it is made."""
    spack, _, _, manifest = requested(context, environment)
    _, lock = in_use(context, environment.name)
    root = context.layout.env(environment.name).spack
    scope, folder = context.layout.spack / "scopes" / "KEY", root / "KEY"
    if lock and not request.update and unchanged(context, environment.name):
        folder = root / lock.inputs
        scope, _ = kept_setting(folder) or (scope, folder)
    top = top_of(manifest, manifest_path(context, environment.name))
    own = (str(folder / OWN),) if own_scope(top) else ()
    words = install_words(context, request)
    return shlex.join(command(spack, (str(scope), *own), *words, env=str(folder)))
