"""What a rank concludes from its variables, its paths and what NEURON sees, before it simulates."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from devenv.config.resources import resource_file
from devenv.core.environment import CompiledSource
from devenv.environment.variables import folder_of
from devenv.sources.overlays import SourceFacts


@pytest.fixture(scope="module")
def rank() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rank_init", resource_file("rank/init.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STEP = {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2", "SLURM_NTASKS": "4"}
OPENMPI = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1", "PMIX_RANK": "1"}
HYDRA = {"PMI_SIZE": "3", "PMI_RANK": "0"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, (0, 0, "")),
        (STEP, (4, 2, "srun")),
        (OPENMPI, (2, 1, "mpirun")),
        (HYDRA, (3, 0, "mpirun")),
        ({**STEP, "PMI_SIZE": "4", "PMI_RANK": "2"}, (4, 2, "srun")),
        # mpirun inside a job: its helpers are a step of their own, of one task a node.
        ({**STEP, "SLURM_STEP_NUM_TASKS": "1", **OPENMPI}, (2, 1, "mpirun")),
        ({**STEP, "SLURM_STEP_NUM_TASKS": "1", **HYDRA}, (3, 0, "mpirun")),
        # A batch script has its allocation's tasks, and is no rank.
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, (0, 0, "")),
        ({**STEP, "SLURM_STEP_ID": "4294967290"}, (0, 0, "")),
        ({**STEP, "SLURM_STEP_ID": "4294967291"}, (0, 0, "")),
        ({**STEP, "SLURM_STEP_ID": "x", "PMI_SIZE": "²"}, (0, 0, "")),
    ],
)
def test_what_the_launcher_promised(
    rank: ModuleType, environ: dict[str, str], expected: tuple[int, int, str]
) -> None:
    assert rank.promised(environ) == expected


@pytest.mark.parametrize(
    ("more", "argv", "library", "why", "fix"),
    [
        ({}, [], "", "srun gave them none (--mpi=none)", "srun --mpi=pmix"),
        ({"PMIX_RANK": "2"}, [], "", "without -mpi", "Give it -mpi"),
        ({"PMIX_RANK": "2"}, ["-mpi"], "", "no MPI library found", "libopenmpi-dev"),
        (
            {"PMIX_RANK": "2"},
            ["-mpi"],
            "mpich",
            "NEURON opened MPICH, and srun speaks pmix",
            "=pmi2",
        ),
        ({"PMI_RANK": "2"}, ["-mpi"], "openmpi", "srun speaks pmi2, MPICH's", "=pmix"),
        ({}, ["-mpi"], "openmpi", "and no PMI", "srun --mpi=pmix"),
        ({"PMIX_RANK": "2"}, ["-mpi"], "openmpi", "two flavours or versions", "devenv doctor"),
    ],
)
def test_why_the_ranks_are_lost(
    rank: ModuleType, more: dict[str, str], argv: list[str], library: str, why: str, fix: str
) -> None:
    [(what, way)] = rank.lost(1, {**STEP, **more}, argv, library)
    assert what.startswith("srun started 4 ranks, and NEURON sees 1: each would do the whole run")
    assert why in what
    assert fix in way


def test_as_many_as_promised_and_no_promise_are_no_loss(rank: ModuleType) -> None:
    assert not list(rank.lost(4, STEP, [], "openmpi"))
    assert not list(rank.lost(1, {}, [], ""))
    [(what, _)] = rank.lost(2, STEP, ["-mpi"], "openmpi")
    assert what.startswith("srun started 4 ranks, and NEURON sees 2\n")


def test_a_hoc_folder_in_front_is_wrong_only_with_a_file_of_ours(
    rank: ModuleType, tmp_path: Path
) -> None:
    ours, mine, last = tmp_path / "ours", tmp_path / "mine", tmp_path / "last"
    for folder in (ours, mine, last):
        folder.mkdir()
    (ours / "model.hoc").touch()
    (mine / "other.hoc").touch()
    (last / "model.hoc").touch()
    path = f"{mine} :{ours}:{last}"
    assert not list(rank.wrong_hoc([str(ours)], path))
    (mine / "model.hoc").touch()
    [(what, _)] = rank.wrong_hoc([str(ours)], path)
    assert what == f"another copy of model.hoc is found first: in {mine}"
    [(what, _)] = rank.wrong_hoc([str(ours)], str(mine))
    assert what == f"HOC_LIBRARY_PATH lacks {ours}"
    assert not list(rank.wrong_hoc([], str(mine)))


def test_a_module_from_elsewhere_is_named_with_both_places(
    rank: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("first", "second"):
        (tmp_path / place / "copied").mkdir(parents=True)
        (tmp_path / place / "copied" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "second")
    monkeypatch.syspath_prepend(tmp_path / "first")
    for place, wrong in (("first", 0), ("second", 1)):
        facts = {"modules": {"copied": [str(tmp_path / place), "dev source x"]}, "hoc": []}
        found = list(rank.wrong_copies(facts, {}))
        assert len(found) == wrong
    assert f"copied from {tmp_path / 'first'}," in found[0][0]
    assert f"is in {tmp_path / 'second'} (dev source x)" in found[0][0]


def test_another_models_special_says_how_it_differs(rank: ModuleType, tmp_path: Path) -> None:
    stamp = {"key": "k2", "neuron": {"version": "9.0.2"}, "compiler": "g++ 13"}
    (tmp_path / "model.json").write_text(json.dumps(stamp))
    model = {"NEURON": "9.0.2", "compiler": "g++ 12"}
    special = str(tmp_path / "bin" / "special.nrn")
    assert rank.stamped(special, model) == " (model k2: compiler g++ 13)"
    assert rank.stamped("/nowhere/bin/special", model) == ""


def test_the_script_takes_over_as_if_it_had_been_named_itself(
    rank: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under its own name, with its own folder in front, and with nothing left of the proof."""
    script = tmp_path / "data" / "init.py"
    script.parent.mkdir()
    script.write_text(
        "import sys\nFOUND = (__file__, sys.path[0], sorted(n for n in globals() if n[0] != '_'))\n"
        "def annotated(x: int): pass\nPLAIN = annotated.__annotations__['x'] is int\n"
    )
    ours = tmp_path / "init.py"
    ours.write_text(resource_file("rank/init.py").read_text())
    monkeypatch.syspath_prepend(tmp_path)
    names = {"__name__": "proof", "__file__": str(ours)}
    exec(compile(ours.read_text(), ours, "exec"), names)  # noqa: S102 - as special does
    become = names["become"]
    become(str(script))
    assert names["FOUND"] == (str(script), str(script.parent), ["sys"])
    assert names["PLAIN"] is True


def test_a_compiled_dev_source_is_where_its_overlay_leads(tmp_path: Path) -> None:
    """To a store for what is compiled; an overlay of a source alone leads to the source."""
    store, overlay = tmp_path / "store", tmp_path / "overlay"
    (store / "fast").mkdir(parents=True)
    overlay.mkdir()
    (store / "one.cpython-312.so").touch()
    (overlay / "one.cpython-312.so").symlink_to(store / "one.cpython-312.so")
    (overlay / "fast").symlink_to(store / "fast")
    built = CompiledSource("x", "extension", "/src", "", "")
    compiled = SourceFacts("x", str(overlay), "/src", ("fast", "one"), "1", (), "", (), built)
    assert [folder_of(compiled, name) for name in compiled.modules] == [str(store)] * 2
    assert folder_of(replace(compiled, compiled=None), "fast") == "/src"
