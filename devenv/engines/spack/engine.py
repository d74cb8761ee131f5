"""Environments of the Spack engine: made, changed and built.

Spack works in `envs/NAME/spack/KEY`, where KEY is the hash of what is asked for: what was killed goes on
there, a generation never loses its spack.lock, and going back to an earlier one is a rename.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.base import Base
from devenv.core.delta import EnvironmentDelta, Prepend
from devenv.core.environment import BuiltModel, DevSource, Environment, Generation, Lock
from devenv.core.errors import UsageError
from devenv.core.layout import GenerationLayout
from devenv.core.names import DERIVED
from devenv.core.plan import Link, Plan, Step, Write
from devenv.core.result import Result
from devenv.core.template import Package, Template
from devenv.engines.protocol import Prunable
from devenv.engines.spack import cache, from_lock
from devenv.engines.spack.components import contents_of
from devenv.engines.spack.develop import notes_on, package_of, take
from devenv.engines.spack.facts import facts_of, why
from devenv.engines.spack.folder import RUN
from devenv.engines.spack.install import install
from devenv.engines.spack.installed import Made, read_made
from devenv.engines.spack.lockfile import Node, SpackLock
from devenv.engines.spack.model_copy import at_copy, renamed
from devenv.engines.spack.observe import Asked, asked, folder_of
from devenv.engines.spack.own_models import beside, compilers_of, models_asked, own_model
from devenv.engines.spack.prune import prunable
from devenv.engines.spack.recipe_model import (
    ignored_mods,
    installed_mods,
    live_roots,
    model_of,
    model_prefix,
    of_sources,
)
from devenv.engines.spack.restore import missing, restore
from devenv.engines.spack.running import contribution
from devenv.engines.spack.setup import find_ready
from devenv.engines.spack.spread import spread
from devenv.engines.spack.user_manifest import by_hand_too, manifest_path, taken_up
from devenv.engines.spack.work import work_in
from devenv.environment.build_request import BuildRequest, result_of, standing, up_to_date
from devenv.environment.contents import Contents
from devenv.environment.generation import make_generation
from devenv.environment.ground import Ground, source_state
from devenv.environment.handle import Env
from devenv.environment.history import Recorded
from devenv.environment.named_models import Further
from devenv.environment.quick import remember
from devenv.models.neuron import Installed
from devenv.models.stale import inputs_of
from devenv.places.launching import Asked as Placed
from devenv.sources.folders import roots_of
from devenv.store.carry import carry_out
from devenv.store.changing import changing
from devenv.system import spack as observed

LOCK, MANIFEST = "spack.lock", "spack.yaml"


class SpackEngine:
    """Real Spack: models and packages by its recipes, or from wheels that it is told of."""

    def suits(self, context: Context, template: Template, base: str) -> tuple[bool, str]:
        if base or find_ready(context) is None:
            return False, "since Spack is not set up"
        if not template.spack:
            return False, "since the template says nothing for Spack"
        return True, "since Spack is set up"

    def configure(
        self, context: Context, environment: Environment, wheels: bool | None
    ) -> Environment:
        return replace(environment, wheels=context.settings.wheels if wheels is None else wheels)

    def cost(self, environment: Environment) -> tuple[str, ...]:
        if environment.wheels:
            return ()
        line = (
            "note: what neither this machine nor the site has is compiled, NEURON and Python packages"
            " too, which may take hours; without --from-source those come from wheels"
        )
        return (line,)

    def create(
        self, env: Env, environment: Environment, lock: Lock | None, origin: Path | None
    ) -> Generation:
        return _create(env, environment, lock, origin)

    def switch(self, env: Env, environment: Environment, lock: Lock | None = None) -> Generation:  # noqa: ARG002
        return _switch(env, environment)

    def derive(self, env: Env, environment: Environment) -> Generation:
        name = env.name.partition(DERIVED)[0]
        raise UsageError(
            f"another NEURON is for environments of the engine venv; {name} is of spack",
            fix="Name it when you create one: devenv create NAME --engine spack"
            f" --neuron '{environment.neuron}'",
        )

    def build(self, env: Env, request: BuildRequest) -> Result:
        return _build(env, request)

    def build_on_nodes(self, env: Env, request: BuildRequest, asked: Placed) -> bool:
        if asked.job.nodes:
            spread(env, request, asked)
        return bool(asked.job.nodes)

    def why(self, env: Env, request: BuildRequest) -> Result:  # noqa: ARG002
        return why(env)

    def ground(self, env: Env, environment: Environment, lock: Lock) -> Ground:
        return _ground_of(env, environment, lock)

    def package(self, context: Context, name: str, *, placed: bool) -> Package:
        return package_of(context, name, placed=placed)

    def take(self, context: Context, source: DevSource) -> DevSource:
        return take(context, source)

    def notes(self, env: Env, environment: Environment, source: DevSource) -> tuple[str, ...]:
        return notes_on(env, environment, source)

    def contents(self, folder: GenerationLayout) -> Contents:
        return contents_of(folder)

    def restore(self, env: Env, one: Recorded) -> tuple[Step, ...]:
        return restore(env, one)

    def missing(self, one: Recorded) -> Iterator[tuple[str, str]]:
        return missing(one)

    def prunable(
        self,
        context: Context,
        locks: ExitStack,
        names: Sequence[str],
        gone: Collection[Path],
        packages: bool,
    ) -> Prunable:
        return prunable(context, locks, names, gone, packages)

    def push(self, env: Env, address: str) -> Result:
        return cache.push(env, address)

    def cached(self, env: Env, address: str) -> BuildRequest:
        return BuildRequest(cache=cache.place_to_pull(env.context, address))

    def list_cache(self, env: Env, address: str) -> Result:
        return cache.list_cache(env, address)


def _create(
    env: Env, environment: Environment, lock: Lock | None, origin: Path | None
) -> Generation:
    """An environment of which nothing is installed yet: `build` does that, and may take its time."""
    context = env.context
    if lock and origin:
        text = from_lock.manifest_of(origin)
        write = Write(str(manifest_path(env)), text)
        carry_out(context, Plan("spack.yaml", (write,)))
    found = asked(env, environment, lock)
    folder = folder_of(env, found)
    if lock and origin:
        from_lock.keep_lock(context, found, folder, origin / LOCK)
    return _generation(env, found, Made(folder), None)


def _switch(env: Env, environment: Environment) -> Generation:
    """The environment as it is to be; where it was installed before, it is installed again."""
    before, lock = env.in_use
    found = asked(env, by_hand_too(env, environment), lock)
    folder = folder_of(env, found)
    whole = lock is not None and _is_installed(env, lock)
    made = install(env.context, found, folder, BuildRequest()) if whole else Made(folder)
    return _generation(env, found, made, before)


def _build(env: Env, request: BuildRequest) -> Result:
    """Concretize and install what is asked for, and switch to a generation of it."""
    context = env.context
    with changing(context, env.name):
        env = env.reopened()
        before, lock = env.in_use
        asked_environment = taken_up(env, env.request)
        environment, only = models_asked(context, asked_environment, request)
        found = asked(env, environment, lock, update=request.update)
        folder = folder_of(env, found, request.update)
        facts = facts_of(env, found)
        made = install(context, found, folder, request)
        after = _generation(env, found, made, standing(before, request), only)
        if (only is None or not environment.further) and not request.update:
            remember(env, facts)
    if before and before.number == after.number:
        return up_to_date(after)
    count = len(made.lock.nodes) if made.lock else 0
    return result_of(after, [f"{env.name}: generation {after.number}, {count} packages."], 0)


def _ground_of(env: Env, environment: Environment, lock: Lock) -> Ground:
    """What the environment stands on as it was built last."""
    found = asked(env, environment, lock)
    folder = env.layout.spack / lock.inputs
    made = (
        read_made(work_in(env.context, found, folder)) if (folder / RUN).exists() else Made(folder)
    )
    return _ground(found, made, _prefixes(env.context, found) if made.lock else {})


def _write_manifest(env: Env, found: Asked) -> None:
    path = manifest_path(env)
    if not path.exists() or path.read_text(encoding="utf-8") != found.manifest:
        write = Write(str(path), found.manifest)
        carry_out(env.context, Plan("spack.yaml", (write,)))


def _is_installed(env: Env, lock: Lock) -> bool:
    folder = env.layout.spack / lock.inputs
    return (folder / RUN).exists()


def _generation(
    env: Env,
    found: Asked,
    made: Made,
    before: Generation | None,
    only: str | None = None,
) -> Generation:
    """only: of the models beside the recipe's the one to build; None: all of them."""
    context = env.context
    prefixes = _prefixes(context, found) if made.lock else {}
    ground = _ground(found, made, prefixes)
    model = _model(made, prefixes)
    if made.copy:
        paths = renamed(made.own, made.copy.prefix, made.copy.path, made.view) if made.own else {}
        beneath = at_copy(ground.beneath, paths)
        ground = replace(ground, beneath=beneath)
    work, further = None, tuple[Further, ...]()
    if model:
        ground, work = own_model(context, ground)
        further = beside(context, ground, before, only)
    _write_manifest(env, found)
    python = ground.installed.program
    if made.lock and python == found.interpreter.path:  # 0.2x has none in its view
        links = (Link(str(_python_folder(made) / name), python) for name in ("python", "python3"))
        carry_out(context, Plan("python", tuple(links)))
    return make_generation(env, ground, work, current=before, kept=model, further=further)


def _model(made: Made, prefixes: dict[str, str]) -> BuiltModel | None:
    """The model that Spack installed; None where none of the packages brings one, or none is there.

    One that stands on a dev source as it was copied; Spack does not change any other.
    """
    if made.copy:
        copy, content = made.copy, made.copy.content
        return model_of(
            copy.node, copy.path, copy.path.name, tuple(content.folders), content.inputs
        )
    one = model_prefix(made.lock, prefixes) if made.lock else None
    return model_of(*one, one[0].hash, (), inputs_of(())) if one else None


def _prefixes(context: Context, found: Asked) -> dict[str, str]:
    trees = (
        context.layout.spack / "opt",
        *map(Path, found.setting.configuration.site.upstreams.values()),
    )
    return observed.installed(trees)


def _files(found: Asked, made: Made) -> dict[str, str]:
    """What a generation keeps: what was asked of Spack, and what it chose."""
    lock = made.folder / LOCK
    chosen = {LOCK: lock.read_text(encoding="utf-8")} if made.lock else {}
    return {MANIFEST: found.manifest, **chosen}


def _prefix(lock: SpackLock | None, prefixes: dict[str, str], name: str) -> Path | None:
    """Where a package stands; None where it takes no part."""
    node = lock.named(name) if lock else None
    return Path(prefixes.get(node.hash, node.external)) if node else None


def _ground(found: Asked, made: Made, prefixes: dict[str, str]) -> Ground:
    installed = _installed(found, made, prefixes)
    beneath = EnvironmentDelta()
    if made.lock and made.said:
        python = ".".join(found.interpreter.version.split(".")[:2])
        beneath = contribution(made.lock, made.said, str(made.view), python)
        if installed.program == found.interpreter.path:
            edit = Prepend("PATH", str(_python_folder(made)), "environment's Python")
            beneath = EnvironmentDelta((edit, *beneath.edits))
    roots = live_roots(found)
    one = model_prefix(made.lock, prefixes) if made.lock else None
    mods = installed_mods(one[1] if one else None)
    ignored = ignored_mods(found, made.lock) if made.lock and one else None
    return Ground(
        environment=found.environment,
        template=of_sources(found.template, frozenset(roots), mods),
        variants=found.variants,
        lock=_lock(found, made),
        installed=installed,
        sources=found.layers,
        repository=ignored,
        packages=found.packages,
        roots=roots_of(roots, installed.site, None, found.packages),
        base=Base(),
        environ={**found.variables, **_compilers(found, made, one)},
        beneath=beneath,
        files=_files(found, made),
    )


def _compilers(found: Asked, made: Made, model: tuple[Node, Path] | None) -> Mapping[str, str]:
    """Those that Spack took for the model; none where that is not known."""
    if made.lock is None or model is None:
        return {}
    return compilers_of(made.lock, model[0], found.setting.configuration.externals)


def _python_folder(made: Made) -> Path:
    """Where the Python of an environment stands whose view has none."""
    return made.folder / "python"


def _installed(found: Asked, made: Made, prefixes: dict[str, str]) -> Installed:
    """The view stands for the virtual environment of packages, NEURON's prefix for that of NEURON."""
    neuron = _prefix(made.lock, prefixes, "neuron") or made.view
    venv = _prefix(made.lock, prefixes, "python-venv")
    program = str(venv / "bin" / "python") if venv else found.interpreter.path
    in_view = (made.view / "bin" / "python").exists()
    return Installed(found.interpreter, neuron, made.view, "" if in_view else program)


def _lock(found: Asked, made: Made) -> Lock:
    """packages: the wheels beneath; what Spack chose is in its own lock, beside this one."""
    return Lock(
        found.environment,
        found.interpreter.path,
        found.interpreter.version,
        neuron=(),
        packages=found.wheels.lines,
        inputs=made.folder.name,
        sources=tuple(source_state(s, found.states[s.package]) for s in found.environment.develop),
    )
