"""The text of the `special` that stands in PATH.

NEURON's wheel brings a Python script of that name. It drops argv[0], and with it the ``-mpi`` that
neurodamus passes there: a parallel run becomes N runs side by side, with exit code 0. It is also bound
to one venv, and puts that venv's packages in front of the user's. This one does neither.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from devenv.core.activation import NO_LEAKS

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

    python: what NEURON takes for its Python; libpython: for nmodl, "" where there is none (static).
    packages: folders for the end of PYTHONPATH. NEURON 9 finds by itself what `python` finds; NEURON 8
    finds only the standard library, and needs the folders of NEURON's and the environment's packages.
    ``-mpi`` is added under a launcher and nowhere else: without an MPI library NEURON ends with it.
    leaks False: an address sanitizer in it tells none at the end, NEURON's and Python's own.
    NRNMECH_LIB_PATH stays: NEURON itself never reads it, and neurodamus only where a mechanism lacks.
    """
    ranks = "".join(f"${{{name}-}}" for name in RANK_VARIABLES)
    sets = _variables(neuron_home, python, libpython)
    exports = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sets)
    exports += "" if leaks else f'\nexport ASAN_OPTIONS="${{ASAN_OPTIONS-{NO_LEAKS}}}"'
    paths = shlex.quote(":".join(packages))
    append = f'export PYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}"{paths}\n' if packages else ""
    binary = shlex.quote(special)
    return f"""#!/bin/sh
# Written by devenv: {_comment(special)} with the environment that NEURON needs.
{exports}
{append}if [ -n "{ranks}" ]; then
    for argument; do
        [ "$argument" = -mpi ] && exec {binary} "$@"
    done
    exec {binary} -mpi "$@"
fi
exec {binary} "$@"
"""


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
