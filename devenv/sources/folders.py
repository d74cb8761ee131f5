"""Where the folders that a template names really are: dev sources, installed packages, repositories."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.config.resources import resource_folder
from devenv.core.environment import Environment
from devenv.core.errors import UnreachableError, UsageError
from devenv.core.plan import Clone
from devenv.core.product import INPUTS, Input, Product
from devenv.core.spec import Value, holds
from devenv.core.template import Folder, Package, Pin, Template
from devenv.sources.address import is_remote, parse_address, without_secret
from devenv.store.realise import realise
from devenv.system import git
from devenv.system.redaction import redacted

BROUGHT = "devenv"
"""In a template: the folders that devenv itself brings."""

BESIDE = "project"
"""Who brings the folders beside the file that names them, for people."""


@dataclass(frozen=True)
class ModelsRepository:
    """The repository of models. path: empty where it is not available; missing: then why."""

    package: str
    path: str = ""
    commit: str = ""
    missing: str = ""


@dataclass(frozen=True)
class SourceFolder:
    """One folder that takes part. origin: who brings it, for people.

    flags, prefix: for the mods in it. asked: named by the user by hand.
    """

    package: str
    path: str
    origin: str
    flags: tuple[str, ...] = ()
    prefix: str = ""
    asked: bool = False


def find_repository(
    context: Context,
    environment: Environment,
    template: Template,
    catalogue: Mapping[str, Package],
    *,
    fetch: bool = True,
) -> ModelsRepository | None:
    """The template's repository of models: developed, as --models says, or pinned; None: none named.

    A pinned one that cannot be reached is not an error: `missing` says why. fetch: clone it where it
    is missing.
    """
    pin = template.model.repository if template.model else None
    if pin is None:
        return None
    developed = next((s for s in environment.develop if s.package == pin.package), None)
    if developed:
        return ModelsRepository(pin.package, developed.path, git.state(Path(developed.path)).commit)
    if environment.models and not is_remote(environment.models):
        return _folder(pin, environment.models)
    if environment.models:
        address = parse_address(environment.models)
        pin = Pin(pin.package, address.ref, address.url)
    return pinned(context, pin, pin.url or catalogue[pin.package].git, fetch=fetch)


def _folder(pin: Pin, path: str) -> ModelsRepository:
    if not Path(path).is_dir():
        raise UsageError(
            f"the repository of models {path} is not a directory",
            fix="Check the path behind --models.",
        )
    return ModelsRepository(pin.package, path, git.state(Path(path)).commit)


def pinned(context: Context, pin: Pin, url: str, *, fetch: bool = True) -> ModelsRepository:
    """The repository `url` at a pin's ref, in the store; fetch: get it where it is not there."""
    product = pinned_clone(pin, url)
    path = context.layout.product(product.kind, product.name)
    if not (fetch or path.exists()):
        shown = redacted(url, context.environ)
        return ModelsRepository(pin.package, missing=f"{shown} was not reached by the last build")
    try:
        realise(context, product, then="the model is built from the MOD files in it")
    except UnreachableError as error:
        return ModelsRepository(pin.package, missing=error.what)
    return ModelsRepository(pin.package, str(path), git.state(path).commit)


def pinned_clone(pin: Pin, url: str) -> Product:
    """A repository at one ref, never changed. git itself knows what is in it: nothing is sealed."""
    key = hashlib.sha256(f"{url}@{pin.ref}".encode()).hexdigest()[:12]
    return Product(
        "sources/.pinned",
        f"{pin.package}@{key}",
        f"the clone of {redacted(url)}",
        (Input("repository", (without_secret(url),)), Input("ref", (pin.ref,))),
        lambda staging: (Clone(url, staging, pin.ref, depth=1),),
        marks=None,
        record=f".git/{INPUTS}",
    )


def places(
    folders: tuple[Folder, ...],
    variants: Mapping[str, Value],
    roots: Mapping[str, str],
    catalogue: Mapping[str, Package],
    kind: str,
) -> tuple[SourceFolder, ...]:
    """The folders that take part under `variants`, in the template's order.

    roots: package -> the folder that its paths start at; a package without one is left out (its
    repository could not be reached). kind: "mods" or "hoc", the package's own where no path is named.
    """
    found: list[SourceFolder] = []
    for folder in folders:
        if not holds(folder.when, variants) or folder.origin not in roots:
            continue
        package = catalogue.get(folder.package)
        own = getattr(package, kind) if package else () if folder.package == BROUGHT else ("",)
        for path in (folder.path,) if folder.path else own:
            place, name = Path(roots[folder.origin], path), folder.origin or BESIDE
            found.append(SourceFolder(name, str(place), name, folder.flags, folder.prefix))
    return tuple(found)


def roots_of(
    overlay_roots: Mapping[str, str],
    site: Path,
    repository: ModelsRepository | None,
    catalogue: Mapping[str, Package],
) -> dict[str, str]:
    """package -> root: its dev source's where it has one, else where it is installed."""
    roots = {BROUGHT: str(resource_folder("examples")), "": "/"}
    for package in catalogue.values():
        if package.name in overlay_roots:
            roots[package.name] = overlay_roots[package.name]
        elif package.modules and all((site / module).exists() for module in package.modules):
            roots[package.name] = str(site)
    if repository and repository.path:
        roots[repository.package] = repository.path
    return roots
