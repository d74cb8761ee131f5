"""What an environment of the Spack engine stands on: what it asks for, and what Spack has made of it."""

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
from devenv.engines.spack.folder import RUN, scope_before
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
    """What an environment asks Spack for. manifest: the text of the user's spack.yaml.

    path: of the user's spack.yaml. variables: those that Spack gets. layers: what of it devenv puts in
    front by itself. seed: the lock that Spack begins with, of an environment that was adopted.
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

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(self.setting.configuration.repositories.values())


def spack_request(
    env: Env, environment: Environment, before: Lock | None, *, update: bool = False
) -> SpackRequest:
    """What it asks for now. StateError where Spack is not set up, or a dev source has moved.

    before: the lock in use, whose Python and wheels stay. update: with newer wheels.
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
    found = SpackRequest(
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
        foundation.with_developed(load_catalogue(), environment.develop),
        wheels,
        seed_beside(path, top["develop"]) if environment.manifest and not update else Seed(),
    )
    return found if before is None or update else _with_scope_before(env, found, before)


def _with_scope_before(env: Env, found: SpackRequest, before: Lock) -> SpackRequest:
    """With the scope of the lock in use where what has changed on the machine takes no part in it, and
    the same is asked for.
    """
    folder = env.layout.spack / before.inputs
    scope = scope_before(folder, found.setting.scope)
    kept = replace(found, setting=replace(found.setting, scope=scope))
    return kept if key_of(kept, folder.parent) == before.inputs.rpartition("-")[0] else found


def requested(env: Env, environment: Environment) -> tuple[Spack, Template, dict[str, Value], str]:
    """What is known before anything is made: the Spack, the template, all its variants' values, and the
    text of spack.yaml as it is to be. StateError as for `asked`.
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
    """UsageError for what is asked of the other engine, with what to do here instead."""
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
    for what, (there_, fix) in ways.items():
        if there_:
            raise UsageError(f"{what} ({there_}) cannot be used with the Spack engine", fix=fix)


def key_of(a: SpackRequest, folder: Path) -> str:
    """The name of the folder in which Spack works for what is asked: the hash of all that goes in."""
    view = str(folder / "KEY" / "view")
    more = [file.read_text(encoding="utf-8", errors="replace") for file in included_files(a.top)]
    more += [a.seed.text] if a.seed.text else []
    return inputs(
        generation_text(a, view), view, a.setting.scope.name, a.spack.core, a.spack.recipes, *more
    )


def generation_text(found: SpackRequest, view: str, repeated: Sequence[str] = ()) -> str:
    """The spack.yaml of a generation with this view. The views of an environment that was adopted belong
    to Spack where they are: a generation has its own.
    """
    views = f"{view}s" if found.environment.manifest else ""
    return generation_manifest(found.top, str(found.path.parent), view, views, repeated)


def folder_of(env: Env, found: SpackRequest, update: bool = False) -> Path:
    """Where Spack works for what is asked. update: in a new place, so that it chooses anew."""
    root = env.layout.spack
    key = key_of(found, root)
    numbers = [int(p.name.rpartition("-")[2]) for p in root.glob(f"{key}-*")]
    newest = max(numbers, default=0)
    done = (root / f"{key}-{newest}" / RUN).exists()
    return root / f"{key}-{newest + 1 if update and done else newest}"
