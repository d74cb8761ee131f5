"""The store of models: killed, shared, pruned, and never half of anything in it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from small_models import Small, compiler_calls, make_small, mod
from support import Devenv, plain_environ

from devenv.system.leases import holders
from devenv.system.seals import SEAL, damages

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("store") / "home", "shared", 4)
    found.build()
    return found


def start(small: Small, *arguments: str) -> subprocess.Popen[str]:
    """devenv in a group of its own, so that all of it can be killed."""
    return subprocess.Popen(
        [sys.executable, "-m", "devenv", *(arguments or ("build", small.name))],
        env={**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def assert_whole(home: Path) -> int:
    """Every model and object that has its name is whole; how many models there are."""
    models = list((home / "models").glob("[!.]*"))
    for model in models:
        stamp = json.loads((model / "model.json").read_text())
        assert stamp["key"] == model.name
        for name in ("lib/libnrnmech.so", "bin/special.nrn", "compile_commands.json"):
            assert (model / name).stat().st_size > 0
        for one in stamp["mechanisms"]:
            assert (model / "mod" / f"{one['name']}.mod").is_file()
            assert (model / "cpp" / f"{one['name']}.cpp").is_file()
    for folder in (home / "objects").glob("*/[!.]*"):
        assert (
            list(folder.glob("*.o"))
            or list(folder.glob("*.gch"))
            or (folder / "special.nrn").is_file()
        )
        for built in folder.glob("*.o"):
            assert built.read_bytes()[:4] == b"\x7fELF"
    return len(models)


def test_killed_at_any_moment_only_whole_models_are_there(small: Small) -> None:
    """SIGKILL to devenv alone, its compilers live on; and to all of it."""
    generator = random.Random(7)  # noqa: S311 - no secret
    home, before = small.devenv.home, small.path("small0").read_text()
    killed = 0
    for number in range(10):
        for which in range(4):
            small.path(f"small{which}").write_text(mod(f"small{which}", 0.01 + number / 1000))
        building = start(small)
        time.sleep(0.3 + generator.random() * 2.2)
        if building.poll() is None:
            killed += 1
            if number % 2:
                os.killpg(building.pid, signal.SIGKILL)
            else:
                os.kill(building.pid, signal.SIGKILL)
        building.communicate()
        assert_whole(home)
        assert small.devenv(
            "run", small.name, "--no-build", "--", "true", code=None
        ).returncode in (0, 6)
    assert killed >= 4
    output, _ = small.build()
    assert "4 mechanisms" in output or "is up to date" in output
    assert small.answer() == "ANSWER 0.285 False"
    small.path("small0").write_text(before)
    small.devenv("prune")
    assert not [*home.glob("models/.*"), *home.glob("objects/*/.*")]
    assert assert_whole(home) >= 1


def test_two_at_once_build_a_key_once(small: Small) -> None:
    """Two environments of the same mods: the second waits, is told for whom, and compiles nothing."""
    devenv = small.devenv
    template = small.folder / "small.yaml"
    devenv("create", "other", "--template", template, "--models", small.folder)
    for which in range(4):
        small.path(f"small{which}").write_text(mod(f"small{which}", 0.5))
    small.calls.write_text("")
    # The first compiles nothing before the second says that it waits.
    gate, go = small.folder / "gate2", small.folder / "go"
    wait = f'touch "{gate}"; timeout 300 sh -c \'until [ -e "{go}" ]; do sleep 0.05; done\''
    small.first.write_text(f'case "$*" in *" -c "*) {wait} ;; esac\n')
    first = start(small, "build", small.name)
    while not gate.exists() and first.poll() is None:
        time.sleep(0.02)
    second, said = start(small, "build", "other"), ""
    assert second.stdout is not None
    while "waiting for the model" not in said and second.poll() is None:
        said += second.stdout.readline()
    go.touch()
    outputs = [first.communicate()[0], said + second.communicate()[0]]
    small.first.write_text("")
    assert (first.returncode, second.returncode) == (0, 0), outputs
    compiled = [line for line in small.calls.read_text().splitlines() if " -c small" in line]
    links = [
        line for line in small.calls.read_text().splitlines() if "-o lib/libnrnmech.so" in line
    ]
    assert (len(compiled), len(links)) == (4, 1)
    waited = [text for text in outputs if "waiting for the model" in text]
    assert len(waited) == 1
    assert re.search(r"held by pid \d+ on \S+ since .*: devenv build", waited[0])
    keys = {_model(devenv, name)["key"] for name in (small.name, "other")}
    assert len(keys) == 1


def test_a_dead_holder_does_not_block(small: Small) -> None:
    small.path("small1").write_text(mod("small1", 0.6))
    gate = small.folder / "gate"
    # What leaves its group outlives it, longer than any build takes; the compilers end with it.
    outlives = f"echo $$ >> '{gate}'; exec sleep 600"
    small.first.write_text(f'setsid sh -c "{outlives}" & wait; exit 1\n'.replace("$$", "\\$\\$"))
    holder = start(small)
    while not (gate.exists() and gate.read_text()) and holder.poll() is None:
        time.sleep(0.02)
    os.killpg(holder.pid, signal.SIGKILL)
    holder.communicate()
    small.first.write_text("")
    output, calls = small.build()
    held = [int(pid) for pid in gate.read_text().split()]
    assert [pid for pid in held if Path("/proc", str(pid)).exists()], "nothing outlived the holder"
    for pid in held:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert "waiting" not in output
    assert "link libnrnmech.so" in calls


def test_an_upgrade_of_the_compiler_that_cxx_names_is_seen(small: Small) -> None:
    """Its path and its name stay the same."""
    wrapper = small.folder / "g++"
    plain = wrapper.read_text()
    small.build()
    said = '[ "$1" = --version ] && { echo "upgraded 99.1"; exit; }\n'
    wrapper.write_text("#!/bin/sh\n" + said + plain.partition("\n")[2])
    assert [call for call in small.build()[1] if call.startswith("compile small")] == [
        f"compile small{number}" for number in range(4)
    ]
    wrapper.write_text(plain)
    output, calls = small.build()
    assert (calls, "0 of them compiled now" in output) == ([], True)


def _model(devenv: Devenv, name: str) -> dict[str, object]:
    shown = json.loads(devenv("show", name, "--json").stdout)
    found: dict[str, object] = shown["generation"]["model"]
    return found


def test_models_lists_users_and_prune_respects_them(small: Small) -> None:
    devenv = small.devenv
    small.path("small2").write_text(mod("small2", 0.7))
    small.build()
    listed = json.loads(devenv("models", "--json").stdout)["models"]
    users = {one["key"]: one["users"] for one in listed}
    current = _model(devenv, small.name)
    assert small.name in users[current["key"]]
    for one in listed:
        assert one["bytes"] > 0
        assert one["mechanisms"] == [f"small{n}" for n in range(4)]
    used = {key for key, names in users.items() if names}
    # An environment that goes leaves a model that nobody uses.
    devenv("create", "brief", "--template", small.folder / "small.yaml", "--models", small.folder)
    small.path("small2").write_text(mod("small2", 0.8))
    devenv("build", "brief")
    brief = _model(devenv, "brief")
    leftover = devenv.home / "models" / ".0123.1-2"
    (leftover / "lib").mkdir(parents=True)
    devenv("remove", "brief")
    assert str(brief["path"]) in devenv("prune", "--dry-run").stdout
    assert Path(str(brief["path"])).is_dir()
    assert "Removed" in devenv("prune").stdout
    assert not Path(str(brief["path"])).exists()
    assert not leftover.exists()
    left = {path.name for path in (devenv.home / "models").iterdir()}
    assert left == used
    small.path("small2").write_text(mod("small2", 0.7))
    assert small.build()[1] == []  # what was in use is whole, its objects too
    small.path("small2").write_text(mod("small2", 0.71))
    assert small.build()[1] == ["compile small2", "link libnrnmech.so"]


def manifest(small: Small) -> Path:
    current = small.devenv.home / "envs" / small.name / "current"
    return current.resolve() / "environment.json"


def running(small: Small, **variables: str) -> subprocess.Popen[bytes]:
    """devenv run, which became its command."""
    ready = small.folder / "ready"
    ready.unlink(missing_ok=True)
    command = ("sh", "-c", f"touch '{ready}'; exec sleep 300")
    environ = {**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", "run", small.name, "--no-build", "--", *command],
        env={**environ, **variables},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ready.exists()
    return process


def test_a_shared_model_is_shown_with_each_ones_own_sources(small: Small, tmp_path: Path) -> None:
    copied = tmp_path / "copy"
    shutil.copytree(small.folder, copied)
    small.devenv("create", "copied", "--template", copied / "small.yaml", "--models", copied)
    small.devenv("build", "copied")
    assert _model(small.devenv, "copied")["key"] == _model(small.devenv, small.name)["key"]
    for name, folder in (("copied", copied), (small.name, small.folder)):
        shown = json.loads(small.devenv("models", "show", "small1", "--env", name, "--json").stdout)
        assert shown["from"].split()[0] == str(folder / "mod" / "small1.mod")
    words = {"CXX": f"{small.devenv.environ['CXX']} -O1"}
    assert "flags: +(-O1)" in small.devenv("build", "copied", "--why", **words).stdout
    small.devenv("remove", "copied")


def test_what_a_run_uses_stays_and_a_dead_holder_does_not_count(small: Small) -> None:
    devenv, old = small.devenv, manifest(small)
    path = Path(str(_model(devenv, small.name)["path"]))
    before = {p: p.stat().st_mtime_ns for p in (old, old.parent, path, path / "model.json")}
    process = running(small)
    try:
        # The lease is the kernel's: nothing was written for it.
        assert {p: p.stat().st_mtime_ns for p in before} == before
        small.path("small0").write_text(mod("small0", 0.0123))
        small.build()
        assert manifest(small) != old
        said = devenv("prune", "--keep", "1").stdout
        assert f"In use: {old.parent} (pid {process.pid}: sleep 300)" in said
        assert old.is_file()
        assert (path / "model.json").is_file()
        refused = devenv("remove", small.name, code=6).stdout
        assert f"{small.name} is in use: pid {process.pid}: sleep 300" in refused
        assert manifest(small).is_file()
    finally:
        process.kill()
        process.wait()
    assert str(old.parent) in devenv("prune", "--keep", "1", "--dry-run").stdout
    assert old.is_file()
    devenv("prune", "--keep", "1")
    assert not old.parent.exists()
    assert not path.exists()
    assert small.answer().startswith("ANSWER 0.1845")
    assert [p.name for p in old.parents[1].iterdir()] == [manifest(small).parent.name]


def test_the_ranks_of_a_job_lease_nothing(small: Small) -> None:
    process = running(small, OMPI_COMM_WORLD_SIZE="2") if _flavour() == "Open MPI" else None
    if process is None:
        pytest.skip("a rank of Open MPI is refused where NEURON opens another MPI")
    try:
        assert not holders(manifest(small))
    finally:
        process.kill()
        process.wait()


def test_a_model_taken_away_is_built_again(small: Small) -> None:
    shutil.rmtree(str(_model(small.devenv, small.name)["path"]))
    done = small.devenv("run", small.name, "--no-build", "--", "true", code=6)
    assert "it is gone" in done.stdout
    assert small.answer().startswith("ANSWER")


def test_a_store_of_others_is_used_and_never_written(small: Small, tmp_path: Path) -> None:
    """A second $DEVENV_HOME finds the first one's NEURON, model and objects."""

    def contents() -> dict[Path, int]:
        folders = [small.devenv.home / name for name in ("models", "objects", "neuron", "locks")]
        return {p: p.lstat().st_mtime_ns for folder in folders for p in folder.rglob("*")}

    before = contents()
    own = Devenv(tmp_path / "home", small.devenv.environ)
    other = replace(small, devenv=own, name="mine")
    template = small.folder / "small.yaml"
    arguments = ("--template", template, "--models", small.folder)
    stores = {"DEVENV_STORES": str(small.devenv.home)}
    other.devenv("create", "mine", *arguments, **stores)
    _, calls = other.build("mine", "--store", str(small.devenv.home))
    assert calls == []
    assert Path(str(_model(other.devenv, "mine")["path"])).is_relative_to(small.devenv.home)
    assert other.answer().startswith("ANSWER")
    assert not (tmp_path / "home" / "models").exists()
    assert not (tmp_path / "home" / "neuron").exists()
    # An edit costs one mechanism, in one's own store; the others are linked from where they are.
    text = small.path("small3").read_text()
    small.path("small3").write_text(mod("small3", 0.9))
    assert other.build("mine")[1] == ["compile small3", "link libnrnmech.so"]
    assert len(list((tmp_path / "home" / "objects").glob("*/*"))) == 1
    assert other.answer().startswith("ANSWER")
    small.path("small3").write_text(text)
    assert contents() == before


def test_a_pushed_model_is_used_where_its_maker_is_gone(small: Small, tmp_path: Path) -> None:
    small.build()
    home, store = small.devenv.home, tmp_path / "store"
    dry = small.devenv("cache", "push", store, "--env", small.name, "--dry-run").stdout
    assert f"mv {store}/neuron/" in dry
    assert "# then: the models are linked with it" in dry
    assert not store.exists()
    small.calls.write_text("")
    small.devenv("cache", "push", store, "--env", small.name)
    assert {call.split()[0] for call in compiler_calls(small.calls)} == {"link"}
    made = [*store.glob("models/*"), *store.glob("neuron/*"), *store.glob("objects/*/*")]
    assert not [found for path in made for found in damages(path)]
    small.calls.write_text("")
    small.devenv("cache", "push", store, "--env", small.name)
    assert compiler_calls(small.calls) == []
    devenv = Devenv(tmp_path / "home", small.devenv.environ)
    other = replace(small, devenv=devenv, name="mine")
    template = small.folder / "small.yaml"
    away = home.rename(home.with_name("away"))
    try:
        devenv("create", "mine", "--template", template, "--models", small.folder)
        small.calls.write_text("")
        devenv("cache", "pull", store, "--env", "mine")
        assert compiler_calls(small.calls) == []
        assert other.answer().startswith("ANSWER")
        assert Path(str(_model(devenv, "mine")["path"])).is_relative_to(store)
        assert not (tmp_path / "home" / "models").exists()
        assert _model(devenv, "mine")["key"][:12] in devenv("cache", "list", store).stdout
        text = small.path("small3").read_text()
        small.path("small3").write_text(mod("small3", 0.9))
        assert other.build("mine")[1] == ["compile small3", "link libnrnmech.so"]
        assert other.answer().startswith("ANSWER")
        small.path("small3").write_text(text)
    finally:
        away.rename(home)


def test_what_cannot_be_pushed(small: Small, tmp_path: Path) -> None:
    small.build()

    def push(store: object, code: int) -> str:
        return small.devenv("cache", "push", store, "--env", small.name, code=code).stdout

    assert "s3://there is not a directory" in push("s3://there", 2)
    assert "is your own $DEVENV_HOME" in push(small.devenv.home, 2)
    (file,) = small.devenv.home.glob("neuron/*/lib/*/site-packages/neuron/.data/**/stdrun.hoc")
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole + b"x")
    assert "/stdrun.hoc" in push(tmp_path / "store", 6)
    assert not list((tmp_path / "store").glob("neuron/*"))
    file.write_bytes(whole)
    file.chmod(0o444)


def test_a_model_that_does_not_fit_is_refused_before_neuron_starts(small: Small) -> None:
    path = Path(str(_model(small.devenv, small.name)["path"])) / "model.json"
    text = path.read_text()
    # As it was made, by its seal, and made for something else.
    for writable in (path.parent, path):
        writable.chmod(0o755)
    kept = path.parent / SEAL
    kept.rename(path.parent / "away")
    stamp = json.loads(text)
    stamp["python"], stamp["neuron"]["version"] = "2.7", "7.8"
    path.write_text(json.dumps(stamp))
    done = small.devenv("run", small.name, "--", "special", "-c", "quit()", code=6)
    assert "was built for NEURON 7.8, and this is 9.0.2" in done.stdout
    assert "was built for Python 2.7" in done.stdout
    assert "2 things do not fit together" in done.stdout
    path.write_text(text)
    path.chmod(0o444)
    (path.parent / "away").rename(kept)
    stray = (
        {"PMI_SIZE": "2", "PMI_RANK": "0"}
        if _flavour() == "Open MPI"
        else {"OMPI_COMM_WORLD_SIZE": "2"}
    )
    if not _flavour():
        return
    done = small.devenv("run", small.name, "--", "true", code=6, **stray)
    assert f"NEURON opens the library of {_flavour()}" in done.stdout


def test_a_loader_told_of_another_neuron_takes_the_models_own(small: Small, tmp_path: Path) -> None:
    """LD_LIBRARY_PATH, as a site's modules set it, beats the RUNPATH of a program: exit code 0."""
    model = Path(str(_model(small.devenv, small.name)["path"]))
    shown = small.devenv("show", small.name, "--json").stdout
    site = Path(json.loads(shown)["generation"]["neuron"])
    shutil.copy(site / "neuron/.data/lib/libnrniv.so", tmp_path)
    shutil.copy(model / "lib/libnrnmech.so", tmp_path)
    code = "print('LOADED', *{w for w in open('/proc/self/maps').read().split() if 'libnrn' in w})"
    ask = f'LD_LIBRARY_PATH={tmp_path} special -nobanner -python -c "{code}"'
    done = small.devenv("run", small.name, "--", "sh", "-c", ask)
    loaded = next(line for line in done.stdout.splitlines() if line.startswith("LOADED")).split()
    assert {str(model / "lib/libnrnmech.so"), str(site / "neuron/.data/lib/libnrniv.so")} <= set(
        map(os.path.realpath, loaded)
    )
    assert not any(str(tmp_path) in path for path in loaded)
    # Python loads NEURON's module, which is not ours to link.
    there = {"LD_LIBRARY_PATH": f"/nowhere:{tmp_path}"}
    done = small.devenv("run", small.name, "--", "python", "-c", "pass", code=6, **there)
    assert f"names {tmp_path}/libnrniv.so" in done.stdout
    done = small.devenv("doctor", small.name, code=1, **there)
    assert f"names {tmp_path}/libnrniv.so" in done.stdout
    small.devenv("run", small.name, "--", "true", LD_LIBRARY_PATH=str(site / "neuron/.data/lib"))


def _flavour() -> str:
    """Of the library that NEURON opens here; empty for none."""
    from devenv.system.mpi import libmpi

    return {"openmpi": "Open MPI", "mpich": "MPICH"}.get(libmpi(plain_environ()), "")


def test_another_script_in_the_place_of_the_compiler_is_seen(small: Small) -> None:
    """Of the same version, with another option."""
    wrapper = small.folder / "g++"
    plain = wrapper.read_text()
    path = small.path("sixteen")
    path.write_text(
        "NEURON { SUFFIX nothing }\nFUNCTION sixteen() {\nVERBATIM\n"
        "#ifndef EE\n#define EE 1\n#endif\n    return EE;\nENDVERBATIM\n}\n"
    )

    def says() -> str:
        small.build()
        argv = ("special", "-nobanner", "-c", 'printf("EE %g\\n", sixteen())')
        done = small.devenv("run", small.name, "--no-build", "--", *argv)
        return next(line for line in done.stdout.splitlines() if line.startswith("EE"))

    assert says() == "EE 1"
    for value in (-17, -16):
        wrapper.write_text(plain.replace('"$@"', f'-DEE={value} "$@"'))
        assert "compiler" in small.devenv("build", small.name, "--why").stdout
        assert says() == f"EE {value}"
    wrapper.write_text(plain)
    assert says() == "EE 1"
    path.unlink()
    small.build()
