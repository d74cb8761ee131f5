"""The options of devenv create."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.build_options import OwnMods, Strict
from devenv.cli.options import TemplateOption


@dataclass(frozen=True)
class CreateOptions:
    """What a new environment is made of."""

    template: TemplateOption = None
    engine: Annotated[
        str,
        typer.Option(
            help="What makes it: venv, spack or conda (default: what fits).",
            show_default=False,
        ),
    ] = ""
    python: Annotated[
        str, typer.Option(help="Interpreter: a version like 3.11, or a path.", show_default=False)
    ] = ""
    variant: Annotated[
        list[str] | None, typer.Option(help="Such as '+plasticity~v5'; may be repeated.")
    ] = None
    models: Annotated[
        str, typer.Option(help="Repository of models: PATH or URL@REF.", show_default=False)
    ] = ""
    neuron: Annotated[
        str, typer.Option(help="Requirement in place of the template's NEURON.", show_default=False)
    ] = ""
    package: Annotated[
        list[str] | None, typer.Option(help="A package beside the template's (may be repeated).")
    ] = None
    channel: Annotated[
        list[str] | None,
        typer.Option(help="Of conda packages, in order; may be repeated.", show_default=False),
    ] = None
    mods: OwnMods = None
    spec: Annotated[
        list[str] | None,
        typer.Option(help="A package for Spack, as a spec (may be repeated); needs no template."),
    ] = None
    base: Annotated[
        str, typer.Option(help="What it builds on: modules:NAME,NAME.", show_default=False)
    ] = ""
    wheels: Annotated[
        bool | None,
        typer.Option(
            "--wheels-as-externals/--from-source",
            help="With Spack: NEURON and Python packages from wheels (default), or compiled.",
            show_default=False,
        ),
    ] = None
    from_lock: Annotated[Path | None, typer.Option(help="Make what this lock.json says.")] = None
    strict: Strict = None
