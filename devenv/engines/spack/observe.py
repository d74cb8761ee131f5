"""Observes what an environment requests from Spack, and the folder where Spack builds that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devenv.config.catalogue import load_catalogue
from devenv.core.environment import Environment, Lock
from devenv.core.errors import UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.spec import Value
from devenv.core.template import Package, Template
from devenv.engines.spack.build_cache import require_for
from devenv.engines.spack.folder import LOCK, RUN, scope_before
from devenv.engines.spack.manifest import generation_manifest, inputs
from devenv.engines.spack.plain import included_files
from devenv.engines.spack.program import Spack
from devenv.engines.spack.seed import Seed, seed_beside
from devenv.engines.spack.setup import environ_for, require
from devenv.engines.spack.site import Setting, setting_of
from devenv.engines.spack.user_manifest import manifest_of, manifest_path, recipes_of, top_of
from devenv.engines.spack.wheel_venv import Wheels, wheels_of
from devenv.environment import foundation
from devenv.environment.foundation import interpreter_of, template_of, variants_of
from devenv.environment.handle import Env
from devenv.sources.overlays import SourceFacts, overlay_of
from devenv.sources.presence import missing_sources
from devenv.sources.presence import require as require_sources
from devenv.system import git


@dataclass(frozen=True)
class SpackRequest:
    """What an environment requests from Spack. manifest: the text of the user's spack.yaml.

    path: of the user's spack.yaml. variables: of Spack's process. layers: dev sources that devenv itself
    puts in front of Spack's packages. seed: the lock that Spack starts with, in an adopted environment.
    changed: how the machine differs from that of the lock in use, in words, where it matters to Spack.
    """

    environment: Environment
    template: Template
    variants: Mapping[str, Value]
    spack: Spack
    setting: Setting
    interpreter: Interpreter
    variables: Mapping[str, str]
    manifest: str
    path: Path
    top: Mapping[str, Any]
    layers: tuple[SourceFacts, ...]
    states: Mapping[str, git.GitState]
    packages: Mapping[str, Package]
    wheels: Wheels
    seed: Seed = field(default_factory=Seed)
    changed: tuple[str, ...] = ()

    @property
    def repositories(self) -> tuple[str, ...]:
        """The folders to read recipes from. The first one that has a recipe is used."""
        return tuple(self.setting.configuration.readable.values())


def read_request(
    env: Env, environment: Environment, before: Lock | None, *, update: bool = False
) -> SpackRequest:
    """The current request. StateError if Spack is not set up, or a dev source has moved.

    before: the lock in use, whose Python and wheels are kept. update: use newer wheels.
    """
    context = env.context
    _, template, variants, manifest = requested(env, environment)
    spack = require_for(context)
    interpreter = interpreter_of(environment, template, before, context.environ)
    wheels = wheels_of(
        context, environment, template, interpreter, before, update=update, release=spack.release
    )
    environ = environ_for(context, spack)
    path = manifest_path(env, environment)
    top = top_of(manifest, path)
    tools = not environment.template
    setting = setting_of(
        context, spack, environ, interpreter, wheels.externals, top, builds_tools=tools
    )
    python = [s for s in environment.develop if s.kind == "python"]
    states = {s.package: git.state(Path(s.path)) for s in environment.develop}
    request = SpackRequest(
        environment,
        template,
        variants,
        spack,
        setting,
        interpreter,
        environ_for(context, spack, setting.cache),
        manifest,
        path,
        top,
        tuple(overlay_of(context, s, states[s.package]) for s in python),
        states,
        foundation.with_dev_sources(load_catalogue(), environment.develop),
        wheels,
        seed_beside(path, top["develop"]) if environment.manifest and not update else Seed(),
    )
    return request if before is None or update else _with_scope_before(env, request, before)


def _with_scope_before(env: Env, request: SpackRequest, before: Lock) -> SpackRequest:
    """The request with the scope of the lock in use, if it is unchanged otherwise and changes of the
    machine do not affect that lock.
    """
    folder = env.layout.spack / before.inputs
    scope, changed = scope_before(folder, request.setting)
    kept = replace(request, setting=replace(request.setting, scope=scope))
    is_kept = key_of(kept, folder.parent) == before.inputs.rpartition("-")[0]
    return kept if is_kept else replace(request, changed=changed)


def requested(env: Env, environment: Environment) -> tuple[Spack, Template, dict[str, Value], str]:
    """(Spack, template, values of all variants, new text of spack.yaml): what is known before anything
    is made. StateError as in `request`.
    """
    require_sources(environment.name, missing_sources(environment.develop))
    context = env.context
    spack = require(context)
    template = template_of(context, environment)
    _refuse(environment, template)
    variants = variants_of(environment, template)
    repositories = tuple(recipes_of(env, spack, environment).values())
    return spack, template, variants, manifest_of(env, environment, template, repositories)


def _refuse(environment: Environment, template: Template) -> None:
    """UsageError for options of the venv engine, with the alternative in this one."""
    in_spec = f"Write it as a spec into {environment.name}'s spack.yaml, or use --engine venv."
    ways = {
        "a base of modules": (
            environment.base or template.base,
            "Name the modules in a site file (externals), or use --engine venv.",
        ),
        "a repository of models": (
            environment.models,
            "Develop it: devenv develop neurodamus-models --path DIR, or --git URL.",
        ),
        "packages beside the template's": (environment.packages, in_spec),
    }
    for what, (value, fix) in ways.items():
        if value:
            raise UsageError(f"{what} ({value}) cannot be used with the Spack engine", fix=fix)


def key_of(request: SpackRequest, folder: Path) -> str:
    """The name of the folder in which Spack works for a request: the hash of all its inputs."""
    view, spack = str(folder / "KEY" / "view"), request.spack
    more = [f.read_text(encoding="utf-8", errors="replace") for f in included_files(request.top)]
    more += [request.seed.text] if request.seed.text else []
    scope = request.setting.scope.name
    return inputs(generation_text(request, view), view, scope, spack.core, spack.recipes, *more)


def generation_text(request: SpackRequest, view: str, repeated: Sequence[str] = ()) -> str:
    """The spack.yaml of a generation with this view. The existing views of an adopted environment are
    left alone: a generation has its own.
    """
    views = f"{view}s" if request.environment.manifest else ""
    return generation_manifest(request.top, str(request.path.parent), view, views, repeated)


def folder_of(env: Env, request: SpackRequest, update: bool = False) -> Path:
    """The folder where Spack works for a request. update: a new one, so that Spack concretizes again."""
    root = env.layout.spack
    key = key_of(request, root)
    numbers = [int(p.name.rpartition("-")[2]) for p in root.glob(f"{key}-*")]
    newest = max(numbers, default=0)
    installed = (root / f"{key}-{newest}" / RUN).exists()
    return root / f"{key}-{newest + 1 if update and installed else newest}"


def announced_folder(env: Env, request: SpackRequest, update: bool = False) -> Path:
    """As `folder_of`. Says why Spack will concretize there where the user did not ask for it."""
    folder, say = folder_of(env, request, update), env.context.say
    if (folder / LOCK).exists():
        return folder
    if request.seed.unfit:
        say(f"note: {request.seed.unfit}; Spack concretizes the request")
    if request.changed and not request.seed.text:
        words = "\n  ".join(request.changed)
        say(f"note: Spack concretizes again, since what it works with has changed:\n  {words}")
    return folder
