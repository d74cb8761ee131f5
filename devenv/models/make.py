"""The compiled model of an environment: described, and built unless the store has it."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.content import folders_digest
from devenv.core.environment import BuiltModel
from devenv.core.errors import PreconditionError, StepError, UsageError
from devenv.core.layout import Layout
from devenv.core.plan import Plan, RemovePath
from devenv.core.spec import Value, format_variants
from devenv.core.template import Model
from devenv.models import (
    MAKEFILE,
    NEURODAMUS_FILE,
    Build,
    CoreNeuron,
    Mod,
    ModFolder,
    Toolchain,
    check_clashes,
    chosen_mods,
    core_with,
    coreneuron_notes,
    describe_build,
    explain_compile_error,
    flags_with,
    found_at,
    options_of,
    parse_core_makefile,
    parse_makefile,
    plan_build,
    select,
    tools_with,
)
from devenv.models.gpu_host import gpu_facts, gpu_plan, require_gpu
from devenv.models.headers import with_headers
from devenv.models.needs import option_facts
from devenv.models.neuron import Installed, neuron_home
from devenv.models.stale import read_files
from devenv.models.traced import trace_build
from devenv.sources.folders import SourceFolder
from devenv.store.carry import ahead, carry_out
from devenv.store.realise import discard_damaged, is_whole, remove_leftovers, token, upstream
from devenv.system import host
from devenv.system.leases import sharing
from devenv.system.locks import locked


@dataclass(frozen=True)
class ModelWork:
    """A model to build: the MOD files, the build that they result in, and what is left out."""

    folders: tuple[ModFolder, ...]
    mods: tuple[Mod, ...]
    build: Build
    missing: str = ""
    variants: str = ""
    notes: tuple[str, ...] = ()
    preload: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def built(self) -> BuiltModel:
        """The model as a generation records it."""
        build = self.build
        return BuiltModel(
            key=build.key,
            path=build.path,
            special=build.special,
            library=build.library,
            mechanisms=build.mechanisms,
            folders=tuple(folder.source for folder in self.folders),
            inputs=folders_digest((one.source, one.files) for one in self.folders),
            missing=self.missing,
            core_library=build.core_library,
            special_core=build.special_core,
            variants=self.variants,
            notes=self.notes,
            preload=self.preload,
            left_out=self.left_out,
        )


@dataclass(frozen=True)
class ModelRequest:
    """The model to build. variants: each that the template offers. roots: package -> its folder.

    missing: which parts are not available. stores: of others, whose objects and models are used.
    """

    model: Model
    variants: Mapping[str, Value]
    roots: Mapping[str, str]
    missing: str = ""
    stores: tuple[Layout, ...] = ()


def describe_model(
    context: Context, request: ModelRequest, places: Sequence[SourceFolder], installed: Installed
) -> ModelWork:
    """The model with the present content of the folders. UsageError for clashing mechanisms."""
    tools = toolchain(context, installed)
    options, model = options_of(request.variants), request.model
    if options.gpu:
        gpu = gpu_facts(context, Path(tools.home), tools.neuron)
        ahead(context, gpu_plan(gpu, model, Path(tools.home)), "NEURON's own half, as without +gpu")
        require_gpu(gpu)
    facts = option_facts(context, options, tools)
    core = core_neuron(context, installed, tools) if options.coreneuron else None
    core, tools = core and core_with(options, core), tools_with(options, tools)
    folders = tuple(_read(place) for place in places)
    empty = _without_mods(folders)
    mods, left_out = chosen_mods(folders, model.exclude, model.duplicates)
    check_clashes(mods, given=_own_mods(tools, "NEURON's own"))
    build = describe_build(
        mods,
        tools,
        context.layout,
        flags=flags_with(options, model.flags, facts),
        core=core,
        upstream=request.stores,
        mpi=options.mpi or facts.reports_mpi,
        needs=facts.needs,
    )
    build = found_at(build, _in_other_stores(build, context.layout, request.stores))
    notes = (*empty, *(_notes(tools, request.roots) if core else ()))
    variants = format_variants(request.variants)
    skipped = tuple(map(str, left_out))
    return ModelWork(folders, mods, build, request.missing, variants, notes, facts.asan, skipped)


def _without_mods(folders: Sequence[ModFolder]) -> tuple[str, ...]:
    """A note for each folder without MOD files; UsageError where there is none in any of them."""
    empty = [folder.path for folder in folders if not folder.mod_files]
    if empty and len(empty) == len(folders):
        raise UsageError(
            f"there are no MOD files (*.mod) in {', '.join(empty)}",
            fix="Check the template's model, and the path behind --models.",
        )
    return tuple(f"{path} has no MOD files" for path in empty)


def _in_other_stores(build: Build, own: Layout, stores: Sequence[Layout]) -> dict[str, str]:
    """Path in our store -> path in one of `stores`, for what only that one has."""
    absent = [path for path in build.stored if stores and not os.path.lexists(path)]
    found = {path: upstream(Path(path).relative_to(own.home), stores) for path in absent}
    return {path: str(place) for path, place in found.items() if place}


def core_neuron(context: Context, installed: Installed, tools: Toolchain) -> CoreNeuron:
    """The CoreNEURON of the environment's NEURON. PreconditionError if that was built without it."""
    makefile = Path(tools.home, MAKEFILE)
    if not makefile.is_file():
        raise PreconditionError(
            f"NEURON {tools.neuron} in {tools.home} has no CoreNEURON",
            fix="Build without it (~coreneuron), or take another NEURON: devenv create --neuron …",
        )
    return CoreNeuron(
        flags=parse_core_makefile(makefile.read_text(encoding="utf-8"), tools.home),
        mods=_own_mods(tools, "CoreNEURON"),
        libpython=host.libpython(installed.python, context.environ),
        packages=str(installed.neuron_site),
    )


def _own_mods(tools: Toolchain, origin: str) -> tuple[Mod, ...]:
    """The mechanisms that every model has; none where NEURON was built without CoreNEURON's sources."""
    folder = Path(tools.home, "share", "modfile")
    return select([read_mods(str(folder), origin)]) if folder.is_dir() else ()


def _notes(tools: Toolchain, roots: Mapping[str, str]) -> tuple[str, ...]:
    """What is known to fail with CoreNEURON, judged by the neurodamus that is really there."""
    path = Path(roots.get("neurodamus", "/"), NEURODAMUS_FILE)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return coreneuron_notes(tools.neuron, text)


def read_mods(path: str, origin: str = "") -> ModFolder:
    """The present content of a folder with MOD files, or of a single MOD file."""
    files, place = read_files(path), Path(path)
    if place.is_file():
        return ModFolder(str(place.parent), origin, files, single=place.name)
    return ModFolder(path, origin, files)


def _read(place: SourceFolder) -> ModFolder:
    folder = read_mods(place.path, place.origin)
    return replace(folder, flags=place.flags, prefix=place.prefix, asked=place.asked)


def toolchain(context: Context, installed: Installed) -> Toolchain:
    """The compiler and the environment's NEURON. PreconditionError if there is no compiler."""
    site, python = installed.neuron_site, installed.interpreter.version
    tools = toolchain_at(
        neuron_home(installed),
        context.environ,
        neuron=host.neuron_version(site),
        identity=installed.neuron.name,
        python=".".join(python.split(".")[:2]),
    )
    return with_headers(context, tools) if installed.developed else tools


def toolchain_at(
    home: str, environ: Mapping[str, str], *, neuron: str, identity: str, python: str
) -> Toolchain:
    """The compiler and the NEURON in `home`. Arguments as in `Toolchain`, errors as in `toolchain`."""
    compiler = host.compiler(environ)
    if compiler is None:
        raise PreconditionError(
            "no C++ compiler was found, which the model needs", fix=host.install_hint("g++")
        )
    makefile = Path(home, "bin", "nrnmech_makefile").read_text(encoding="utf-8")
    return Toolchain(
        neuron=neuron,
        identity=identity,
        home=home,
        python=python,
        cxx=compiler.cxx,
        cc=compiler.cc,
        compiler=compiler.identity,
        flags=parse_makefile(makefile, home),
        ccache=host.ccache(environ),
    )


def plan_model(build: Build, log: Path, suspects: Collection[Path] = ()) -> Plan:
    """The remaining steps; none if the store has the model, and `is_whole` finds it complete."""
    have = {path for path in build.stored if os.path.lexists(path)}
    if not is_whole(Path(build.path), suspects):
        have.discard(build.path)
    plan = plan_build(build, have=have, token=token(), log=str(log))
    if plan and Path(build.path).is_dir():  # it stays until the new one is complete
        *steps, rename = plan.steps
        plan = replace(plan, steps=(*steps, RemovePath(build.path), rename))
    return plan


def build_model(
    context: Context, build: Build, mods: Sequence[Mod], log: Path, jobs: int = 0
) -> Plan:
    """Build the model unless the store has it. Returns the plan that was carried out.

    StepError in terms of the MOD file that does not compile.
    """
    place, suspects = Path(build.path), context.suspects
    if is_whole(place, suspects):
        trace_build(context, build, {build.path})
        return Plan("model")
    if context.dry is not None:
        plan = plan_model(build, log, suspects)
        ahead(context, plan, "")
        return plan
    lock = context.layout.lock("models")
    with sharing(context.layout.store_lock), locked(lock, f"the model {build.key[:12]}"):
        stored = [Path(path) for path in build.stored]
        discard_damaged(context, (path for path in stored if path != place))
        remove_leftovers(path for path in stored if path == place or not path.exists())
        plan = plan_model(build, log, suspects)
        have = {path for path in build.stored if os.path.lexists(path)}
        trace_build(context, build, have - {build.path} if plan else have)
        if plan and place.is_dir():
            context.say(f"rebuilding what is damaged: {place}")
        try:
            carry_out(context, plan, jobs=jobs or context.settings.jobs)
        except StepError as error:
            output = Path(error.log) if error.log else None
            if output is None or not output.is_file():
                raise
            text = output.read_text(encoding="utf-8", errors="replace")
            raise explain_compile_error(error, text, mods) from None
    return plan
