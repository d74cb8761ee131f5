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
from devenv.workflows.project import planned, ready


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

    def env(self, context: Context) -> Env:
        return ready(context, self.environment)


@dataclass(frozen=True)
class Verb:
    """request: the type of its request. in_environment: whether it is about an existing one.

    own_steps: it starts steps by itself at a place that has them: the rest of its work stays here.
    shared: its engine may share the work out over nodes; else the options for nodes are the job's.
    """

    request: type
    do: Callable[[Context, Work], Result]
    in_environment: bool = True
    own_steps: bool = False
    shared: bool = False


def _build() -> Verb:
    from devenv.environment.build_request import BuildRequest
    from devenv.workflows.build import build

    return Verb(
        BuildRequest, lambda c, w: build(w.env(c), w.request, dry_run=w.dry_run), shared=True
    )


def _create() -> Verb:
    from devenv.workflows.create import CreateRequest, create

    return Verb(
        CreateRequest, lambda c, w: create(c, w.request, dry_run=w.dry_run), in_environment=False
    )


def _develop() -> Verb:
    from devenv.workflows.develop import DevelopRequest, develop

    return Verb(DevelopRequest, lambda c, w: _done(c, w, develop))


def _undevelop() -> Verb:
    from devenv.workflows.develop import undevelop

    return Verb(str, lambda c, w: _done(c, w, undevelop))


def _test() -> Verb:
    from devenv.workflows.test import TestRequest, test

    def do(context: Context, work: Work) -> Result:
        return _done(context, work, lambda env, request: test(env, request, work.launch))

    return Verb(TestRequest, do, own_steps=True)


def _spack_setup() -> Verb:
    from devenv.engines.spack.setup import SetupRequest, setup

    def do(context: Context, work: Work) -> Result:
        if work.dry_run:
            return rehearse(context, lambda dry: setup(dry, work.request))
        return setup(context, work.request)

    return Verb(SetupRequest, do, in_environment=False)


def _conda_build() -> Verb:
    from devenv.workflows.conda_build import CondaBuildRequest, build

    return Verb(
        CondaBuildRequest,
        lambda c, w: build(c, w.request, dry_run=w.dry_run),
        in_environment=False,
    )


def _wheel_build() -> Verb:
    from devenv.workflows.wheel_build import WheelBuildRequest, build

    return Verb(
        WheelBuildRequest,
        lambda c, w: build(c, w.request, dry_run=w.dry_run),
        in_environment=False,
    )


def _wheel_test() -> Verb:
    from devenv.workflows.wheel_test import WheelTestRequest, test

    return Verb(WheelTestRequest, lambda c, w: test(c, w.request), in_environment=False)


def _done(context: Context, work: Work, verb: Callable[[Env, Any], Result]) -> Result:
    """For a verb whose dry run is `rehearse`."""
    if work.dry_run:
        return rehearse(context, lambda dry: verb(work.env(dry), work.request))
    return verb(work.env(context), work.request)


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
    """Do the work at the place that was asked for. A dry run is done here: it only reads."""
    verb, launch = VERBS[work.verb](), work.launch
    if work.dry_run and verb.in_environment and (first := planned(context, work.environment)):
        return first
    here = launch.on in ("", "here")
    if here and launch.scheduler_options and not verb.own_steps:
        raise UsageError(
            f"{', '.join(launch.scheduler_options)}: this is done here, and not in a job",
            fix="Add --on slurm or --on pbs, or omit it.",
        )
    if not here:
        from devenv.places import queue_named

        here = queue_named(launch.on, "--on").WATCHED and verb.own_steps
    if work.dry_run and not here:  # what the job does
        work = replace(work, launch=LaunchOptions())
    if here or work.dry_run or (verb.shared and launch.job.nodes and _shared(context, work)):
        return verb.do(context, work)
    from devenv.workflows.in_job import in_job

    return in_job(context, verb, work)


def _shared(context: Context, work: Work) -> bool:
    """Whether the engine installed it on the nodes: what is left to be done is done here."""
    from devenv.engines.registry import engine

    env = work.env(context)
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
