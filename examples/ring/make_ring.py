#!/usr/bin/env python3
"""Make a small SONATA circuit: a ring of cells where each cell excites the next.

Usage: ``make_ring.py OUT_DIR [--cells 16] [--tstop 100]``

The same arguments give the same files, to the byte. The program writes into a directory only if it is
new, empty or its own. In its own, it replaces its files and keeps all others (output, compiled
mechanisms).

The file formats are SONATA's: https://sonata-extension.readthedocs.io
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import h5py  # type: ignore[import, unused-ignore]
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
MARKER = "ring.json"
"""This file marks every directory that the program made, and records the arguments."""

NODES = "ring"
EDGES = "ring__ring__chemical"
"""The name by which neurodamus knows the inner connectivity of the population ``ring``."""

MORPHOLOGY = "ring_cell"
TEMPLATE = "RingCell"

DEND = 2
"""SONATA's number of the first dendrite: 0 is the soma, 1 the axon (see ``SWC``)."""

SWC = """\
# The cell of the ring example: soma 20 um, axon 60 um, two dendrites of 100 and 80 um
# sample type x(um) y(um) z(um) radius(um) parent
1 1 0 0 0 10 -1
2 1 0 -10 0 10 1
3 1 0 10 0 10 1
4 2 0 -10 0 0.5 1
5 2 0 -70 0 0.5 4
6 3 10 0 0 1 1
7 3 110 0 0 1 6
8 3 -10 0 0 1 1
9 3 -90 0 0 1 8
"""


@dataclass(frozen=True)
class Ring:
    """The request: the number of cells, and how long to simulate (ms)."""

    cells: int = 16
    tstop: float = 100.0


class RingError(Exception):
    """Why the circuit was not made; the message says what to do next."""


def write_json(path: Path, content: object) -> None:
    """Write ``content`` as JSON in the order given, with a final newline."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_nodes(path: Path, ring: Ring) -> None:
    """Write the node file: cells that are alike, on a circle of 100 um between neighbours."""
    n = ring.cells
    angle = 2 * np.pi * np.arange(n) / n
    radius = 100 * n / (2 * np.pi)
    text = {
        "model_type": "biophysical",
        "model_template": f"hoc:{TEMPLATE}",
        "morphology": MORPHOLOGY,
        "mtype": "RING",
        "etype": "RING",
    }
    with h5py.File(path, "w") as h5:
        population = h5.create_group(f"nodes/{NODES}")
        population["node_type_id"] = np.full(n, -1, dtype=np.int64)
        group = population.create_group("0")
        for name, value in text.items():
            group.create_dataset(name, data=[value] * n, dtype=h5py.string_dtype())
        group["x"] = radius * np.cos(angle)
        group["y"] = radius * np.sin(angle)
        group["z"] = np.zeros(n)


def write_index(indices: h5py.Group, name: str, edge_of_node: NDArray[np.uint64]) -> None:
    """Write one SONATA index; each node has exactly one edge, ``edge_of_node[node]``.

    It has two steps: from a node to a range of rows, and from a row to a range of edges.
    """
    rows = np.arange(len(edge_of_node), dtype=np.uint64)
    group = indices.create_group(name)
    group["node_id_to_ranges"] = np.column_stack([rows, rows + 1])
    group["range_to_edge_id"] = np.column_stack([edge_of_node, edge_of_node + 1])


def edge_attributes(ring: Ring) -> dict[str, NDArray[np.float64] | NDArray[np.int32]]:
    """Return the attributes of the edges, with the edge to cell ``i`` at index ``i``.

    Delay (ms, a multiple of the time step) and conductance (nS) differ between any 16
    neighbours, so a misplaced edge or a small change of a mechanism shows in the spike times.
    Even the weakest edge makes its target fire.
    neurodamus requires ``u_syn``, the times of depression and facilitation (ms) and
    ``n_rrp_vesicles`` for every chemical edge; RingSyn does not use them. A ``syn_type_id`` of
    100 or more means excitatory.
    """
    n = ring.cells
    place = np.arange(n)
    numbers = {
        "decay_time": 2.0,  # ms
        "u_syn": 0.5,
        "depression_time": 0.0,
        "facilitation_time": 0.0,
        "afferent_section_pos": 0.5,
    }
    integers = {"afferent_section_id": DEND, "n_rrp_vesicles": 1, "syn_type_id": 100}
    return {
        **{name: np.full(n, value) for name, value in numbers.items()},
        **{name: np.full(n, value, dtype=np.int32) for name, value in integers.items()},
        "delay": 1.0 + 0.05 * (5 * place % 16),
        "conductance": 10.0 + 0.5 * (3 * place % 16),
    }


def write_edges(path: Path, ring: Ring) -> None:
    """Write the edge file: cell ``i - 1`` excites cell ``i``, and the last cell excites the first."""
    target = np.arange(ring.cells, dtype=np.uint64)
    source = np.roll(target, 1)
    with h5py.File(path, "w") as h5:
        population = h5.create_group(f"edges/{EDGES}")
        population["edge_type_id"] = np.full(ring.cells, -1, dtype=np.int64)
        for name, ids in (("source_node_id", source), ("target_node_id", target)):
            population[name] = ids
            population[name].attrs["node_population"] = NODES
        group = population.create_group("0")
        for name, values in edge_attributes(ring).items():
            group[name] = values
        indices = population.create_group("indices")
        write_index(indices, "target_to_source", target)
        write_index(indices, "source_to_target", np.roll(target, -1))


def circuit_config() -> dict[str, object]:
    """Return the circuit configuration; its paths are relative to the file itself."""
    nodes = {
        "type": "biophysical",
        "morphologies_dir": "morphologies",
        "biophysical_neuron_models_dir": "hoc",
    }
    return {
        "version": 2,
        "networks": {
            "nodes": [{"nodes_file": "nodes.h5", "populations": {NODES: nodes}}],
            "edges": [{"edges_file": "edges.h5", "populations": {EDGES: {"type": "chemical"}}}],
        },
    }


def simulation_config(ring: Ring) -> dict[str, object]:
    """Return the simulation: 2 ms of current into the first cell, and RingSyn as every synapse.

    Hodgkin and Huxley (1952) computed their propagated action potential at 18.5 degC. At
    neurodamus's default of 34 degC, their rates are too fast and the wave dies at the first cell.
    """
    pulse = {
        "module": "linear",
        "input_type": "current_clamp",
        "node_set": "First",
        "delay": 5.0,
        "duration": 2.0,
        "amp_start": 2.0,
    }
    synapse = {"name": "ring", "source": "Ring", "target": "Ring", "modoverride": "RingSyn"}
    return {
        "network": "circuit_config.json",
        "node_sets_file": "node_sets.json",
        "node_set": "Ring",
        "target_simulator": "NEURON",
        "run": {"tstop": ring.tstop, "dt": 0.025, "random_seed": 0},
        "conditions": {"celsius": 18.5, "v_init": -65.0, "spike_location": "soma"},
        "output": {"output_dir": "output", "spikes_file": "spikes.h5"},
        "inputs": {"pulse": pulse},
        "connection_overrides": [synapse],
    }


def write_circuit(folder: Path, ring: Ring) -> None:
    """Write all files into ``folder``, which exists and is empty; the marker comes last."""
    write_nodes(folder / "nodes.h5", ring)
    write_edges(folder / "edges.h5", ring)
    write_json(folder / "circuit_config.json", circuit_config())
    write_json(folder / "simulation_sonata.json", simulation_config(ring))
    first = {"population": NODES, "node_id": [0]}
    write_json(folder / "node_sets.json", {"Ring": {"population": NODES}, "First": first})
    (folder / "morphologies").mkdir()
    (folder / "morphologies" / f"{MORPHOLOGY}.swc").write_text(SWC, encoding="utf-8")
    (folder / "hoc").mkdir()
    for source in sorted((HERE / "hoc").glob("*.hoc")):
        shutil.copyfile(source, folder / "hoc" / source.name)
    write_json(folder / MARKER, {"made_by": "make_ring.py", **asdict(ring)})


def is_ours(folder: Path) -> bool:
    """Return whether this program made ``folder``."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(marker, dict) and marker.get("made_by") == "make_ring.py"


def put_in_place(fresh: Path, out: Path) -> None:
    """Move the finished folder ``fresh`` to ``out``, which is absent, empty or ours.

    If possible, the whole folder moves in one rename. Otherwise each file does, so no file is
    ever visible half written, and the user's own files stay.
    """
    if not out.exists() or not any(out.iterdir()):
        fresh.replace(out)
        return
    for path in sorted(fresh.rglob("*"), key=lambda path: path.name == MARKER):
        if path.is_file():
            target = out / path.relative_to(fresh)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)


def make_ring(out: Path, ring: Ring) -> None:
    """Make the circuit in the folder ``out``. Raises RingError if that is impossible."""
    if ring.cells < 2:
        raise RingError(f"a ring needs 2 cells or more, not {ring.cells}: give --cells 2")
    if not 0 < ring.tstop < float("inf"):
        raise RingError(f"the time must be positive, not {ring.tstop} ms: give --tstop 100")
    if out.exists() and not out.is_dir():
        raise RingError(f"{out} is a file: give the name of a new folder")
    if out.is_dir() and any(out.iterdir()) and not is_ours(out):
        raise RingError(f"{out} is not empty and was not made by make_ring.py: give a new folder")
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as scratch:
        fresh = Path(scratch) / "ring"
        fresh.mkdir()
        write_circuit(fresh, ring)
        put_in_place(fresh, out)


def main(argv: list[str]) -> int:
    """Parse the command line and make the circuit; return 2 if that was refused."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out_dir", type=Path, help="the folder to make")
    parser.add_argument("--cells", type=int, default=Ring.cells, help="default: %(default)s")
    parser.add_argument("--tstop", type=float, default=Ring.tstop, help="ms; default: %(default)s")
    options = parser.parse_args(argv)
    try:
        make_ring(options.out_dir, Ring(options.cells, options.tstop))
    except (RingError, OSError) as error:
        print(f"make_ring.py: {error}", file=sys.stderr)
        return 2
    print(options.out_dir / "simulation_sonata.json")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
