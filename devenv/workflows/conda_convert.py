"""devenv conda convert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.result import Finding, Result, Severity
from devenv.products.conda import engine
from devenv.products.conda.convert import convert as converted
from devenv.products.conda.observe import host_of, recipe_of
from devenv.products.conda.recipe import Kind, Note
from devenv.products.conda.rendering import cells_of
from devenv.products.conda.variants import overrides
from devenv.system.files import temporary_folder, write_text


@dataclass(frozen=True)
class ConvertRequest:
    """What was typed. output: where the recipe.yaml goes; None: to standard output."""

    recipe: Path
    output: Path | None = None
    variants: tuple[str, ...] = ()
    configs: tuple[Path, ...] = ()
    platforms: tuple[str, ...] = ()


def convert(context: Context, request: ConvertRequest) -> Result:
    """A meta.yaml as a recipe.yaml, which the library accepts, with a note for each change."""
    engine.require()
    configs = [context.cwd / one for one in request.configs]
    source = recipe_of(context.cwd / request.recipe, context.cwd, configs)
    if not source.legacy:
        raise UsageError(f"{source.path} is a recipe.yaml already", fix="Build it.")
    host, chosen = host_of(context.environ), overrides(request.variants)
    found = converted(source, host, chosen, request.platforms or (host.platform,))
    with temporary_folder(context.layout.home / "conda") as scratch:
        trial = scratch / "recipe.yaml"
        write_text(trial, found.text)
        copy = replace(source, path=str(trial), text=found.text)
        cells_of([copy], host, chosen, scratch / "cache")
    lines = (found.text.rstrip("\n"),)
    if request.output:
        place = context.cwd / request.output
        if place.exists():
            raise StateError(f"{place} exists already", fix="Move it away first.")
        write_text(place, found.text)
        lines = (f"{place}: written",)
    return Result(lines, findings=findings(source.path, found.notes))


def findings(path: str, notes: tuple[Note, ...]) -> tuple[Finding, ...]:
    """The notes of a recipe as they are shown: what is not understood is an error."""
    return tuple(
        Finding(
            f"recipe-{n.kind}", _SEVERITIES[n.kind], f"{n.path or path}, line {n.line}: {n.text}"
        )
        for n in notes
    )


_SEVERITIES: dict[Kind, Severity] = {"changed": "note", "ignored": "note", "unknown": "error"}
