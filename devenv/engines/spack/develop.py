"""Dev sources of the Spack engine: any package with a recipe, and what an edit of it rebuilds."""

from __future__ import annotations

import re
from dataclasses import replace

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import UsageError
from devenv.core.names import normalise_name
from devenv.core.template import Package
from devenv.engines.spack.setup import require
from devenv.engines.spack.user_manifest import in_spack, recipes_of, spack_name
from devenv.environment.handle import Env
from devenv.sources.kinds import with_kind
from devenv.system import spack as observed

_GIT = re.compile(r"^\s+git\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_PYTHON = re.compile(r"\bPythonPackage\b")
_EXTENSION = re.compile(r"depends_on\([\"'](?:c|cxx|fortran|py-cython|py-pybind11|rust)\b")


def package_of(env: Env, environment: Environment, name: str, *, placed: bool) -> Package:
    """The package of that name in the catalogue, or else in Spack's recipes.

    placed: whether a folder or an address is given, so that the recipe need not have one. UsageError for
    an unknown name.
    """
    catalogue = load_catalogue()
    try:
        return find_package(name, catalogue)
    except UsageError as error:
        unknown = error
    repositories = recipes_of(env, require(env.context), environment).values()
    spelt = normalise_name(name)
    recipe_name = next((n for n in (spelt, f"py-{spelt}") if observed.recipe(repositories, n)), "")
    if not recipe_name:
        raise UsageError(
            f"Spack has no recipe for {name!r}, and devenv knows no such package", fix=unknown.fix
        )
    text = observed.recipe(repositories, recipe_name)
    address = _GIT.search(text)
    if not (address or placed):
        raise UsageError(
            f"the recipe of {recipe_name} names no repository",
            fix="Name one: --git URL, or --path DIR.",
        )
    plain = bool(_PYTHON.search(text)) and not _EXTENSION.search(text)
    own = recipe_name.removeprefix("py-") if plain else recipe_name
    return Package((own,), git=address[1] if address else "", kind="python" if plain else "built")


def take(context: Context, source: DevSource) -> DevSource:
    """Leave it to Spack to build a source that compiles something, such as a Python extension."""
    if source.kind == "toolchain":
        return replace(source, kind="built")
    if with_kind(context, source).kind != "extension":
        return source
    return replace(source, package=spack_name(source), kind="built")


def notes_on(env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
    """Notes on the kind of a dev source, and on what an edit of it rebuilds."""
    context = env.context
    repositories = tuple(recipes_of(env, require(context), environment).values())
    name = spack_name(source)
    if source not in in_spack(environment, repositories):
        return (
            f"It takes precedence over Spack's {name}: an edit takes effect at once, without a build.",
        )
    if source.kind == "built":
        return (
            f"Spack builds {name} from it: an edit rebuilds it and everything that depends on it.",
        )
    line = (
        f"Spack builds {name} from it. An edit of Python or HOC takes effect at once, without a"
        " build; one of a MOD file rebuilds the models that contain it."
    )
    return (line,)
