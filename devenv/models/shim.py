"""The text of the programs of NEURON's that stand in PATH: special, nrniv and nrngui.

NEURON's wheel brings Python scripts of these names. They are bound to the venv that NEURON stands in,
not to the environment's. `special` drops argv[0], and with it the ``-mpi`` that neurodamus passes there:
a parallel run becomes N runs side by side, with exit code 0. `nrniv` has no mechanisms but those that it
finds in the working directory, and `nrngui` starts an ``./x86_64/special``. These do none of that.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from devenv.core.activation import NO_LEAKS
from devenv.core.errors import StateError

# Set by a launcher for each rank: Open MPI's mpirun, PMIx (srun --mpi=pmix, prrte), PMI (MPICH's hydra,
# srun --mpi=pmi2), MVAPICH. Not SLURM_PROCID: sbatch sets it for the script, which is no rank.
RANK_VARIABLES = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PMI_ID", "MV2_COMM_WORLD_RANK")


def special_shim(
    neuron_home: str,
    python: str,
    special: str,
    libpython: str,
    packages: Sequence[str] = (),
    leaks: bool = True,
) -> str:
    """A script for /bin/sh that executes the ELF `special` with NEURON's variables set.

    special: becomes argv[0], by whose end neurodamus tells that special is running: give a path that
    ends with ``special``.
    python: what NEURON takes for its Python; libpython: for nmodl, "" where there is none (static).
    packages: folders for the end of PYTHONPATH. NEURON 9 finds by itself what `python` finds; NEURON 8
    finds only the standard library, and needs the folders of NEURON's and the environment's packages.
    ``-mpi`` is added under a launcher and nowhere else: without an MPI library NEURON ends with it.
    leaks False: an address sanitizer in it tells none at the end, NEURON's and Python's own.
    NRNMECH_LIB_PATH stays: NEURON itself never reads it, and neurodamus only where a mechanism lacks.
    """
    asan = () if leaks else (f'export ASAN_OPTIONS="${{ASAN_OPTIONS-{NO_LEAKS}}}"',)
    lines = (*_exports(neuron_home, python, libpython, packages), *asan)
    return _script(special, lines)


def nrniv_shim(
    neuron_home: str,
    python: str,
    library: str,
    libpython: str,
    packages: Sequence[str] = (),
    preload: str = "",
) -> str:
    """A script for /bin/sh that executes `nrniv` with the mechanisms of a model's library.

    As `special_shim`. library: "" for NEURON's own mechanisms alone. A ``-dll`` of the user's takes the
    place of ours. preload: what has to be in the process before the library: the address sanitizer.
    """
    lines = (
        *_exports(neuron_home, python, libpython, packages),
        *(_with_library(library, preload) if library else ()),
    )
    return _script(f"{neuron_home}/bin/nrniv", lines)


def nrngui_shim(nrniv: str, neuron_home: str) -> str:
    """A script for /bin/sh that executes our `nrniv` as NEURON's own `nrngui` does."""
    gui = shlex.quote(f"{neuron_home}/share/nrn/lib/hoc/nrngui.hoc")
    return f"""#!/bin/sh
# Written by devenv: NEURON's graphical interface, with the environment's mechanisms.
exec {shlex.quote(nrniv)} {gui} "$@" -
"""


def _with_library(library: str, preload: str) -> Iterator[str]:
    """Lines after which the arguments name the library, without which NEURON would just go on."""
    quoted = shlex.quote(library)
    gone = shlex.quote(f"devenv: the model's library is gone: {library}")
    yield "library=1"
    yield 'for argument; do [ "$argument" = -dll ] && library=; done'
    yield 'if [ -n "$library" ]; then'
    yield f"    if [ ! -r {quoted} ]; then"
    yield f"        printf '%s\\n' {gone} '  Build it again: devenv build' >&2; exit {StateError.code}"
    yield "    fi"
    yield f'    set -- -dll {quoted} "$@"'
    yield "fi"
    if preload:
        yield f'export LD_PRELOAD={shlex.quote(preload)}"${{LD_PRELOAD:+:$LD_PRELOAD}}"'
        yield f'export ASAN_OPTIONS="${{ASAN_OPTIONS-{NO_LEAKS}}}"'


def _script(program: str, lines: Iterable[str]) -> str:
    """What executes `program` after these lines, and under a launcher with ``-mpi``."""
    ranks = "".join(f"${{{name}-}}" for name in RANK_VARIABLES)
    binary, before = shlex.quote(program), "\n".join(lines)
    return f"""#!/bin/sh
# Written by devenv: {_comment(program)} with the environment that NEURON needs.
{before}
if [ -n "{ranks}" ]; then
    for argument; do
        [ "$argument" = -mpi ] && exec {binary} "$@"
    done
    exec {binary} -mpi "$@"
fi
exec {binary} "$@"
"""


def _exports(home: str, python: str, libpython: str, packages: Sequence[str]) -> tuple[str, ...]:
    sets = _variables(home, python, libpython)
    exports = tuple(f"export {name}={shlex.quote(value)}" for name, value in sets)
    paths = shlex.quote(":".join(packages))
    append = (f'export PYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}"{paths}',) if packages else ()
    return (*exports, *append)


def _variables(home: str, python: str, libpython: str) -> tuple[tuple[str, str], ...]:
    return (
        ("NEURONHOME", f"{home}/share/nrn"),
        ("NRNHOME", home),
        ("NRN_PYTHONEXE", python),
        ("CORENRN_PYTHONEXE", python),
        ("NMODLHOME", home),
        *((("NMODL_PYLIB", libpython),) if libpython else ()),
    )


def _comment(text: str) -> str:
    """On one line, whatever is in it."""
    return text.replace("\n", " ")
