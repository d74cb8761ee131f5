"""devenv add, remove-package, and mods: what a project, or an environment, is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from devenv.config.context import Context
from devenv.config.project import inside
from devenv.config.project_edit import (
    with_mods,
    with_requirements,
    with_specs,
    without_mods,
    without_packages,
    without_specs,
)
from devenv.config.templates import load_project, template_folders
from devenv.core.environment import Environment
from devenv.core.errors import UsageError
from devenv.core.names import unknown
from devenv.core.plan import Plan, Write
from devenv.core.requirements import requirement_name
from devenv.core.result import Result
from devenv.engines.registry import choose, engine
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env, open_env
from devenv.environment.project import ProjectFolder, allowing, recorded_project
from devenv.store.carry import carry_out, stop_dry_run
from devenv.store.changing import changing
from devenv.system import files
from devenv.upkeep.build import build
from devenv.upkeep.project import bring, project_of, require_allowed

Edit = Callable[[str], str]


def add(context: Context, name: str | None, requirements: Sequence[str]) -> Result:
    """Require packages too: in the project's file, or in the environment's where none is meant."""
    project = _project(context, name)
    if project:
        where, named = str(project.file), _namer(context, project, "add")
        if named:
            names = [named(one) for one in requirements]
            specs = dict(zip(names, requirements, strict=True))
            _edit(context, project, lambda text: with_specs(text, specs, where, named))
        else:
            names = [requirement_name(one, "add") for one in requirements]
            _edit(context, project, lambda text: with_requirements(text, requirements, where))
    else:
        env = open_env(context, name)
        names = _names(env, "add", requirements)
        wanted = dict(zip(names, requirements, strict=True))
        _switch(env, partial(engine(env.request.engine).with_packages, wanted=wanted))
    return Result((f"Added {', '.join(requirements)}.",), data={"added": names})


def remove_package(context: Context, name: str | None, packages: Sequence[str]) -> Result:
    """Require packages no longer. UsageError for one that is not required by itself."""
    project = _project(context, name)
    if project:
        where, named = str(project.file), _namer(context, project, "remove-package")
        if named:
            names = [named(one) for one in packages]
            _edit(context, project, lambda text: without_specs(text, names, where, named))
        else:
            names = [requirement_name(one, "remove-package") for one in packages]
            _edit(context, project, lambda text: without_packages(text, packages, where))
    else:
        env = open_env(context, name)
        names = _names(env, "remove-package", packages)
        _switch(env, partial(_without_packages, names))
    return Result((f"Removed {', '.join(names)}.",), data={"removed": names})


def add_mods(context: Context, name: str | None, folders: Sequence[str]) -> Result:
    """Compile the MOD files of these folders too. A project's are named from its own folder."""
    project = _project(context, name)
    if project is None:
        return build(open_env(context, name), BuildRequest(mods=tuple(folders)))
    require_allowed(context, project)
    paths = [_relative(context, project, one) for one in folders]
    where = str(project.file)
    _edit(context, project, lambda text: with_mods(text, paths, where))
    return Result((f"Added {', '.join(paths)}. To compile: devenv build",), data={"added": paths})


def remove_mods(context: Context, name: str | None, folders: Sequence[str]) -> Result:
    """Compile the MOD files of these folders no longer. The folders stay."""
    project = _project(context, name)
    if project is None:
        return build(open_env(context, name), BuildRequest(no_mods=tuple(folders)))
    paths = [_relative(context, project, one, there=False) for one in folders]
    where = str(project.file)
    _edit(context, project, lambda text: without_mods(text, paths, where))
    return Result((f"Removed {', '.join(paths)}.",), data={"removed": paths})


def _project(context: Context, name: str | None) -> ProjectFolder | None:
    """The project that is meant: that of the folder, or the one whose environment is active or named."""
    found = project_of(context, name)
    active = name or context.environ.get("DEVENV_ENV")
    return found or (recorded_project(Env(context, active).layout.root) if active else None)


def _namer(context: Context, project: ProjectFolder, verb: str) -> Callable[[str], str] | None:
    """Gives the name of the package in a spec, for a project of conda packages; None for another."""
    found = load_project(project.file, template_folders(context.layout.home)).template
    name, _ = choose(context, "", found, found.base)
    own = engine(name)
    return (lambda text: own.package_name(text, verb)) if own.project_key() == "conda" else None


def _relative(context: Context, project: ProjectFolder, typed: str, *, there: bool = True) -> str:
    """A folder that was typed, as the project's file names it."""
    path = (context.cwd / typed).resolve()
    inside(project.file, str(path))
    if there and not (path.is_dir() and any(path.glob("*.mod"))):
        raise UsageError(f"{typed} contains no MOD files", fix="Name a folder with *.mod in it.")
    return path.relative_to(project.folder).as_posix()


def _edit(context: Context, project: ProjectFolder, change: Edit) -> None:
    """Change the file and make the environment what it then asks for. On failure it is as before.

    StateError where the file is not allowed: what others wrote does not come along unseen.
    """
    require_allowed(context, project)
    before = project.file.read_text("utf-8")
    after = change(before)
    if after == before:
        return
    carry_out(context, Plan("devenv.yaml", (Write(str(project.file), after),)))
    stop_dry_run(context, "the environment is built again from the file")
    try:
        load_project(project.file, template_folders(context.layout.home))
        project = project.reread()
        carry_out(context, Plan("allow", (allowing(context, project),)))
        bring(context, project)
    except BaseException:
        files.write_text(project.file, before)
        raise


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
