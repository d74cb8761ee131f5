"""A verb's work as a value: it is done here, or in a job that is handed it as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.launch import LaunchOptions
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.store.carry import rehearse
from devenv.upkeep.project import planned, ready


@dataclass(frozen=True)
class Work:
    """verb: a name in VERBS; request: what was typed, of the verb's own type. environment: as typed;
    None: the one in use, or one is not needed. ranks: that the work starts itself; 0: none.
    """

    verb: str
    request: Any
    environment: str | None = None
    ranks: int = 0
    launch: LaunchOptions = field(default_factory=LaunchOptions)
    dry_run: bool = False

    def subject(self, context: Context) -> Env | Context:
        """What the verb is about: the environment, which a project's file may have to make first."""
        in_environment = VERBS[self.verb]().in_environment
        return ready(context, self.environment) if in_environment else context


@dataclass(frozen=True)
class Verb:
    """do: a function of the environment, or of the context, and the request. request: its type.

    in_environment: whether it is about an existing one. own_dry_run: it takes `dry_run`; else `rehearse`
    is its dry run. own_steps: it takes `launch`, and starts steps by itself at a place that has them:
    the rest of its work stays here. shared: its engine may share the work out over nodes; else the
    options for nodes are the job's.
    """

    do: Callable[..., Result]
    request: type
    in_environment: bool = True
    own_dry_run: bool = False
    own_steps: bool = False
    shared: bool = False


def _build() -> Verb:
    from devenv.environment.build_request import BuildRequest
    from devenv.upkeep.build import build

    return Verb(build, BuildRequest, own_dry_run=True, shared=True)


def _create() -> Verb:
    from devenv.upkeep.new_environment import CreateRequest
    from devenv.workflows.create import create

    return Verb(create, CreateRequest, in_environment=False, own_dry_run=True)


def _develop() -> Verb:
    from devenv.environment.dev_source import DevelopRequest
    from devenv.workflows.develop import develop

    return Verb(develop, DevelopRequest)


def _undevelop() -> Verb:
    from devenv.workflows.develop import undevelop

    return Verb(undevelop, str)


def _test() -> Verb:
    from devenv.testing.selection import TestRequest
    from devenv.workflows.test import test

    return Verb(test, TestRequest, own_steps=True)


def _spack_setup() -> Verb:
    from devenv.engines.spack.setup import SetupRequest, setup

    return Verb(setup, SetupRequest, in_environment=False)


def _conda_build() -> Verb:
    from devenv.workflows.conda_build import CondaBuildRequest, build

    return Verb(build, CondaBuildRequest, in_environment=False, own_dry_run=True)


def _wheel_build() -> Verb:
    from devenv.workflows.wheel_build import WheelBuildRequest, build

    return Verb(build, WheelBuildRequest, in_environment=False, own_dry_run=True)


def _wheel_test() -> Verb:
    from devenv.workflows.wheel_test import WheelTestRequest, test

    return Verb(test, WheelTestRequest, in_environment=False)


VERBS: dict[str, Callable[[], Verb]] = {
    "build": _build,
    "create": _create,
    "develop": _develop,
    "undevelop": _undevelop,
    "test": _test,
    "spack setup": _spack_setup,
    "conda build": _conda_build,
    "wheel build": _wheel_build,
    "wheel test": _wheel_test,
}
"""The verbs that have work to do, each imported where it is done."""


def do(context: Context, work: Work) -> Result:
    """Do the work at the requested place. A dry run is done here: it only reads."""
    verb, launch = VERBS[work.verb](), work.launch
    if work.dry_run and verb.in_environment and (first := planned(context, work.environment)):
        return first
    here = _is_here(verb, launch)
    spread = verb.shared and launch.job.nodes
    if not (here or work.dry_run or (spread and _shared(context, work))):
        return _in_job(context, verb, work)
    options: dict[str, Any] = {"dry_run": work.dry_run} if verb.own_dry_run else {}
    if verb.own_steps:
        options["launch"] = launch if here else LaunchOptions()  # a job has its own
    if work.dry_run and not verb.own_dry_run:
        return rehearse(context, lambda dry: verb.do(work.subject(dry), work.request, **options))
    return verb.do(work.subject(context), work.request, **options)


def _in_job(context: Context, verb: Verb, work: Work) -> Result:
    from devenv.places.in_job import JobWork, in_job

    env = ready(context, work.environment) if verb.in_environment else None
    work = replace(work, environment=env.name) if env else work
    text = encoded(context, work)
    subject = f"{work.verb} {work.environment}" if work.environment else work.verb
    name = f"devenv-{work.verb.replace(' ', '-')}"
    job = JobWork(text, subject, name, max(work.ranks, 1), work.launch)
    return in_job(context, env.settings if env else context.settings, job)


def _is_here(verb: Verb, launch: LaunchOptions) -> bool:
    """Whether no job is requested. UsageError for options that only a job has."""
    if launch.on not in ("", "here"):
        from devenv.places import queue_named

        return queue_named(launch.on, "--on").WATCHED and verb.own_steps
    if launch.scheduler_options and not verb.own_steps:
        raise UsageError(
            f"{', '.join(launch.scheduler_options)}: this is done here, and not in a job",
            fix="Add --on slurm or --on pbs, or omit it.",
        )
    return True


def _shared(context: Context, work: Work) -> bool:
    """Whether the engine installed it on the nodes: what is left to be done is done here."""
    from devenv.engines.registry import engine

    env = ready(context, work.environment)
    return engine(env.request.engine).build_on_nodes(env, work.request, work.launch)


def encoded(context: Context, work: Work) -> str:
    """The work as the text of a file, for `decoded`: without the options of the job that does it."""
    import msgspec

    shown = {"quiet": context.quiet, "verbose": context.verbose, "as_json": context.as_json}
    work = replace(work, launch=LaunchOptions())
    return msgspec.json.encode({"work": work, **shown}, enc_hook=str).decode() + "\n"


def decoded(context: Context, file: Path) -> tuple[Context, Work]:
    """The context that shows what the work in a file shows, and the work. StateError: it has none."""
    import msgspec

    to_path: Any = lambda kind, value: kind(value)  # noqa: E731
    decode = partial(msgspec.convert, dec_hook=to_path)
    try:
        data = msgspec.json.decode(file.read_bytes())
        work = decode(data["work"], Work)
        request = decode(work.request, VERBS[work.verb]().request)
    except (OSError, LookupError, TypeError, msgspec.MsgspecError) as error:
        raise StateError(
            f"{file} does not describe work for devenv: {error}",
            fix="devenv writes such files itself: repeat the command with --on.",
        ) from None
    shown = replace(
        context,
        quiet=bool(data.get("quiet")),
        verbose=int(data.get("verbose") or 0),
        as_json=bool(data.get("as_json")),
    )
    return shown, replace(work, request=request)
