"""The Spack engine never runs a stale, half-made or changed model: real Spack, real NEURON."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from small_spack import FOREIGN, Small, make_small, small_devenv, write_mod
from spack_trial import Trial
from support import Devenv, plain_environ

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def plain(spack_home: Devenv) -> Small:
    return make_small(spack_home, "plain", "fresh", spack_home.home.parent / "fresh-sources")


@pytest.fixture(scope="module")
def recipe(spack_home: Devenv) -> Small:
    return make_small(spack_home, "recipe", "recipe", spack_home.home.parent / "recipe-sources")


@pytest.fixture(scope="module")
def twin(spack_home: Devenv, plain: Small) -> Small:
    """Another model of the same dev source."""
    return make_small(spack_home, "other", "twin", plain.neurodamus.parent)


def started(small: Small) -> subprocess.Popen[bytes]:
    environ = {**plain_environ(), **small.devenv.environ, "DEVENV_HOME": str(small.devenv.home)}
    argv = [sys.executable, "-m", "devenv", "build", small.name]
    return subprocess.Popen(
        argv, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


def killed(small: Small, how: signal.Signals) -> None:
    """A build that is ended as soon as Spack has put the model away, to make it anew in its place."""
    process = started(small)
    folder, deadline = small.prefix.parent, time.monotonic() + 120
    while not list(folder.glob(".backup*/backup/bin/special")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, check=False)
    process.send_signal(how)
    if how == signal.SIGKILL:
        for pid in map(int, found.stdout.split()):
            with suppress(ProcessLookupError):
                os.killpg(os.getpgid(pid), how)
    process.wait(300)


def test_two_environments_on_one_source(plain: Small, twin: Small) -> None:
    write_mod(plain.core_mod, 11)
    plain.build()
    twin.build()
    for small in (plain, twin):
        assert "the number is 11" in small.says("--no-build")
    write_mod(plain.core_mod, 12)
    processes = [started(small) for small in (plain, twin)]
    assert [process.wait(300) for process in processes] == [0, 0]
    for small in (plain, twin):
        assert "the number is 12" in small.says("--no-build")


def test_an_edit_and_a_new_concretization(plain: Small) -> None:
    write_mod(plain.core_mod, 21)
    plain.build("--update")
    assert "the number is 21" in plain.says("--no-build")
    write_mod(plain.core_mod, 22)
    manifest = plain.devenv.home / "envs" / plain.name / "spack.yaml"
    manifest.write_text(manifest.read_text() + "  config: {build_jobs: 2}\n")
    plain.build()
    assert "the number is 22" in plain.says("--no-build")


def test_a_mod_that_does_not_compile(plain: Small) -> None:
    write_mod(plain.core_mod, 31)
    plain.build()
    before = plain.generation()
    write_mod(plain.core_mod, "no_such_thing")
    for _ in range(2):
        assert "no_such_thing" in plain.build(code=4)
        assert plain.generation() == before
        done = plain.devenv("run", plain.name, "--no-build", "--", "special", code=6)
        assert "is stale" in done.stdout
    write_mod(plain.core_mod, 32)
    assert "the number is 32" in plain.says()


@pytest.mark.parametrize("kind", ["plain", "recipe"])
def test_a_generation_has_its_model_for_ever(kind: str, request: pytest.FixtureRequest) -> None:
    small: Small = request.getfixturevalue(kind)
    write_mod(small.core_mod, 41)
    small.build()
    old = small.generation()
    special = "${PLAIN_ROOT-$NEURODAMUS_NEOCORTEX_ROOT}/bin/special"
    program = ("sh", "-c", f'realpath "$NRNMECH_LIB_PATH" "{special}"; echo $HOC_LIBRARY_PATH')
    said = small.devenv("run", small.name, "--", *program).stdout
    assert str(small.prefix) not in said
    library, root, hoc = said.splitlines()
    assert library.partition("/lib/")[0] == root.partition("/bin/")[0]
    assert Path(root).is_relative_to(small.devenv.home / "models")
    assert root.partition("/bin/")[0] in hoc
    write_mod(small.core_mod, 42)
    small.build()
    assert "the number is 42" in small.says("--no-build")
    small.devenv("rollback", small.name, old)
    write_mod(small.core_mod, 41)
    assert "the number is 41" in small.says("--no-build")


@pytest.mark.parametrize(
    ("kind", "how"),
    [("plain", signal.SIGKILL), ("recipe", signal.SIGINT)],
)
def test_a_rebuild_that_is_ended_in_the_middle(
    kind: str, how: signal.Signals, request: pytest.FixtureRequest
) -> None:
    small: Small = request.getfixturevalue(kind)
    write_mod(small.core_mod, 51)
    small.build()
    write_mod(small.core_mod, 52)
    killed(small, how)
    small.devenv("run", small.name, "--no-build", "--", "special", code=6)
    assert "the number is 52" in small.says()
    assert (small.prefix / "lib" / "libnrnmech.so").exists()
    assert not list(small.prefix.parent.glob(".backup*"))
    write_mod(small.core_mod, 53)
    assert "the number is 53" in small.says()


def test_a_prefix_that_was_removed_by_hand(plain: Small) -> None:
    """The killed build before it had put away a model that is two edits old."""
    write_mod(plain.core_mod, 61)
    plain.build()
    prefix = plain.prefix
    backup = prefix.parent / ".backupkilled" / "backup"
    shutil.copytree(prefix, backup, symlinks=True)
    write_mod(plain.core_mod, 62)
    plain.build()
    shutil.rmtree(prefix)
    write_mod(plain.core_mod, 63)
    assert "the number is 63" in plain.says()
    assert (prefix / "lib" / "libnrnmech.so").exists()
    assert not backup.exists()
    # Spack's index, made anew meanwhile, has no path of it: Spack could not overwrite it any more.
    write_mod(plain.core_mod, 64)
    assert "the number is 64" in plain.says()


def test_what_differs_is_said_in_words(recipe: Small) -> None:
    write_mod(recipe.region_mod, 81)
    recipe.build()
    write_mod(recipe.region_mod, "no_such_thing")
    assert f"{recipe.region_mod.resolve()}:2" in recipe.build(code=4)
    write_mod(recipe.region_mod, 82)
    recipe.build()
    assert "region.mod changed" in recipe.devenv("lock", "diff", recipe.name).stdout
    said = recipe.devenv("models", "show", "region", "--env", recipe.name).stdout
    assert str(recipe.region_mod.resolve()) in said
    said = recipe.devenv("which", "region", "--env", recipe.name).stdout
    assert said.startswith(str(recipe.region_mod.resolve()))
    said = recipe.devenv("models", "show", "region", "--cpp", "--env", recipe.name).stdout
    assert "82" in said
    assert "the number is 82" in recipe.says("--no-build", mechanism="region")


def test_what_a_mod_includes_is_part_of_it(recipe: Small) -> None:
    beside = recipe.region_mod.with_name("number.inc")
    before = recipe.region_mod.read_text()
    recipe.region_mod.write_text('NEURON { SUFFIX region }\nINCLUDE "number.inc"\n')
    for number in (91, 92):
        beside.write_text(f"FUNCTION number() {{ number = {number} }}\n")
        done = recipe.devenv("run", recipe.name, "--no-build", "--", "special", code=6)
        assert "mechanisms changed" in done.stdout
        assert f"the number is {number}" in recipe.says(mechanism="region")
        assert "nothing to do" in recipe.build("--why")
    recipe.region_mod.write_text(before)
    beside.unlink()


def test_what_stands_on_no_dev_source_is_whole_or_is_installed_again(trial: Trial) -> None:
    devenv, name = trial.devenv, "complete"
    options = ("--template", "trial-mods", "--engine", "spack", "--wheels-as-externals")
    devenv("create", name, *options)
    devenv("build", name)
    manifest = trial.env(name) / "current" / "environment.json"
    special = Path(json.loads(manifest.read_text())["model"]["special"])
    assert special.is_relative_to(trial.store)
    for harm in (special.unlink, lambda: special.write_text("")):
        harm()
        said = devenv("run", name, "--no-build", "--", "special", code=6).stdout
        assert f"{special} is not as it was built" in said
        assert "the special of the recipe" in devenv("run", name, "--", "special").stdout


def test_asking_before_the_first_build_writes_nothing(spack_home: Devenv) -> None:
    devenv = small_devenv(spack_home)
    devenv(
        "create", "dry", "--template", "small-plain", "--engine", "spack", "--wheels-as-externals"
    )
    shutil.rmtree(devenv.home / "spack" / "providers", ignore_errors=True)
    before = {path: path.lstat().st_mtime_ns for path in devenv.home.rglob("*")}
    assert "spack" in devenv("build", "dry", "--dry-run").stdout
    devenv("build", "dry", "--why")
    assert {path: path.lstat().st_mtime_ns for path in devenv.home.rglob("*")} == before


def test_mods_that_spack_does_not_build_from_are_named(spack_home: Devenv) -> None:
    sources = spack_home.home.parent / "foreign-sources"
    foreign = {"site": "foreign", "py_neurodamus": FOREIGN}
    small = make_small(spack_home, "plain", "foreign", sources, **foreign)
    said = small.says()
    assert "the number is 7" in said
    assert "incomplete model: without mods of neurodamus" in said
