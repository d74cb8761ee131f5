"""conda.lock: the packages of an environment in pixi's format. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from devenv.core.components import Component
from devenv.core.errors import StateError
from devenv.core.product import Input, Inputs
from devenv.core.quantity import quantity
from devenv.products.conda.package import SUFFIXES
from devenv.products.conda.specs import package_name

LOCK = "conda.lock"


@dataclass(frozen=True)
class LockedPackage:
    """A package of a lock. depends: the names of its dependencies."""

    name: str
    version: str
    build: str
    sha256: str
    depends: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """``NAME VERSION BUILD``."""
        return f"{self.name} {self.version} {self.build}"


def locked_packages(data: Mapping[str, Any], where: str) -> tuple[LockedPackage, ...]:
    """The packages in the data of a lock, sorted by name; StateError if it is damaged."""
    try:
        packages = [_package(one) for one in data["packages"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StateError(f"{where} is damaged", fix="Rebuild it: devenv build --update") from None
    return tuple(sorted(packages, key=lambda one: one.name))


def _package(data: Mapping[str, Any]) -> LockedPackage:
    file = urlsplit(str(data["conda"])).path.rsplit("/", 1)[-1]
    stem = next(file.removesuffix(one) for one in SUFFIXES if file.endswith(one))
    name, version, build = stem.rsplit("-", 2)
    depends = tuple(package_name(str(spec)) for spec in data.get("depends") or ())
    return LockedPackage(name, version, build, str(data["sha256"]), depends)


def python_version(packages: Sequence[LockedPackage], where: str) -> str:
    """The version of the environment's Python. StateError if it has none."""
    version = next((one.version for one in packages if one.name == "python"), "")
    if not version:
        raise StateError(f"{where} has no python", fix="Add it to the packages: python")
    return version


def inputs_of(packages: Sequence[LockedPackage]) -> Inputs:
    """The inputs of an installation of these packages."""
    titles = tuple(one.title for one in packages)
    hashes = tuple(one.sha256 for one in packages)
    return (
        Input("packages", titles),
        Input("files", hashes, f"{quantity(hashes, 'package')} by hash"),
    )


def components_of(packages: Sequence[LockedPackage]) -> tuple[Component, ...]:
    """The packages, for comparisons and graphs."""
    known = {one.name for one in packages}
    return tuple(
        Component(
            "package",
            one.name,
            one.version,
            hash=one.sha256[:20],
            needs=tuple(f"package:{name}" for name in sorted(known.intersection(one.depends))),
            note=f"({one.build})",
        )
        for one in packages
    )
