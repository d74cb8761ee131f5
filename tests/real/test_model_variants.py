"""Several models of one environment side by side, CoreNEURON among them, and the ring run by each."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_models import Small, make_small, mod
from stand_ins import Repositories
from support import EXPECTED, RING, Devenv, plain_environ, raster

pytestmark = pytest.mark.real

MPI = ("-n", "2", "--launcher", "mpi")


@dataclass(frozen=True)
class Nightly:
    """A neocortex on NEURON 9.1's development builds, whose CoreNEURON neurodamus can use."""

    devenv: Devenv
    circuit: Path

    def simulate(self, out: Path, *arguments: str, simulator: str = "NEURON") -> str:
        config = json.loads((self.circuit / "simulation_sonata.json").read_text())
        config["target_simulator"] = simulator
        name = f"{simulator.lower()}.json"
        (self.circuit / name).write_text(json.dumps(config))
        shutil.rmtree(self.circuit / "build", ignore_errors=True)
        command = ("neurodamus", name, f"--output-path={out}")
        run = ("run", "nightly", *arguments, "--", *command)
        return self.devenv(*run, cwd=self.circuit, PYTHONPATH=str(RING)).stdout


@pytest.fixture(scope="module")
def nightly(make_devenv: Callable[[str], Devenv], repositories: Repositories) -> Nightly:
    devenv = Devenv(make_devenv("nightly").home, repositories.environ)
    devenv("create", "nightly", "--template", "neocortex", "--neuron", "neuron-nightly")
    # As it is typed with Spack's habits; what is the default anyway is no part of the name.
    built = devenv("build", "nightly+coreneuron~gpu", "model=neocortex").stdout
    assert "model +coreneuron: " in built
    assert "note:" not in built
    devenv("build", "nightly")
    circuit = devenv.home.parent / "ring"
    devenv("run", "nightly", "--", "python", RING / "make_ring.py", circuit)
    return Nightly(devenv, circuit)


def coreneurons_raster(folder: Path) -> tuple[int, str]:
    """The number of spikes that CoreNEURON wrote, and their hash as the ring's plugin makes it."""
    lines = (folder / "out.dat").read_text().splitlines()
    pairs = [line.split() for line in lines if line[:1].isdigit()]
    spikes = sorted((float(time), int(gid)) for time, gid in pairs)
    text = "".join(f"{time:.3f} {gid}\n" for time, gid in spikes)
    return len(spikes), hashlib.sha256(text.encode("ascii")).hexdigest()


def test_both_variants_stand_side_by_side(nightly: Nightly) -> None:
    shown = json.loads(nightly.devenv("show", "nightly", "--json").stdout)
    generation = shown["generation"]
    (further,) = generation["further"]
    assert shown["environment"]["further"] == [{"name": "+coreneuron", "variants": "+coreneuron"}]
    own, core = Path(generation["model"]["path"]), Path(further["model"]["path"])
    assert own != core
    assert not (own / "lib" / "libcorenrnmech.so").exists()
    for name in (
        "lib/libcorenrnmech.so",
        "bin/special-core",
        "lib/libnrnmech.so",
        "bin/special.nrn",
    ):
        assert (core / name).is_file()
    assert (core / "cpp" / "coreneuron" / "hh.cpp").is_file()
    stamp = json.loads((core / "model.json").read_text())
    names = {one["name"] for one in stamp["mechanisms"]}
    pinned = next((nightly.devenv.home / "sources").glob(".pinned/*"))
    region = {path.stem for path in pinned.glob("neocortex/mod/v6/*.mod")}
    assert names > region - {"netstim_inhpoisson"}


def test_neuron_runs_the_ring_with_either(nightly: Nightly, tmp_path: Path) -> None:
    for number, arguments in enumerate(
        ((), ("--model", "+coreneuron"), ("--model", "+coreneuron", *MPI))
    ):
        out = tmp_path / str(number)
        nightly.simulate(out, *arguments)
        assert raster(out)["sha256"] == EXPECTED["sha256"]


@pytest.mark.parametrize("ranks", [1, 2])
def test_coreneuron_runs_the_ring_with_the_same_raster(
    nightly: Nightly, tmp_path: Path, ranks: int
) -> None:
    asked = ("-n", str(ranks), "--launcher", "mpi", "--model", "+coreneuron")
    output = nightly.simulate(tmp_path / "out", *asked, simulator="CORENEURON")
    assert f"numprocs={ranks}" in output or ranks == 1
    assert "Launching simulation with CoreNEURON" in output
    assert coreneurons_raster(tmp_path / "out") == (EXPECTED["spikes"], EXPECTED["sha256"])


def test_a_model_is_picked_by_name(nightly: Nightly) -> None:
    script = 'echo "LIBRARY $CORENEURONLIB"; command -v special; command -v special-core || true'
    run = ("run", "nightly")
    own = nightly.devenv(*run, "--", "sh", "-c", script).stdout
    assert "LIBRARY \n" in own
    assert "special-core" not in own
    core = nightly.devenv(*run, "--model", "+coreneuron", "--", "sh", "-c", script).stdout
    assert "/lib/libcorenrnmech.so\n" in core
    assert core.count("special-core") == 1
    wrong = nightly.devenv(*run, "--model", "corneuron", "--", "true", code=2).stdout
    assert "Did you mean '+coreneuron'?" in wrong
    wrong = nightly.devenv(*run, "--model", "+plasticity", "--", "true", code=2).stdout
    assert "devenv build nightly +plasticity" in wrong


def test_the_clash_of_neuron_9_0_is_found_before_anything_is_built(nightly: Nightly) -> None:
    nightly.devenv("create", "stable", "--template", "neocortex")
    said = nightly.devenv("build", "stable+coreneuron", "--why").stdout
    assert "nrnbbcore_register_mapping" in said
    assert "neuron-nightly" in said
    assert "nrnbbcore" not in nightly.devenv("build", "nightly+coreneuron", "--why").stdout


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return make_small(tmp_path_factory.mktemp("variants") / "home", "few", 3)


def test_named_models_share_what_is_the_same(small: Small) -> None:
    request = small.devenv.home / "envs" / "few" / "environment.yaml"
    request.write_text(request.read_text() + "# a comment of mine\n")
    _, calls = small.build("few", "+more", "--as", "plus")
    assert [c for c in calls if c.startswith("compile")] == [
        "compile extra",
        "compile mod_func",
        "compile small0",
        "compile small1",
        "compile small2",
    ]
    assert "# a comment of mine" in request.read_text()
    assert "  - name: plus\n    variants: +more\n" in request.read_text()
    # The environment's own was not built by that; now it costs its list and its link.
    assert small.build("few")[1] == ["compile mod_func", "link libnrnmech.so"]
    assert small.answer("--model", "plus").endswith("True")
    assert small.answer("--model", "+more").endswith("True")
    assert small.answer().endswith("False")


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_a_shell_is_activated_with_a_further_model(
    small: Small, shell: str, tmp_path: Path
) -> None:
    if not shutil.which(shell):
        pytest.skip(f"no {shell} on this machine")
    small.build("few")
    code = small.devenv("activate", "few", "--model", "plus", "--shell", shell).stdout
    script = tmp_path / "script"
    script.write_text(
        f"{code}\necho PATH $PATH; echo LIBRARY $NRNMECH_LIB_PATH; special -nobanner -c 'quit()'"
    )
    environ = {**plain_environ(), "DEVENV_HOME": str(small.devenv.home)}
    argv = [shell, "--norc", str(script)] if shell == "bash" else [shell, str(script)]
    done = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True)
    shown = json.loads(small.devenv("show", "few", "--json").stdout)["generation"]
    model = next(one["model"] for one in shown["further"] if one["name"] == "plus")
    assert f"LIBRARY {model['library']}" in done.stdout
    assert (
        small.devenv("activate", "few", "--model", "no", code=2).stdout.count("unknown model") == 1
    )
    # The function for a start-up file does the same.
    script.write_text(
        (
            "devenv shell-init fish | source\n"
            if shell == "fish"
            else 'eval "$(devenv shell-init bash)"\n'
        )
        + "devenv activate few --model +more; echo LIBRARY $NRNMECH_LIB_PATH; devenv deactivate\n"
        + "echo AFTER $NRNMECH_LIB_PATH\n"
    )
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True)
    assert f"LIBRARY {model['library']}\nAFTER\n" in done.stdout


def test_a_shell_is_started_with_a_further_model(small: Small) -> None:
    argv = [sys.executable, "-m", "devenv", "shell", "few", "--model", "plus"]
    environ = {**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ}
    done = subprocess.run(
        argv,
        env={**environ, "SHELL": "/bin/sh"},
        input="echo LIBRARY $NRNMECH_LIB_PATH\n",
        check=True,
        capture_output=True,
        text=True,
    )
    shown = json.loads(small.devenv("show", "few", "--json").stdout)["generation"]
    model = next(one["model"] for one in shown["further"] if one["name"] == "plus")
    assert f"LIBRARY {model['library']}" in done.stdout


PROFILES = """tests:
  plain: {package: hnn-core, tests: [tests]}
  more: {package: hnn-core, tests: [tests], mods: [{package: neurodamus-models, path: profiled}]}
"""
TEST = """
import json, os, pathlib, subprocess
def test_the_model():
    model = pathlib.Path(os.environ["NRNMECH_LIB_PATH"]).parents[1]
    names = [one["name"] for one in json.loads((model / "model.json").read_text())["mechanisms"]]
    assert names == WANTED
    # What the tests use stays, even where nothing on the disk refers to it any more.
    special = pathlib.Path(SPECIAL)
    text = special.read_text() if special.exists() else ""
    special.unlink(missing_ok=True)
    subprocess.run([PYTHON, "-m", "devenv", "prune"], check=True, env=ENVIRON)
    assert (model / "model.json").is_file()
    special.write_text(text) if text else None
"""


def test_profiles_are_run_with_a_further_model(
    small: Small, make_package: Callable[..., Path]
) -> None:
    devenv, template = small.devenv, small.folder / "small.yaml"
    before = template.read_text()
    template.write_text(before + PROFILES)
    (small.folder / "profiled").mkdir()
    (small.folder / "profiled" / "profiled.mod").write_text(mod("profiled"))
    source = make_package("hnn-core", "hatchling")
    devenv("develop", "hnn-core", "--path", source, "--env", "few")
    small.build("few", "+more", "--as", "plus")
    small.build("few")
    own = ["small0", "small1", "small2"]
    for profile, model, wanted in (
        ("plain", "", own),
        ("plain", "plus", ["extra", *own]),
        ("more", "+more", ["extra", "profiled", *own]),
    ):
        special = devenv.home / "envs" / "few" / "tox" / profile / "latest" / "bin" / "special"
        environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
        names = {"WANTED": wanted, "SPECIAL": str(special), "PYTHON": sys.executable}
        values = {**names, "ENVIRON": environ}
        head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
        (source / "tests" / "test_it.py").write_text(head + TEST)
        said = devenv("test", "-e", profile, "--env", "few", "--model", model).stdout
        assert f"{profile}: 1 passed, 0 failed" in said
    devenv("undevelop", "hnn-core", "--env", "few")
    template.write_text(before)


def test_an_edit_before_a_run_builds_the_model_that_runs(small: Small) -> None:
    path = small.path("small0")
    text = path.read_text()
    small.build("few")
    path.write_text(text.replace("g = 0.001", "g = 0.1"))
    small.calls.write_text("")
    assert small.answer("--model", "plus").startswith("ANSWER 1.5")
    assert small.calls.read_text().count("-o lib/libnrnmech.so") == 1
    # The other one is stale still, and is built when it is run.
    assert small.answer().startswith("ANSWER 1.5")
    assert small.calls.read_text().count("-o lib/libnrnmech.so") == 2
    assert small.calls.read_text().count("-c small0.cpp") == 1
    path.write_text(text)


def test_a_small_model_for_coreneuron_of_neuron_9_0(small: Small) -> None:
    _, calls = small.build("few+coreneuron")
    assert [c for c in calls if c.startswith("link")] == [
        "link libcorenrnmech.so",
        "link libcorenrnmech.so",
        "link libcorenrnmech.so",
        "link libnrnmech.so",
        "link libnrnmech.so",
        "link special-core",
        "link special.nrn",
    ]
    run = ("run", "few", "--model", "+coreneuron", "--")
    assert "CoreNEURON Version : 9.0.2" in small.devenv(*run, "special-core", "--version").stdout
    assert small.answer("--model", "+coreneuron") == small.answer()
    # One edit: each half translates and compiles it once, and links once.
    path = small.path("small1")
    text = path.read_text()
    path.write_text(text + ": edited\n")
    assert small.build("few+coreneuron")[1] == [
        "compile small1",
        "compile small1",
        "link libcorenrnmech.so",
        "link libnrnmech.so",
    ]
    path.write_text(text)


def test_wrong_variants_and_names_are_refused(small: Small) -> None:
    assert "Did you mean 'coreneuron'" in small.devenv("build", "few+corneuron", code=2).stdout
    taken = small.devenv("build", "few+coreneuron", "--as", "plus", code=2).stdout
    assert "'plus' is the name of another model" in taken


def test_a_gpu_variant_is_planned_and_refused_with_all_that_is_missing(nightly: Nightly) -> None:
    nightly.devenv("remove", "stable", code=None)
    nightly.devenv("create", "gpu", "--template", "thalamus")
    home = nightly.devenv.home
    before = {path.name for path in (home / "models").iterdir()}
    # An empty PATH but for the system's own: no nvc++, no driver, no Spack, whatever machine this is.
    refused = nightly.devenv("build", "gpu+gpu", code=3, PATH="/usr/bin:/bin").stdout
    for word in (
        "3 things are missing"
        if shutil.which("nvidia-smi", path="/usr/bin")
        else "4 things are missing",
        "nvc++",
        "NEURON 9.0.2 is built for CPUs",
        "spack",
    ):
        assert word in refused
    plan = nightly.devenv("build", "gpu+gpu", "--dry-run", PATH="/usr/bin:/bin").stdout
    for word in (
        "# missing: nvc++",
        "spack install neuron",
        "%nvhpc",
        "acc --oacc",
        "-gpu=lineinfo",
    ):
        assert word in plan
    assert {path.name for path in (home / "models").iterdir()} == before
