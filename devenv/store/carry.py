"""How workflows that have a dry run change anything: a plan is carried out, or noted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.plan import Plan, Step, Write
from devenv.core.result import Result
from devenv.core.stage import AheadError, DryRun, lines_of
from devenv.core.trace import Trace
from devenv.system.idle import begin_stage


def carry_out(
    context: Context,
    plan: Plan,
    *,
    environ: Mapping[str, str] | None = None,
    jobs: int = 0,
) -> None:
    """Do the steps of the plan; in a dry run note them."""
    if context.dry is not None:
        ahead(context, plan, "")
        return
    from devenv.system.executor import execute

    if context.verbose:
        _print(context, plan)
    begin_stage("")
    execute(
        plan,
        environ=environ or context.environ,
        jobs=jobs,
        quiet=context.quiet,
        events=context.events,
        live=context.live,
        trace=context.trace,
        durations=context.layout.durations,
    )


def ahead(context: Context, plan: Plan, then: str) -> None:
    """In a dry run note the plan, and end there where `then` says how it goes on; else nothing."""
    if context.dry is None:
        return
    pending = _pending(plan)
    if pending.steps or pending.unknown:
        context.dry.plans.append(pending)
        if then:
            raise AheadError(then)


def announce(context: Context, plan: Plan, then: str) -> None:
    """As `ahead`, for what is done next by other means than `carry_out`: it is named as a step."""
    if not preview(context, plan, then) and not begin_stage(plan.title):
        context.say(plan.title)


def preview(context: Context, plan: Plan, then: str = "") -> bool:
    """Before something is done by other means than `carry_out`: whether a dry run leaves it out.

    A dry run notes the plan as `ahead` does, and -v prints it.
    """
    ahead(context, plan, then)
    if context.dry is None and context.verbose:
        _print(context, plan)
    return context.dry is not None


def explain(context: Context, reasons: Iterable[str]) -> None:
    """With -vv print what something is made from, a line each."""
    if context.verbose > 1:
        _print(context, Plan("", (), tuple(reasons)))


def _print(context: Context, plan: Plan) -> None:
    """The same lines as a dry run has for it, on standard error."""
    from devenv.system.redaction import redacted

    for line in lines_of(_pending(plan)):
        print(redacted(line, context.environ), file=sys.stderr, flush=True)


def _pending(plan: Plan) -> Plan:
    """The plan without the steps that change nothing."""
    return replace(plan, steps=tuple(step for step in plan.steps if not _done(step)))


def stop_dry_run(context: Context, then: str) -> None:
    """End a dry run here; `then` says how it goes on."""
    if context.dry is not None:
        raise AheadError(then)


@contextmanager
def before(what: str) -> Iterator[None]:
    """A dry run that ends within the block says `what` is done after it, too."""
    try:
        yield
    except AheadError as error:
        raise AheadError(f"{error.then}; {what}") from None


def _done(step: Step) -> bool:
    """Whether the disk is already as the step would make it."""
    if not isinstance(step, Write):
        return False
    path = Path(step.path)
    return path.is_file() and path.read_bytes() == step.text.encode("utf-8", "surrogateescape")


def rehearse(context: Context, verb: Callable[[Context], object]) -> Result:
    """What `verb` would do, as lines of shell. Nothing is written, and nothing is locked."""
    dry = DryRun()
    then = ""
    try:
        verb(replace(context, dry=dry, trace=Trace()))
    except AheadError as error:
        then = error.then
    return Result(dry.lines(then))
