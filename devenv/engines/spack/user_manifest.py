"""The user's spack.yaml: reads it, applies devenv's commands to it, and respects edits by hand."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.config.catalogue import find_package, known_name, load_catalogue
from devenv.config.context import read_text
from devenv.config.project_file import PROJECT_FILE
from devenv.config.spack_file import edited_manifest
from devenv.config.yaml_text import parse_yaml
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import DevenvError, UsageError
from devenv.core.spec import Value, parse_variants
from devenv.core.template import Template
from devenv.engines.spack.folder import LOCK
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.manifest import (
    DEVELOPMENT,
    VARIANTS,
    DevelopSpec,
    exact_versions,
    new_manifest,
    own_roots,
    package_of,
    read_manifest,
    released,
    repositories_in,
    roots,
    version_of,
    with_absolute_paths,
    with_developed,
)
from devenv.engines.spack.program import Spack
from devenv.engines.spack.site import repositories_of
from devenv.environment.handle import Env
from devenv.system import spack as observed

_DETECTS_CHANGES = "def detect_dev_src_change"
_IN_RECIPES = {"reportinglib": "reports"}
"""Variants whose name in recipes differs from that in devenv's models."""

_BOOLEAN_IN_RECIPES = frozenset({"mpi"})
"""Variants that are boolean in recipes, but have a value in devenv's models."""

_FIX = "Fix it, or delete it: the next build writes what the template asks for."


def manifest_path(env: Env, environment: Environment) -> Path:
    """The user's spack.yaml: next to environment.yaml, or the original of an adopted environment."""
    return Path(environment.manifest or env.layout.root / "spack.yaml")


def recipes_of(env: Env, spack: Spack, environment: Environment) -> dict[str, str]:
    """Namespace -> folder of recipes: those in the environment's manifest, then `repositories_of`."""
    path = manifest_path(env, environment)
    own: dict[str, str] = {}
    if path.exists():
        own = repositories_in(top_of(read_text(path, _FIX), path))
    return {**own, **repositories_of(env.context, spack)}


def manifest_of(
    env: Env, environment: Environment, template: Template, repositories: tuple[str, ...]
) -> str:
    """The new text of the user's spack.yaml, which is created if there is none.

    StateError if an adopted one does not exist any more.
    """
    path = manifest_path(env, environment)
    if not environment.template:
        return _with_sources(env, environment, repositories)
    specs = _specs(environment, template, repositories)
    manifest = read_text(path, _FIX) if path.exists() else new_manifest(specs)
    written = _parsed(manifest, path)["develop"]
    developed = [_developed(s, repositories, written) for s in in_spack(environment, repositories)]
    if Path(environment.template).name == PROJECT_FILE:  # its specs always take precedence
        return _with_entries(manifest, path, with_developed(specs, developed), developed)
    return updated_manifest(manifest, path, specs, tuple(developed))


def _with_sources(env: Env, environment: Environment, repositories: tuple[str, ...]) -> str:
    """The spack.yaml of an environment without a template. Only its dev sources change.

    A source gets the version that is requested, or was chosen before, so that no root changes.
    """
    path = manifest_path(env, environment)
    if environment.manifest or path.exists():
        text = read_text(path, f"Put it back, or: devenv remove {environment.name}")
    else:
        text = new_manifest(environment.specs)
    top = _parsed(text, path)
    versions = {**_chosen(env, path), **exact_versions(top["specs"])}
    written = top["develop"]
    developed = [
        replace(one, version=versions.get(one.package, one.version))
        for one in (
            _developed(source, repositories, written)
            for source in in_spack(environment, repositories)
        )
    ]
    new = [one for one in developed if one.package not in (*written, *versions)]
    names = {one.package for one in developed}
    gone = {name: version_of(e["spec"]) for name, e in written.items() if name not in names}
    return _with_entries(text, path, own_roots(top["specs"], gone, new), developed)


def _chosen(env: Env, path: Path) -> dict[str, str]:
    """Package -> the version that Spack chose: in the current generation, or before it was adopted."""
    for lock in (env.layout.current / LOCK, path.with_name(LOCK)):
        if lock.is_file():
            text = read_text(lock, "Rebuild it from spack.yaml: spack concretize --force")
            nodes = read_spack_lock(text, str(lock)).nodes.values()
            return {node.name: node.version for node in nodes if not node.external}
    return {}


def _specs(
    environment: Environment, template: Template, repositories: tuple[str, ...]
) -> tuple[str, ...]:
    """The roots, with those variants that differ from their default: a recipe may offer a variant only
    under a condition, such as +gpu with +coreneuron.
    """
    if not template.spack:
        raise UsageError(
            f"the template {template.name} has no packages for the Spack engine",
            fix="Give it a list 'spack:' of specs, or use --engine venv.",
        )
    valued = {n: v.default for n, v in template.variants.items() if v.values}
    with_model_variants = parse_variants(environment.variants)
    others = {
        n: v
        for n, v in with_model_variants.items()
        if template.offered_variants[n].default != v or n in valued
    }
    named = {_IN_RECIPES.get(n, n): v for n, v in {**valued, **others}.items()}
    _refuse_unknown(named, template, repositories)
    neuron = (environment.neuron.replace("==", "@"),) if environment.neuron else ()
    return roots((*template.spack, *neuron), named)


def _refuse_unknown(
    named: Mapping[str, Value], template: Template, repositories: tuple[str, ...]
) -> None:
    """UsageError for a variant of devenv's models that the recipe does not have."""
    for package in (package_of(spec) for spec in template.spack if VARIANTS in spec):
        text = observed.recipe(repositories, package)
        known = observed.variants(text) - _BOOLEAN_IN_RECIPES if text else named.keys()
        unknown = sorted(named.keys() - known)
        if unknown:
            raise UsageError(
                f"the recipe of {package} has no variant {' and '.join(unknown)} of devenv's models",
                fix="Omit it, or use --engine venv.",
            )


def in_spack(environment: Environment, repositories: tuple[str, ...]) -> tuple[DevSource, ...]:
    """The dev sources that Spack builds. devenv puts other Python sources first in the search path: if
    the recipe does not define which changes matter, Spack would rebuild them and their dependents at
    every edit.
    """
    return tuple(
        source
        for source in environment.develop
        if source.kind != "python"
        or _DETECTS_CHANGES in observed.recipe(repositories, spack_name(source))
    )


def spack_name(source: DevSource) -> str:
    """Spack's name for the package of a dev source."""
    try:
        return find_package(source.package, load_catalogue()).in_spack
    except UsageError:
        return f"py-{source.package}" if source.kind == "python" else source.package


def _developed(
    source: DevSource, repositories: tuple[str, ...], entries: Mapping[str, Mapping[str, str]]
) -> DevelopSpec:
    """entries: those of dev sources in spack.yaml, whose specs are kept as the user wrote them."""
    name = spack_name(source)
    text = observed.recipe(repositories, name)
    version = next((v for v in DEVELOPMENT if f'version("{v}"' in text), "develop")
    spec = entries[name]["spec"] if name in entries else ""
    return DevelopSpec(name, source.path, version_of(spec).lstrip("=") or version, spec)


def updated_manifest(
    manifest: str, path: Path, template: tuple[str, ...], developed: tuple[DevelopSpec, ...]
) -> str:
    """The user's spack.yaml with exactly these dev sources; all else is kept. template: its roots."""
    top = _parsed(manifest, path)
    gone = top["develop"].keys() - {one.package for one in developed}
    specs = with_developed(released(top["specs"], gone, template), developed)
    return _with_entries(manifest, path, specs, developed)


def _with_entries(
    manifest: str, path: Path, specs: Sequence[Any], developed: Sequence[DevelopSpec]
) -> str:
    """The manifest at `path` with these roots, and exactly these dev sources."""
    top = _parsed(manifest, path)
    paths = {name: placed(path, name, entry) for name, entry in top["develop"].items()}
    entries = {
        one.package: {"spec": one.spec}
        | ({} if paths.get(one.package) == one.path else {"path": one.path})
        for one in developed
    }
    return edited_manifest(manifest, specs, entries, str(path), package_of)


def placed(path: Path, name: str, entry: Mapping[str, str]) -> str:
    """The path of a dev source by its entry in the manifest at `path`, resolved as Spack does."""
    written = re.sub(r"^\$(env\b|\{env\})", ".", entry.get("path") or name)
    return os.path.normpath(path.parent / Path(written).expanduser())


def top_of(manifest: str, path: Path) -> dict[str, Any]:
    """The contents of ``spack:`` in the manifest at `path`, with absolute paths."""
    top = with_absolute_paths(_parsed(manifest, path), str(path.parent))
    develop = {n: {**e, "path": placed(path, n, e)} for n, e in top["develop"].items()}
    return {**top, "develop": develop}


def with_manifest_edits(env: Env, environment: Environment) -> Environment:
    """The environment with the user's edits of spack.yaml since the current generation: dev sources
    added, removed, or moved.

    A Python source that is live without Spack is never in spack.yaml, and is kept.
    """
    path = manifest_path(env, environment)
    if not path.exists():
        return environment
    last = env.layout.current / path.name
    now, then = _places(path, path), {}
    with suppress(DevenvError):  # ignored if lost or damaged
        then = _places(last, path)
    edited = {name: place for name, place in now.items() if then.get(name) != place}
    named = {spack_name(source): source for source in environment.develop}
    kept = [
        replace(source, path=edited[name], origin="path")
        if edited.get(name, source.path) != source.path
        else source
        for name, source in named.items()
        if name in now or name not in then
    ]
    # Dev sources in an adopted manifest are built by Spack, as before.
    new = [
        DevSource(name, place, "built") if environment.manifest else source_of(name, place)
        for name, place in now.items()
        if name not in named
    ]
    return replace(environment, develop=(*kept, *new))


def with_manual_sources(env: Env, environment: Environment) -> Environment:
    """`environment`, which a command has changed, with the user's own edits of spack.yaml."""
    recorded = env.request
    changed = [s for s in environment.develop if s not in recorded.develop]
    by_command = {s.package for s in recorded.develop} - {s.package for s in environment.develop}
    by_command |= {source.package for source in changed}
    edited = with_manifest_edits(env, recorded).develop
    others = (source for source in edited if source.package not in by_command)
    return replace(environment, develop=(*others, *changed))


def _places(manifest: Path, path: Path) -> dict[str, str]:
    """Package -> path of the dev sources in `manifest`, which is the one at `path` or a copy of it."""
    develop = _parsed(read_text(manifest, _FIX), manifest)["develop"]
    return {name: placed(path, name, entry) for name, entry in develop.items()}


def _parsed(text: str, path: Path) -> dict[str, Any]:
    return read_manifest(parse_yaml(text, str(path)), str(path))


def source_of(name: str, path: str) -> DevSource:
    """A dev source of the package with Spack's name `name`."""
    plain = known_name(name.removeprefix("py-") if name.startswith("py-") else name)
    try:
        package = find_package(plain, load_catalogue())
    except UsageError:
        return DevSource(name, path, "built")
    return DevSource(package.name, path, package.kind)
