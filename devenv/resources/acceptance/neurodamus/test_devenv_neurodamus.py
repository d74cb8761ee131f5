"""The environment's own acceptance tests: what a person would have to check by hand to be sure.

They run in the profile's test process, on the real thing. DEVENV_TEST_FACTS names a JSON file. origins:
module -> folder. ring: the folder of the example circuit. hoc: the folder where neurodamus.hoc must be
found. launch: ranks -> the argv that starts as many; two ranks are not there on a machine without MPI,
and the test says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FACTS = json.loads(Path(os.environ["DEVENV_TEST_FACTS"]).read_text(encoding="utf-8"))
RING = Path(FACTS["ring"])
EXPECTED = json.loads((RING / "expected.json").read_text(encoding="utf-8"))
MINUTES = 300


def simulate(folder: Path, before: list[str]) -> tuple[dict[str, Any], str]:
    """Run the ring with the plain `neurodamus`; its raster and all it printed."""
    circuit = folder / "ring"
    subprocess.run([sys.executable, RING / "make_ring.py", circuit], check=True, timeout=MINUTES)
    environ = {**os.environ, "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{RING}"}
    done = subprocess.run(
        [*before, "neurodamus", "simulation_sonata.json", "--output-path=out"],
        cwd=circuit,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=MINUTES,
        check=False,
    )
    raster = circuit / "out" / "raster.json"
    assert raster.exists(), done.stdout
    return json.loads(raster.read_text(encoding="utf-8")), done.stdout


def test_each_developed_module_is_imported_from_its_source() -> None:
    for module, folder in FACTS["origins"].items():
        imported = __import__(module)
        assert Path(imported.__file__).resolve().is_relative_to(Path(folder).resolve())


def test_hoc_files_are_found_where_they_are_developed() -> None:
    first = next(
        Path(folder)
        for folder in os.environ["HOC_LIBRARY_PATH"].split(":")
        if Path(folder, "neurodamus.hoc").exists()
    )
    assert first.resolve() == Path(FACTS["hoc"]).resolve()


def test_special_is_the_environments_and_has_its_mechanisms() -> None:
    special = shutil.which("special")
    assert special is not None
    assert Path(special).read_text(encoding="utf-8").startswith("#!/bin/sh\n# Written by devenv")
    program = "from neuron import h; h.ring_na; print('mechanisms', h.nrnversion(5)); h.quit()"
    done = subprocess.run(
        [special, "-python", "-c", program], text=True, capture_output=True, check=False
    )
    assert "mechanisms" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_ring_fires_as_it_should(ranks: int, tmp_path: Path) -> None:
    launch = FACTS["launch"]
    if str(ranks) not in launch:
        pytest.skip(f"no way to start {ranks} ranks here: {launch.get('why', 'no MPI')}")
    raster, output = simulate(tmp_path, launch[str(ranks)])
    assert raster["special"] is True, output
    assert raster["ranks"] == ranks, output
    assert output.count(f"numprocs={ranks}") == (1 if launch[str(ranks)] else 0), output
    assert len(raster["cells_per_rank"]) == ranks
    assert min(raster["cells_per_rank"]) > 0
    assert len(raster["spikes"]) == EXPECTED["spikes"]
    assert raster["sha256"] == EXPECTED["sha256"]
    origins = FACTS["origins"]
    if "neurodamus" in origins:
        imported = Path(raster["neurodamus"]).resolve()
        assert imported.is_relative_to(Path(origins["neurodamus"]).resolve())
