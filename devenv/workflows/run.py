"""devenv run and devenv shell."""

from __future__ import annotations

import platform
import shlex
from dataclasses import dataclass
from typing import NoReturn

from devenv.core.environment import Generation
from devenv.core.errors import StateError, UsageError
from devenv.core.launch import Launch, LaunchRequest
from devenv.core.result import Result
from devenv.launchers import launch
from devenv.system import process
from devenv.workflows.activate import activated
from devenv.workflows.build import fresh_generation
from devenv.workflows.context import Context, chosen
from devenv.workflows.machine import host_facts, is_rank


@dataclass(frozen=True)
class RunRequest:
    """What was typed. ranks 0: a plain process."""

    argv: tuple[str, ...]
    ranks: int = 0
    launcher: str = ""
    no_special: bool = False
    no_build: bool = False


def run(
    context: Context, name: str | None, request: RunRequest, *, dry_run: bool = False
) -> Result:
    """Become the command, in the environment. Returns only for a dry run."""
    name = chosen(context, name)
    if not request.argv:
        raise UsageError("there is no command to run", fix=f"devenv run {name} -- COMMAND...")
    generation = prepared(context, name, no_build=request.no_build or dry_run)
    environ, started = launched(context, generation, request)
    if dry_run:
        sets = [f"{key}={shlex.quote(value)}" for key, value in started.env]
        return Result((" ".join([*sets, shlex.join(started.argv)]), f"# {started.why}"))
    return process.exec_(started.argv, environ)


def prepared(context: Context, name: str, *, no_build: bool) -> Generation:
    """The generation to run with, up to date; says what is not whole about it."""
    inside_job = is_rank(context)
    generation = fresh_generation(context, name, may_build=not (no_build or inside_job))
    _refuse_foreign_model(context, generation)
    for missing in generation.missing:
        context.say(f"note: {missing}")
    return generation


def launched(
    context: Context, generation: Generation, request: RunRequest
) -> tuple[dict[str, str], Launch]:
    """The variables and the argv with which the command starts."""
    asked = LaunchRequest(request.argv, request.ranks)
    facts = host_facts(context)
    started = launch(asked, facts, request.launcher, special=not request.no_special)
    environ = {**activated(context, generation), **dict(started.env)}
    if request.no_special:
        environ.update(generation.no_special)
    return environ, started


def _refuse_foreign_model(context: Context, generation: Generation) -> None:
    """NEURON loads a model that it finds in the working directory, whatever PATH says."""
    folder = context.cwd / platform.machine()
    if generation.wants_model and any(
        path.exists() for path in (folder / "special", folder / "libnrnmech.so")
    ):
        raise StateError(
            f"{folder} holds a compiled model, which NEURON would take instead of the environment's",
            fix=f"Run in another folder, or move it away: mv {shlex.quote(str(folder))} /tmp",
        )


def shell(context: Context, name: str | None) -> NoReturn:
    """Become the user's shell, with the environment active after its own start-up file."""
    name = chosen(context, name)
    generation = prepared(context, name, no_build=False)
    folder = context.layout.env(name).generation(generation.number)
    process.exec_(("bash", "--rcfile", str(folder.bashrc)), context.environ)
