"""The catalogue of packages that can be developed: resources/packages.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devenv.config.decode import decode
from devenv.config.resources import resource_file
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError
from devenv.core.names import normalise_name, unknown
from devenv.core.template import Package


@dataclass(frozen=True)
class _Catalogue:
    packages: tuple[Package, ...]


def load_catalogue() -> dict[str, Package]:
    """All packages by their names on the package index (`Package.name`)."""
    path = resource_file("packages.yaml")
    where = path.name
    catalogue = decode(_Catalogue, parse_yaml(path.read_text("utf-8"), where), where)
    return {package.name: package for package in catalogue.packages}


def known_name(name: str) -> str:
    """The name of a package on the index, whether the catalogue contains it or not."""
    try:
        return find_package(name, load_catalogue()).name
    except UsageError:
        return normalise_name(name)


def find_package(name: str, catalogue: Mapping[str, Package], where: str = "") -> Package:
    """The package named `name`, normalised as in PEP 503; UsageError with a suggestion.

    where: the file that contains the name, for the message.
    """
    by_name = {normalise_name(n): package for package in catalogue.values() for n in package.names}
    if normalise_name(name) not in by_name:
        raise unknown("package", name, by_name, where)
    return by_name[normalise_name(name)]
