"""devenv conda build --on: the same command, in a job on a node of the cluster."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from devenv.config.context import Context
from devenv.core.errors import PreconditionError, UsageError
from devenv.core.launch import LaunchRequest, Resources
from devenv.core.result import Result
from devenv.places import pbs, slurm
from devenv.places.host import host_facts
from devenv.system import process


def build_on(context: Context, place: str, resources: Resources, typed: Sequence[str]) -> Result:
    """Run what was typed (without --on) in a job, and wait for it; its exit code.

    UsageError for a place that is not known, PreconditionError where there is no such scheduler.
    """
    if place not in ("slurm", "pbs"):
        raise UsageError(f"--on {place}: no such place", fix="Choose here, slurm or pbs.")
    facts = host_facts(context, context.settings.pbs_wrapper, ranks=False)
    launcher = slurm if place == "slurm" else pbs
    command = (sys.executable, "-m", "devenv", *without_place(typed))
    request = LaunchRequest(command, 1, resources, mpi=False, name="devenv-conda")
    unmet = launcher.unmet(request, facts)
    if unmet:
        raise PreconditionError.of(unmet)
    launch = launcher.command(request, facts)
    environ = {**context.environ, **dict(launch.env)}
    return Result(code=process.call(launch.argv, environ=environ, cwd=context.cwd))


def without_place(typed: Sequence[str]) -> list[str]:
    """The command line without the option --on."""
    words: list[str] = []
    skip = False
    for word in typed:
        if skip or word == "--on":
            skip = not skip
        elif not word.startswith("--on="):
            words.append(word)
    return words
