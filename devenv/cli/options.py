"""Options and arguments that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer


def environment_names(incomplete: str) -> list[str]:
    """For shell completion: the environments there are. Quick, and silent whatever happens."""
    import os

    from devenv.config.settings import load_settings

    try:
        envs = load_settings(os.environ, Path.cwd()).home / "envs"
        return sorted(e.name for e in envs.iterdir() if e.name.startswith(incomplete))
    except Exception:  # noqa: BLE001 - completion must never print an error into a command line
        return []


def _template_names(incomplete: str) -> list[str]:
    import os

    from devenv.config.settings import load_settings
    from devenv.config.templates import list_templates, template_folders

    try:
        folders = template_folders(load_settings(os.environ, Path.cwd()).home)
        return [name for name in list_templates(folders) if name.startswith(incomplete)]
    except Exception:  # noqa: BLE001 - completion must never print an error into a command line
        return []


def one_of(words: str) -> Callable[[str], list[str]]:
    """For shell completion: the words of a help text (``bash, zsh or sh``) that are values."""
    known = re.findall(r"[\w-]+", words.replace(" or ", ", "))
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


NEWEST = "newest"


def with_release_value(arguments: list[str]) -> list[str]:
    """``--release`` takes a version or nothing, which the parser knows no way to say."""
    return [
        f"{argument}={NEWEST}"
        if argument == "--release" and not following[:1].isdigit()
        else argument
        for argument, following in zip(arguments, [*arguments, ""][1:], strict=True)
    ]


MOST = 2**31 - 1
"""Slurm counts in so many bits: of 2**32 + 1 ranks it would start one, without a word."""

EnvironmentName = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="The environment (default: the activated one, or the only one).",
        autocompletion=environment_names,
        show_default=False,
    ),
]
EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="The environment (default: the activated one, or the only one).",
        autocompletion=environment_names,
    ),
]
TemplateOption = Annotated[
    str | None,
    typer.Option(
        "--template", "-t", help="Template, or a YAML file.", autocompletion=_template_names
    ),
]
Ranks = Annotated[
    int,
    typer.Option("-n", "--ranks", min=0, max=MOST, help="MPI ranks (default: a plain process)."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
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
        autocompletion=one_of(_SHELLS),
    ),
]
ShellName = Annotated[str, typer.Argument(help=f"{_SHELLS}.", autocompletion=one_of(_SHELLS))]


def text(words: str) -> Any:
    """An option that takes a text; the help need not show that nothing is its default."""
    return typer.Option(help=words, show_default=False)
