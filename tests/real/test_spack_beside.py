"""Models beside the one that Spack built, and MOD files of one's own in it: real Spack, real NEURON."""

from __future__ import annotations

from pathlib import Path

import pytest
from spack_trial import Trial

pytestmark = pytest.mark.real

NAME = "sided"
MINE = "NEURON { SUFFIX mine GLOBAL answer }\nPARAMETER { answer = 42 }\n"
LIBRARY = ("sh", "-c", "echo at $TRIAL_LIBRARY; echo at $NRNMECH_LIB_PATH")


@pytest.fixture(scope="module")
def sided(trial: Trial) -> Trial:
    options = ("--template", "trial-mods", "--engine", "spack", "--wheels-as-externals")
    trial.devenv("create", NAME, *options)
    trial.devenv("build", NAME)
    return trial


def run(trial: Trial, *words: str) -> str:
    return trial.devenv("run", NAME, *words).stdout


def libraries(trial: Trial, *words: str) -> set[str]:
    said = run(trial, *words, "--", *LIBRARY)
    return {line.removeprefix("at ") for line in said.splitlines() if line.startswith("at ")}


def hoc(*lines: str) -> tuple[str, ...]:
    """Lines of HOC for special."""
    typed = ("create a", "access a", *lines, "quit()")
    return ("--", "special", "-nogui", *(word for line in typed for word in ("-c", line)))


def generations(trial: Trial) -> list[str]:
    return sorted(folder.name for folder in (trial.env(NAME) / "generations").iterdir())


def test_a_variant_stands_beside_the_recipes_model(sided: Trial) -> None:
    before, there = sided.installed_at(), generations(sided)
    sided.devenv("build", NAME, "build_type=Debug", "--as", "checked")
    assert sided.installed_at() == before
    (library,) = libraries(sided, "--model", "checked")
    assert Path(library).is_relative_to(sided.devenv.home / "models")
    assert b".debug_info" in Path(library).read_bytes()
    inserted = ("insert leak", 'print "has ", ismembrane("leak")')
    assert "has 1" in run(sided, "--model", "build_type=Debug", *hoc(*inserted))
    assert "the special of the recipe" in run(sided, "--", "special")
    assert library not in libraries(sided)
    assert len(generations(sided)) == len(there) + 1
    assert "is up to date" in sided.devenv("build", NAME).stdout
    assert "model checked" in sided.devenv("lock", "diff", NAME).stdout
    assert NAME in sided.devenv("models").stdout


def test_mods_of_ones_own_are_in_front_and_live(sided: Trial, tmp_path: Path) -> None:
    before = sided.installed_at()
    mine = tmp_path / "mine.mod"
    mine.write_text(MINE)
    sided.devenv("build", NAME, "--mods", tmp_path)
    (library,) = libraries(sided)
    assert Path(library).is_relative_to(sided.devenv.home / "models")
    said = run(sided, *hoc("insert leak", 'print "mine says ", answer_mine'))
    assert "mine says 42" in said
    mine.write_text(MINE.replace("42", "43"))
    assert "mine says 43" in run(sided, *hoc('print "mine says ", answer_mine'))
    assert sided.installed_at() == before
    with_mods = (sided.env(NAME) / "current").readlink().name
    request = sided.env(NAME) / "environment.yaml"
    kept = request.read_text()
    request.write_text(kept[: kept.index("mods:")])
    sided.devenv("sync", NAME)
    assert "the special of the recipe" in run(sided, "--", "special")
    sided.devenv("rollback", NAME, with_mods)
    assert "mine says 43" in run(sided, "--no-build", *hoc('print "mine says ", answer_mine'))


def test_what_spack_did_not_install_is_refused_before_anything_is_done(sided: Trial) -> None:
    there, request = generations(sided), (sided.env(NAME) / "environment.yaml").read_text()
    said = sided.devenv("build", NAME, "+more", code=2).stdout
    assert "has other MOD files (+more)" in said
    assert "devenv create" in said
    said = sided.devenv("build", NAME, "--store", sided.root, code=2).stdout
    assert "upstreams" in said
    assert generations(sided) == there
    assert (sided.env(NAME) / "environment.yaml").read_text() == request


def test_a_damaged_lock_of_spacks_is_told_and_made_again(sided: Trial) -> None:
    sided.devenv("build", NAME)  # all of its models as they are asked for by now
    lock = sided.env(NAME) / "current" / "spack.lock"
    before, there = lock.read_bytes(), generations(sided)
    lock.write_text("{")
    assert "spack.lock is damaged" in sided.devenv("graph", NAME, code=6).stdout
    sided.devenv("build", NAME)
    assert lock.read_bytes() == before
    assert generations(sided) == there
    assert "trial-mods 1.0" in sided.devenv("graph", NAME).stdout
