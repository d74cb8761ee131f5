"""A record of everything that affects a Spack build, so that the next one sees quickly what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from devenv.config.resources import resource_file
from devenv.config.sites import site_file, site_folders
from devenv.config.templates import template_folders
from devenv.core.environment import DevSource
from devenv.core.result import Result
from devenv.engines.spack.folder import LOCK
from devenv.engines.spack.observe import SpackRequest
from devenv.engines.spack.plain import included_files
from devenv.environment.handle import Env
from devenv.environment.quick import Facts, compare_facts, look
from devenv.sources.compiled import files_of
from devenv.sources.overlays import PACKAGING

_WORDS = {
    "mods": "mechanisms",
    "compilers": "a compiler",
    "variables": "a variable",
    "builds": "a variable that the build of a dev source sees",
    "site": "the site",
    "devenv": "devenv",
    "stores": "the stores of others",
    "lock": "the lock",
    "proof": "the setting proof",
    "models": "an installed model",
    "there": "a folder of the generation",
    "compiled": "a compiled dev source",
    "generation": "the current generation",
}
"""Keys of the record -> words for messages."""


def facts_of(env: Env, request: SpackRequest) -> Facts:
    """The current state of everything that Spack would look at, found without starting Spack."""
    context = env.context
    environment, home = request.environment, context.layout.home
    named, site = environment.template, context.settings.site
    templates = _templates(home, named) if named else ()
    files = (
        str(env.layout.request),
        str(request.path),
        *((str(request.path.with_name(LOCK)),) if environment.manifest else ()),
        *(str(file) for file in included_files(request.top)),
        str(context.layout.spack / "spack.json"),
        str(resource_file("packages.yaml")),
        *((named,) if named.endswith(".yaml") else templates),
        *((str(site_file(site, site_folders(home))),) if site else ()),
        *(file for source in environment.develop for file in _files_of(source)),
    )
    return look(context, files, tuple(source.path for source in environment.develop))


def changes(env: Env) -> tuple[str, ...] | None:
    """What changed since the last build, in words; None if that is not known."""
    pair = compare_facts(env)
    if pair is None:
        return None
    then, now = pair
    lines = [f"{path} changed" for path in _differing(then["files"], now["files"])]
    lines += [f"the dev source {path} changed" for path in _differing(then["trees"], now["trees"])]
    lines += [f"{path} is new" for path in now["new"]]
    if then.keys() != now.keys():
        return (*lines, "it was built by an earlier devenv, which did not record all that counts")
    return (*lines, *(f"{words} changed" for key, words in _WORDS.items() if then[key] != now[key]))


def why(env: Env) -> Result:
    """What changed since the last build. Spack itself decides what has to be installed."""
    changed, name = changes(env), env.name
    if changed is None:
        lines: tuple[str, ...] = ("it was never built as it is requested now",)
    else:
        lines = changed or ("nothing changed since the last build",)
    head = f"{name}: Spack installs what is missing" if changed != () else f"{name}: nothing to do"
    return Result((head, *(f"  {line}" for line in lines)), data={"models": {name: list(lines)}})


def _differing(then: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    return (name for name in sorted({*then, *now}) if then.get(name) != now.get(name))


def _templates(home: Path, name: str) -> Iterator[str]:
    return (f"{folder}/{name}.yaml" for folder in template_folders(home))


def _files_of(source: DevSource) -> Iterator[str]:
    """All files of a source that Spack rebuilds on any change; of other sources, the packaging files.

    The MOD files of a model are compared separately, and Python and HOC are live.
    """
    if source.kind == "built":
        return iter(files_of(source.path))
    return (f"{source.path}/{name}" for name in (*PACKAGING, "CMakeLists.txt"))
