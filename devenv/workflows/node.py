"""Where tests run: on a node of the cluster in a step of their own, or here.

Under Slurm a login node is no place for tests: they go into a step, with the site's defaults outside an
allocation. Who is in a step already is where they are to be. What they use is bounded by what they have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from devenv.core.errors import UsageError
from devenv.launchers import HostFacts
from devenv.system import process
from devenv.workflows.context import Context
from devenv.workflows.launching import Asked, Launching, launching, plan
from devenv.workflows.waiting import call_waiting

TO_STDERR = ("sh", "-c", 'exec "$@" >&2', "sh")


@dataclass(frozen=True)
class Node:
    """cpus: that the tests may use. step: whether a step is started for them."""

    how: Launching
    cpus: int
    step: bool

    @property
    def inside(self) -> HostFacts:
        """The host as the tests see it: tox keeps from them that they are in a job."""
        return replace(self.how.facts, step=0, scheduler="", allocation=False, cores=self.cpus)


def node_for(context: Context, name: str, asked: Asked, ranks: int, workers: int) -> Node:
    """Where the tests of an environment run that want `workers` cores (0: all that there are).

    With `ranks` tox itself runs here, and starts pytest on them.

    UsageError inside a step of several tasks: each would run all of the tests; and for several nodes
    without ranks.
    """
    how = launching(context, name, asked)
    facts = how.facts
    if facts.step > 1:
        raise UsageError(
            f"devenv test was started {facts.step} times at once, and each would run all tests",
            fix="Start it once: srun -n 1 -c CORES devenv test …; ranks for the tests: devenv test -n",
        )
    if asked.job.nodes > 1 and not ranks:
        raise UsageError(
            f"-N {asked.job.nodes}: without ranks the tests are one process, on one node",
            fix="Leave it out, or put the tests on ranks: devenv test -n RANKS",
        )
    away = facts.scheduler == "slurm" and how.launcher[0] in ("", "slurm")
    if facts.step or ranks or not away:
        if not ranks:
            plan(context, how, (), 0)  # what cannot be asked for here is refused
        return Node(how, facts.cores, step=False)
    there = _allocated(context.environ) or workers or 1
    cpus = asked.job.threads or min(workers or there, there)
    how = replace(how, asked=replace(asked, job=replace(asked.job, threads=cpus)))
    return Node(how, cpus, step=True)


def _allocated(environ: Mapping[str, str]) -> int:
    """The cores of the allocation's first node (``4(x2),3``); 0 outside one."""
    found = re.match(r"\d+", environ.get("SLURM_JOB_CPUS_PER_NODE", ""))
    return int(found[0]) if found else 0


def call_there(
    context: Context,
    node: Node,
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    to_stderr: bool = False,
) -> int:
    """Run it on the node in the foreground; its exit code."""
    quiet = TO_STDERR if to_stderr else ()
    if not node.step:
        return process.call((*quiet, *argv), environ=environ)
    request, made = plan(context, node.how, argv, 1, mpi=False)
    context.say(f"the tests run in a job step with {node.cpus} cores: {made.why}")
    if not made.queued:
        return process.call((*quiet, *made.argv), environ=environ)
    argv = (*quiet, *made.argv)
    return call_waiting(context, request, argv, environ, node.how.max_wait)
