"""Dev sources of the Spack engine: any package that Spack knows, and what an edit of it will cost."""

from __future__ import annotations

import re
from dataclasses import replace

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import UsageError
from devenv.core.names import normalised
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
    """The package of that name, of old or new, by the catalogue or by Spack's recipes.

    placed: a folder or an address is named, so that a recipe need not know one. UsageError for a name
    that nobody knows.
    """
    catalogue = load_catalogue()
    try:
        return find_package(name, catalogue)
    except UsageError as error:
        unknown = error
    repositories = recipes_of(env, require(env.context), environment).values()
    spelt = normalised(name)
    known_as = next((n for n in (spelt, f"py-{spelt}") if observed.recipe(repositories, n)), "")
    if not known_as:
        raise UsageError(
            f"Spack has no recipe for {name!r}, and devenv knows no such package", fix=unknown.fix
        )
    text = observed.recipe(repositories, known_as)
    address = _GIT.search(text)
    if not (address or placed):
        raise UsageError(
            f"the recipe of {known_as} names no repository",
            fix="Name one: --git URL, or --path DIR.",
        )
    plain = bool(_PYTHON.search(text)) and not _EXTENSION.search(text)
    own = known_as.removeprefix("py-") if plain else known_as
    return Package((own,), git=address[1] if address else "", kind="python" if plain else "built")


def take(context: Context, source: DevSource) -> DevSource:
    """A source that was taken for Python alone and compiles something is for Spack to build."""
    if source.kind == "toolchain":
        return replace(source, kind="built")
    if with_kind(context, source).kind != "extension":
        return source
    return replace(source, package=spack_name(source), kind="built")


def notes_on(env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
    """Which kind of dev source it is, and what an edit of it will cost."""
    context = env.context
    repositories = tuple(recipes_of(env, require(context), environment).values())
    name = spack_name(source)
    if source not in in_spack(environment, repositories):
        return (
            f"It stands in front of Spack's {name}: an edit is seen at once and builds nothing.",
        )
    if source.kind == "built":
        return (
            f"Spack builds {name} from it: an edit builds it again, and all that stands on it.",
        )
    line = (
        f"Spack builds {name} from it. An edit of Python or HOC is seen at once and builds nothing;"
        " one of a MOD file builds the models that it is part of."
    )
    return (line,)
