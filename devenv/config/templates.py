"""Templates: lists and reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from devenv.config.catalogue import find_package, load_catalogue
from devenv.config.decode import decode
from devenv.config.resources import resource_folder
from devenv.config.yaml_text import read_yaml
from devenv.core.base import base_modules
from devenv.core.build_variants import offered
from devenv.core.errors import UsageError
from devenv.core.names import unknown
from devenv.core.requirements import requirement_name
from devenv.core.spec import Value, parse_variants
from devenv.core.template import Folder, Package, Template

DEVENV = "devenv"  # as the package of a Folder: files of devenv itself


def template_folders(home: Path) -> tuple[Path, ...]:
    """The directories of templates, in order of precedence: $DEVENV_HOME/templates, then devenv's."""
    return (home / "templates", resource_folder("envs"))


def list_templates(folders: Sequence[Path]) -> dict[str, Path]:
    """All templates: name -> file, sorted by name. It does not read the files."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob("*.yaml"):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def load_template(name: str, folders: Sequence[Path]) -> Template:
    """The template with a name, or at a path if `name` ends in .yaml or contains a slash.

    UsageError for an unknown name, key, package or variant, and for an invalid requirement.
    """
    if "/" in name or name.endswith(".yaml"):
        path = Path(name)
    else:
        known = list_templates(folders)
        if name not in known:
            raise unknown("template", name, known)
        path = known[name]
        if path.is_fifo():  # reading one would wait for ever
            raise UsageError(
                f"the template {path} is a FIFO, not a file", fix="Remove or rename it."
            )
    where = str(path)
    data = read_yaml(path, "template", "List the templates: devenv templates.")
    template = decode(Template, data, where, name=path.stem)
    _check(template, load_catalogue(), where)
    return template


def _check(template: Template, catalogue: Mapping[str, Package], where: str) -> None:
    """What types cannot express: names refer to packages and variants that exist."""
    _check_python(template.python, where)
    base_modules(template.base)
    for key, requirement in _requirements(template):
        requirement_name(requirement, f"{where}, at {key}")
    for key, package in _packages(template):
        if package != DEVENV:
            find_package(package, catalogue, f"{where}, at {key}")
    known = offered(template.variants, where) if template.model else template.variants
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
        yield f"{key}.package", folder.package
    if template.model and template.model.repository:
        yield "model.repository.package", template.model.repository.package
    for name, profile in template.tests.items():
        yield f"tests.{name}.package", profile.package


def _check_folder(folder: Folder, key: str, where: str) -> None:
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
