"""Packages that describe themselves: `[tool.devenv]` of a source, devenv.toml in a package."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.config.decode import decode
from devenv.core.environment import Environment
from devenv.core.errors import UnreachableError, UsageError
from devenv.core.names import normalise_name
from devenv.core.requirements import requirement_name
from devenv.core.template import Description, Folder, Package, Pin, Template
from devenv.sources.address import without_secret
from devenv.sources.folders import ModelsRepository, pinned
from devenv.sources.overlays import SourceFacts

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "devenv.toml"
"""In an installed package, beside its __init__.py: what [tool.devenv] says in its source."""


def described(
    catalogue: Mapping[str, Package],
    template: Template,
    environment: Environment,
    sources: Iterable[SourceFacts],
    site: Path,
) -> tuple[dict[str, Package], tuple[str, ...]]:
    """The catalogue with what packages say of themselves and, first of all, what the template says.

    Only what is required or developed is looked at; site: where it is installed. The second are the
    names of those that are described so. UsageError for what they say and devenv does not know.
    """
    packages, names = dict(catalogue), list[str]()
    modules = {source.package: source.modules for source in sources}
    paths = {source.package: source.path for source in environment.develop}
    required = map(requirement_name, (*template.packages, *environment.packages))
    said = {normalise_name(name): one for name, one in template.catalogue.items()}
    for name in dict.fromkeys((*paths, *required, *said)):
        own = said.get(name) or (of_source(Path(paths[name])) if name in paths else None)
        if own is None and name not in paths:
            own = _of_installed(name, site)
        if own is not None:
            own = replace(own, modules=own.modules or modules.get(name, ()))
            packages[name] = own.of(packages.get(name) or Package((name,)))
            names.append(name)
    _require_described(template, packages)
    return packages, tuple(names)


def _of_installed(name: str, site: Path) -> Description | None:
    for file in _installed(name, site):
        own = _decoded(toml_of(file), str(file))
        return replace(own, modules=own.modules or (file.parent.name,))
    return None


def of_source(folder: Path) -> Description | None:
    """`[tool.devenv]` of the pyproject.toml in `folder`; None if it has none."""
    file = folder / "pyproject.toml"
    tool = toml_of(file).get("tool", {}) if file.is_file() else {}
    return _decoded(tool["devenv"], f"{file}, [tool.devenv]") if "devenv" in tool else None


def with_described(
    template: Template, packages: Mapping[str, Package], names: Iterable[str]
) -> Template:
    """The template with the MOD and HOC files of those of `names` that its model does not list."""
    model = template.model
    if model is None:
        return template
    known = {folder.package for folder in (*model.mods, *model.hoc)}
    more = [packages[name] for name in names if name not in known and name in packages]
    mods = tuple(Folder(one.name) for one in more if one.mods)
    hoc = tuple(Folder(one.name) for one in more if one.hoc)
    return replace(
        template, model=replace(model, mods=(*model.mods, *mods), hoc=(*model.hoc, *hoc))
    )


def clones(
    context: Context, template: Template, *, fetch: bool = True
) -> dict[str, ModelsRepository]:
    """``URL@REF`` -> the clone, for each repository that folders of the template are in."""
    model, tests = template.model, template.tests.values()
    folders = (
        *((*model.mods, *model.hoc) if model else ()),
        *(folder for profile in tests for folder in profile.mods),
    )
    pins = {one.origin: Pin(_stem(one.url), one.ref, one.url) for one in folders if one.url}
    return {origin: pinned(context, pin, pin.url, fetch=fetch) for origin, pin in pins.items()}


def cloned_roots(context: Context, template: Template, *, fetch: bool = True) -> dict[str, str]:
    """The folder of each of these clones. UnreachableError for one that is not available."""
    found = clones(context, template, fetch=fetch)
    for origin, one in found.items():
        if one.missing:
            raise UnreachableError(
                f"{without_secret(origin)}: {one.missing}", fix="Check the url and the ref."
            )
    return {origin: one.path for origin, one in found.items()}


def _stem(url: str) -> str:
    """A name for the folder of a clone: ``https://host/group/mods.git`` -> ``mods``."""
    last = url.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return "".join(c for c in last if c.isalnum() or c in "-_") or "repository"


def _require_described(template: Template, packages: Mapping[str, Package]) -> None:
    model = template.model
    for folder in (*model.mods, *model.hoc) if model else ():
        name = folder.package
        if name and name != "devenv" and name not in packages:
            raise UsageError(
                f"template {template.name}: it is unknown what the package {name} brings to a model",
                fix=f"Describe it in the file:\n  catalogue:\n    {name}: {{mods: [FOLDER]}}",
            )


def _installed(name: str, site: Path) -> Iterator[Path]:
    """The devenv.toml of an installed distribution, as its RECORD has it."""
    for info in site.glob("*.dist-info"):
        if normalise_name(info.name.partition("-")[0]) != name or not (info / "RECORD").is_file():
            continue
        for line in (info / "RECORD").read_text("utf-8", "replace").splitlines():
            path = line.partition(",")[0]
            if path.count("/") == 1 and path.endswith(f"/{FILE}"):
                yield site / path


def toml_of(file: Path) -> dict[str, Any]:
    """The content of a TOML file. UsageError if it cannot be read or is not valid."""
    try:
        found: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        return found
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read {file}: {error}", fix="Correct the file.") from None


def _decoded(data: Any, where: str) -> Description:
    found = decode(Description, data, where)
    for path in (*found.mods, *found.hoc):
        if path.startswith("/") or ".." in Path(path).parts:
            raise UsageError(
                f"{where}: the path {path!r} leads out of the package",
                fix="Paths start at the folder that holds the package's modules.",
            )
    return found
