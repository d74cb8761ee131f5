#!/usr/bin/env python3
"""Run a SONATA simulation through neurodamus's Python interface and write its raster.

Usage, as the program of each rank:

    python run_ring.py [--config=FILE] [--output-path=DIR] [--raster=FILE]
    special -mpi -python run_ring.py [--config=FILE] [--output-path=DIR] [--raster=FILE]

FILE defaults to ``simulation_sonata.json``. For the raster, see ``neurodamus_ring_raster``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent


def own_arguments(argv: list[str]) -> list[str]:
    """Return the arguments after this script. special passes its own arguments before them."""
    mine = [place for place, text in enumerate(argv) if Path(text).name == Path(__file__).name]
    return argv[mine[0] + 1 :] if mine else argv[1:]


def simulate(config: str, output: str | None) -> None:
    """Run the simulation that ``config`` describes."""
    # NEURON starts MPI when it is first imported, and only if this is set.
    os.environ.setdefault("NEURON_INIT_MPI", "1")
    sys.path.insert(0, str(HERE))
    # Imported after NEURON_INIT_MPI and the path are set. The plugin is imported for its effect.
    from neurodamus import Neurodamus  # type: ignore[import, unused-ignore]

    importlib.import_module("neurodamus_ring_raster")
    options = {"output_path": output} if output else {}
    Neurodamus(config, **options).run()


def give_up() -> None:
    """End all ranks. The others may be waiting for this one and would never exit by themselves."""
    from neuron import h  # type: ignore[import, unused-ignore]

    # With several ranks, NEURON calls MPI_Abort on an interpreter error.
    h.ParallelContext().mpiabort_on_error(1)
    with contextlib.suppress(RuntimeError):
        h.execerror("run_ring.py: the run failed", "see above")


def main() -> int:
    """Run the simulation and return the exit code."""
    parser = argparse.ArgumentParser("run_ring.py", description="Run and write the raster.")
    parser.add_argument("--config", default="simulation_sonata.json")
    parser.add_argument("--output-path", help="the output folder, instead of the configuration's")
    parser.add_argument("--raster", help="the file to write, instead of raster.json in there")
    options = parser.parse_args(own_arguments(sys.argv))
    if options.raster:
        os.environ["RING_RASTER"] = options.raster
    try:
        simulate(options.config, options.output_path)
    except Exception:  # noqa: BLE001 — whatever failed, all ranks must end
        traceback.print_exc()
        give_up()
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    from neuron import h  # type: ignore[import, unused-ignore]

    # Finalizes MPI. Without this, Open MPI's mpirun reports a failed run.
    h.quit(code)
