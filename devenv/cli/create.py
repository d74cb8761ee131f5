"""devenv create, devenv remove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from devenv.cli.build_options import OwnMods, Strict
from devenv.cli.launch_options import ON, launch_options
from devenv.cli.options import DryRun, TemplateOption
from devenv.cli.work import render_work
from devenv.core.launch import LaunchOptions


def register(app: typer.Typer) -> None:
    app.command()(create)


@launch_options(*ON, without="-t")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name; also the template where none is given.")],
    template: TemplateOption = None,
    engine: Annotated[
        str,
        typer.Option(
            help="What makes it: venv, spack or conda (default: what fits).",
            show_default=False,
        ),
    ] = "",
    python: Annotated[
        str, typer.Option(help="Interpreter: a version like 3.11, or a path.", show_default=False)
    ] = "",
    variant: Annotated[
        list[str] | None, typer.Option(help="Such as '+plasticity~v5'; may be repeated.")
    ] = None,
    models: Annotated[
        str, typer.Option(help="Repository of models: PATH or URL@REF.", show_default=False)
    ] = "",
    neuron: Annotated[
        str, typer.Option(help="Requirement in place of the template's NEURON.", show_default=False)
    ] = "",
    package: Annotated[
        list[str] | None, typer.Option(help="A package beside the template's (may be repeated).")
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(help="Of conda packages, in order; may be repeated.", show_default=False),
    ] = None,
    mods: OwnMods = None,
    spec: Annotated[
        list[str] | None,
        typer.Option(help="A package for Spack, as a spec (may be repeated); needs no template."),
    ] = None,
    base: Annotated[
        str, typer.Option(help="What it builds on: modules:NAME,NAME.", show_default=False)
    ] = "",
    wheels: Annotated[
        bool | None,
        typer.Option(
            "--wheels-as-externals/--from-source",
            help="With Spack: NEURON and Python packages from wheels (default), or compiled.",
            show_default=False,
        ),
    ] = None,
    from_lock: Annotated[
        Path | None, typer.Option(help="Make exactly what this lock.json says.")
    ] = None,
    strict: Strict = None,
    *,
    launch: LaunchOptions,
    dry_run: DryRun = False,
) -> None:
    """Create an environment: its Python, NEURON and packages."""
    from devenv.workflows.create import CreateRequest

    request = CreateRequest(
        name=name,
        template=template or "",
        engine=engine,
        python=python,
        variants=" ".join(variant or ()),
        models=models,
        neuron=neuron,
        base=base,
        from_lock=from_lock,
        wheels=wheels,
        strict=strict,
        packages=tuple(package or ()),
        mods=tuple(mods or ()),
        channels=tuple(channel or ()),
        specs=tuple(spec or ()),
    )
    render_work(context, launch, "create", request, dry_run=dry_run)
