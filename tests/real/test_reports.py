"""Reports by the real libsonatareport, which Spack builds: of both engines, on one rank and two."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import RING, Devenv, check_ring, raster
from tiny import TINY, template

pytestmark = pytest.mark.real

SOURCE = "https://github.com/openbraininstitute/libsonatareport.git"
# By the names of pkg-config: what Debian has of that which it is built with.
LIBRARIES = {"hdf5-openmpi": "hdf5@{}+mpi", "spdlog": "spdlog@{}+fmt_external", "fmt": "fmt@{}"}
SITE = "summary: what libsonatareport needs, from Debian\nexternals:\n"
REPORT = {
    "cells": "Ring",
    "variable_name": "v",
    "sections": "soma",
    "type": "compartment",
    "dt": 0.1,
    "start_time": 0.0,
    "end_time": 40.0,
}
READ = """
import h5py, json, sys
with h5py.File(sys.argv[1] + "/soma.h5") as file:
    found, mapping = file["report/ring"], file["report/ring/mapping"]
    ids = mapping["node_ids"][:].tolist()
    columns = dict(zip(ids, found["data"][:].T.tolist()))
    told = {"v": [columns[i] for i in sorted(ids)], "time": mapping["time"][:].tolist()}
    told["units"] = found["data"].attrs["units"]
with h5py.File(sys.argv[1] + "/spikes.h5") as file:
    spikes = file["spikes/ring"]
    rows = zip(spikes["timestamps"][:].tolist(), spikes["node_ids"][:].tolist())
    told["spikes"] = sorted([round(time, 3), node] for time, node in rows)
print("FOUND", json.dumps(told))
"""


@dataclass(frozen=True)
class Reporting:
    """An environment whose model writes reports, the ring that asks for one."""

    devenv: Devenv
    name: str
    circuit: Path
    more: tuple[str, ...] = ()

    def simulate(self, out: Path, *arguments: str) -> dict[str, Any]:
        """What the report and the file of spikes hold."""
        command = ("neurodamus", "reports.json", f"--output-path={out}")
        run = ("run", self.name, "--no-build", *self.more)
        self.devenv(*run, *arguments, "--", *command, cwd=self.circuit, PYTHONPATH=str(RING))
        read = self.devenv(*run, "--", "python", "-c", READ, out).stdout
        found: dict[str, Any] = json.loads(read.partition("FOUND ")[2].splitlines()[0])
        return found


def said(*argv: str) -> str:
    """What a command prints; empty where it is not there, or fails."""
    if not shutil.which(argv[0]):
        return ""
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout.strip()


@pytest.fixture(scope="module")
def machine(spack_home: Devenv) -> Devenv:
    """Spack with Debian's libraries; skipped by name where they, or the source, are not there."""
    externals = []
    for name, spec in LIBRARIES.items():
        version = said("pkg-config", "--modversion", name)
        if not version:
            pytest.skip("libhdf5-openmpi-dev and libspdlog-dev are not installed")
        externals.append(f"  - {{spec: {spec.format(version)}, prefix: /usr}}\n")
    if not said("git", "ls-remote", SOURCE, "HEAD"):
        pytest.skip("the repository of libsonatareport cannot be reached")
    site = spack_home.home / "sites" / "reports.yaml"
    site.write_text(SITE + "".join(externals), encoding="utf-8")
    return Devenv(spack_home.home, {"DEVENV_SITE": "reports"})


@pytest.fixture(scope="module")
def of_spack(machine: Devenv) -> Reporting:
    options = ("--template", "mousify", "--engine", "spack", "--wheels-as-externals")
    machine("create", "reporting", *options)
    manifest = machine.home / "envs" / "reporting" / "spack.yaml"
    manifest.write_text(manifest.read_text().replace("~reports", "+reports"))
    machine("build", "reporting", "-j", "2")
    circuit = machine.home.parent / "ring-with-reports"
    machine("run", "reporting", "--", "python", RING / "make_ring.py", circuit)
    asked = json.loads((circuit / "simulation_sonata.json").read_text())
    (circuit / "reports.json").write_text(json.dumps({**asked, "reports": {"soma": REPORT}}))
    return Reporting(machine, "reporting", circuit)


def check(found: dict[str, Any], out: Path, ranks: int) -> None:
    """The report holds the somas' potentials, and the spikes are those of the raster."""
    ran = raster(out)
    check_ring(ran, ranks, Path(ran["neurodamus"]).resolve().parent)
    assert found["spikes"] == sorted([round(time, 3), gid] for time, gid in ran["spikes"])
    assert (found["units"], found["time"]) == ("mV", [0.0, 40.0, 0.1])
    assert [len(one) for one in found["v"]] == [400] * 16
    assert {one[0] for one in found["v"]} == {-65.0}
    early = [(time, gid) for time, gid in found["spikes"] if time < 39.9]
    assert len(early) == 15
    for time, gid in early:
        # Where a spike is told, the potential passed the threshold of -30 mV: the next sample shows it.
        after = math.ceil(round(time / 0.1, 6))
        assert found["v"][gid][after - 1] < -30.0 <= found["v"][gid][after]


def test_spacks_model_writes_reports(of_spack: Reporting, tmp_path: Path) -> None:
    """With h5py from a wheel, which brings an HDF5 of its own."""
    one = of_spack.simulate(tmp_path / "one")
    check(one, tmp_path / "one", 1)
    two = of_spack.simulate(tmp_path / "two", "-n", "2", "--launcher", "mpi")
    check(two, tmp_path / "two", 2)
    assert one == two


def test_a_model_without_spack_takes_the_library_that_is_named(
    of_spack: Reporting, tmp_path: Path
) -> None:
    devenv = of_spack.devenv
    found = devenv(
        "spack", "exec", "--env", "reporting", "--", "location", "-i", "libsonata-report"
    )
    prefix = found.stdout.strip().splitlines()[-1]
    template(devenv, "reported", TINY)
    devenv("create", "reported", "--engine", "venv")
    devenv("build", "reported+reportinglib", LIBSONATA_REPORT_ROOT=prefix)
    model = Reporting(devenv, "reported", of_spack.circuit, ("--model", "+reportinglib"))
    check(model.simulate(tmp_path / "one"), tmp_path / "one", 1)
    two = model.simulate(tmp_path / "two", "-n", "2", "--launcher", "mpi")
    check(two, tmp_path / "two", 2)
