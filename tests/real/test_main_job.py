"""The main job on real parts: create, develop, build, run, edit, test, with effects asserted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from neocortex import NAME, Neocortex
from stand_ins import NEURODAMUS
from support import EXPECTED, RING, check_ring, edited, raster

pytestmark = pytest.mark.real

MEASURED = [
    f"--deselect=tests/unit/test_{name}"
    for name in (
        *("loadbalance.py::test_load_balance_integrated", "cli.py::test_cli_lb_mode"),
        *("loadbalance.py::test_MultiSplit", "loadbalance.py::test_MultiSplit_bigcell"),
        *("loadbalance.py::test_WholeCell", "loadbalance.py::test_WholeCell_bigcell"),
    )
]
"""Upstream's tests that take the time of every mechanism. On a machine with other work these times come
out negative, NEURON's LoadBalance fails, and NEURON dies of SIGSEGV when it recovers from that, with our
NEURON_MODULE_OPTIONS or without it."""


def test_one_and_two_ranks_give_the_same_raster(neocortex: Neocortex, tmp_path: Path) -> None:
    output = neocortex.simulate(tmp_path / "one")
    assert "numprocs" not in output
    check_ring(raster(tmp_path / "one"), 1, neocortex.source)
    output = neocortex.simulate(tmp_path / "two", "-n", "2", "--launcher", "mpi")
    assert output.count("numprocs=2") == 1
    check_ring(raster(tmp_path / "two"), 2, neocortex.source)


def test_without_special_the_library_is_used(neocortex: Neocortex, tmp_path: Path) -> None:
    run = ("python", str(RING / "run_ring.py"), f"--output-path={tmp_path}")
    neocortex.devenv(
        *("run", NAME, "-n", "2", "--launcher", "mpi", "--no-special", "--", *run),
        cwd=neocortex.circuit,
    )
    found = raster(tmp_path)
    assert found["special"] is False
    assert found["ranks"] == 2
    assert found["sha256"] == EXPECTED["sha256"]


def test_a_second_build_does_nothing_and_special_still_runs(
    neocortex: Neocortex, tmp_path: Path
) -> None:
    before = {p: p.stat().st_mtime_ns for p in (neocortex.devenv.home / "models").rglob("*")}
    assert "is up to date" in neocortex.devenv("build").stdout
    after = {p: p.stat().st_mtime_ns for p in (neocortex.devenv.home / "models").rglob("*")}
    assert after == before
    neocortex.simulate(tmp_path)
    check_ring(raster(tmp_path), 1, neocortex.source)


def test_python_and_hoc_edits_and_a_new_hoc_file_are_seen_at_once(
    neocortex: Neocortex, tmp_path: Path
) -> None:
    data = neocortex.source / "neurodamus" / "data"
    with (
        edited(
            neocortex.source / "neurodamus" / "commands.py",
            'print("python edit", os.path.realpath(__file__))\n',
        ),
        edited(data / "hoc" / "brandnew.hoc", 'print "a new hoc file"\n'),
        edited(
            data / "hoc" / "neurodamus.hoc", '\n{load_file("brandnew.hoc")}\nprint "hoc edit"\n'
        ),
    ):
        output = neocortex.simulate(tmp_path, "--no-build")
    assert f"python edit {neocortex.source}" in output
    assert "hoc edit" in output
    assert "a new hoc file" in output


def test_another_copy_earlier_on_the_path_does_not_win(
    neocortex: Neocortex, tmp_path: Path
) -> None:
    """A module puts its copy there; the dev source is imported all the same, inside special too."""
    impostor = tmp_path / "impostor" / "neurodamus"
    impostor.mkdir(parents=True)
    (impostor / "__init__.py").write_text('raise SystemExit("the impostor was imported")\n')
    (impostor / "init.py").write_text('raise SystemExit("the impostor\'s init.py ran")\n')
    output = neocortex.simulate(
        tmp_path / "out", PYTHONPATH=str(impostor.parent), NEURODAMUS_PYTHON=str(impostor)
    )
    assert "impostor" not in output
    check_ring(raster(tmp_path / "out"), 1, neocortex.source)


def test_doctor_proves_the_origins(neocortex: Neocortex) -> None:
    output = neocortex.devenv("doctor", cwd=neocortex.circuit).stdout
    assert f"neurodamus is imported from {neocortex.source}/neurodamus" in output


def test_the_exit_code_is_the_childs_own(neocortex: Neocortex) -> None:
    neocortex.devenv("run", "--", "python", "-c", "raise SystemExit(7)", code=7)
    neocortex.devenv("run", "--", "no-such-command", code=3)


def test_an_activated_bash_finds_the_same(neocortex: Neocortex) -> None:
    script = neocortex.devenv.home / "envs" / NAME / "current" / "activate.sh"
    line = f'. "{script}"; python -c "import neurodamus; print(neurodamus.__file__)"; command -v special'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    module, special = done.stdout.splitlines()[-2:]
    assert Path(module).resolve().is_relative_to(neocortex.source)
    assert special.startswith(str(neocortex.devenv.home / "envs" / NAME))


def test_a_foreign_model_in_the_working_directory_is_refused(
    neocortex: Neocortex, tmp_path: Path
) -> None:
    foreign = tmp_path / os.uname().machine
    foreign.mkdir()
    (foreign / "special").touch()
    done = neocortex.devenv("run", NAME, "--", "true", cwd=tmp_path, code=6)
    assert str(foreign) in done.stdout


def test_one_mod_edited_one_mechanism_compiled_and_another_raster(
    neocortex: Neocortex, tmp_path: Path
) -> None:
    """In an environment of its own, whose mods may be changed."""
    models = tmp_path / "models"
    pinned = next((neocortex.devenv.home / "sources").glob(".pinned/*"))
    shutil.copytree(pinned, models, symlinks=True)
    devenv = neocortex.devenv
    devenv("create", "edited", "--template", NAME, "--models", models)
    assert " 0 of them compiled now" in devenv("build", "edited").stdout
    # The ring's own mechanism comes last in precedence: a file of its name in the region's folder wins.
    target = models / "neocortex" / "mod" / "v6" / "ring_k.mod"
    text = (RING / "mod" / "ring_k.mod").read_text(encoding="utf-8")
    changed = re.sub(r"gbar\s*=\s*0\.036", "gbar = 0.037", text)
    assert changed != text
    target.write_text(changed, encoding="utf-8")
    done = devenv("build", "edited")
    assert " 1 of them compiled now" in done.stdout, done.stdout
    command = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path / 'out'}")
    devenv("run", "edited", "--", *command, cwd=neocortex.circuit, PYTHONPATH=str(RING))
    assert raster(tmp_path / "out")["sha256"] != EXPECTED["sha256"]
    target.unlink()
    assert "0 of them compiled now" in devenv("build", "edited").stdout


def test_bb5_runs_the_real_tests_of_the_developed_package(neocortex: Neocortex) -> None:
    """Upstream's own unit tests with the compiled model, and devenv's acceptance tests."""
    left_out = ("--", *MEASURED) if NEURODAMUS in neocortex.repositories.real else ()
    output = neocortex.devenv("test", "-e", "bb5", "--env", NAME, *left_out).stdout
    summary = re.search(r"bb5: (\d+) passed, 0 failed, (\d+) skipped", output)
    assert summary, output[-3000:]
    assert int(summary[1]) > neocortex.repositories.unit_tests, "the clone has its tests"
    assert "left out: 29 tests: CoreNEURON" in output
    assert "they run with: --with neuron-nightly" in output
    assert not git_status(neocortex.source)


def git_status(source: Path) -> str:
    argv = ["git", "-C", str(source), "status", "--porcelain"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_one_failing_test_fails_the_command(neocortex: Neocortex) -> None:
    added = neocortex.source / "tests" / "unit" / "test_of_mine.py"
    with edited(added, "def test_that_fails():\n    assert False\n"):
        named = ("--", "tests/unit/test_of_mine.py")
        done = neocortex.devenv("test", "-e", "bb5", "--env", NAME, *named, code=None)
    assert done.returncode != 0
    assert "bb5: 0 passed, 1 failed, 0 skipped" in done.stdout


def test_a_selection_that_matches_nothing_fails(neocortex: Neocortex) -> None:
    selection = ("--", "-k", "no_test_is_called_this")
    done = neocortex.devenv("test", "-e", "bb5", "--env", NAME, *selection, code=None)
    assert done.returncode != 0
    assert "bb5: 0 passed" in done.stdout


def test_list_names_profiles_and_the_packages_own_environments(neocortex: Neocortex) -> None:
    output = neocortex.devenv("test", "--list", "--env", NAME).stdout
    assert re.search(r"^profile +bb5 ", output, re.MULTILINE)
    assert re.search(r"^tox +integration-e2e ", output, re.MULTILINE)
    assert not git_status(neocortex.source)


def test_a_tox_environment_of_the_package_itself_gets_our_order(
    neocortex: Neocortex, tmp_path: Path
) -> None:
    """Its own setting puts the system's HOC first (as the real bb5 did): ours is what counts."""
    source = tmp_path / "pkg"
    (source / "tests").mkdir(parents=True)
    (source / "mine").mkdir()
    (source / "mine" / "__init__.py").write_text("")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "mine"\nversion = "1"\n'
    )
    (source / "tox.ini").write_text(
        "[testenv:own]\nskip_install = true\nset_env =\n"
        "    HOC_LIBRARY_PATH = /system/hoc:{env:HOC_LIBRARY_PATH:}\n"
        "commands = python -c \"import os, mine; print('HOC', os.environ['HOC_LIBRARY_PATH']);"
        " print('MINE', os.path.realpath(mine.__file__))\"\n"
    )
    devenv = neocortex.devenv
    devenv("create", "own-tox", "--template", NAME)
    devenv("develop", "mine", "--path", source, "--env", "own-tox")
    output = devenv("test", "-e", "own", "--env", "own-tox").stdout
    first = re.search(r"^HOC ([^:\n]+)", output, re.MULTILINE)
    assert first, output
    assert first[1] != "/system/hoc"
    assert f"MINE {source}/mine/__init__.py" in output
    assert not (source / ".tox").exists()
