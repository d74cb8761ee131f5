"""Makes a launch from the options, the settings and the host, and starts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from devenv.config.context import Context
from devenv.config.settings import Settings
from devenv.core.errors import PreconditionError, StateError
from devenv.core.launch import (
    Launch,
    LaunchOptions,
    LaunchRequest,
    Resources,
    checked_line,
    checked_time,
    seconds,
)
from devenv.places import HostFacts, launch
from devenv.places.choice import in_allocation, takes_steps, waits
from devenv.places.host import host_facts, is_rank
from devenv.system import process
from devenv.system.mpi import with_mpi


@dataclass(frozen=True)
class Launching:
    """Everything that determines a launch. context: with the modules loaded that the settings name.

    trial: Slurm's answer whether the job can ever start, if it was asked already.
    """

    context: Context
    settings: Settings
    facts: HostFacts
    options: LaunchOptions
    trial: process.Completed | None = None

    @property
    def launcher(self) -> tuple[str, str]:
        """(name, origin) of the requested launcher."""
        if self.options.launcher:
            return self.options.launcher, "--launcher"
        return self.settings.launcher, self.settings.sources["launcher"]

    @property
    def max_wait(self) -> int | None:
        """Seconds that a job may wait; None: no limit."""
        text = self.options.max_wait or self.settings.max_wait
        where = "--max-wait" if self.options.max_wait else self.settings.sources["max_wait"]
        return seconds(text, where) if text else None


def launching(
    context: Context,
    settings: Settings,
    options: LaunchOptions,
    *,
    ranks: bool = True,
    uses_job: bool = True,
) -> Launching:
    """Observe the host once. UsageError for invalid settings. ranks: as in `host_facts`.

    uses_job: whether the command runs in the current job; StateError if that has ended.
    """
    if settings.modules and not is_rank(context):
        from devenv.places.modules import observe, with_environ

        base = f"modules:{','.join(settings.modules)}"
        context = with_environ(context, observe(context.environ, base)[1])
    facts = host_facts(context, settings.pbs_wrapper, ranks=ranks)
    if ranks and uses_job:
        require_job(context, facts)
    return Launching(context, settings, facts, options)


def require_job(context: Context, facts: HostFacts) -> None:
    """StateError if the job that this process seems to be in has ended."""
    if not facts.allocation:
        return
    from devenv.places.waiting import stale_job

    if stale := stale_job(facts, context.environ):
        raise StateError(stale[0], fix=stale[1])


def launching_now(
    context: Context, settings: Settings, options: LaunchOptions, ranks: int, *, dry_run: bool
) -> Launching:
    """As `launching`, for a command that runs now. ranks: of the command; 0 if not requested.

    For a plain process, no other command is started. If Slurm would queue the command, it is asked
    whether that can start, in parallel with the other queries, but not in a dry run.
    """
    how = launching(context, settings, options, ranks=False)
    if not (ranks or options.launcher or options.scheduler_options):
        return how
    facts, environ = how.facts, how.context.environ
    require_job(how.context, facts)
    if dry_run or facts.allocation or not takes_steps(facts, how.launcher[0]):
        return replace(how, facts=with_mpi(facts, environ))
    from devenv.places.waiting import trial_beside

    with trial_beside(_request(how, (), ranks), environ) as answer:
        return replace(how, facts=with_mpi(facts, environ), trial=answer())


def resources(settings: Settings, options: LaunchOptions) -> Resources:
    """The resources to request from the scheduler: from the options, else from the settings."""
    job = options.job
    where = "--time" if job.time else settings.sources["time"]
    return replace(
        job,
        account=_said(settings, job, "account"),
        partition=_said(settings, job, "partition"),
        constraint=_said(settings, job, "constraint"),
        time=checked_time(job.time or settings.time, where),
        extra=tuple(checked_line(word, "an option in srun_args") for word in settings.srun_args),
    )


def _said(settings: Settings, job: Resources, name: str) -> str:
    typed = getattr(job, name)
    where = f"--{name}" if typed else f"{name} ({settings.sources[name]})"
    return checked_line(typed or settings.value(name), where)


def plan(
    context: Context,
    how: Launching,
    argv: tuple[str, ...],
    ranks: int,
    *,
    special: bool = True,
    mpi: bool = True,
) -> tuple[LaunchRequest, Launch]:
    """The request, and its launch. Errors as `devenv.places.launch`.

    special: as there. mpi: as in `LaunchRequest`.
    """
    typed, facts = how.options.scheduler_options, how.facts
    request = _request(how, argv, ranks, mpi)
    name, origin = how.launcher
    made = launch(request, facts, name, origin=origin, special=special)
    if typed and made.launcher in ("local", "mpi"):
        raise PreconditionError(
            f"{', '.join(typed)}: this needs a scheduler, and {made.why}",
            fix="Omit it, or log in to the cluster.",
        )
    if waits(made):
        from devenv.places.waiting import marked

        request = marked(request)
        made = launch(request, facts, name, origin=origin, special=special)
    _note_dropped(context, how, made)
    return request, made


def _request(how: Launching, argv: tuple[str, ...], ranks: int, mpi: bool = True) -> LaunchRequest:
    """The request. With a node, an account or a constraint it is a job, even without ranks."""
    facts, options = how.facts, how.options
    if options.scheduler_options and not facts.step and facts.scheduler and not options.launcher:
        ranks = ranks or max(options.job.nodes, 1)
    return LaunchRequest(argv, ranks, resources(how.settings, options), mpi)


def _note_dropped(context: Context, how: Launching, made: Launch) -> None:
    dropped = [o for o in how.options.scheduler_options if o not in ("--nodes", "--gpus")]
    if dropped and in_allocation(made):
        context.say(f"note: {', '.join(dropped)}: the allocation that we are in has its own")


def start(
    context: Context,
    how: Launching,
    request: LaunchRequest,
    made: Launch,
    environ: Mapping[str, str],
) -> int:
    """Run the launch; returns its exit code. If it need not wait, it replaces this process."""
    if not waits(made):
        process.exec_(made.argv, {**environ, **dict(made.env)})
    return call(context, how, request, made, environ)


def call(
    context: Context,
    how: Launching,
    request: LaunchRequest,
    made: Launch,
    environ: Mapping[str, str],
) -> int:
    """Run the launch and wait for it; returns its exit code. While it is queued, it is watched."""
    sets = {**environ, **dict(made.env)}
    if not waits(made):
        return process.call(made.argv, environ=sets)
    from devenv.places.waiting import call_waiting

    return call_waiting(context, request, made.argv, sets, how.max_wait, how.trial)
