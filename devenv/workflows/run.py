"""devenv run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.core.launch import Launch, LaunchOptions
from devenv.core.result import Result
from devenv.environment.activation import active_variables
from devenv.environment.guard import may_start_special, proof_warnings
from devenv.environment.handle import Env
from devenv.places.host import host_facts
from devenv.places.launching import launching_now, plan, start
from devenv.places.modules import with_environ
from devenv.places.preflight import after_preflight, for_gpu
from devenv.store.carry import rehearse
from devenv.system.redaction import redacted_words
from devenv.upkeep.ready import ready_or_planned


@dataclass(frozen=True)
class RunRequest:
    """What was typed. ranks 0: a plain process. model: a further one, by name or variants. refs:
    SOURCE=COMMIT of dev sources."""

    argv: tuple[str, ...]
    ranks: int = 0
    options: LaunchOptions = field(default_factory=LaunchOptions)
    no_special: bool = False
    no_build: bool = False
    model: str = ""
    refs: tuple[str, ...] = ()


def run(env: Env, request: RunRequest, *, dry_run: bool = False) -> Result:
    """Run the command in the environment: its exit code, and its output on our own streams.

    Where there is nothing to wait for, this process becomes it. dry_run: what is built before,
    the command, and why it is so.
    """
    context, name = env.context, env.name
    if not request.argv:
        raise UsageError("there is no command to run", fix=f"devenv run {name} -- COMMAND...")
    if request.refs and dry_run:
        return _rehearsed_at(env, request)
    if request.refs:
        env = _at_commits(env, request)
    options, ranks = request.options, request.ranks
    how = launching_now(context, env.settings, options, ranks, dry_run=dry_run)
    context, special = how.context, not request.no_special
    first, generation = ready_or_planned(
        env.reopen(context),
        "the command is run in it",
        dry_run=dry_run,
        no_build=request.no_build,
        model=request.model,
        special=special and may_start_special(request.argv),
    )
    environ = variables(context, generation, request)
    if generation.base:  # its modules bring launchers and libraries of their own
        inside, wrapper = with_environ(context, environ), how.settings.pbs_wrapper
        how = replace(how, facts=host_facts(inside, wrapper))
    argv = request.argv
    if request.options.job.gpus or for_gpu(generation):
        argv = after_preflight(name, argv)
    asked, made = plan(context, how, argv, request.ranks, special=special)
    if dry_run:
        return Result((*first, *_shown(made, environ)))
    if made.launcher != "local":
        for note in proof_warnings(generation, request.argv, how.facts, special=special):
            context.say(note)
    return Result(code=start(context, how, asked, made, environ))


def _shown(made: Launch, environ: Mapping[str, str]) -> tuple[str, str]:
    """A launch as a line of shell, and why it is so."""
    sets = [f"{key}={shlex.quote(value)}" for key, value in made.env]
    command = shlex.join(redacted_words(made.argv, environ))
    return " ".join([*sets, command]), f"# {made.why}"


def _at_commits(env: Env, request: RunRequest) -> Env:
    if request.no_build:
        raise UsageError("--ref and --no-build exclude each other", fix="Give one of them.")
    from devenv.upkeep.commits import at_commits

    return at_commits(env, request.refs)


def _rehearsed_at(env: Env, request: RunRequest) -> Result:
    """What a run with dev sources at commits would build."""
    planned = rehearse(env.context, lambda dry: _at_commits(env.reopen(dry), request))
    command = shlex.join(redacted_words(request.argv, env.context.environ))
    return replace(planned, lines=(*planned.lines, f"# then: {command}"))


def _preload(generation: Generation, environ: Mapping[str, str]) -> dict[str, str]:
    from devenv.core.activation import preloading

    return preloading(generation.model.preload if generation.model else "", environ)


def variables(context: Context, generation: Generation, request: RunRequest) -> dict[str, str]:
    """The variables with which the command starts.

    A compiled dev source has the sanitizer of the model, and no Python could import it otherwise.
    """
    environ = active_variables(context, generation)
    if request.no_special:
        environ.update(generation.no_special)
    if request.no_special or generation.compiled:
        environ.update(_preload(generation, environ))
    return environ
