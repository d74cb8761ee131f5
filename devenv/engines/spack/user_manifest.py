"""The user's spack.yaml: as commands of devenv's and edits by hand want it, and what it says."""

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

_SAYS_WHAT_CHANGED = "def detect_dev_src_change"
_IN_RECIPES = {"reportinglib": "reports"}
"""Variants that recipes call otherwise than devenv's own models."""

_OTHERWISE = frozenset({"mpi"})
"""Variants that say whether in a recipe, and which one in devenv's own models."""

_MEND = "Fix it, or delete it: the next build writes what the template asks for."


def manifest_path(env: Env, environment: Environment) -> Path:
    """The user's spack.yaml: beside environment.yaml, or where an adopted one has always been."""
    return Path(environment.manifest or env.layout.root / "spack.yaml")


def recipes_of(env: Env, spack: Spack, environment: Environment) -> dict[str, str]:
    """Namespace -> folder of recipes: those that an adopted manifest brings, then as for all."""
    path = manifest_path(env, environment)
    own: dict[str, str] = {}
    if path.exists():
        own = repositories_in(top_of(read_text(path, _MEND), path))
    return {**own, **repositories_of(env.context, spack)}


def manifest_of(
    env: Env, environment: Environment, template: Template, repositories: tuple[str, ...]
) -> str:
    """The user's spack.yaml as it is to be: a new one where there is none.

    StateError where one that was adopted does not exist any more.
    """
    path = manifest_path(env, environment)
    if not environment.template:
        return _with_sources(env, environment, repositories)
    specs = _specs(environment, template, repositories)
    manifest = read_text(path, _MEND) if path.exists() else new_manifest(specs)
    there = _parsed(manifest, path)["develop"]
    developed = [_developed(s, repositories, there) for s in in_spack(environment, repositories)]
    if Path(environment.template).name == PROJECT_FILE:  # it says the specs, at any time
        return _with_entries(manifest, path, with_developed(specs, developed), developed)
    return updated_manifest(manifest, path, specs, tuple(developed))


def _with_sources(env: Env, environment: Environment, repositories: tuple[str, ...]) -> str:
    """The spack.yaml of an environment without a template: but for dev sources it stays as it is.

    A source takes over the version that is asked for, or was chosen: no root changes then.
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
    """Package -> the version that Spack chose: for the generation in use, or before it was adopted."""
    for lock in (env.layout.current / LOCK, path.with_name(LOCK)):
        if lock.is_file():
            text = read_text(lock, "Rebuild it from spack.yaml: spack concretize --force")
            nodes = read_spack_lock(text, str(lock)).nodes.values()
            return {node.name: node.version for node in nodes if not node.external}
    return {}


def _specs(
    environment: Environment, template: Template, repositories: tuple[str, ...]
) -> tuple[str, ...]:
    """The roots. Of the variants those that are not at their default: a recipe may offer one only
    under a condition, as +gpu with +coreneuron.
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
        if template.offered[n].default != v or n in valued
    }
    named = {_IN_RECIPES.get(n, n): v for n, v in {**valued, **others}.items()}
    _refuse_unknown(named, template, repositories)
    neuron = (environment.neuron.replace("==", "@"),) if environment.neuron else ()
    return roots((*template.spack, *neuron), named)


def _refuse_unknown(
    named: Mapping[str, Value], template: Template, repositories: tuple[str, ...]
) -> None:
    """UsageError for a variant of devenv's own models that a recipe does not have."""
    for package in (package_of(spec) for spec in template.spack if VARIANTS in spec):
        text = observed.recipe(repositories, package)
        known = observed.variants(text) - _OTHERWISE if text else named.keys()
        unknown = sorted(named.keys() - known)
        if unknown:
            raise UsageError(
                f"the recipe of {package} has no variant {' and '.join(unknown)} of devenv's models",
                fix="Omit it, or use --engine venv.",
            )


def in_spack(environment: Environment, repositories: tuple[str, ...]) -> tuple[DevSource, ...]:
    """The dev sources that Spack builds. A Python source whose recipe does not say what a change of it
    is would be built, with all that stands on it, at every edit: in front of all else it needs no build.
    """
    return tuple(
        source
        for source in environment.develop
        if source.kind != "python"
        or _SAYS_WHAT_CHANGED in observed.recipe(repositories, spack_name(source))
    )


def spack_name(source: DevSource) -> str:
    """What Spack calls a dev source's package."""
    try:
        return find_package(source.package, load_catalogue()).in_spack
    except UsageError:
        return f"py-{source.package}" if source.kind == "python" else source.package


def _developed(
    source: DevSource, repositories: tuple[str, ...], there: Mapping[str, Mapping[str, str]]
) -> DevelopSpec:
    """there: what spack.yaml says of dev sources, whose specs stay as a person wrote them."""
    name = spack_name(source)
    text = observed.recipe(repositories, name)
    version = next((v for v in DEVELOPMENT if f'version("{v}"' in text), "develop")
    written = there[name]["spec"] if name in there else ""
    return DevelopSpec(name, source.path, version_of(written).lstrip("=") or version, written)


def updated_manifest(
    manifest: str, path: Path, template: tuple[str, ...], developed: tuple[DevelopSpec, ...]
) -> str:
    """The user's spack.yaml with exactly these dev sources; all else stays. template: its roots."""
    top = _parsed(manifest, path)
    gone = top["develop"].keys() - {one.package for one in developed}
    specs = with_developed(released(top["specs"], gone, template), developed)
    return _with_entries(manifest, path, specs, developed)


def _with_entries(
    manifest: str, path: Path, specs: Sequence[Any], developed: Sequence[DevelopSpec]
) -> str:
    """The manifest at `path` with these roots, and exactly these dev sources."""
    top = _parsed(manifest, path)
    there = {name: placed(path, name, entry) for name, entry in top["develop"].items()}
    entries = {
        one.package: {"spec": one.spec}
        | ({} if there.get(one.package) == one.path else {"path": one.path})
        for one in developed
    }
    return edited_manifest(manifest, specs, entries, str(path), package_of)


def placed(path: Path, name: str, entry: Mapping[str, str]) -> str:
    """Where a dev source stands by its entry in the manifest at `path`: as Spack takes it."""
    written = re.sub(r"^\$(env\b|\{env\})", ".", entry.get("path") or name)
    return os.path.normpath(path.parent / Path(written).expanduser())


def top_of(manifest: str, path: Path) -> dict[str, Any]:
    """What stands below ``spack:`` in the manifest at `path`, with absolute paths."""
    top = with_absolute_paths(_parsed(manifest, path), str(path.parent))
    develop = {n: {**e, "path": placed(path, n, e)} for n, e in top["develop"].items()}
    return {**top, "develop": develop}


def with_manifest_edits(env: Env, environment: Environment) -> Environment:
    """The environment with what a person wrote into spack.yaml since the generation in use: dev sources
    added, taken out, or said to stand elsewhere.

    A Python source that is live without Spack was not there in the first place.
    """
    path = manifest_path(env, environment)
    if not path.exists():
        return environment
    last = env.layout.current / path.name
    now, then = _places(path, path), {}
    with suppress(DevenvError):  # lost or damaged, it tells nothing
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
    # What a manifest of somebody's own develops is built by Spack, as it always was.
    new = [
        DevSource(name, place, "built") if environment.manifest else source_of(name, place)
        for name, place in now.items()
        if name not in named
    ]
    return replace(environment, develop=(*kept, *new))


def with_manual_sources(env: Env, environment: Environment) -> Environment:
    """`environment`, which a command has changed, with what a person wrote into spack.yaml beside."""
    recorded = env.request
    changed = [s for s in environment.develop if s not in recorded.develop]
    theirs = {s.package for s in recorded.develop} - {s.package for s in environment.develop}
    theirs |= {source.package for source in changed}
    others = (s for s in with_manifest_edits(env, recorded).develop if s.package not in theirs)
    return replace(environment, develop=(*others, *changed))


def _places(manifest: Path, path: Path) -> dict[str, str]:
    """Where the dev sources stand that `manifest` names, which is the one at `path`, or was once."""
    develop = _parsed(read_text(manifest, _MEND), manifest)["develop"]
    return {name: placed(path, name, entry) for name, entry in develop.items()}


def _parsed(text: str, path: Path) -> dict[str, Any]:
    return read_manifest(parse_yaml(text, str(path)), str(path))


def source_of(name: str, path: str) -> DevSource:
    """A dev source of the package that Spack calls `name`."""
    plain = known_name(name.removeprefix("py-") if name.startswith("py-") else name)
    try:
        package = find_package(plain, load_catalogue())
    except UsageError:
        return DevSource(name, path, "built")
    return DevSource(package.name, path, package.kind)
