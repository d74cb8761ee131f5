"""How the environment of a project is made from its file and its lock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.project import inside
from devenv.core.environment import DevSource, Environment, Lock
from devenv.core.errors import UsageError
from devenv.core.project import DevelopedPackage, Project, ProjectLock
from devenv.core.spec import format_variants, parse_variants
from devenv.engines.registry import choose, engine
from devenv.environment.handle import Env, environment_names
from devenv.environment.project import ProjectFolder
from devenv.sources.acquire import cloned
from devenv.sources.address import Address
from devenv.sources.described import clones
from devenv.sources.undo import all_or_nothing
from devenv.store.changing import changing
from devenv.system import files

PROJECT = "project"
"""The origin of a dev source that a project's file names."""


def create_generation(context: Context, project: ProjectFolder, found: Project) -> None:
    """A generation of the environment as the file asks; its model is built by who needs it."""
    name = project.name
    layout = context.layout.env(name)
    with changing(context, name):
        env = Env(context, name)
        if name not in environment_names(context):
            files.remove(layout.root) if context.dry is None else None
            repeat = f"Correct {project.file}, and repeat the command."
            with all_or_nothing(context, name, layout.root, repeat=repeat):
                environment = _new(context, project, found)
                lock = _lock(environment, found.lock)
                engine(environment.engine).create(env, environment, lock, None)
            return
        environment = _with_asked(context, env.request, found)
        _, in_use = env.in_use
        engine(environment.engine).switch(env, environment, _pinned(in_use, found.lock))


def _new(context: Context, project: ProjectFolder, found: Project) -> Environment:
    name, _ = choose(context, "", found.template, found.template.base)
    plain = Environment(project.name, str(project.file), name)
    return _with_asked(context, engine(name).configure(context, plain, None), found)


def _with_asked(context: Context, environment: Environment, found: Project) -> Environment:
    """The environment with what the file says; what its user alone requested (develop, --mods) stays."""
    variants = format_variants(parse_variants(found.keys.variant))
    asked = tuple(_source(context, environment, found, one) for one in found.keys.develop)
    names = {one.package for one in asked}
    own = (s for s in environment.develop if s.origin != PROJECT and s.package not in names)
    return replace(environment, variants=variants, develop=(*asked, *own))


def _source(
    context: Context, environment: Environment, found: Project, one: DevelopedPackage
) -> DevSource:
    """The source of a developed package, cloned where it is not there."""
    made_by = engine(environment.engine)
    env = Env(context, environment.name)
    package = made_by.package(env, environment, one.package, placed=True)
    if one.path:
        path = inside(Path(found.path), one.path)
        if not path.is_dir():
            raise UsageError(f"{found.path}: {path} is not a directory", fix="Correct its develop.")
        return made_by.take(context, DevSource(package.name, str(path), package.kind, PROJECT))
    path = context.layout.source(environment.name, package.name)
    source = DevSource(package.name, str(path), package.kind, PROJECT)
    if not path.exists():
        address = Address(one.git, one.branch)
        _, notes = cloned(context, None, package, path, address, or_release=False)
        for note in notes:
            context.say(note)
    return made_by.take(context, source)


def _lock(environment: Environment, lock: ProjectLock | None) -> Lock | None:
    """The project's lock for an environment that is not there yet."""
    if lock is None:
        return None
    return Lock(
        environment, "", lock.python, lock.neuron, lock.packages, lock.inputs, conda=lock.conda
    )


def _pinned(in_use: Lock | None, lock: ProjectLock | None) -> Lock | None:
    """The lock in use with the packages of the project's."""
    if in_use is None or lock is None:
        return None
    same = in_use.python.split(".")[:2] == lock.python.split(".")
    return replace(
        in_use,
        neuron=lock.neuron,
        packages=lock.packages,
        inputs=lock.inputs if same else "",
        conda=lock.conda,
    )


def lock_of(env: Env, project: ProjectFolder) -> ProjectLock:
    """What devenv.lock is to say."""
    from devenv.config.templates import load_project, template_folders

    lock = env.lock
    found = load_project(project.file, template_folders(env.context.layout.home))
    pairs = zip(
        clones(env.context, found.template, fetch=False),
        clones(env.context, found.locked, fetch=False).values(),
        strict=True,
    )
    commits = {origin: one.commit for origin, one in pairs if one.commit}
    pin = found.template.model.repository if found.template.model else None
    if pin and lock.repository:
        commits[pin.package] = lock.repository
    python = ".".join(lock.python.split(".")[:2])
    own = engine(env.request.engine).own_lock(env)
    return ProjectLock(python, lock.inputs, lock.neuron, lock.packages, commits, own)
