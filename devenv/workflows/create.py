"""devenv create."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.layout import EnvironmentLayout
from devenv.core.result import Result
from devenv.engines.registry import engine
from devenv.environment.build_request import require_complete
from devenv.environment.foundation import template_of
from devenv.environment.from_lock import sources_from_lock
from devenv.environment.handle import Env
from devenv.environment.python import is_absent, provide_python
from devenv.sources.undo import Acquired, all_or_nothing
from devenv.store.carry import rehearse
from devenv.store.changing import changing
from devenv.system import files
from devenv.upkeep.new_environment import CreateRequest, NewEnvironment, requested_environment


def create(context: Context, request: CreateRequest, *, dry_run: bool = False) -> Result:
    """Make an environment. Where it fails, nothing of it is left."""
    return make(context, requested_environment(context, request), dry_run=dry_run)


def make(context: Context, new: NewEnvironment, *, dry_run: bool) -> Result:
    """Make the environment, as `create` does."""
    name, layout = new.environment.name, context.layout.env(new.environment.name)
    _check_absent(layout)
    if dry_run:
        return _rehearsed(context, new)
    with changing(context, name):
        # Another process may have made it meanwhile; what has no `current` was never whole.
        _check_absent(layout)
        files.remove(layout.root)
        sources = new.lock.sources if new.lock else ()
        paths = [context.layout.source(name, one.package) for one in sources]
        repeat = "Correct the template or the options, and repeat the command."
        with all_or_nothing(context, name, layout.root, *paths, repeat=repeat) as acquired:
            generation = _create_generation(context, new, acquired)
    return _created(generation, new, acquired.notes)


def _rehearsed(context: Context, new: NewEnvironment) -> Result:
    """What would be done, and with which template and Python."""
    environment = new.environment
    template = template_of(context, environment)
    python = (
        f"Python {environment.python}, which is downloaded"
        if _needs_interpreter(new) and is_absent(context, environment.python)
        else engine(environment.engine).python(context, environment, template, new.lock)
    )
    head = f"# {environment.name}: template {template.name}, {python}"
    planned = rehearse(context, lambda dry: _create_generation(dry, new, Acquired()))
    return replace(planned, lines=(head, *planned.lines))


def _needs_interpreter(new: NewEnvironment) -> bool:
    """Whether it takes a Python of the machine; a lock names the one that it takes."""
    return new.lock is None and engine(new.environment.engine).takes_interpreter()


def _create_generation(context: Context, new: NewEnvironment, acquired: Acquired) -> Generation:
    """The first generation; `acquired` gets its dev sources."""
    environment = new.environment
    if _needs_interpreter(new):
        provide_python(context, environment.python)
    if new.lock:
        environment, notes = sources_from_lock(context, environment, new.lock)
        acquired.sources, acquired.notes = environment.develop, notes
    env = Env(context, environment.name)
    generation = engine(environment.engine).create(env, environment, new.lock, new.origin)
    require_complete(context, generation.missing, new.strict)
    return generation


def _check_absent(layout: EnvironmentLayout) -> None:
    if layout.current.is_symlink():
        name = layout.root.name
        raise StateError(
            f"the environment {name!r} exists already",
            fix=f"Use it, or remove it first: devenv remove {name}",
        )


def _created(generation: Generation, new: NewEnvironment, notes: Sequence[str]) -> Result:
    name, engine_name = new.environment.name, new.environment.engine
    lines = (
        *((f"Engine {engine_name}, {new.why}.",) if new.why else ()),
        *engine(engine_name).cost(new.environment),
        *notes,
        f"Created {name}: {generation.python}",
        *(f"note: {missing}" for missing in generation.missing),
        f"Next: devenv develop PACKAGE --env {name}   or   devenv build {name}",
    )
    return Result(lines, data={"name": name, "python": generation.python})
