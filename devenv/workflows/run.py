"""devenv run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.core.activation import preloading
from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.launch import Launch, LaunchRequest
from devenv.core.result import Result
from devenv.launchers import launch
from devenv.system import process
from devenv.system.leases import hold
from devenv.workflows.activate import activated
from devenv.workflows.build import fresh_generation
from devenv.workflows.context import Context, chosen
from devenv.workflows.guard import check_model
from devenv.workflows.machine import host_facts, is_rank
from devenv.workflows.picked import picked


@dataclass(frozen=True)
class RunRequest:
    """What was typed. ranks 0: a plain process. model: a further one, by name or variants."""

    argv: tuple[str, ...]
    ranks: int = 0
    launcher: str = ""
    no_special: bool = False
    no_build: bool = False
    model: str = ""


def run(
    context: Context, name: str | None, request: RunRequest, *, dry_run: bool = False
) -> Result:
    """Become the command, in the environment. Returns only for a dry run."""
    name = chosen(context, name)
    if not request.argv:
        raise UsageError("there is no command to run", fix=f"devenv run {name} -- COMMAND...")
    no_build = request.no_build or dry_run
    generation = prepared(context, name, no_build=no_build, model=request.model)
    environ, started = launched(context, generation, request)
    if dry_run:
        sets = [f"{key}={shlex.quote(value)}" for key, value in started.env]
        return Result((" ".join([*sets, shlex.join(started.argv)]), f"# {started.why}"))
    return process.exec_(started.argv, environ)


def prepared(
    context: Context, name: str, *, no_build: bool, model: str = "", lease: bool = True
) -> Generation:
    """The generation to run with, up to date; says what is not whole about it.

    model: a further model, by name or by variants, which takes the place of the environment's own.
    lease: until this process has ended, nobody removes it; a shell is open for days, and takes none.
    """
    model = picked(context, name, model)
    generation = _fresh(context, name, model, no_build, lease).with_model(model)
    check_model(context, generation)
    notes = generation.model.notes if generation.model else ()
    for note in (*generation.missing, *notes):
        context.say(f"note: {note}")
    return generation


def _fresh(context: Context, name: str, model: str, no_build: bool, lease: bool) -> Generation:
    """Of a job the outermost process alone leases it: a thousand ranks would ask for as many locks."""
    inside_job = is_rank(context)
    may_build = not (no_build or inside_job)
    while True:
        generation = fresh_generation(context, name, may_build=may_build, model=model)
        if not lease or inside_job or _leased(context, generation):
            return generation


def _leased(context: Context, generation: Generation) -> bool:
    """False where it was removed in this very moment. The models may be another's: hold them, too."""
    layout = context.layout.env(generation.name).generation(generation.number)
    own = (generation.model,) if generation.model else ()
    models = (*own, *(one.model for one in generation.further))
    # A model that is not there is told by what checks it.
    for path in {one.path for one in models}:
        hold(Path(path, "model.json"))
    return hold(layout.manifest)


def _preload(generation: Generation, environ: Mapping[str, str]) -> dict[str, str]:
    return preloading(generation.model.preload if generation.model else "", environ)


def launched(
    context: Context, generation: Generation, request: RunRequest
) -> tuple[dict[str, str], Launch]:
    """The variables and the argv with which the command starts."""
    asked = LaunchRequest(request.argv, request.ranks)
    facts = host_facts(context)
    started = launch(asked, facts, request.launcher, special=not request.no_special)
    environ = {**activated(context, generation), **dict(started.env)}
    if request.no_special:
        environ.update({**dict(generation.no_special), **_preload(generation, environ)})
    return environ, started
