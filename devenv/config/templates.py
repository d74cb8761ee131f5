"""Templates: lists and reads them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.data import checked_data
from devenv.config.decode import decode
from devenv.config.project import (
    inside,
    is_repository,
    known_packages,
    project_data,
    project_keys,
    template_data,
    with_commits,
    with_places,
)
from devenv.config.project_file import LOCK_FILE, PROJECT_FILE
from devenv.config.project_lock import read_project_lock
from devenv.config.resources import resource_folder
from devenv.config.yaml_text import read_yaml
from devenv.core.base import base_modules
from devenv.core.build_variants import with_build_variants
from devenv.core.errors import UsageError
from devenv.core.names import normalise_name, unknown
from devenv.core.project import Project
from devenv.core.requirements import requirement_name
from devenv.core.spec import Value, parse_variants, resolve_variants
from devenv.core.template import Folder, Package, Template

_ONE_ORIGIN = "Give package, or url and ref, or path alone."
DEVENV = "devenv"  # as the package of a Folder: files of devenv itself


def template_folders(home: Path) -> tuple[Path, ...]:
    """The directories of templates, in order of precedence: $DEVENV_HOME/templates, then devenv's."""
    return (home / "templates", resource_folder("envs"))


def list_templates(folders: Sequence[Path]) -> dict[str, Path]:
    """All templates: name -> file, sorted by name. It does not read the files."""
    templates: dict[str, Path] = {}
    for folder in folders:
        for path in (*folder.glob("*.yaml"), *folder.glob("conda/*.yaml")):
            templates.setdefault(path.stem, path)
    return dict(sorted(templates.items()))


def load_template(name: str, folders: Sequence[Path]) -> Template:
    """The template with a name, or at a path if `name` ends in .yaml or contains a slash.

    UsageError for an unknown name, key, package or variant, and for an invalid requirement.
    """
    if "/" in name or name.endswith(".yaml"):
        path = Path(name)
        if path.name == PROJECT_FILE:
            return load_project(path, folders).locked
    else:
        known = list_templates(folders)
        if name not in known:
            raise unknown("template", name, known)
        path = known[name]
        if path.is_fifo():  # reading one would block
            raise UsageError(
                f"the template {path} is a FIFO, not a file", fix="Remove or rename it."
            )
    return _checked(_template_data(path), str(path), path.stem)


def load_project(path: Path, folders: Sequence[Path]) -> Project:
    """The project of a devenv.yaml, with the devenv.lock next to it.

    UsageError as for a template, and for a path that leads out of the project's folder.
    """
    where = str(path)
    data = with_places(project_data(path), partial(inside, path))
    keys = project_keys(data, where)
    base: dict[str, Any] = {}
    if keys.template:
        known = list_templates(folders)
        if keys.template not in known:
            raise unknown("template", keys.template, known, f"{where}, at template")
        base = _template_data(known[keys.template])
    developed = tuple(one.package for one in keys.develop)
    template = _checked(template_data(data, base), where, path.parent.resolve().name, developed)
    for one in keys.develop:
        if one.path:
            inside(path, one.path)
    at = f"{where}, at variant"
    resolve_variants(_condition(keys.variant, at), template.offered_variants, at)
    lock = read_project_lock(path.with_name(LOCK_FILE))
    return Project(
        where, keys, template, with_commits(template, lock.commits if lock else {}), lock
    )


def _template_data(path: Path) -> dict[str, Any]:
    """The keys of a template, with paths relative to its folder made absolute."""
    data = read_yaml(path, "template", "List the templates: devenv templates.")
    return with_places(data, path.parent.resolve().joinpath) if isinstance(data, dict) else data


def _checked(data: Any, where: str, name: str, developed: Sequence[str] = ()) -> Template:
    template = decode(Template, data, where, name=name)
    _check(template, load_catalogue(), where, known_packages(template, developed))
    return template


def _check(
    template: Template, catalogue: Mapping[str, Package], where: str, described: Collection[str]
) -> None:
    """Check what types cannot express: names refer to packages and variants that exist.

    described: packages that need no catalogue entry.
    """
    _check_python(template.python, where)
    base_modules(template.base)
    for key, requirement in _requirements(template):
        requirement_name(requirement, f"{where}, at {key}")
    for key, package in _packages(template):
        if package != DEVENV and normalise_name(package) not in described:
            find_package(package, catalogue, f"{where}, at {key}")
    for name, data in template.data.items():
        checked_data(name, data, where)
    known = with_build_variants(template.variants, where) if template.model else template.variants
    for key, folder in _folders(template):
        _check_folder(folder, key, where)
        for variant in _condition(folder.when, f"{where}, at {key}.when"):
            if variant not in known:
                raise unknown("variant", variant, known, f"{where}, at {key}")


def _requirements(template: Template) -> Iterator[tuple[str, str]]:
    if template.neuron:
        yield "neuron", template.neuron
    for index, requirement in enumerate(template.packages):
        yield f"packages[{index}]", requirement
    for name, profile in template.tests.items():
        for index, requirement in enumerate(profile.deps):
            yield f"tests.{name}.deps[{index}]", requirement


def _folders(template: Template) -> Iterator[tuple[str, Folder]]:
    model = template.model
    for key, folders in (("model.mods", model.mods), ("model.hoc", model.hoc)) if model else ():
        for index, folder in enumerate(folders):
            yield f"{key}[{index}]", folder
    for name, profile in template.tests.items():
        for index, folder in enumerate(profile.mods):
            yield f"tests.{name}.mods[{index}]", folder


def _packages(template: Template) -> Iterator[tuple[str, str]]:
    for key, folder in _folders(template):
        if folder.package:
            yield f"{key}.package", folder.package
    if template.model and template.model.repository:
        yield "model.repository.package", template.model.repository.package
    for name, profile in template.tests.items():
        yield f"tests.{name}.package", profile.package


def _check_folder(folder: Folder, key: str, where: str) -> None:
    if folder.package and folder.url:
        raise UsageError(f"{where}, at {key}: package and url exclude each other", fix=_ONE_ORIGIN)
    if not (folder.origin or folder.path):
        raise UsageError(f"{where}, at {key}: it names no folder", fix=_ONE_ORIGIN)
    if folder.url and not (folder.ref and is_repository(folder.url, folder.ref)):
        raise UsageError(
            f"{where}, at {key}: {folder.origin!r} is not a repository at a ref",
            fix="Give url and ref: a branch, a tag or a commit.",
        )
    if folder.prefix and not re.fullmatch(r"[A-Za-z_]\w*", folder.prefix):
        raise UsageError(
            f"{where}, at {key}.prefix: invalid prefix {folder.prefix!r} for mechanisms",
            fix="Use letters, digits and '_', and do not start with a digit.",
        )
    if key.startswith("model.hoc") and (folder.flags or folder.prefix):
        raise UsageError(
            f"{where}, at {key}: HOC files take neither flags nor a prefix", fix="Remove them."
        )


def _condition(when: str, where: str) -> Mapping[str, Value]:
    try:
        return parse_variants(when)
    except UsageError as error:
        raise UsageError(f"{where}: {error.what}", fix=error.fix) from None


def _check_python(request: str, where: str) -> None:
    """Accept a version (``3.11``) or a specifier in pip's notation (``>=3.10``)."""
    try:
        SpecifierSet(f"=={request}" if request[:1].isdigit() else request)
    except InvalidSpecifier:
        raise UsageError(
            f"{where}, at python: invalid Python version {request!r}",
            fix="Write a version such as '3.12', or what pip would take, such as '>=3.10,<3.14'.",
        ) from None
