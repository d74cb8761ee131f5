"""A neurodamus plugin that writes the spikes of any run with NEURON to ``raster.json``.

Before neurodamus builds the circuit, it imports every module on Python's path whose name begins with
``neurodamus_``, and the one that NEURODAMUS_PLUGIN names. So a plain
``neurodamus simulation_sonata.json`` writes the raster if this directory is on PYTHONPATH, even when
neurodamus replaces itself with special. Without libsonatareport, neurodamus writes no spike file, and
this plugin is the only way to get the spikes.

The raster goes to the output directory of the run, or to the file that RING_RASTER names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import neurodamus  # type: ignore[import, unused-ignore]
import neuron  # type: ignore[import, unused-ignore]
from neurodamus.core import MPI  # type: ignore[import, unused-ignore]
from neurodamus.core.configuration import SimConfig  # type: ignore[import, unused-ignore]
from neurodamus.node import Neurodamus  # type: ignore[import, unused-ignore]

Spike = tuple[float, int]
"""Time (ms) and gid."""


def digest(spikes: list[Spike]) -> str:
    """Return the sha256 of the sorted spikes, one line each: time (ms, 3 decimals), blank, gid.

    Three decimals represent any whole number of microseconds exactly.
    """
    text = "".join(f"{time:.3f} {gid}\n" for time, gid in sorted(spikes))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def local_spikes(simulation: Any) -> list[Spike]:
    """Return the spikes of this rank's cells; neurodamus 4.2 has no public name for them."""
    return [
        (round(time, 3), int(gid))
        for times, gids in simulation._spike_vecs
        for time, gid in zip(times, gids, strict=True)
    ]


def local_cells(simulation: Any) -> int:
    """Return the number of cells on this rank."""
    return sum(len(manager.cells) for manager in simulation.circuits.all_node_managers())


def hoc_library() -> str | None:
    """Return the path of the neurodamus.hoc that NEURON found.

    NEURON searches the working directory, then HOC_LIBRARY_PATH from left to right.
    """
    folders = [".", *re.split(r"[:\s]+", os.environ.get("HOC_LIBRARY_PATH", ""))]
    found = (Path(folder, "neurodamus.hoc").resolve() for folder in folders if folder)
    return next((str(path) for path in found if path.is_file()), None)


def program() -> str:
    """Return the path of the running program: special, or a Python."""
    try:
        return str(Path("/proc/self/exe").readlink())
    except OSError:  # not Linux
        return sys.executable


def origins() -> dict[str, object]:
    """Return the program, packages and HOC library of this process."""
    return {
        "program": program(),
        "special": Path(program()).name.startswith("special"),
        "argv0": sys.argv[0],
        "python": sys.version.split()[0],
        "neuron": neuron.__version__,
        "neuron_file": neuron.__file__,
        "neurodamus": neurodamus.__file__,
        "neurodamus_version": neurodamus.__version__,
        "hoc": hoc_library(),
    }


def write_raster(simulation: Any) -> None:
    """Gather the spikes of all ranks and write the file on rank 0. All ranks must call this."""
    gathered = MPI.pc.py_gather((local_spikes(simulation), local_cells(simulation)), 0)
    if MPI.rank != 0:
        return
    spikes = sorted(spike for part, _ in gathered for spike in part)
    raster = {
        "spikes": spikes,
        "count": len(spikes),
        "sha256": digest(spikes),
        "ranks": MPI.size,
        "cells_per_rank": [cells for _, cells in gathered],
        **origins(),
    }
    default = Path(SimConfig.output_root_path(create=True), "raster.json")
    path = Path(os.environ.get("RING_RASTER") or default)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(raster, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
    print(f"raster: {len(spikes)} spikes, sha256 {raster['sha256'][:12]}, {path}", flush=True)


def install() -> None:
    """Make every neurodamus run write its raster when it writes its spike file."""
    write_spike_file = Neurodamus.sonata_spikes

    def write_both(simulation: Any) -> None:
        write_spike_file(simulation)
        write_raster(simulation)

    Neurodamus.sonata_spikes = write_both


install()
