"""devenv create."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.config.generation_file import read_lock
from devenv.config.templates import load_template, template_folders
from devenv.core.base import base_modules
from devenv.core.environment import Environment, Generation, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.names import checked_name, unknown
from devenv.core.plan import Plan, Remove
from devenv.core.result import Result
from devenv.core.spec import format_variants, parse_variants, resolve_variants
from devenv.sources.address import is_remote, parse_address
from devenv.system import index
from devenv.system.executor import execute
from devenv.system.locks import locked
from devenv.workflows.context import Context
from devenv.workflows.generation import make_generation
from devenv.workflows.ground import lay_ground

ENGINES = ("venv",)


@dataclass(frozen=True)
class CreateRequest:
    """What was typed; empty: not given."""

    name: str
    template: str = ""
    engine: str = "venv"
    python: str = ""
    variants: str = ""
    models: str = ""
    neuron: str = ""
    base: str = ""
    from_lock: Path | None = None


def create(context: Context, request: CreateRequest, *, dry_run: bool = False) -> Result:
    """Make an environment. Where it fails, nothing of it is left."""
    environment, lock = _asked(context, request)
    layout = context.layout.env(environment.name)
    if layout.current.is_symlink():
        raise StateError(
            f"the environment {environment.name!r} is there already",
            fix=f"Use it, or remove it first: devenv remove {environment.name}",
        )
    if dry_run:
        return _dry_run(context, environment)
    with locked(context.layout.lock(f"env-{environment.name}"), f"environment {environment.name}"):
        try:
            ground = lay_ground(context, environment, lock)
            generation = make_generation(context, ground, None)
        except BaseException:
            execute(Plan("undo", (Remove(str(layout.root)),)), environ=context.environ)
            raise
    return _created(generation, environment)


def _asked(context: Context, request: CreateRequest) -> tuple[Environment, Lock | None]:
    """The Environment that the request means, checked as far as can be without doing anything."""
    checked_name(request.name)
    if request.engine not in ENGINES:
        raise unknown("engine", request.engine, ENGINES)
    lock = _lock(request.from_lock) if request.from_lock else None
    template = request.template or (lock.template if lock else request.name)
    found = load_template(template, template_folders(context.layout.home))
    variants = request.variants or (lock.variants if lock else "")
    parsed = parse_variants(variants)
    resolve_variants(parsed, found.variants, f"template {found.name}")
    environment = Environment(
        name=request.name,
        template=_absolute_template(context, template),
        engine=request.engine,
        python=request.python or (f"=={lock.python}" if lock else ""),
        variants=format_variants(parsed),
        models=_models(context, request.models),
        neuron=request.neuron,
        base=request.base,
    )
    base_modules(environment.base or found.base)
    return environment, lock


def _absolute_template(context: Context, template: str) -> str:
    """A template given as a file is found again from elsewhere."""
    return str((context.cwd / template).resolve()) if template.endswith(".yaml") else template


def _models(context: Context, models: str) -> str:
    if not models:
        return ""
    if is_remote(models):
        parse_address(models)
        return models
    path = (context.cwd / models).resolve()
    if not path.is_dir():
        raise UsageError(
            f"--models {models}: {path} is no folder", fix="Name a folder, or URL@REF."
        )
    return str(path)


def _lock(path: Path) -> Lock:
    try:
        return read_lock(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(
            f"cannot read the lock {path}: {error.strerror}",
            fix="A lock stands in the folder of a generation: lock.json.",
        ) from None


def _dry_run(context: Context, environment: Environment) -> Result:
    template = load_template(environment.template, template_folders(context.layout.home))
    python, version = index.find_python(environment.python or template.python)
    neuron = environment.neuron or template.neuron
    uv = "uv"
    lines = (
        f"# {environment.name}: template {template.name}, Python {version} ({python})",
        f"{uv} pip compile --generate-hashes  # {neuron}",
        f"{uv} pip compile --generate-hashes  # {', '.join(template.packages)}",
        f"{uv} venv --python {python} {context.layout.neuron('KEY')}",
        f"{uv} venv --python {python} {context.layout.venv('KEY')}",
        "# KEY: the hash of what is resolved, not known before",
    )
    return Result(lines)


def _created(generation: Generation, environment: Environment) -> Result:
    name = environment.name
    lines = (
        f"Created {name}: {generation.python}",
        *(f"note: {missing}" for missing in generation.missing),
        f"Next: devenv develop PACKAGE --env {name}   or   devenv build {name}",
    )
    return Result(lines, data={"name": name, "python": generation.python})
