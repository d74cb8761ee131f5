"""Writes the configuration scope for Spack from what the machine and the site provide."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from devenv.config.context import Context
from devenv.config.resources import resource_folder
from devenv.config.sites import load_site, site_folders
from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.plan import Step, Write
from devenv.core.product import Input, Product
from devenv.core.site import External, Site
from devenv.engines.spack.externals import (
    COMPILERS,
    TOOLS,
    Tool,
    ToolOutput,
    detected_externals,
    in_a_prefix,
    merged,
    python_external,
)
from devenv.engines.spack.manifest import built_roots, repositories_in
from devenv.engines.spack.program import Spack, command
from devenv.engines.spack.scope import (
    MPI,
    NAMESPACE,
    ScopeConfiguration,
    scope_files,
    text_key,
)
from devenv.store.realise import realise
from devenv.system import process, tools


@dataclass(frozen=True)
class Setting:
    """The settings that Spack works with: its scope, and the cache for its set of recipes."""

    scope: Path
    cache: Path
    configuration: ScopeConfiguration


def site_of(context: Context) -> Site:
    """The site that the settings name. UsageError if its file names folders that do not exist."""
    site = load_site(context.settings.site, site_folders(context.layout.home))
    missing = tuple(_missing(site))
    if missing:
        raise UsageError(
            "\n    ".join(
                (f"the site {context.settings.site} names paths that do not exist:", *missing)
            ),
            fix="Correct the site's file, or mount what is missing.",
        )
    return site


def _missing(site: Site) -> Iterator[str]:
    """The folders in a site file that do not exist, in words. Spack itself would ignore them."""
    for name, tree in site.upstreams.items():
        folder = folder_at(tree)
        if folder and not folder.is_dir():
            yield f"upstreams, {name}: {tree} is not a directory"
        elif folder and not (folder / ".spack-db").is_dir():
            yield f"upstreams, {name}: {tree} has no .spack-db, so that nothing is installed in it"
    for key, addresses in (("mirrors", site.mirrors), ("caches", site.caches)):
        for name, address in addresses.items():
            folder = folder_at(address)
            if folder and not folder.is_dir():
                yield f"{key}, {name}: {folder} is not a directory"
    for external in site.externals:
        if external.prefix and not Path(external.prefix).is_dir():
            yield f"externals, {external.spec}: {external.prefix} is not a directory"


def folder_at(address: str) -> Path | None:
    """The folder that the address of a mirror or cache names; None if it is not a local one."""
    if ("://" in address and not address.startswith("file://")) or "$" in address:
        return None  # Spack expands its own $variables
    return Path(unquote(address.removeprefix("file://"))).expanduser()


def own_recipes(spack: Spack) -> Path:
    """devenv's recipes for this Spack: the folder with the repository's repo.yaml."""
    root = resource_folder("spack-repos")
    return root / "legacy" / NAMESPACE if spack.legacy else root / "devenv/spack_repo" / NAMESPACE


def copied_recipes(context: Context, recipes: Path) -> Path:
    """A copy of devenv's recipes in our store, by their content. recipes: as `own_recipes` returns it.

    Spack gets this path: where devenv itself is installed is no reason to concretize again. The recipe
    of neurodamus-models has the ring example beside it there.
    """
    root = Path("spack_repo", NAMESPACE)
    texts = {
        str(root / path.relative_to(recipes)): path.read_text(encoding="utf-8")
        for pattern in ("repo.yaml", "packages/*/package.py")
        for path in sorted(recipes.glob(pattern))
    }
    ring = resource_folder("examples") / "ring"
    (models,) = recipes.glob("packages/neurodamus?models")
    for path in (*sorted(ring.glob("mod/*.mod")), *sorted(ring.glob("hoc/*.hoc"))):
        if not path.name.startswith("."):
            below = root / "packages" / models.name / "ring" / path.relative_to(ring)
            texts[str(below)] = path.read_text(encoding="utf-8")
    return realise(context, _texts("spack/recipes", "devenv's recipes", texts)) / root


def repositories_of(context: Context, spack: Spack) -> dict[str, str]:
    """Namespace -> folder to read recipes from: the site's, devenv's, Spack's. The first one wins.

    UsageError for a folder of the site that is not a recipe repository.
    """
    for namespace, folder in site_of(context).repositories.items():
        if not Path(folder, "repo.yaml").is_file():
            raise UsageError(
                f"the site {context.settings.site} has recipes of {namespace!r} in {folder},"
                " which has no repo.yaml",
                fix="Correct 'repositories' in the site's file.",
            )
    own = str(own_recipes(spack))
    return {**site_of(context).repositories, NAMESPACE: own, "builtin": spack.recipes}


def externals_of(environ: Mapping[str, str], interpreter: Interpreter) -> tuple[External, ...]:
    """The externals of this machine. The programs themselves report their versions."""
    outputs = [
        ToolOutput(tool, path, tools.output_of([path, *tool.ask], environ))
        for tool in TOOLS
        if (path := _find(tool, environ))
    ]
    compilers = {one.path.rpartition("/")[0] for one in outputs if one.tool.package in COMPILERS}
    executables = {folder: tools.executables(folder) for folder in compilers}
    return (
        python_external(interpreter.path, interpreter.version),
        *detected_externals(outputs, executables),
    )


def mirror_folder(context: Context) -> Path:
    """The mirror that `devenv spack sources` fills, and that every build searches first."""
    return context.layout.spack / "mirror"


def _find(tool: Tool, environ: Mapping[str, str]) -> str:
    def fits(path: str) -> bool:
        return in_a_prefix(path) and Path(tool.needed(path)).exists()

    return tools.find_program(tool.program, environ, fits)


def setting_of(
    context: Context,
    spack: Spack,
    environ: Mapping[str, str],
    interpreter: Interpreter,
    more: Sequence[External] = (),
    manifest: Mapping[str, Any] | None = None,
    *,
    builds_tools: bool = False,
) -> Setting:
    """The scope for an environment with this Python. more: externals that precede the machine's.

    manifest: the contents of ``spack:`` in its spack.yaml; packages developed there are no externals.
    builds_tools: whether Spack may build another version of a tool that the machine has, except
    compilers and MPI.
    """
    site = site_of(context)
    machine = platform.machine()
    observed = externals_of(environ, interpreter)
    developed = (manifest or {}).get("develop") or {}
    all_externals = merged((*site.externals, *more), observed)
    externals = tuple(one for one in all_externals if one.package not in developed)
    fixed = {*(one.package for one in (*site.externals, *more)), *COMPILERS, *MPI}
    tools = tuple(one.package for one in observed if one.package not in fixed)
    repositories = {**repositories_in(manifest or {}), **repositories_of(context, spack)}
    own = repositories[NAMESPACE]
    copy = str(copied_recipes(context, Path(own)))
    configuration = ScopeConfiguration(
        {**repositories, NAMESPACE: copy},
        str(context.layout.spack),
        "aarch64" if machine == "arm64" else machine,
        externals,
        site,
        {"devenv": f"file://{mirror_folder(context)}"},
        legacy=_operating_system(spack, environ) if spack.legacy else "",
        release=spack.release,
        buildable=tools if builds_tools else (),
        built_roots=built_roots(manifest or {}, externals),
        own_recipes=own,
    )
    return written(context, configuration)


def _operating_system(spack: Spack, environ: Mapping[str, str]) -> str:
    """Spack's name for the operating system (``debian12``), which its compilers refer to."""
    return process.capture(command(spack, (), "arch", "-o"), environ=environ).strip()


def written(context: Context, configuration: ScopeConfiguration) -> Setting:
    """Write the scope. Returns it with the cache for its recipes."""
    folder = scope_folder(context, scope_files(configuration))
    # Spack's index of recipes is keyed by repository names, so each set of folders has its own cache.
    names = "\0".join(configuration.repositories.values())
    return Setting(folder, context.layout.spack / "cache" / digest(names)[:12], configuration)


def scope_folder(context: Context, texts: Mapping[str, str]) -> Path:
    """The folder of a scope with these files, stored under the hash of their text."""
    return realise(context, _texts("spack/scopes", "Spack's scope", texts))


def _texts(kind: str, title: str, texts: Mapping[str, str]) -> Product:
    """Files of text, by their path in the product. Every use checks them."""
    inputs = tuple(Input(name, (digest(text),), name) for name, text in texts.items())

    def writes(staging: str) -> list[Step]:
        return [Write(f"{staging}/{name}", text) for name, text in texts.items()]

    return Product(kind, text_key(texts), title, inputs, writes, tuple(texts))
