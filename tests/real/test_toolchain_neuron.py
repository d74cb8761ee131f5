"""NEURON itself, compiled from its repository: the ring's raster, and what an edit costs.

It runs where the build is kept (tests/neuron_build.py); it takes minutes to half an hour to make.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from neuron_build import NAME, VERSION, NeuronBuild, cached_build
from support import EXPECTED, RING, raster

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def neuron() -> NeuronBuild:
    found = cached_build()
    if found is None:
        pytest.skip(f"NEURON {VERSION} is not built; DEVENV_BUILD_NEURON=1 builds it")
    found.devenv("build", NAME)
    return found


@contextmanager
def replaced(path: Path, old: str, new: str) -> Iterator[None]:
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def simulate(build: NeuronBuild, name: str, out: Path, ranks: int) -> str:
    """The ring in an environment; its raster must be the known one."""
    options = ("-n", str(ranks)) if ranks > 1 else ()
    command = ("neurodamus", "simulation_sonata.json", f"--output-path={out}")
    said = build.devenv(
        *("run", name, *options, "--", *command),
        cwd=build.circuit,
        PYTHONPATH=str(RING),
        PYTHONDONTWRITEBYTECODE="1",
    ).stdout
    found = raster(out)
    assert (found["ranks"], found["sha256"]) == (ranks, EXPECTED["sha256"])
    return said


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_ring_has_its_raster(neuron: NeuronBuild, tmp_path: Path, ranks: int) -> None:
    simulate(neuron, NAME, tmp_path / "out", ranks)


def test_the_wheel_has_it_beside(neuron: NeuronBuild, tmp_path: Path) -> None:
    simulate(neuron, "wheel", tmp_path / "out", 1)


def test_an_edit_of_cpp_is_in_the_next_simulation(neuron: NeuronBuild, tmp_path: Path) -> None:
    """Only that file is compiled, and no mechanism; the clone is left alone."""
    source = neuron.clone / "src/nrnoc/fadvance.cpp"
    code = "void fadvance() {"
    marked = f'{code}\n    Printf("EDITED\\n");'
    count = "from neuron import h; s = h.Section(); h.finitialize(-65); h.fadvance()"
    with replaced(source, code, marked):
        said = neuron.devenv("run", NAME, "--", "python", "-c", count).stdout
        assert "neuron changed in" in said and "compile RingSyn.mod" not in said
        assert "EDITED" in said
    said = neuron.devenv("run", NAME, "--", "python", "-c", count).stdout
    assert "EDITED" not in said and "compiling" not in said


def test_python_and_hoc_need_no_build(neuron: NeuronBuild) -> None:
    python = neuron.clone / "share/lib/python/neuron/__init__.py"
    hoc = neuron.clone / "share/lib/hoc/stdrun.hoc"
    code = "import neuron; neuron.h.load_file('stdrun.hoc'); print(neuron.WORD, neuron.h.edited)"
    before, text = python.read_text(encoding="utf-8"), hoc.read_text(encoding="utf-8")
    try:
        python.write_text(f"{before}\nWORD = 'seen'\n", encoding="utf-8")
        hoc.write_text(f"edited = 7\n{text}", encoding="utf-8")
        said = neuron.devenv("run", NAME, "--", "python", "-c", code).stdout
    finally:
        python.write_text(before, encoding="utf-8")
        hoc.write_text(text, encoding="utf-8")
    assert "seen 7.0" in said and "building" not in said
