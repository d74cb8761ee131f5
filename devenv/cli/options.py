"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from devenv.core.errors import DevenvError


def environment_names() -> list[str]:
    """The environments there are. Quick, and silent whatever happens."""
    import os

    from devenv.config.settings import load_settings

    try:
        envs = load_settings(os.environ, Path.cwd()).home / "envs"
        return sorted(e.name for e in envs.iterdir() if not e.name.startswith("."))
    except (DevenvError, OSError):  # the command itself says what is wrong
        return []


NEWEST = "newest"


HERE = "."


def with_optional_values(arguments: list[str]) -> list[str]:
    """``--release`` and ``--write`` have an optional value, which the parser does not know."""
    pairs = zip(arguments, [*arguments, ""][1:], strict=True)
    return [_with_value(argument, following) for argument, following in pairs]


def _with_value(argument: str, following: str) -> str:
    if argument == "--release" and not following[:1].isdigit():
        return f"{argument}={NEWEST}"
    if argument == "--write" and (not following or following.startswith("-")):
        return f"{argument}={HERE}"
    return argument


MOST = 2**31 - 1
"""Slurm counts in so many bits: of 2**32 + 1 ranks it would start one, without a word."""

EnvironmentName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="The environment (default: the activated one, or the only one).",
        show_default=False,
    ),
]
EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="The environment (default: the activated one, or the only one).",
    ),
]
TemplateOption = Annotated[
    str | None,
    typer.Option("--template", "-t", help="Template, or a YAML file."),
]
Ranks = Annotated[
    int,
    typer.Option("-n", "--ranks", min=0, max=MOST, help="MPI ranks (default: a plain process)."),
]
WheelVariants = Annotated[
    list[str] | None, typer.Option(help="plain, or one of [tool.devenv.wheel.variants].")
]
WheelPolicy = Annotated[
    Path | None, typer.Option(help="A TOML file in place of [tool.devenv.wheel].")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, do nothing.")]
NoBuild = Annotated[
    bool, typer.Option("--no-build", help="Fail where the model is stale, do not rebuild it.")
]
ModelName = Annotated[
    str,
    typer.Option(
        "--model", metavar="MODEL", help="A further model, by its name or variants: +coreneuron."
    ),
]
Jobs = Annotated[
    int,
    typer.Option(
        "-j", "--jobs", min=0, help="Processes at once (default: $DEVENV_JOBS, else the cores)."
    ),
]
_SHELLS = "bash, zsh, fish, tcsh or sh"
Shell = Annotated[
    str,
    typer.Option(
        "--shell",
        help=f"Whose code to print: {_SHELLS} (bash and zsh read sh's too).",
    ),
]
ShellName = Annotated[str, typer.Argument(help=f"{_SHELLS}.")]


def text(words: str) -> Any:
    """An option that takes a text; the help need not show that nothing is its default."""
    return typer.Option(help=words, show_default=False)
