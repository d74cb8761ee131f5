"""devenv add, remove-package, and mods: what a project, or an environment, is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from devenv.config.context import Context
from devenv.config.project_edit import (
    with_mods,
    with_requirements,
    with_specs,
    without_mods,
    without_packages,
    without_specs,
)
from devenv.core.environment import Environment
from devenv.core.names import unknown
from devenv.core.requirements import requirement_name
from devenv.core.result import Result
from devenv.engines.registry import engine
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env, open_env
from devenv.store.changing import changing
from devenv.upkeep.build import build
from devenv.upkeep.project import require_allowed
from devenv.upkeep.project_edits import (
    edit_project,
    folder_of_mods,
    package_namer,
    project_meant,
)


def add(context: Context, name: str | None, requirements: Sequence[str]) -> Result:
    """Require packages too: in the project's file, or in the environment's where none is meant."""
    project = project_meant(context, name)
    if project:
        where, named = str(project.file), package_namer(context, project, "add")
        if named:
            names = [named(one) for one in requirements]
            specs = dict(zip(names, requirements, strict=True))
            edit_project(context, project, lambda text: with_specs(text, specs, where, named))
        else:
            names = [requirement_name(one, "add") for one in requirements]
            edit_project(
                context, project, lambda text: with_requirements(text, requirements, where)
            )
    else:
        env = open_env(context, name)
        where = env.name
        names = _names(env, "add", requirements)
        wanted = dict(zip(names, requirements, strict=True))
        _switch(env, partial(engine(env.request.engine).with_packages, wanted=wanted))
    return Result((f"Added {', '.join(requirements)} to {where}.",), data={"added": names})


def remove_package(context: Context, name: str | None, packages: Sequence[str]) -> Result:
    """Require packages no longer. UsageError for one that is not required by itself."""
    project = project_meant(context, name)
    if project:
        where, named = str(project.file), package_namer(context, project, "remove-package")
        if named:
            names = [named(one) for one in packages]
            edit_project(context, project, lambda text: without_specs(text, names, where, named))
        else:
            names = [requirement_name(one, "remove-package") for one in packages]
            edit_project(context, project, lambda text: without_packages(text, packages, where))
    else:
        env = open_env(context, name)
        where = env.name
        names = _names(env, "remove-package", packages)
        _switch(env, partial(_without_packages, names))
    return Result((f"Removed {', '.join(names)} from {where}.",), data={"removed": names})


def add_mods(context: Context, name: str | None, folders: Sequence[str]) -> Result:
    """Compile the MOD files of these folders too. A project's are named from its own folder."""
    project = project_meant(context, name)
    if project is None:
        return build(open_env(context, name), BuildRequest(mods=tuple(folders)))
    require_allowed(context, project)
    paths = [folder_of_mods(context, project, one) for one in folders]
    where = str(project.file)
    edit_project(context, project, lambda text: with_mods(text, paths, where))
    added = f"Added {', '.join(paths)} to {where}. To compile: devenv build"
    return Result((added,), data={"added": paths})


def remove_mods(context: Context, name: str | None, folders: Sequence[str]) -> Result:
    """Compile the MOD files of these folders no longer. The folders stay."""
    project = project_meant(context, name)
    if project is None:
        return build(open_env(context, name), BuildRequest(no_mods=tuple(folders)))
    paths = [folder_of_mods(context, project, one, must_exist=False) for one in folders]
    where = str(project.file)
    edit_project(context, project, lambda text: without_mods(text, paths, where))
    return Result((f"Removed {', '.join(paths)} from {where}.",), data={"removed": paths})


def _names(env: Env, where: str, packages: Sequence[str]) -> list[str]:
    """The names of packages as the engine of the environment writes them."""
    own = engine(env.request.engine)
    return [own.package_name(one, where) for one in packages]


def _switch(env: Env, change: Callable[[Environment], Environment]) -> None:
    with changing(env.context, env.name):
        env = env.reopen()
        environment = env.request
        own = engine(environment.engine)
        own.require_packages(env)
        own.switch(env, change(environment))


def _without_packages(names: Sequence[str], environment: Environment) -> Environment:
    present = engine(environment.engine).packages_of(environment)
    for name in names:
        if name not in present:
            raise unknown("package", name, present, f"the packages of {environment.name}")
    kept = tuple(one for name, one in present.items() if name not in names)
    return replace(environment, packages=kept)
