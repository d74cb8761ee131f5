"""The source of a package for `devenv develop`: found, cloned or unpacked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import StateError, UsageError
from devenv.core.template import Package
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.sources.acquire import cloned, released
from devenv.sources.address import Address, parse_address


@dataclass(frozen=True)
class DevelopRequest:
    """What was typed; empty: not given. release: a version, or "newest" for the environment's own.
    variants: of the environment from now on, beside those that it has."""

    package: str
    path: Path | None = None
    git: str = ""
    branch: str = ""
    release: str = ""
    variants: str = ""


def require_one_origin(request: DevelopRequest) -> None:
    """UsageError where several options say where the source comes from."""
    given = {
        "--path": request.path,
        "--git": request.git,
        "--release": request.release,
    }
    named = [option for option, value in given.items() if value]
    if len(named) > 1 or (request.branch and (request.path or request.release)):
        named += ["--branch"] if request.branch else []
        raise UsageError(f"{' and '.join(named)} exclude each other", fix="Give one of them.")


def acquire_source(
    env: Env, package: Package, request: DevelopRequest
) -> tuple[DevSource, tuple[str, ...]]:
    """The dev source, made where it is not there, and what a person should know about it."""
    context, environment = env.context, env.request
    if request.path:
        path = (context.cwd / request.path).resolve()
        if not path.is_dir():
            raise UsageError(
                f"--path {request.path}: {path} is not a directory", fix="Check the path."
            )
        if not str(path).isprintable():
            raise UsageError(
                f"--path {str(path)!r}: a path must not contain a newline or unprintable characters",
                fix="Rename the folder.",
            )
        return DevSource(package.name, str(path), package.kind, "path"), ()
    path = context.layout.source(environment.name, package.name)
    if path.exists():
        note = f"note: {path} exists already and is used as it is"
        if request.git or request.release or request.branch:
            raise StateError(
                f"{path} exists already, and is yours",
                fix=f"Use it: devenv develop {package.name} --path {path}; or move it away first.",
            )
        return DevSource(package.name, str(path), package.kind, "path"), (note,)
    _, lock = env.in_use
    if request.release:
        return released(context, lock, package, path, request.release)
    address = parse_address(request.git) if request.git else Address(package.git)
    if not address.url:
        raise UsageError(
            f"no repository is known for {package.name}", fix="Name one: --git URL, or --path DIR."
        )
    default = not (request.git or request.branch)
    if request.branch and not request.git:
        address = replace(address, ref=_pinned_ref(context, environment, package))
    branch = request.branch
    return cloned(context, lock, package, path, address, or_release=default, branch=branch)


def _pinned_ref(context: Context, environment: Environment, package: Package) -> str:
    """Where a new branch of a repository of models starts: what the template builds from."""
    model = template_of(context, environment).model
    pin = model.repository if model else None
    return pin.ref if pin and pin.package == package.name else ""
