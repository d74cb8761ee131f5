"""The options of what starts on ranks or in a job: one table, and the decorator that adds them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Annotated, Any

import typer

from devenv.cli.options import MOST
from devenv.core.launch import LaunchOptions, Resources

_PLACES = "here, slurm or pbs"


def _count(*names: str, help: str) -> Any:
    return Annotated[int, typer.Option(*names, min=0, max=MOST, help=help, show_default=False)]


def _words(*names: str, help: str, **more: Any) -> Any:
    return Annotated[str, typer.Option(*names, help=help, **more)]


_OPTIONS: dict[str, tuple[Any, object]] = {
    "on": (
        _words(
            "--on",
            metavar="PLACE",
            help=f"Where the work is done: {_PLACES}.",
        ),
        "",
    ),
    "nodes": (_count("-N", "--nodes", help="Nodes."), 0),
    "threads": (_count("--threads", help="Cores for each rank."), 0),
    "gpus": (_count("--gpus", help="GPUs in all."), 0),
    "time": (_words("--time", "-t", help="Time limit, such as 1:30:00."), ""),
    "account": (_words("--account", "-A", help="Account (project) that pays."), ""),
    "partition": (_words("--partition", "-p", help="Partition, or queue."), ""),
    "constraint": (_words("--constraint", "-C", help="Kind of node, such as cpu."), ""),
    "exclusive": (
        Annotated[bool, typer.Option("--exclusive", help="Nodes for this job alone.")],
        False,
    ),
    "max_wait": (
        _words("--max-wait", metavar="TIME", help="Give up waiting after: 90s, 10m, 2h."),
        "",
    ),
    "launcher": (
        _words("--launcher", help="local, mpi, slurm or pbs (default: what fits)."),
        "",
    ),
}

JOB = ("nodes", "threads", "gpus", "time", "account", "partition", "constraint", "exclusive")
"""What any job may ask for."""
ON = ("on", "account", "partition", "constraint", "time", "max_wait")
"""Those of a command whose work is done in one job on one node."""

Command = Callable[..., None]
_BY_NAME = inspect.Parameter.KEYWORD_ONLY


def launch_options(*names: str, without: str = "") -> Callable[[Command], Command]:
    """A decorator: the command has these options, and gets them as `launch`, a `LaunchOptions`.

    They stand in the help where `launch` stands among the command's parameters. without: a short name
    that the command has for an option of its own.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def called(**values: Any) -> None:
            launch = _filled({name: values.pop(name) for name in names})
            command(**values, launch=launch)

        parameters = _parameters(command, names, without)
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in parameters}
        return called

    return decorate


def _parameters(command: Command, names: tuple[str, ...], without: str) -> list[inspect.Parameter]:
    found = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if parameter.name != "launch":
            found.append(parameter.replace(kind=_BY_NAME))
            continue
        for name in names:
            annotation, default = _OPTIONS[name]
            kind = _named(annotation, without)
            option = inspect.Parameter(name, _BY_NAME, default=default, annotation=kind)
            found.append(option)
    return found


def _named(annotation: Any, without: str) -> Any:
    (option,) = annotation.__metadata__
    if without not in (option.param_decls or ()):
        return annotation
    option = copy(option)
    option.param_decls = tuple(name for name in option.param_decls if name != without)
    return Annotated[annotation.__origin__, option]


def _filled(values: dict[str, Any]) -> LaunchOptions:
    job = Resources(**{name: values.pop(name) for name in JOB if name in values})
    return LaunchOptions(job, **values)
