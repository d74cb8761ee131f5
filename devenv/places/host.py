"""The facts about the host that launchers need."""

from __future__ import annotations

from dataclasses import replace

from devenv.config.context import Context
from devenv.core.machine import HostFacts
from devenv.system import mpi


def host_facts(context: Context, wrapper: tuple[str, ...] = (), *, ranks: bool = True) -> HostFacts:
    """The facts that launchers decide by. wrapper: the command that runs another one in a PBS job, from
    the settings. ranks: as in `devenv.system.mpi.observe`.
    """
    facts = mpi.observe(context.environ, ranks=ranks)
    return replace(facts, wrapper=wrapper or facts.wrapper)


def is_rank(context: Context) -> bool:
    """Whether this process is one of the ranks of a job."""
    return mpi.step_size(context.environ) > 0
