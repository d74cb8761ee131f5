"""NEURON itself as a dev source of the Spack engine: Spack compiles the clone by NEURON's recipe.

It runs where the build is kept (tests/neuron_spack.py); it takes minutes to half an hour to make.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from neuron_build import NAME, VERSION, NeuronBuild
from neuron_spack import cached_spack
from support import EXPECTED, RING, raster

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def neuron() -> NeuronBuild:
    found = cached_spack()
    if found is None:
        pytest.skip(f"NEURON {VERSION} is not built by Spack; DEVENV_BUILD_NEURON=1 builds it")
    return found


def installed(build: NeuronBuild) -> dict[str, int]:
    """What Spack installed, by its prefix, with when each was made."""
    found = (build.devenv.home / "spack" / "opt").glob("*/*-*/.spack/spec.json")
    return {spec.parents[1].name: spec.stat().st_mtime_ns for spec in found}


def python(build: NeuronBuild, code: str) -> str:
    return build.devenv("run", NAME, "--", "python", "-c", code).stdout


def test_an_edit_builds_neuron_and_the_model_alone(neuron: NeuronBuild) -> None:
    """The word that NEURON prints is another one in each run of this test: nothing is to be undone."""
    source = neuron.clone / "src/nrnoc/fadvance.cpp"
    text = source.read_text(encoding="utf-8")
    line = re.search(r'    Printf\("EDIT (\d+)\\n"\);\n', text)
    number = int(line[1]) + 1 if line else 1
    plain = text.replace(line[0], "") if line else text
    head = "void fadvance() {\n"
    assert head in plain
    before = installed(neuron)
    edited = plain.replace(head, f'{head}    Printf("EDIT {number}\\n");\n')
    source.write_text(edited, encoding="utf-8")
    step = "from neuron import h; s = h.Section(); h.finitialize(-65); h.fadvance()"
    said = python(neuron, f"{step}; import neuron; print('FROM', neuron.__file__)")
    assert f"EDIT {number}\n" in said
    file = said.split("FROM ")[1].split()[0]
    assert Path(file).resolve().is_relative_to(neuron.devenv.home / "spack" / "opt"), said
    after = installed(neuron)
    changed = [prefix for prefix in sorted(after) if before.get(prefix) != after[prefix]]
    names = [re.sub(r"-[^-]+-[a-z0-9]{32}$", "", prefix) for prefix in changed]
    assert (names, set(after)) == (["neurodamus-models", "neuron"], set(before)), changed
    said = python(neuron, step)
    assert f"EDIT {number}\n" in said and "spack install" not in said


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_ring_has_its_raster(neuron: NeuronBuild, tmp_path: Path, ranks: int) -> None:
    options = ("-n", str(ranks)) if ranks > 1 else ()
    command = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path}")
    said = neuron.devenv(
        *("run", NAME, *options, "--", *command),
        cwd=neuron.circuit,
        PYTHONPATH=str(RING),
    ).stdout
    assert said.count("numprocs=2") == ranks - 1
    found = raster(tmp_path)
    assert (found["ranks"], found["sha256"]) == (ranks, EXPECTED["sha256"])
