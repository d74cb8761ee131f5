"""MOD files of the user's own, in front of the template's: named, checked and taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from devenv.config.context import Context
from devenv.core.engines import facts_of
from devenv.core.environment import Environment
from devenv.core.errors import StateError, UsageError
from devenv.core.names import unknown
from devenv.core.template import Model, Template
from devenv.environment.build_request import BuildRequest
from devenv.system import files
from devenv.system.os_errors import reporting

_DEPTH = 3
_SHOWN = 5


def with_own_mods(
    context: Context, environment: Environment, template: Template, request: BuildRequest
) -> Environment:
    """`environment` with the request's MOD files in front of its mods, and without those taken back.

    UsageError for a path that holds no MOD file, for one to take back that it does not have, and for a
    mod to include that the template does not leave out.
    """
    gone = [_taken_back(context, environment, path) for path in request.no_mods]
    more = [_checked(context.cwd / path, f"--mods: {path}") for path in request.mods]
    kept = [path for path in (*more, *environment.mods) if path not in gone]
    include = tuple(dict.fromkeys([*environment.include, *map(_mod_name, request.include)]))
    found = replace(environment, mods=tuple(dict.fromkeys(kept)), include=include)
    if found.mods and not compiles(found, template):
        raise UsageError(*_no_model(found, template))
    if found.include and not facts_of(found.engine).compiles_models:
        raise UsageError(
            f"--include: devenv does not compile the model of {found.name}",
            fix="What is in it is decided where it is built, as by Spack's recipe.",
        )
    with_included(found, template)
    return found


def with_included(environment: Environment, template: Template) -> Template:
    """The template without those of its exclusions that the environment undoes."""
    model, include = template.model, environment.include
    if not include:
        return template
    known = {**model.exclude, **model.duplicates} if model else {}
    for file in include:
        if _mod_name(file) not in map(_mod_name, known):
            raise unknown("excluded mod", file, known, f"template {template.name}")
    assert model is not None
    undone = {_mod_name(file) for file in include}

    def kept(rules: dict[str, str]) -> dict[str, str]:
        return {file: why for file, why in rules.items() if _mod_name(file) not in undone}

    exclude, duplicates = kept(model.exclude), kept(model.duplicates)
    return replace(template, model=replace(model, exclude=exclude, duplicates=duplicates))


def _mod_name(file: str) -> str:
    return f"{file.removesuffix('.mod')}.mod"


def with_own_model(environment: Environment, template: Template) -> Template:
    """The template; with an empty model where it has none, for mods that it does not know."""
    if template.model is None and compiles(environment, template):
        return replace(template, model=Model(()))
    return template


def compiles(environment: Environment, template: Template) -> bool:
    """Whether there is a model that mods of the user's own can be in."""
    own_neuron = (
        bool(environment.neuron or template.neuron) and facts_of(environment.engine).compiles_models
    )
    return template.model is not None or own_neuron


def require_own_mods(environment: Environment, template: Template) -> None:
    """StateError where a path of environment.yaml is gone, UsageError where it holds no MOD file."""
    if environment.mods and not compiles(environment, template):
        raise UsageError(*_no_model(environment, template))
    for path in environment.mods:
        back = f"devenv build {environment.name} --no-mods {path}"
        if not files.exists(path):
            raise StateError(
                f"your own MOD files are missing: {path}", fix=f"Put them back, or: {back}"
            )
        try:
            _checked(Path(path), path)
        except UsageError as error:
            raise UsageError(error.what, fix=f"{error.fix}\n  Or stop using it: {back}") from None


def _no_model(environment: Environment, template: Template) -> tuple[str]:
    name = environment.name
    if facts_of(environment.engine).compiles_models:
        why = f"{name} has no NEURON of its own: its base brings it, with the mechanisms"
    else:
        why = f"the template {template.name} has no model, and devenv compiles none for {name}"
    return (f"--mods: {why}",)


def _taken_back(context: Context, environment: Environment, typed: str) -> str:
    """The path of the environment that is meant; it need not be there any more."""
    candidates = (
        typed,
        os.path.normpath(context.cwd / typed),
        str((context.cwd / typed).resolve()),
    )
    found = next((path for path in candidates if path in environment.mods), None)
    if found is None:
        raise unknown("path", typed, environment.mods, f"the mods of {environment.name}")
    return found


def _checked(path: Path, named: str) -> str:
    """The absolute path of a MOD file or of a folder with some."""
    if not files.exists(path):
        raise UsageError(f"{named} does not exist", fix="Check the path.")
    found = path.resolve()
    with reporting(path):
        kind = files.kind_of(path.stat().st_mode)
    if kind == "file" and found.suffix.lower() != ".mod":
        raise UsageError(f"{named} is not a MOD file", fix="A MOD file's name ends in .mod.")
    if kind not in ("file", "directory"):
        raise UsageError(f"{named} is a {kind}", fix="Name a MOD file, or a folder with some.")
    if kind == "directory" and not _has_mods(found):
        raise UsageError(f"{named} has no MOD files (*.mod)", fix=_nearby(found))
    return str(found)


def _has_mods(folder: Path) -> bool:
    with reporting(folder):
        names = [path for path in folder.iterdir() if not path.name.startswith(".")]
    return any(path.suffix.lower() == ".mod" for path in names)


def _nearby(folder: Path) -> str:
    below = [str(path) for path in islice(_below(folder, _DEPTH), _SHOWN)]
    if below:
        return f"There are some in {', '.join(below)}: name that folder."
    return "Name a folder with MOD files, or single MOD files."


def _below(folder: Path, depth: int) -> Iterator[Path]:
    """Folders below `folder` with MOD files, those nearest first."""
    try:
        folders = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    except OSError:
        return
    for path in folders:
        if os.access(path, os.R_OK | os.X_OK) and _has_mods(path):
            yield path
    for path in folders if depth > 1 else ():
        yield from _below(path, depth - 1)
