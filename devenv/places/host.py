"""The host's facts, as the launchers want them."""

from __future__ import annotations

from dataclasses import replace

from devenv.config.context import Context
from devenv.core.machine import HostFacts
from devenv.system import mpi


def host_facts(context: Context, wrapper: tuple[str, ...] = (), *, ranks: bool = True) -> HostFacts:
    """What launchers decide by. wrapper: what runs a command in a PBS job, from the settings.

    ranks: as `devenv.system.mpi.observe` has it.
    """
    facts = mpi.observe(context.environ, ranks=ranks)
    return replace(facts, wrapper=wrapper or facts.wrapper)


def is_rank(context: Context) -> bool:
    """Whether this process is one of the ranks of a job."""
    return mpi.step_size(context.environ) > 0
