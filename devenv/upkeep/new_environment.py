"""The environment that `devenv create` is to make, checked before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.generation_file import read_lock
from devenv.config.templates import list_templates, load_template, template_folders
from devenv.core.base import base_modules
from devenv.core.environment import Environment, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.names import checked_name, unknown
from devenv.core.spec import format_variants, parse_variants, resolve_variants
from devenv.core.template import NO_TEMPLATE, Template
from devenv.engines.registry import choose, engine
from devenv.environment.build_request import BuildRequest
from devenv.environment.from_lock import request_from_lock
from devenv.environment.own_mods import with_own_mods
from devenv.products.conda.publishing import address
from devenv.sources.address import is_remote, parse_address, without_secret


@dataclass(frozen=True)
class CreateRequest:
    """What was typed; empty: not given. strict: as for a build. packages: requirements beside the
    template's. mods: MOD files of the user's own, or folders of them. specs: of packages for Spack; an
    environment of specs needs no template. channels: of conda packages.
    """

    name: str
    template: str = ""
    engine: str = ""
    python: str = ""
    variants: str = ""
    models: str = ""
    neuron: str = ""
    base: str = ""
    from_lock: Path | None = None
    wheels: bool | None = None
    strict: bool | None = None
    packages: tuple[str, ...] = ()
    mods: tuple[str, ...] = ()
    specs: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class NewEnvironment:
    """What is to be made. why: the reason for the choice of the engine; empty for none. lock: the exact
    content; None: the newest is resolved. origin: the folder of that lock. strict: as for a build.
    """

    environment: Environment
    why: str = ""
    lock: Lock | None = None
    origin: Path | None = None
    strict: bool | None = None


def requested_environment(context: Context, request: CreateRequest) -> NewEnvironment:
    """What was typed, checked. UsageError for unknown names and options that exclude each other."""
    if request.from_lock is None:
        return _from_options(context, request)
    lock = _lock(request, request.from_lock)
    environment = request_from_lock(context, request.name, lock)
    folder = request.from_lock.parent
    return NewEnvironment(environment, "", lock, folder, request.strict)


def _from_options(context: Context, request: CreateRequest) -> NewEnvironment:
    checked_name(request.name)
    template = _template_name(context, request)
    found = _template(context, request, template)
    parsed = parse_variants(request.variants)
    resolve_variants(parsed, found.offered_variants, f"template {found.name}")
    base = request.base or found.base
    base_modules(base)
    name, why = choose(context, request.engine, found, base)
    for requirement in request.packages:
        engine(name).package_name(requirement, "--package")
    environment = Environment(
        name=request.name,
        template=_absolute_template(context, template),
        engine=name,
        python=request.python,
        variants=format_variants(parsed),
        models=_models(context, request.models),
        neuron=request.neuron,
        base=request.base,
        packages=request.packages,
        specs=request.specs,
        channels=_channels(context, request.channels),
    )
    environment = engine(name).configure(context, environment, request.wheels)
    own = BuildRequest(mods=request.mods)
    environment = with_own_mods(context, environment, found, own)
    return NewEnvironment(environment, why, strict=request.strict)


def _template_name(context: Context, request: CreateRequest) -> str:
    """Empty where specs say what the environment consists of."""
    if request.template and request.specs:
        raise UsageError(
            "--template and --spec exclude each other",
            fix="Omit one; packages beside the template's stand in the environment's spack.yaml.",
        )
    if request.template or request.specs:
        return request.template
    return _plain(context, request) or request.name


def _plain(context: Context, request: CreateRequest) -> str:
    """The template of NEURON alone, where the parts are named and no template has the name."""
    named = request.mods or request.packages or request.neuron
    known = list_templates(template_folders(context.layout.home))
    return "neuron" if named and request.name not in known else ""


def _template(context: Context, request: CreateRequest, template: str) -> Template:
    """Of specs, where none is named. UsageError for an unknown one; where only a name was given, with
    how to name a template."""
    if not template:
        return replace(NO_TEMPLATE, spack=request.specs)
    folders = template_folders(context.layout.home)
    known = list_templates(folders)
    if request.template or template in known or template.endswith(".yaml"):
        return load_template(template, folders)
    error = unknown("template", template, known)
    way = f"devenv create {template} --template TEMPLATE"
    raise UsageError(error.what, fix=f"{error.fix} An environment of this name: {way}")


def _absolute_template(context: Context, template: str) -> str:
    """A template given as a file is found again from elsewhere."""
    file = "/" in template or template.endswith(".yaml")
    return str((context.cwd / template).resolve()) if file else template


def _channels(context: Context, typed: Sequence[str]) -> tuple[str, ...]:
    """The addresses of the channels. UsageError for a password."""
    return tuple(address(one, context.cwd) for one in typed)


def _models(context: Context, models: str) -> str:
    if not models:
        return ""
    if is_remote(models):
        url = parse_address(models).url
        if url != without_secret(url):
            raise UsageError(
                f"--models {models}: it names a user or a password, which devenv would have to keep",
                fix="Give the address without it; git has helpers for that: git help credentials.",
            )
        return models
    path = (context.cwd / models).resolve()
    if not path.is_dir():
        raise UsageError(
            f"--models {models}: {path} is not a directory", fix="Name a folder, or URL@REF."
        )
    return str(path)


def _lock(request: CreateRequest, path: Path) -> Lock:
    """The lock that --from-lock names, which says all that other options could."""
    checked_name(request.name)
    wheels = "--wheels-as-externals" if request.wheels else "--from-source"
    others = {
        "--template": request.template,
        "--engine": request.engine,
        "--python": request.python,
        "--variant": request.variants,
        "--models": request.models,
        "--neuron": request.neuron,
        "--package": request.packages,
        "--mods": request.mods,
        "--spec": request.specs,
        "--channel": request.channels,
        "--base": request.base,
        wheels: request.wheels is not None,
    }
    given = [option for option, value in others.items() if value]
    if given:
        raise UsageError(
            f"--from-lock and {' and '.join(given)} exclude each other",
            fix="Omit one of them.",
        )
    fix = "A lock stands in the folder of a generation: envs/NAME/current/lock.json."
    try:
        return read_lock(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"cannot read the lock {path}: {error.strerror}", fix=fix) from None
    except StateError as error:
        raise UsageError(error.what, fix=fix) from None
