"""The options of what starts on ranks or in a job, the same for all commands that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from devenv.cli.options import MOST

if TYPE_CHECKING:
    from devenv.places.launching import Asked

Nodes = Annotated[
    int, typer.Option("-N", "--nodes", min=0, max=MOST, help="Nodes.", show_default=False)
]
Threads = Annotated[
    int, typer.Option("--threads", min=0, max=MOST, help="Cores for each rank.", show_default=False)
]
Gpus = Annotated[
    int, typer.Option("--gpus", min=0, max=MOST, help="GPUs in all.", show_default=False)
]
Time = Annotated[str, typer.Option("--time", "-t", help="Time limit, such as 1:30:00.")]
Account = Annotated[str, typer.Option("--account", "-A", help="Account (project) that pays.")]
Partition = Annotated[str, typer.Option("--partition", "-p", help="Partition, or queue.")]
Constraint = Annotated[str, typer.Option("--constraint", "-C", help="Kind of node, such as cpu.")]
Exclusive = Annotated[bool, typer.Option("--exclusive", help="Nodes for this job alone.")]
On = Annotated[
    str, typer.Option("--on", metavar="SCHEDULER", help="In a job on a node: slurm or pbs.")
]
MaxWait = Annotated[
    str, typer.Option("--max-wait", metavar="TIME", help="Give up waiting after: 90s, 10m, 2h.")
]


def asked(
    job: tuple[int, int, int, str, str, str, str, bool], launcher: str | None, max_wait: str = ""
) -> Asked:
    """What was typed, as the workflows want it. job: the options above, in their order."""
    from devenv.core.launch import Resources
    from devenv.places.launching import Asked

    return Asked(Resources(*job), launcher or "", max_wait)
