"""What an environment of the Spack engine stands on: what it asks for, and what Spack has made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devenv.config.catalogue import find_package, known_name, load_catalogue
from devenv.config.spack_file import edited_manifest
from devenv.config.yaml_text import parse_yaml
from devenv.core.environment import DevSource, Environment, Lock
from devenv.core.errors import UsageError
from devenv.core.spec import Value, format_variants, parse_variants, resolve_variants
from devenv.core.template import Package, Template
from devenv.engines.spack.manifest import (
    Developed,
    generation_manifest,
    inputs,
    new_manifest,
    package_of,
    read_manifest,
    released,
    roots,
    with_developed,
)
from devenv.engines.spack.program import Spack
from devenv.engines.venv import Interpreter
from devenv.system import git
from devenv.system import spack as observed
from devenv.workflows import ground, there
from devenv.workflows.context import Context
from devenv.workflows.ground import (
    interpreter_of,
    template_of,
)
from devenv.workflows.overlays import SourceFacts, overlay_of
from devenv.workflows.spack.mirror import require_for
from devenv.workflows.spack.setup import environ_for
from devenv.workflows.spack.site import Setting, setting_of
from devenv.workflows.spack.wheels import Wheels, wheels_of

_DEVELOPMENT = ("develop", "main", "master")
_SAYS_WHAT_CHANGED = "def detect_dev_src_change"


@dataclass(frozen=True)
class Asked:
    """What an environment asks Spack for. manifest: the text of the user's spack.yaml.

    variables: those that Spack gets. layers: what of it devenv puts in front by itself.
    """

    environment: Environment
    template: Template
    variants: Mapping[str, Value]
    spack: Spack
    setting: Setting
    interpreter: Interpreter
    variables: Mapping[str, str]
    manifest: str
    top: Mapping[str, Any]
    layers: tuple[SourceFacts, ...]
    states: Mapping[str, git.GitState]
    packages: Mapping[str, Package]
    wheels: Wheels

    @property
    def repositories(self) -> tuple[str, ...]:
        return tuple(self.setting.configuration.repositories.values())


def asked(
    context: Context, environment: Environment, before: Lock | None, *, update: bool = False
) -> Asked:
    """What it asks for now. StateError where Spack is not set up, or a dev source has moved.

    before: the lock in use, whose Python and wheels stay. update: with newer wheels.
    """
    there.require(environment.name, there.gone(environment.develop))
    spack = require_for(context)
    template = template_of(context, environment)
    _refuse(environment, template)
    variants = resolve_variants(
        parse_variants(environment.variants), template.offered, f"template {template.name}"
    )
    interpreter = interpreter_of(environment, template, before, context.environ)
    wheels = wheels_of(
        context, environment, template, interpreter, before, update=update, legacy=spack.legacy
    )
    environ = environ_for(context, spack)
    setting = setting_of(context, spack, environ, interpreter, wheels.externals)
    repositories = tuple(setting.configuration.repositories.values())
    manifest = _manifest(context, environment, template, repositories)
    where = str(manifest_path(context, environment.name))
    python = [s for s in environment.develop if s.kind == "python"]
    states = {s.package: git.state(Path(s.path)) for s in environment.develop}
    return Asked(
        environment,
        template,
        variants,
        spack,
        setting,
        interpreter,
        environ_for(context, spack, setting.cache),
        manifest,
        read_manifest(parse_yaml(manifest, where), where),
        tuple(overlay_of(context, s, states[s.package]) for s in python),
        states,
        ground.with_developed(load_catalogue(), environment.develop),
        wheels,
    )


def _manifest(
    context: Context, environment: Environment, template: Template, repositories: tuple[str, ...]
) -> str:
    """The user's spack.yaml as it is to be: a new one where there is none."""
    path, specs = manifest_path(context, environment.name), _specs(environment, template)
    developed = tuple(_developed(s, repositories) for s in in_spack(environment, repositories))
    manifest = path.read_text(encoding="utf-8") if path.exists() else new_manifest(specs)
    return followed(manifest, str(path), specs, developed)


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
        "mods of one's own": (environment.mods, "Develop neurodamus-models, and put them there."),
        "further models": (
            environment.further,
            "Each has an environment: devenv create NAME --variant",
        ),
    }
    for what, (there_, fix) in ways.items():
        if there_:
            raise UsageError(f"{what} ({there_}) is nothing for the Spack engine", fix=fix)


def manifest_path(context: Context, name: str) -> Path:
    """The user's spack.yaml."""
    return context.layout.env(name).root / "spack.yaml"


def _specs(environment: Environment, template: Template) -> tuple[str, ...]:
    """The roots. Of the variants those that are not at their default: a recipe may offer one only
    under a condition, as +gpu with +coreneuron.
    """
    if not template.spack:
        raise UsageError(
            f"the template {template.name} says nothing for the Spack engine",
            fix="Give it a list 'spack:' of specs, or use --engine venv.",
        )
    asked_for = parse_variants(environment.variants)
    valued = {n: v.default for n, v in template.variants.items() if v.values}
    default = {n: v.default for n, v in template.variants.items() if not v.values}
    named = {**valued, **{n: v for n, v in asked_for.items() if default.get(n) != v}}
    neuron = (environment.neuron.replace("==", "@"),) if environment.neuron else ()
    return roots((*template.spack, *neuron), format_variants(named))


def in_spack(environment: Environment, repositories: tuple[str, ...]) -> tuple[DevSource, ...]:
    """The dev sources that Spack builds. A Python source whose recipe does not say what a change of it
    is would be built, with all that stands on it, at every edit: in front of all else it needs no build.
    """
    return tuple(
        source
        for source in environment.develop
        if source.kind != "python"
        or _SAYS_WHAT_CHANGED in observed.recipe(repositories, spack_name(source))
    )


def spack_name(source: DevSource) -> str:
    """What Spack calls a dev source's package."""
    try:
        return find_package(source.package, load_catalogue()).in_spack
    except UsageError:
        return f"py-{source.package}" if source.kind == "python" else source.package


def _developed(source: DevSource, repositories: tuple[str, ...]) -> Developed:
    name = spack_name(source)
    text = observed.recipe(repositories, name)
    version = next((v for v in _DEVELOPMENT if f'version("{v}"' in text), "develop")
    return Developed(name, source.path, version)


def followed(
    manifest: str, where: str, template: tuple[str, ...], developed: tuple[Developed, ...]
) -> str:
    """The user's spack.yaml with exactly these dev sources; all else stays. template: its roots."""
    top = read_manifest(parse_yaml(manifest, where), where)
    entries = {one.package: {"spec": one.spec, "path": one.path} for one in developed}
    gone = [name for name in top["develop"] if name not in entries]
    specs = with_developed(released(top["specs"], gone, template), developed)
    return edited_manifest(manifest, specs, entries, where, lambda spec: package_of(str(spec)))


def taken_up(context: Context, environment: Environment, last: Path) -> Environment:
    """The environment with what a person wrote into spack.yaml: dev sources added, or taken out.

    A Python source that is live without Spack was not there in the first place. last: the spack.yaml
    of the last build.
    """
    path = manifest_path(context, environment.name)
    if not path.exists():
        return environment
    develop = _read(path)["develop"]
    then = _read(last)["develop"] if last.exists() else {}
    names = {spack_name(source) for source in environment.develop}
    taken_out = {name for name in then if name not in develop}
    kept = [s for s in environment.develop if spack_name(s) not in taken_out]
    new = [
        source_of(name, str((path.parent / (entry.get("path") or name)).resolve()))
        for name, entry in develop.items()
        if name not in names
    ]
    return replace(environment, develop=(*kept, *new))


def _read(path: Path) -> dict[str, Any]:
    return read_manifest(parse_yaml(path.read_text(encoding="utf-8"), str(path)), str(path))


def source_of(name: str, path: str) -> DevSource:
    """A dev source of the package that Spack calls `name`."""
    plain = known_name(name.removeprefix("py-") if name.startswith("py-") else name)
    try:
        package = find_package(plain, load_catalogue())
    except UsageError:
        return DevSource(name, path, "built")
    return DevSource(package.name, path, package.kind)


def key_of(a: Asked, folder: Path) -> str:
    """The name of the folder in which Spack works for what is asked: the hash of all that goes in."""
    view = str(folder / "KEY" / "view")
    text = generation_manifest(a.top, str(folder.parent), view)
    return inputs(text, view, a.setting.scope.name, a.spack.core, a.spack.recipes)
