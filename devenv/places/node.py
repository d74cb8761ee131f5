"""Chooses where tests run: in a separate job step on a node of the cluster, or here.

With Slurm, tests run in a job step and not on a login node; outside an allocation, with the site's
defaults. Inside a job step they run right there. They use no more cores than they are allocated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from devenv.config.context import Context
from devenv.config.settings import Settings
from devenv.core.errors import UsageError
from devenv.core.launch import Launch, LaunchOptions, LaunchRequest
from devenv.core.plan import Plan, Run
from devenv.places import HostFacts
from devenv.places.choice import in_allocation, takes_steps, waits
from devenv.places.handed_on import OUTSIDE
from devenv.places.launching import Launching, call, launching, plan
from devenv.places.waiting import call_waiting, refuse_hopeless
from devenv.store.carry import preview
from devenv.system import process

TO_STDERR = ("sh", "-c", 'exec "$@" >&2', "sh")


@dataclass(frozen=True)
class Started:
    """The launch of tests on ranks. tox itself runs here."""

    request: LaunchRequest
    made: Launch

    @property
    def queued(self) -> bool:
        """Whether it may have to wait in Slurm's queue."""
        return waits(self.made)

    @property
    def in_allocation(self) -> bool:
        """Whether it uses the current allocation."""
        return in_allocation(self.made)


@dataclass(frozen=True)
class NodeShare:
    """The part of a node for tests. cpus: that they may use. step: whether they run in a separate job
    step. started: the launch of their ranks.
    """

    how: Launching
    cpus: int
    step: bool
    started: Started | None = None

    @property
    def inside(self) -> HostFacts:
        """The host as the tests see it: tox hides the job from them."""
        return replace(self.how.facts, step=0, scheduler="", allocation=False, cores=self.cpus)


def node_for(
    context: Context, settings: Settings, options: LaunchOptions, ranks: int, workers: int
) -> NodeShare:
    """The place for tests that use `workers` cores (0: all). With `ranks`, tox runs here and starts
    pytest on the ranks.

    UsageError inside a job step of several tasks, each of which would run all tests, and for several
    nodes without ranks. PreconditionError if Slurm can never start it.
    """
    if options.on not in ("", "here"):
        options = replace(options, launcher=options.on)
    how = launching(context, settings, options)
    facts = how.facts
    if facts.step > 1:
        raise UsageError(
            f"devenv test was started {facts.step} times at once, and each would run all tests",
            fix="Start it once: srun -n 1 -c CORES devenv test …; ranks for the tests: devenv test -n",
        )
    if options.job.nodes > 1 and not ranks:
        raise UsageError(
            f"-N {options.job.nodes}: without ranks the tests are one process, on one node",
            fix="Omit it, or put the tests on ranks: devenv test -n RANKS",
        )
    if ranks:
        return _on_ranks(context, how, ranks)
    if options.on == "here" or not takes_steps(facts, how.launcher[0]):
        plan(context, how, (), 0)  # raises if the options cannot be used here
        return NodeShare(how, facts.cores, step=False)
    cores = _allocated(context.environ) or workers or 1
    cpus = options.job.threads or min(workers or cores, cores)
    how = replace(how, options=replace(options, job=replace(options.job, threads=cpus)))
    if not facts.allocation and context.dry is None:
        request, _ = plan(context, how, (), 1, mpi=False)
        refuse_hopeless(request, how.context.environ)
    return NodeShare(how, cpus, step=True)


def _on_ranks(context: Context, how: Launching, ranks: int) -> NodeShare:
    started = Started(*plan(context, how, (), ranks))
    if started.queued and context.dry is None:
        refuse_hopeless(started.request, how.context.environ)
    return NodeShare(how, how.facts.cores, step=False, started=started)


def _allocated(environ: Mapping[str, str]) -> int:
    """The cores of the allocation's first node (``4(x2),3``); 0 outside one."""
    found = re.match(r"\d+", environ.get("SLURM_JOB_CPUS_PER_NODE", ""))
    return int(found[0]) if found else 0


def call_there(
    context: Context,
    node: NodeShare,
    argv: tuple[str, ...],
    environ: Mapping[str, str],
) -> int:
    """Run a command on the node in the foreground; returns its exit code. The job step is hidden from
    its children.

    Ranks that it starts wait in Slurm's queue no longer than --max-wait. A dry run only notes it.
    """
    quiet = TO_STDERR if context.as_json else ()
    if not node.step:
        argv = (*quiet, *argv)
        if preview(context, Plan("", (Run(argv),))):
            return 0
        if node.started and node.started.queued:
            return call_waiting(context, node.started.request, argv, environ, node.how.max_wait)
        return process.call(argv, environ=environ)
    request, made = plan(context, node.how, (*OUTSIDE, *argv), 1, mpi=False)
    context.say(f"the tests run in a job step with {node.cpus} cores: {made.why}")
    made = replace(made, argv=(*quiet, *made.argv))
    if preview(context, Plan("", (Run(made.argv, env=made.env),))):
        return 0
    return call(context, node.how, request, made, environ)
