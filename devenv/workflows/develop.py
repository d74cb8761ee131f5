"""devenv develop, devenv undevelop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.catalogue import known_name
from devenv.config.context import Context
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import StateError, UsageError
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.core.spec import format_variants, parse_variants
from devenv.core.template import Package
from devenv.engines.registry import engine as engine_of
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.sources.acquire import cloned, released
from devenv.sources.address import Address, parse_address
from devenv.sources.undo import all_or_nothing
from devenv.store.changing import changing

_WITH_PATH = "Name a folder of your own: --path DIR"


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


def develop(env: Env, request: DevelopRequest) -> Result:
    """Use a package's source live. The source is found, cloned or unpacked, and never changed."""
    context, name = env.context, env.name
    _one_origin(request)
    engine = engine_of(env.request.engine)
    placed = bool(request.path or request.git or request.release)
    package = engine.package(env, env.request, request.package, placed=placed)
    with changing(context, name):
        env = env.reopen()
        environment = env.request
        path = context.layout.source(name, package.name)
        with all_or_nothing(context, name, path, repeat=_WITH_PATH) as acquired:
            source, notes = _source(env, package, request)
            acquired.sources, acquired.notes = (source,), notes
            source = engine.take(context, source)
            others = tuple(s for s in environment.develop if s.package != source.package)
            variants = {**parse_variants(environment.variants), **parse_variants(request.variants)}
            environment = replace(
                environment, develop=(*others, source), variants=format_variants(variants)
            )
            generation = engine.switch(env, environment)
    overlay = next((o for o in generation.overlays if o.package == source.package), None)
    version = f" {overlay.version}" if overlay else ""
    notes_on_it = engine.notes(env, environment, source)
    lines = (*notes, f"{name} uses {source.package}{version} from {source.path}", *notes_on_it)
    return Result(
        lines, data={"package": source.package, "path": source.path, "origin": source.origin}
    )


def undevelop(env: Env, package: str) -> Result:
    """Use the released package again; the source stays as it is."""
    context, name = env.context, env.name
    with changing(context, name):
        env = env.reopen()
        environment = env.request
        wanted = known_name(package)
        sources = {s.package: s for s in environment.develop}
        source = sources.get(wanted) or sources.get(wanted.removeprefix("py-"))
        if source is None:
            raise unknown("dev source", package, [s.package for s in environment.develop], name)
        others = tuple(s for s in environment.develop if s is not source)
        engine_of(environment.engine).switch(env, replace(environment, develop=others))
    return Result(
        (f"{name} uses the released {wanted} again.", f"Your source stays: {source.path}")
    )


def _one_origin(request: DevelopRequest) -> None:
    given = {
        "--path": request.path,
        "--git": request.git,
        "--release": request.release,
    }
    named = [option for option, value in given.items() if value]
    if len(named) > 1 or (request.branch and (request.path or request.release)):
        named += ["--branch"] if request.branch else []
        raise UsageError(f"{' and '.join(named)} exclude each other", fix="Give one of them.")


def _source(
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
