"""Before NEURON starts: does the model fit the environment that is going to run it?

A model of another NEURON, Python or processor, and a rank of another MPI than the one that NEURON
opens, each end in a crash far from its cause, or in a wrong result with exit code 0.
"""

from __future__ import annotations

import platform
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.engines import facts_of
from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.core.mpi import FLAVOURS, title
from devenv.models.neuron import home_at
from devenv.models.stamp_file import stamp_of
from devenv.places import HostFacts
from devenv.system import host, mpi


def check_model(context: Context, generation: Generation, *, special: bool = True) -> None:
    """StateError that names at once everything that does not fit, and the fix.

    special: whether the command may start special by itself (`may_start_special`).
    """
    if not generation.wants_model:
        return
    unfit = [
        *_foreign(context, generation, special),
        *_loaded(context, generation),
        *_stamped(context, generation),
        *_ranks(context),
    ]
    if len(unfit) == 1:
        raise StateError(unfit[0][0], fix=unfit[0][1])
    if unfit:
        lines = "\n".join(f"  - {what}\n    {fix}" for what, fix in unfit)
        raise StateError(f"{len(unfit)} things do not fit together:\n{lines}")


def proof_warnings(
    generation: Generation, argv: Sequence[str], facts: HostFacts, *, special: bool
) -> Iterator[str]:
    """What was looked at before a NEURON program starts on ranks, and what nothing looks at in them."""
    program = Path(argv[0]).name
    if (program in generation.proves and special) or not _NEURONS.match(program):
        return
    yield (
        f"note: the library that NEURON opens ({title(facts.libmpi) or 'MPI'}) fits the launcher,"
        f" but nothing proves that the ranks of {program} find each other: look for numprocs=N, once"
    )
    if program.startswith("python") and special:
        yield "note: a script starts MPI itself: h.nrnmpi_init(), or NEURON_INIT_MPI=1 in front of it"


_NEURONS = re.compile(r"python[\d.]*$|nrniv|special|neurodamus$|.*\.py$")


_NEURON_PROGRAM = re.compile(r"python[\d.]*|special|nrniv|nrngui")


def may_start_special(argv: Sequence[str]) -> bool:
    """Whether a command may look for special itself. Python and NEURON's programs do not.

    A module that Python runs (-m) may: it can be any program.
    """
    return not _NEURON_PROGRAM.fullmatch(Path(argv[0]).name) or "-m" in argv


def _foreign(context: Context, generation: Generation, special: bool) -> Iterator[tuple[str, str]]:
    """A compiled model in the working directory that would be used in place of the environment's.

    A package that starts special by itself (those with `no_special`) takes one there whatever PATH
    says; NEURON loads a library there where the environment does not name one (`model_edits`).
    """
    if not any((context.cwd / name).exists() for name in ("x86_64", platform.machine())):
        return
    from devenv.checks.probe import local

    model = generation.model
    found = [Path(path) for path in local(context.cwd)]
    if special and generation.no_special and (own := [p for p in found if p.name == "special"]):
        use = f"{' or '.join(generation.proves) or 'a package'} would start"
    elif (model is None or model.preload) and (own := [p for p in found if p.name != "special"]):
        use = "NEURON would load"
    else:
        return
    folder = context.cwd / own[0].relative_to(context.cwd).parts[0]
    what = f"{folder} holds a compiled model, which {use} instead of the environment's"
    yield what, f"Run in another directory, or move it away: mv {shlex.quote(str(folder))} /tmp"


def _loaded(context: Context, generation: Generation) -> Iterator[tuple[str, str]]:
    """The loader prefers what these variables name, whatever a program was made with.

    A base's modules set them as the site means it: there doctor tells it.
    """
    if not context.environ.get("LD_LIBRARY_PATH") and not context.environ.get("LD_PRELOAD"):
        return
    # The checks are not imported for a run that has no need of them.
    from devenv.checks.libraries import REMEDY, own_libraries
    from devenv.checks.probe import loaded

    own = own_libraries(generation)
    if not own or generation.base:
        return
    for path in loaded(context.environ, own):
        what = f"LD_LIBRARY_PATH or LD_PRELOAD names {path}, of another NEURON or another model"
        yield what, REMEDY


def _stamped(context: Context, generation: Generation) -> Iterator[tuple[str, str]]:
    """The model's stamp against the environment's NEURON, its Python and this machine."""
    model, fix = generation.model, f"Rebuild it: devenv build {generation.name}"
    if model is None:
        return
    missing = [path for path in (model.special, model.library) if not Path(path).exists()]
    if missing:
        yield f"the model {model.key} lacks {' and '.join(missing)}", fix
        return
    if not facts_of(generation.engine).compiles_models:  # its own lock holds them together
        return
    stamp = stamp_of(Path(model.path))
    for what, built, here in _facts(stamp, generation):
        if built and here and built != here:
            yield f"the model {model.key} was built for {what} {built}, and this is {here}", fix
    yield from _of_mpi(context, model.key, stamp.get("mpi"), generation.name)


def _of_mpi(context: Context, key: str, built: str | None, name: str) -> Iterator[tuple[str, str]]:
    """The MPI that the model was built for, against the one that NEURON would open."""
    here = mpi.libmpi(context.environ) if built else ""
    if built and here and built != here:
        what = f"the model {key} was built for the MPI {title(built)}, and this is {title(here)}"
        fix = f"Load {title(built)}, or build for this one: devenv build {name} mpi={here}"
        yield what, fix


def _facts(stamp: dict[str, Any], generation: Generation) -> Iterator[tuple[str, str, str]]:
    """(what, as it was when the model was built, as it is)."""
    neuron, site = stamp["neuron"], Path(generation.neuron)
    yield "NEURON", neuron["version"], host.neuron_version(site)
    yield "the NEURON in", neuron["home"], home_at(site)
    python = re.search(r"/python(\d+\.\d+)/", f"{generation.site}/")
    yield "Python", stamp["python"], python[1] if python else ""
    yield "a processor", stamp.get("machine", ""), platform.machine()


def _ranks(context: Context) -> Iterator[tuple[str, str]]:
    """As a rank: whose mpirun started us, against whose library NEURON opens."""
    started = started_by(context.environ)
    if not started or "mpi" in context.environ.get("LD_PRELOAD", ""):
        return
    library = mpi.libmpi(context.environ)
    if library and library != started:
        theirs, ours = title(started), title(library)
        what = (
            f"this rank was started by {theirs}, and NEURON opens the library of {ours}: each rank"
            " would be a simulation of its own"
        )
        yield what, f"Start it with the mpirun of {ours}, or load {theirs}'s library."


def started_by(environ: Mapping[str, str]) -> str:
    """The flavour of MPI that this process is a rank of; empty where it is none, or it is not clear.

    Open MPI's mpirun sets the first; MPICH's hydra, and srun for MPICH, the second.
    """
    if FLAVOURS["openmpi"].size in environ:
        return "openmpi"
    return "mpich" if FLAVOURS["mpich"].size in environ and "PMIX_RANK" not in environ else ""
