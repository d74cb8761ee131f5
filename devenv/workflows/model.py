"""The compiled model of an environment: observed, and built where it is not in the store."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.core.environment import BuiltModel, Generation
from devenv.core.errors import PreconditionError, StepError
from devenv.core.plan import Plan
from devenv.core.template import Model
from devenv.models import (
    READ_SUFFIXES,
    Build,
    Mod,
    ModFolder,
    Toolchain,
    check_clashes,
    describe_build,
    explained,
    parse_makefile,
    plan_build,
    select,
)
from devenv.models.key import digest
from devenv.system import files, host
from devenv.system.executor import execute
from devenv.system.locks import locked
from devenv.workflows.context import Context
from devenv.workflows.packages import Installed
from devenv.workflows.places import Place


@dataclass(frozen=True)
class ModelWork:
    """What is to be built: the mods chosen, the build that they make, and what cannot take part."""

    folders: tuple[ModFolder, ...]
    mods: tuple[Mod, ...]
    build: Build
    missing: str = ""

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
            folders=tuple(folder.path for folder in self.folders),
            inputs=folders_digest(self.folders),
            missing=self.missing,
        )


def describe_model(
    context: Context,
    model: Model,
    places: Sequence[Place],
    installed: Installed,
    missing: str = "",
) -> ModelWork:
    """The model as the folders are at this moment. UsageError for clashing mechanisms."""
    tools = toolchain(context, installed)
    folders = tuple(read_mods(place.path, place.origin) for place in places)
    mods = select(folders, exclude=tuple(model.exclude))
    check_clashes(mods)
    build = describe_build(mods, tools, context.layout, flags=model.flags)
    return ModelWork(folders, mods, build, missing)


def read_mods(path: str, origin: str = "") -> ModFolder:
    """A folder with mods as it is now."""
    return ModFolder(path, origin, files.read_folder(Path(path), READ_SUFFIXES))


def folders_digest(folders: Sequence[ModFolder]) -> str:
    """Of the names and contents of all that the mods are made from; dates count for nothing."""
    parts = (
        part
        for folder in folders
        for name, content in sorted(folder.files.items())
        for part in (folder.path, name, content)
    )
    return digest(*parts)


def stale(generation: Generation) -> str:
    """Why the generation's model is not what its sources say now; empty where it is."""
    if not generation.wants_model:
        return ""
    if generation.model is None:
        return "its model was never built"
    now = folders_digest([read_mods(path) for path in generation.model.folders])
    return "" if now == generation.model.inputs else "mechanisms changed since the last build"


def toolchain(context: Context, installed: Installed) -> Toolchain:
    """The compiler and the environment's NEURON. PreconditionError where there is no compiler."""
    compiler = host.compiler(context.environ)
    if compiler is None:
        raise PreconditionError(
            "no C++ compiler was found, which the model needs",
            fix=host.install_hint("g++"),
        )
    home = str(installed.neuron_site / "neuron" / ".data")
    makefile = Path(home, "bin", "nrnmech_makefile").read_text(encoding="utf-8")
    return Toolchain(
        neuron=host.neuron_version(installed.neuron_site),
        identity=installed.neuron.name,
        home=home,
        python=".".join(installed.interpreter.version.split(".")[:2]),
        cxx=compiler.cxx,
        cc=compiler.cc,
        compiler=compiler.identity,
        flags=parse_makefile(makefile, home),
        ccache=host.ccache(context.environ),
    )


def plan_model(work: ModelWork, log: Path) -> Plan:
    """What is left to do: empty where the model is in the store."""
    have = {path for path in (work.build.path, *work.build.stored) if os.path.lexists(path)}
    return plan_build(work.build, have=have, token=_token(), log=str(log))


def build_model(context: Context, work: ModelWork, log: Path, jobs: int = 0) -> Plan:
    """Build it where it is not there; the plan that was carried out."""
    if Path(work.build.path).exists():
        return Plan("model")
    with locked(context.layout.lock("models"), f"the model {work.build.key[:12]}"):
        plan = plan_model(work, log)
        try:
            execute(plan, jobs=jobs, environ=context.environ, quiet=context.quiet)
        except StepError as error:
            raise _explained(error, work) from None
    return plan


def _explained(error: StepError, work: ModelWork) -> StepError:
    """The compiler's complaint brought back to the MOD file."""
    log = Path(error.log) if error.log else None
    return (
        explained(error, log.read_text(encoding="utf-8", errors="replace"), work.mods)
        if log and log.is_file()
        else error
    )


def _token() -> str:
    return f"{os.getpid()}-{time.time_ns()}"
