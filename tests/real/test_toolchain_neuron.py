"""NEURON itself, compiled from its repository: the ring's raster, and what an edit costs; and several
builds of one clone.

Each test runs where its build is kept (tests/neuron_build.py); it takes minutes to half an hour to make.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from mpich import Mpich
from neuron_build import (
    NAME,
    VARIANTS,
    VERSION,
    NeuronBuild,
    cached_build,
    cached_commits,
    cached_variant,
)
from support import EXPECTED, RING, raster
from toolchain_standin import everything, git

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def neuron() -> NeuronBuild:
    found = cached_build()
    if found is None:
        pytest.skip(f"NEURON {VERSION} is not built; DEVENV_BUILD_NEURON=1 builds it")
    found.devenv("build", NAME)
    return found


@pytest.fixture(scope="module")
def build_of() -> Callable[[str], NeuronBuild]:
    """The build of one of VARIANTS; the test skips where it is not kept."""

    @cache
    def build(name: str) -> NeuronBuild:
        found = cached_variant(name)
        if found is None:
            what = f"NEURON {VERSION} with {VARIANTS[name]}"
            pytest.skip(f"{what} is not built; DEVENV_BUILD_NEURON=1 builds it")
        found.devenv("build", NAME)
        return found

    return build


@contextmanager
def replaced(path: Path, old: str, new: str) -> Iterator[None]:
    """Within the block another text; then the file as it was, its time too, by which ninja goes."""
    before, stat = path.read_text(encoding="utf-8"), path.stat()
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def simulate(
    build: NeuronBuild, name: str, out: Path, ranks: int, *options: str, **variables: str
) -> str:
    """The ring in an environment; its raster must be the known one."""
    if ranks > 1:
        options = (*options, "-n", str(ranks))
    command = ("neurodamus", "simulation_sonata.json", f"--output-path={out}")
    said = build.devenv(
        *("run", name, *options, "--", *command),
        cwd=build.circuit,
        PYTHONPATH=str(RING),
        **variables,
    ).stdout
    assert said.count("numprocs=2") == ranks - 1
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


def test_a_commit_runs_beside_the_clone(neuron: NeuronBuild, tmp_path: Path) -> None:
    """NEURON of each commit simulates, and the clone is as it was, to the times of its files."""
    found = cached_commits()
    if found is None:
        pytest.skip(f"commits of NEURON {VERSION} are not built; DEVENV_BUILD_NEURON=1 builds them")
    code = "from neuron import h; s = h.Section(); h.finitialize(-65); h.fadvance(); h.fadvance()"
    step = ("--", "python", "-c", code)
    before = everything(neuron.clone)
    for number, commit in enumerate(found[1], 1):
        at = ("--ref", f"neuron={commit}")
        simulate(neuron, NAME, tmp_path / f"{number}", number, *at)
        assert neuron.devenv("run", NAME, *at, *step).stdout.count(f"COMMIT {number}\n") == 1
    assert "COMMIT" not in neuron.devenv("run", NAME, *step).stdout
    assert everything(neuron.clone) == before
    assert git(neuron.clone, "status", "--short", "--ignore-submodules=untracked") == ""


def test_its_own_tests_pass_and_fail(neuron: NeuronBuild) -> None:
    """Tests in C++, HOC and Python; the second time one of them expects another result."""
    ctest = ("test", "--env", NAME, "--", "ctest", "-R")
    names = "testneuron$|^ringtest|connect_dend|datahandle_tests"
    said = neuron.devenv(*ctest, names).stdout
    assert "100% tests passed, 0 tests failed out of 4" in said
    expected = neuron.clone / "test/hoc_tests/connect_dend/cell3soma.dat.ref"
    first = expected.read_text(encoding="utf-8").split("\n")[0]
    with replaced(expected, first, f"1{first}"):
        said = neuron.devenv(*ctest, "connect_dend", code=8).stdout
    assert "0% tests passed, 1 tests failed out of 1" in said
    assert re.search(r"connect_dend \(Failed\)", said)
    assert not (neuron.clone / "external/tests").exists()


def test_a_build_for_mpich_runs_with_it(
    build_of: Callable[[str], NeuronBuild], mpich: Mpich, tmp_path: Path
) -> None:
    build = build_of("mpich")
    found = (build.devenv.home / "neuron").glob("*/lib/libnrnmpi*")
    libraries = {path.name for path in found}
    assert libraries == {"libnrnmpi_mpich.so"}
    first = tmp_path / "first"
    first.mkdir()
    (first / "libmpi.so").symlink_to(mpich.environ["LD_PRELOAD"])
    variables = {
        "LD_LIBRARY_PATH": f"{first}:{mpich.environ['LD_LIBRARY_PATH']}",
        "PATH": os.pathsep.join((mpich.bin, os.environ["PATH"])),
    }
    for ranks in (1, 2):
        simulate(build, NAME, tmp_path / str(ranks), ranks, **variables)
    refused = build.devenv("run", NAME, "--", "true", code=6).stdout
    assert "was built for the MPI MPICH, and this is Open MPI" in refused


def test_a_debug_build_is_not_optimised(
    build_of: Callable[[str], NeuronBuild], tmp_path: Path
) -> None:
    build = build_of("debug")
    commands = json.loads((build.compiled / "compile_commands.json").read_text(encoding="utf-8"))
    (line,) = {c["command"] for c in commands if c["file"].endswith("nrnoc/fadvance.cpp")}
    assert " -g " in line and not re.search(r" -O[1-3s]\b", line)
    simulate(build, NAME, tmp_path / "out", 2)


DEFECT = """void fadvance() {
    volatile int beyond = 2;
    int* planted = new int[2];
    planted[beyond] = 1;
"""


def test_the_address_sanitizer_finds_a_defect_in_neuron(
    build_of: Callable[[str], NeuronBuild], tmp_path: Path
) -> None:
    build = build_of("address")
    simulate(build, NAME, tmp_path / "out", 2)
    source = build.clone / "src/nrnoc/fadvance.cpp"
    step = "from neuron import h; s = h.Section(); h.finitialize(-65); h.fadvance()"
    run = ("run", NAME, "--", "python", "-c", f"{step}; print('END')")
    with replaced(source, "void fadvance() {\n", DEFECT):
        said = build.devenv(*run, code=1).stdout
    assert "ERROR: AddressSanitizer: heap-buffer-overflow" in said and "END" not in said
    line = 1 + source.read_text(encoding="utf-8").split("void fadvance() {")[0].count("\n") + 3
    assert f"nrnoc/fadvance.cpp:{line}" in said
    assert "END" in build.devenv(*run).stdout


CELLS = """
import sys
from neuron import coreneuron, h

h.load_file("stdrun.hoc")
pc = h.ParallelContext()
pc.set_maxstep(1)
cells, connections, count = {}, [], 4
for gid in range(int(pc.id()), count, int(pc.nhost())):
    soma = h.Section(name=f"soma{gid}")
    soma.L = soma.diam = 20
    soma.insert("hh")
    synapse = h.ExpSyn(soma(0.5))
    cells[gid] = soma, synapse
    pc.set_gid2node(gid, int(pc.id()))
    pc.cell(gid, h.NetCon(soma(0.5)._ref_v, None, sec=soma))
    if gid == 0:
        stimulus = h.IClamp(soma(0.5))
        stimulus.delay, stimulus.dur, stimulus.amp = 1, 1, 1
for gid, (soma, synapse) in cells.items():
    before = pc.gid_connect((gid - 1) % count, synapse)
    before.weight[0], before.delay = 0.05, 2
    connections.append(before)
times, ids = h.Vector(), h.Vector()
pc.spike_record(-1, times, ids)
for coreneuron.enable in (False, True):
    h.stdinit()
    pc.psolve(50)
    found = sorted(zip(map(round, ids), (round(t, 6) for t in times)))
    everything = sorted(sum(pc.py_allgather(found), []))
    if pc.id() == 0:
        print("SPIKES", coreneuron.enable, everything)
pc.barrier()
h.quit()
"""


@pytest.mark.parametrize("ranks", [1, 2])
def test_coreneuron_has_the_spikes_of_neuron(
    build_of: Callable[[str], NeuronBuild], tmp_path: Path, ranks: int
) -> None:
    build = build_of("coreneuron")
    (tmp_path / "cells.py").write_text(CELLS, encoding="utf-8")
    options = ("-n", str(ranks)) if ranks > 1 else ()
    program = ("special", "-python", "cells.py")
    said = build.devenv("run", NAME, *options, "--", *program, cwd=tmp_path).stdout
    spikes = dict(re.findall(r"SPIKES (\w+) (.+)", said))
    assert spikes["True"] == spikes["False"] and len(json.loads(_lists(spikes["True"]))) > 8
    assert "Number of spikes with non negative gid-s: 17" in said  # CoreNEURON's own words
    simulate(build, NAME, tmp_path / "out", ranks)


def _lists(tuples: str) -> str:
    return tuples.replace("(", "[").replace(")", "]")
