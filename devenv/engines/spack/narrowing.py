"""Narrows Spack's own recipes to those that one environment can need: seconds instead of a minute.

The narrowed repository is made at run time, as links into the clone; only stubs are new files. If the
request cannot be analysed, the whole repository is used.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.content import digest
from devenv.core.errors import StateError
from devenv.core.plan import Link, Plan, Step, Write
from devenv.core.product import Input, Product
from devenv.engines.spack.closure import (
    Closure,
    FixedChoices,
    RecipeTexts,
    closure,
    package_in,
    providers_in,
)
from devenv.engines.spack.failure import Reason
from devenv.engines.spack.manifest import package_of
from devenv.engines.spack.plain import externals_of, plain_manifest, providers_of
from devenv.engines.spack.program import Spack
from devenv.engines.spack.recipe import names_in, stub
from devenv.engines.spack.scope import ScopeConfiguration, fixed_providers
from devenv.store.carry import carry_out
from devenv.store.realise import realise
from devenv.system import recipes
from devenv.system import spack as observed

BUILTIN = "builtin"


ALL = "Spack uses all of its recipes, which takes minutes"


def narrowed(
    context: Context,
    spack: Spack,
    configuration: ScopeConfiguration,
    manifest: Mapping[str, Any],
    locked: Iterable[str] = (),
) -> ScopeConfiguration:
    """`configuration` with only those of Spack's own recipes that `manifest` can need.

    manifest: the contents of ``spack:`` in spack.yaml. locked: packages in its lock. Returned unchanged
    for Spack 0.2x, for a manifest that may add anything (by including a URL), and, with a note, if a
    recipe cannot be read.
    """
    plain = None if spack.legacy else plain_manifest(manifest)
    if plain is None:
        return configuration
    try:
        return _narrowed(context, spack, configuration, plain, (*plain["specs"], *locked))
    except (SyntaxError, ValueError, RecursionError, KeyError, StateError) as error:
        context.say(f"note: the recipes cannot be narrowed ({error}): {ALL}")
        return configuration


def worth_all_recipes(why: Reason, repositories: Iterable[str], *, concretized: bool) -> bool:
    """Whether Spack, which failed with narrowed recipes, may succeed with all of them.

    True unless narrowing certainly did not cause the failure. why: Spack's reason. repositories: with
    all recipes. concretized: whether Spack failed after the concretization.
    """
    folders = tuple(repositories)
    if why.missing:
        return bool(observed.recipe(folders, why.missing))
    if why.variant:
        return why.variant in observed.variants(observed.recipe(folders, why.package))
    if _LOADING.search(why.what):
        return True
    return not (concretized or _NEVER.search(why.what) or _unknown_version(why.what, folders))


# A recipe of Spack's own, or one that imports a module of Spack's, cannot be loaded.
_LOADING = re.compile(r"cannot load package .*(?:'builtin' repository|spack_repo\.builtin)")
_NEVER = re.compile(
    r"the disk is full|cannot load package|does not match|were unexpected"
    r"|was unexpected|cannot be reached|is not of type"
)
_UNMET = re.compile(r"Cannot satisfy '([\w-]+)@=?([\w.]+)'")


def _unknown_version(what: str, repositories: tuple[str, ...]) -> bool:
    """Whether a version was requested that the recipe does not have. Narrowing keeps all versions."""
    recipes_of = ((observed.recipe(repositories, n), v) for n, v in _UNMET.findall(what))
    return any(
        text and not re.search(rf"version\(\s*[\"']{re.escape(version)}", text)
        for text, version in recipes_of
    )


def _narrowed(
    context: Context,
    spack: Spack,
    configuration: ScopeConfiguration,
    manifest: Mapping[str, Any],
    roots: tuple[str, ...],
) -> ScopeConfiguration:
    whole = Path(configuration.repositories[BUILTIN])
    folders = {package_in(name): name for name in recipes.folders(whole)}
    fronts = _in_front(configuration)
    repository = _layered(whole, folders, fronts)
    provided = _providers(context, spack, _layered(whole, folders, {}))
    for name, (root, folder) in fronts.items():
        for virtual in providers_in(_layered(root, {name: folder}, {})):
            provided[virtual] = (*provided.get(virtual, ()), name)
    # An external may name a dependency (py-x %python@3.11), which must have a recipe as well.
    needed = {n for e in configuration.externals for n in names_in(e.spec) if n != e.package}
    named = (*roots, *_named(manifest), *sorted(needed))
    needs = closure(named, repository, provided, _fixed_choices(configuration, manifest))
    cut = _cut(context, spack, whole, folders, _without(needs, fronts))
    return replace(configuration, repositories={**configuration.repositories, BUILTIN: str(cut)})


def _named(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Packages that the settings of the manifest mention in any way."""
    packages = manifest.get("packages") or {}
    text = json.dumps(packages)
    words = text.replace('"', " ").replace("[", " ").replace("]", " ").split()
    named = (*_configured(manifest), *manifest.get("develop", {}))
    return (*named, *(n for w in words for n in names_in(w)))


def _configured(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Packages with an entry in the settings of the manifest; `neuron::` is one for neuron."""
    return tuple(name.removesuffix(":") for name in manifest.get("packages") or {})


def _fixed_choices(configuration: ScopeConfiguration, manifest: Mapping[str, Any]) -> FixedChoices:
    changed = set(_configured(manifest))
    external = {e.package for e in configuration.externals} - set(configuration.buildable) - changed
    external |= externals_of(manifest)
    fixed = {v: p for v, p in fixed_providers(configuration).items() if v not in changed}
    fixed.update(providers_of(manifest))
    roots = manifest["specs"]
    names = [package_of(spec) for spec in roots]
    once = {n: spec for n, spec in zip(names, roots, strict=True) if names.count(n) == 1}
    return FixedChoices(
        frozenset({*external, "glibc", "musl"}),
        {**fixed, "libc": ("glibc", "musl")},
        {**once, "": f"platform={platform.system().lower()}"},
    )


def _in_front(configuration: ScopeConfiguration) -> dict[str, tuple[Path, str]]:
    """Package -> (repository, folder in it), of repositories before Spack's own. The first one wins."""
    packages: dict[str, tuple[Path, str]] = {}
    for namespace, place in configuration.readable.items():
        if namespace != BUILTIN:
            root = Path(place)
            for folder in recipes.folders(root):
                packages.setdefault(package_in(folder), (root, folder))
    return packages


def _layered(
    whole: Path, folders: Mapping[str, str], fronts: Mapping[str, tuple[Path, str]]
) -> RecipeTexts:
    def package(name: str) -> str:
        root, folder = fronts.get(name) or (whole, folders[name])
        return recipes.recipe(root, folder)

    names = frozenset({*folders, *fronts})
    return RecipeTexts(names, package, lambda module: recipes.build_system(whole, module))


def _without(needs: Closure, fronts: Mapping[str, object]) -> Closure:
    return Closure(needs.whole - set(fronts), needs.stubs - set(fronts))


def _providers(
    context: Context, spack: Spack, repository: RecipeTexts
) -> dict[str, tuple[str, ...]]:
    """The providers of all virtuals, cached for a repository of a known commit."""
    if not spack.packages_commit:
        return providers_in(repository)
    path = context.layout.spack / "providers" / f"{spack.packages_commit}.json"
    try:
        cached = json.loads(path.read_text(encoding="utf-8"))
        return {virtual: tuple(names) for virtual, names in cached.items()}
    except (OSError, ValueError):
        providers = providers_in(repository)
        carry_out(context, Plan("recipes", (Write(str(path), json.dumps(providers)),)))
        return providers


def _cut(
    context: Context, spack: Spack, whole: Path, folders: Mapping[str, str], needs: Closure
) -> Path:
    """The narrowed repository, stored under the hash of its contents."""
    stubs = {folders[name]: stub(recipes.recipe(whole, folders[name])) for name in needs.stubs}
    texts = (text for pair in sorted(stubs.items()) for text in pair)
    key = digest(str(whole), spack.packages_commit, *sorted(needs.whole), "", *texts)[:16]
    root, linked = Path("spack_repo", BUILTIN), [folders[n] for n in needs.whole]
    inputs = (
        Input("recipes", (str(whole), spack.packages_commit)),
        Input("whole", tuple(sorted(needs.whole))),
        Input("stubs", tuple(sorted(needs.stubs))),
    )
    product = Product(
        "spack/closures",
        key,
        "the narrowed recipes",
        inputs,
        lambda staging: _links(whole, linked, stubs, Path(staging, root)),
    )
    return realise(context, product) / root


def _links(
    whole: Path, linked: Iterable[str], stubs: Mapping[str, str], root: Path
) -> tuple[Step, ...]:
    names = [*recipes.beside_packages(whole), *(f"packages/{folder}" for folder in linked)]
    links = (Link(str(root / name), str(whole / name)) for name in sorted(names))
    writes = (
        Write(str(root / "packages" / folder / "package.py"), text)
        for folder, text in sorted(stubs.items())
    )
    return (*links, *writes)
