"""The main job on the Spack engine: real recipes, NEURON and what Python needs from wheels."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from slurm_cluster import Cluster
from support import EXPECTED, RING, Devenv, check_ring, edited, plain_environ, raster

pytestmark = pytest.mark.real

NAME = "cortex"


@dataclass(frozen=True)
class Cortex:
    """A neocortex of the Spack engine with developed neurodamus and models, built."""

    devenv: Devenv
    source: Path
    models: Path
    circuit: Path

    def prefixes(self) -> dict[str, int]:
        """Each install with the time at which it was made."""
        found = (self.devenv.home / "spack" / "opt").glob("*/*neurodamus*")
        return {p.name: p.stat().st_ino for p in found}

    def objects(self) -> set[str]:
        """What was compiled, in the store that Spack's models are built from."""
        return {p.name for p in (self.devenv.home / "objects").glob("*/*")}

    def simulate(self, out: Path, *arguments: str) -> str:
        command = ("neurodamus", "simulation_sonata.json", f"--output-path={out}")
        return self.devenv(
            *("run", NAME, *arguments, "--", *command),
            cwd=self.circuit,
            PYTHONPATH=str(RING),
        ).stdout


@pytest.fixture(scope="module")
def cortex(spack_home: Devenv) -> Cortex:
    """Without v5's mechanisms, which take as long to compile again."""
    devenv = spack_home
    options = ("--template", "neocortex", "--engine", "spack", "--variant", "~v5")
    devenv("create", NAME, *options, DEVENV_WHEELS="")  # the default, as for a person
    devenv("develop", "neurodamus-py", "--env", NAME)
    done = devenv("develop", "neurodamus-neocortex", "--env", NAME, code=None)
    if done.returncode == 5:
        pytest.skip("the repository of neurodamus-models cannot be cloned")
    assert done.returncode == 0, done.stdout
    devenv("build", NAME, "-j", "2")
    sources = devenv.home / "sources" / NAME
    circuit = devenv.home.parent / "ring-of-spack"
    devenv("run", NAME, "--", "python", RING / "make_ring.py", circuit)
    return Cortex(devenv, sources / "neurodamus", sources / "neurodamus-models", circuit)


def test_the_ring_has_the_raster_of_the_other_engine(cortex: Cortex, tmp_path: Path) -> None:
    cortex.simulate(tmp_path / "one")
    check_ring(raster(tmp_path / "one"), 1, cortex.source)
    output = cortex.simulate(tmp_path / "two", "-n", "2", "--launcher", "mpi")
    assert output.count("numprocs=2") == 1
    check_ring(raster(tmp_path / "two"), 2, cortex.source)


def test_one_activation_does_it_all(cortex: Cortex, tmp_path: Path) -> None:
    program = f'eval "$({sys.executable} -m devenv activate {NAME})"; which special; exec "$@"'
    environ = {**plain_environ(), **cortex.devenv.environ, "DEVENV_HOME": str(cortex.devenv.home)}
    environ["PYTHONPATH"] = str(RING)
    command = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path}")
    done = subprocess.run(
        ["bash", "-c", program, "bash", *command],
        env=environ,
        cwd=cortex.circuit,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(str(cortex.devenv.home / "envs" / NAME))
    check_ring(raster(tmp_path), 1, cortex.source)


@pytest.mark.parametrize("special", ["special", "$NEURODAMUS_NEOCORTEX_ROOT/bin/special"])
def test_special_takes_the_line_of_batch_scripts(
    cortex: Cortex, tmp_path: Path, special: str
) -> None:
    """devenv's own special, and the recipe's, for those who load it with Spack alone."""
    line = (
        f'{special} -mpi -python "$NEURODAMUS_PYTHON/init.py"'
        f" --configFile=simulation_sonata.json --output-path={tmp_path}"
    )
    run = ("run", NAME, "--", "sh", "-c", line)
    output = cortex.devenv(*run, cwd=cortex.circuit, PYTHONPATH=str(RING)).stdout
    assert "Replacing binary" not in output
    check_ring(raster(tmp_path), 1, cortex.source)


def test_everybody_has_the_model(cortex: Cortex) -> None:
    code = "from neuron import h; h.Section().insert('ring_leak'); print('INSERTED'); h.quit()"
    for program in (("python",), ("special", "-python"), ("nrniv", "-python")):
        said = cortex.devenv("run", NAME, "--", *program, "-c", code).stdout
        assert "INSERTED" in said


def test_what_is_kept_in_the_store_knows_no_install_of_spacks(cortex: Cortex) -> None:
    """Spack's wrappers, of ld as well, would write the prefix of one install into it."""
    store = str(cortex.devenv.home / "spack" / "opt").encode()
    kept = [p for p in (cortex.devenv.home / "objects").rglob("*") if p.is_file()]
    assert len(kept) > 30
    assert [p.name for p in kept if store in p.read_bytes()] == []


def test_doctor_finds_nothing_wrong(cortex: Cortex) -> None:
    output = cortex.devenv("doctor", NAME, cwd=cortex.circuit).stdout
    assert f"neurodamus is imported from {cortex.source}/neurodamus" in output
    assert "error" not in [line.split()[0] for line in output.splitlines() if line]


def test_python_and_hoc_are_live_and_nothing_is_built(cortex: Cortex, tmp_path: Path) -> None:
    before = cortex.prefixes()
    data = cortex.source / "neurodamus" / "data"
    hoc = cortex.models / "neocortex" / "hoc"
    with (
        edited(cortex.source / "neurodamus" / "commands.py", 'print("a python edit")\n'),
        edited(hoc / "brandnew.hoc", 'print "a new hoc file"\n'),
        edited(
            data / "hoc" / "neurodamus.hoc", '\n{load_file("brandnew.hoc")}\nprint "hoc edit"\n'
        ),
    ):
        output = cortex.simulate(tmp_path)
        cortex.devenv("build", NAME)
    assert "a python edit" in output
    assert "hoc edit" in output
    assert "a new hoc file" in output
    assert cortex.prefixes() == before


def test_the_ring_on_two_ranks_under_srun(cortex: Cortex, slurm: Cluster, tmp_path: Path) -> None:
    command = ("neurodamus", "simulation_sonata.json", f"--output-path={tmp_path}")
    output = cortex.devenv(
        *("run", NAME, "-n", "2", "--", *command),
        cwd=cortex.circuit,
        PYTHONPATH=str(RING),
        **slurm.environ,
    ).stdout
    assert output.count("numprocs=2") == output.count("numprocs=") == 1
    check_ring(raster(tmp_path), 2, cortex.source)
    slurm.wait_empty()


def test_a_second_build_is_seen_at_a_glance(cortex: Cortex) -> None:
    before = (cortex.devenv.home / "envs" / NAME / "current").readlink()
    assert "is up to date" in cortex.devenv("build", NAME).stdout
    assert (cortex.devenv.home / "envs" / NAME / "current").readlink() == before


def test_one_mod_builds_the_model_and_nothing_else(cortex: Cortex, tmp_path: Path) -> None:
    before = cortex.prefixes()
    # The ring's own mechanism comes last in precedence: a file of its name in the region wins.
    target = cortex.models / "neocortex" / "mod" / "v6" / "ring_k.mod"
    text = (RING / "mod" / "ring_k.mod").read_text(encoding="utf-8")
    target.write_text(text.replace("0.036", "0.037"), encoding="utf-8")
    assert target.read_text(encoding="utf-8") != text
    objects = cortex.objects()
    output = cortex.simulate(tmp_path)
    assert "mechanisms changed since the last build" in output
    assert len(cortex.objects() - objects) == 1, "one mod is one compilation, under Spack too"
    changed = {name for name, inode in cortex.prefixes().items() if before.get(name) != inode}
    assert [name.split("-develop")[0] for name in changed] == ["neurodamus-models"]
    assert raster(tmp_path)["sha256"] != EXPECTED["sha256"]
    target.unlink()
    state = subprocess.run(
        ["git", "-C", str(cortex.models), "status", "--porcelain"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert state.stdout == ""


def test_a_failing_mod_is_named_where_it_is_edited(cortex: Cortex) -> None:
    # In the repository it is a link: the file itself is named.
    target = (cortex.models / "neocortex" / "mod" / "v6" / "Ih.mod").resolve()
    text = target.read_text(encoding="utf-8")
    line = 1 + text.split("BREAKPOINT")[0].count("\n")
    target.write_text(text.replace("BREAKPOINT", "BREAKPOINT = ", 1), encoding="utf-8")
    said = cortex.devenv("build", NAME, code=4).stdout.partition("devenv: error: ")[2]
    target.write_text(text, encoding="utf-8")
    # Spack breaks the line, with or without its blank.
    assert f"{target}:{line}:" in said
    assert "syntax error: Illegal block" in said
    assert "stage" not in said.partition("Its whole output")[0]
    cortex.devenv("build", NAME)
