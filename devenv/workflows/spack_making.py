"""Environments of the Spack engine: made, changed and built.

Spack works in `envs/NAME/spack/KEY`, where KEY is the hash of what is asked for: what was killed goes on
there, a generation never loses its spack.lock, and going back to an earlier one is a rename.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.core.base import Base
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import BuiltModel, Environment, Generation, Lock
from devenv.core.errors import PreconditionError, StepError, UsageError
from devenv.core.names import did_you_mean
from devenv.core.plan import Plan, Remove, Run, Step, Write
from devenv.core.result import Result
from devenv.engines.spack.failure import reason
from devenv.engines.spack.lockfile import SpackLock, read_spack_lock
from devenv.engines.spack.manifest import generation_manifest
from devenv.engines.spack.program import command
from devenv.engines.spack.running import RunVariables, contribution, run_variables
from devenv.system import host, process
from devenv.system import spack as observed
from devenv.system.executor import execute
from devenv.system.locks import locked
from devenv.workflows.built import BuildRequest, result_of, up_to_date
from devenv.workflows.context import Context, in_use, load_environment
from devenv.workflows.generation import make_generation
from devenv.workflows.ground import Ground, source_state
from devenv.workflows.packages import Installed
from devenv.workflows.places import roots_of
from devenv.workflows.quick import remember
from devenv.workflows.spack_develop import package_of as package
from devenv.workflows.spack_develop import settled, told
from devenv.workflows.spack_facts import facts_of
from devenv.workflows.spack_ground import Asked, asked, in_spack, key_of, manifest_path, taken_up
from devenv.workflows.spack_model import developed_places, model_of, of_sources

__all__ = [
    "create",
    "dry_create",
    "dry_run",
    "make",
    "package",
    "settled",
    "switch",
    "told",
]


@dataclass(frozen=True)
class Made:
    """What Spack made. folder: where it worked. lock: None where it was not asked to make it yet."""

    folder: Path
    lock: SpackLock | None = None
    said: RunVariables | None = None

    @property
    def view(self) -> Path:
        return self.folder / "view"


def create(context: Context, environment: Environment, lock: Lock | None) -> Generation:
    """An environment of which nothing is installed yet: `build` does that, and may take its time."""
    if lock:
        raise UsageError(
            "--from-lock is for environments of the engine venv so far",
            fix="Spack's own lock stands in envs/NAME/current/spack.lock.",
        )
    found = asked(context, environment, None)
    return _generation(context, found, Made(_folder(context, found)), None)


def dry_create(context: Context, environment: Environment) -> Result:
    """What Spack would be asked for; nothing is installed by `create`."""
    found = asked(context, environment, None)
    path = manifest_path(context, environment.name)
    return Result((f"# {path}", *found.manifest.splitlines()))


def switch(context: Context, environment: Environment) -> Generation:
    """The environment as it is to be; where it was installed before, it is installed again."""
    before, lock = in_use(context, environment.name)
    found = asked(context, environment, lock)
    folder = _folder(context, found)
    whole = lock is not None and _is_installed(context, lock)
    made = _install(context, found, folder, BuildRequest()) if whole else Made(folder)
    return _generation(context, found, made, before)


def make(context: Context, name: str, request: BuildRequest) -> Result:
    """Concretize and install what is asked for, and switch to a generation of it."""
    with locked(context.layout.lock(f"env-{name}"), f"environment {name}"):
        before, lock = in_use(context, name)
        environment = _wanted(context, name, lock)
        found = asked(context, environment, lock)
        folder = _folder(context, found, request.update)
        facts = facts_of(context, found)
        made = _install(context, found, folder, request)
        after = _generation(context, found, made, before)
        if not request.update:
            remember(context, after, facts)
    if before and before.number == after.number:
        return up_to_date(after)
    count = len(made.lock.nodes) if made.lock else 0
    return result_of(after, [f"{name}: generation {after.number}, {count} packages."], 0)


def dry_run(context: Context, name: str, request: BuildRequest) -> Result:
    """The command that `make` would run."""
    _, lock = in_use(context, name)
    found = asked(context, _wanted(context, name, lock), lock)
    folder = _folder(context, found, request.update)
    return Result((shlex.join(_install_argv(found, folder, request)),))


def _wanted(context: Context, name: str, lock: Lock | None) -> Environment:
    """What is asked for in environment.yaml and, of dev sources, in spack.yaml."""
    folder = context.layout.env(name).root / "spack" / (lock.inputs if lock else "none")
    return taken_up(context, load_environment(context, name), folder / "spack.yaml")


def _write_manifest(context: Context, found: Asked) -> None:
    path = manifest_path(context, found.environment.name)
    if not path.exists() or path.read_text(encoding="utf-8") != found.manifest:
        write = Write(str(path), found.manifest)
        execute(Plan("spack.yaml", (write,)), environ=context.environ)


def _folder(context: Context, found: Asked, update: bool = False) -> Path:
    """Where Spack works for what is asked. update: in a new place, so that it chooses anew."""
    root = context.layout.env(found.environment.name).root / "spack"
    key = key_of(found, root)
    numbers = [int(p.name.rpartition("-")[2]) for p in root.glob(f"{key}-*")]
    newest = max(numbers, default=0)
    done = (root / f"{key}-{newest}" / "run.sh").exists()
    return root / f"{key}-{newest + 1 if update and done else newest}"


def _is_installed(context: Context, lock: Lock) -> bool:
    folder = context.layout.env(lock.environment.name).root / "spack" / lock.inputs
    return (folder / "run.sh").exists()


def _install_argv(found: Asked, folder: Path, request: BuildRequest) -> tuple[str, ...]:
    count = (f"-j{request.jobs}",) if request.jobs else ()
    fresh = ("--fresh",) if request.update else ()
    scopes = (str(found.setting.scope),)
    return command(found.spack, scopes, "install", *count, *fresh, env=str(folder))


def _install(context: Context, found: Asked, folder: Path, request: BuildRequest) -> Made:
    """One process that concretizes where there is no spack.lock, and installs what is not there."""
    if not any(one.compilers for one in found.setting.configuration.externals):
        raise PreconditionError("no C++ compiler was found for Spack", fix=host.install_hint("g++"))
    view, log = folder / "view", folder / "spack.log"
    text = generation_manifest(found.top, str(folder.parents[1]), str(view))
    manifest = folder / "spack.yaml"
    write: tuple[Step, ...] = ()
    if not manifest.exists() or manifest.read_text(encoding="utf-8") != text:
        write = (Write(str(manifest), text), Remove(str(folder / "spack.lock")))
    for source in in_spack(found.environment, found.repositories):
        observed.hide_litter(Path(source.path))
    request = replace(request, jobs=request.jobs or context.settings.jobs or host.cores())
    run = Run(_install_argv(found, folder, request), title="spack install", log=str(log))
    execute(Plan("", (Remove(str(log)),)), environ=context.environ)
    try:
        execute(Plan("Spack", (*write, run)), environ=found.variables, quiet=context.quiet)
    except StepError as error:
        raise _explained(
            error, found, manifest_path(context, found.environment.name), log
        ) from None
    return _read(found, folder, _ask(found, folder))


def _explained(error: StepError, found: Asked, manifest: Path, log: Path) -> StepError:
    """Spack's own reason, in place of the last lines of what it printed."""
    output = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    why = reason(output, str(manifest))
    names = observed.variants(observed.recipe(found.repositories, why.package))
    hint = f"{did_you_mean(why.variant, names)}\n  " if why.variant and names else ""
    fix = f"{hint}{why.fix}" + ("" if why.log else f"\n  The whole output is in {log}")
    return StepError(why.what, fix=fix, log=str(log), returncode=error.returncode)


def _ask(found: Asked, folder: Path) -> str:
    """What the recipes of what is installed set, in Spack's own words; kept beside the lock."""
    scopes = (str(found.setting.scope),)
    argv = command(found.spack, scopes, "env", "activate", "--sh", "-d", str(folder))
    said = process.capture(argv, environ=found.variables)
    execute(Plan("run", (Write(str(folder / "run.sh"), said),)), environ=found.variables)
    return said


def _read(found: Asked, folder: Path, said: str) -> Made:
    path = folder / "spack.lock"
    lock = read_spack_lock(path.read_text(encoding="utf-8"), str(path))
    return Made(folder, lock, run_variables(said, found.variables))


def _generation(
    context: Context, found: Asked, made: Made, before: Generation | None
) -> Generation:
    prefixes = _prefixes(context, found) if made.lock else {}
    ground = _ground(found, made, prefixes)
    model: BuiltModel | None = None
    if made.lock:
        model = model_of(made.lock, prefixes, developed_places(ground, "mods"))
    _write_manifest(context, found)
    after = make_generation(context, ground, None, current=before, kept=model, further=())
    if made.lock:
        copy = context.layout.env(after.name).generation(after.number).root / "spack.lock"
        text = (made.folder / "spack.lock").read_text(encoding="utf-8")
        execute(Plan("lock", (Write(str(copy), text),)), environ=context.environ)
    return after


def _prefixes(context: Context, found: Asked) -> dict[str, str]:
    trees = (
        context.layout.spack / "opt",
        *map(Path, found.setting.configuration.site.upstreams.values()),
    )
    return observed.installed(trees)


def _ground(found: Asked, made: Made, prefixes: dict[str, str]) -> Ground:
    interpreter = found.interpreter
    python = ".".join(interpreter.version.split(".")[:2])
    in_view = made.view / "bin" / "python"
    node = made.lock.named("neuron") if made.lock else None
    neuron = Path(prefixes.get(node.hash, node.external) if node else made.view)
    installed = Installed(
        interpreter, neuron, made.view, "" if in_view.exists() else interpreter.path
    )
    beneath = EnvironmentDelta()
    if made.lock and made.said:
        beneath = contribution(made.lock, made.said, str(made.view), python)
    lock = Lock(
        found.environment,
        interpreter.path,
        interpreter.version,
        neuron=(),
        packages=_pins(made.lock),
        inputs=made.folder.name,
        sources=tuple(source_state(s, found.states[s.package]) for s in found.environment.develop),
    )
    developed = {s.package: s.root for s in found.layers}
    models = {s.package: s.path for s in found.environment.develop if s.kind == "model"}
    roots = roots_of({**developed, **models}, installed.site, None, found.packages)
    return Ground(
        environment=found.environment,
        template=of_sources(found.template, frozenset({*developed, *models})),
        variants=found.variants,
        lock=lock,
        installed=installed,
        sources=found.layers,
        repository=None,
        packages=found.packages,
        roots=roots,
        base=Base(),
        environ=found.variables,
        beneath=beneath,
    )


def _pins(lock: SpackLock | None) -> tuple[str, ...]:
    return tuple(f"{n.name}=={n.version}" for n in lock.running()) if lock else ()
