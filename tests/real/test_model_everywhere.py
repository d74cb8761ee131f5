"""The compiled model is there for everybody: for python, nrniv and nrngui as for special."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mine import PROGRAM
from support import EXPECTED, RING, plain_environ, raster
from tiny import Tiny, template

from devenv.core.activation import MODULE_OPTIONS, model_edits
from devenv.core.delta import EnvironmentDelta, apply
from devenv.core.environment import BuiltModel

pytestmark = pytest.mark.real

WHO = """\
import json, os, sys
import libsonata  # the environment's own package
from neuron import h

s = h.Section(name="s")
s.insert("ring_leak")
context = h.ParallelContext()
maps = open("/proc/self/maps").read().split()
found = {
    "libraries": sorted({path for path in maps if path.endswith("libnrnmech.so")}),
    "prefix": os.path.realpath(sys.prefix),
    "rank": int(context.id()),
    "ranks": int(context.nhost()),
    "foreign": hasattr(s(0.5), "foreign") or hasattr(h, "g_foreign"),
}
sys.stdout.write("WHO " + json.dumps(found) + "\\n")
sys.stdout.flush()
context.barrier()
h.quit()
"""
FOREIGN = """\
NEURON { SUFFIX foreign NONSPECIFIC_CURRENT i RANGE g }
PARAMETER { g = 0.001 }
ASSIGNED { v i }
BREAKPOINT { i = g * v }
"""
WAYS = {
    "python": ("python", "who.py"),
    "special": ("special", "-python", "who.py"),
    "nrniv": ("nrniv", "-python", "who.py"),
    "nrngui": ("nrngui", "-python", "who.py"),
}
IMPORT = "from neuron import h; h.Section().insert('ring_leak')"


def environ_of(tiny: Tiny, **more: str) -> dict[str, str]:
    """A person's variables, with devenv in PATH."""
    environ = {**plain_environ(), "DEVENV_HOME": str(tiny.devenv.home), **more}
    environ["PATH"] = f"{PROGRAM.parent}:{environ['PATH']}"
    return environ


def said(argv: tuple[str, ...], cwd: Path, environ: Mapping[str, str], code: int = 0) -> str:
    done = subprocess.run(
        argv, cwd=cwd, env=environ, text=True, errors="replace", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    return done.stdout


def activated(tiny: Tiny, script: str, cwd: Path, code: int = 0, **more: str) -> str:
    """What bash says to a script in which `tiny` was activated by `devenv activate`."""
    text = f'eval "$(devenv activate tiny)"\n{script}'
    argv = ("bash", "--norc", "--noprofile", "-c", text)
    return said(argv, cwd, environ_of(tiny, **more), code)


def answers(output: str) -> list[dict[str, object]]:
    """What each process said of itself."""
    lines = [line for line in output.splitlines() if line.startswith("WHO ")]
    assert lines, output
    return [json.loads(line[4:]) for line in lines]


@dataclass(frozen=True)
class Ours:
    """What every process is to have: the model's library, and the environment's Python."""

    library: str
    prefix: str

    def check(self, output: str) -> None:
        """Each process had the environment's model, no other, and the environment's Python."""
        for answer in answers(output):
            assert answer["libraries"] == [self.library]
            assert answer["prefix"] == self.prefix
            assert answer["foreign"] is False


@pytest.fixture(scope="module")
def ours(tiny: Tiny) -> Ours:
    generation = json.loads(tiny.devenv("show", "tiny", "--json").stdout)["generation"]
    prefix = os.path.realpath(Path(generation["python"]).parents[1])
    return Ours(os.path.realpath(generation["model"]["library"]), prefix)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working directory with the script."""
    (tmp_path / "who.py").write_text(WHO, encoding="utf-8")
    return tmp_path


def neuron_program(tiny: Tiny, name: str) -> Path:
    """A program beside the environment's NEURON: another test may have brought another one."""
    shown = json.loads(tiny.devenv("show", "tiny", "--json").stdout)
    return Path(shown["generation"]["neuron"]).parents[2] / "bin" / name


@pytest.fixture(scope="module")
def foreign(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working directory in which a model of other mods was built with plain nrnivmodl."""
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "who.py").write_text(WHO, encoding="utf-8")
    (folder / "mods").mkdir()
    (folder / "mods" / "foreign.mod").write_text(FOREIGN, encoding="utf-8")
    said((str(neuron_program(tiny, "nrnivmodl")), "mods"), folder, plain_environ())
    assert (folder / "x86_64" / "special").exists()
    return folder


# -- who has it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_run_has_the_model(tiny: Tiny, ours: Ours, folder: Path, way: str) -> None:
    ours.check(tiny.devenv("run", "tiny", "--", *WAYS[way], cwd=folder).stdout)


def test_no_special_has_the_model(tiny: Tiny, ours: Ours, folder: Path) -> None:
    output = tiny.devenv("run", "tiny", "--no-special", "--", *WAYS["python"], cwd=folder).stdout
    ours.check(output)


@pytest.mark.parametrize("way", WAYS)
def test_a_foreign_model_in_the_working_directory_loses(
    tiny: Tiny, ours: Ours, foreign: Path, way: str
) -> None:
    ours.check(activated(tiny, " ".join(WAYS[way]), foreign))
    ours.check(tiny.devenv("run", "tiny", "--", *WAYS[way], cwd=foreign).stdout)


def test_run_refuses_what_may_start_a_foreign_special(tiny: Tiny, foreign: Path) -> None:
    for command in (("neurodamus", "x.json"), ("bash", "-c", "touch no"), ("python", "-m", "this")):
        output = tiny.devenv("run", "tiny", "--", *command, cwd=foreign, code=6).stdout
        assert f"{foreign}/x86_64 holds a compiled model, which neurodamus would start" in output
        assert f"mv {foreign}/x86_64 /tmp" in output
    assert not (foreign / "no").exists()
    alone = ("run", "tiny", "--no-special", "--", "bash", "-c", "echo RAN")
    assert "RAN" in tiny.devenv(*alone, cwd=foreign).stdout


def test_neurodamus_refuses_a_foreign_special(tiny: Tiny, foreign: Path, tmp_path: Path) -> None:
    """It takes ./x86_64/special whatever PATH says: the proof in the ranks ends the run."""
    shutil.copytree(tiny.circuit, tmp_path / "ring")
    shutil.copytree(foreign / "x86_64", tmp_path / "ring" / "x86_64")
    special = tmp_path / "ring" / "x86_64" / "special"
    python = neuron_program(tiny, "python")
    body = special.read_text(encoding="utf-8").split("\n", 2)[2]
    special.write_text(f"#!{python}\n{body}", encoding="utf-8")  # as pip writes it, not uv
    command = f"neurodamus simulation_sonata.json --output-path={tmp_path}/out"
    output = activated(tiny, command, tmp_path / "ring", code=6)
    assert f"{special}.nrn" in output
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize("kind", ["jupyter", "envrc", "dotenv"])
def test_an_export_has_the_model(tiny: Tiny, ours: Ours, folder: Path, kind: str) -> None:
    text = tiny.devenv("export", kind, "tiny").stdout
    if kind == "jupyter":
        shell, option, start, script, _ = json.loads(text)["argv"]
        start = start.replace('-m ipykernel_launcher -f "$1"', "who.py")
        assert "who.py" in start
        output = said((shell, option, start, script), folder, plain_environ())
    else:
        file = folder / "exported"
        file.write_text(text, encoding="utf-8")
        script = f"set -a; . {file}; set +a; python who.py"
        output = said(("bash", "--norc", "-c", script), folder, environ_of(tiny))
    ours.check(output)


def test_the_console_script_of_a_developed_package_has_the_model(
    tiny: Tiny, make_package: Callable[..., Path]
) -> None:
    tiny.devenv("create", "scripted", "--template", "tiny")
    code = f"def say():\n    {IMPORT}\n    print('SAID')\n"
    source = make_package("simulates", "hatchling", "src", code)
    tiny.devenv("develop", "simulates", "--path", source, "--env", "scripted")
    tiny.devenv("build", "scripted")
    assert "SAID" in tiny.devenv("run", "scripted", "--", "say-simulates").stdout


def test_a_packages_own_tox_environment_has_the_model(
    tiny: Tiny, make_package: Callable[..., Path]
) -> None:
    source = make_package("checks", "hatchling", "src")
    (source / "tox.ini").write_text(
        "[tox]\nenvlist = own\n[testenv:own]\nskip_install = true\n"
        f"""commands = python -c "{IMPORT}; print('SAID')"\n""",
        encoding="utf-8",
    )
    tiny.devenv("create", "toxed", "--template", "tiny")
    tiny.devenv("develop", "checks", "--path", source, "--env", "toxed")
    tiny.devenv("build", "toxed")
    assert "SAID" in tiny.devenv("test", "-e", "own", "--env", "toxed", cwd=source).stdout


# -- ranks and batch scripts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "nrniv -mpi -python who.py",
        "nrniv -python who.py",
        "env NEURON_INIT_MPI=1 python who.py",
        "special -mpi -python who.py",
    ],
)
def test_two_ranks_have_the_model(tiny: Tiny, ours: Ours, folder: Path, line: str) -> None:
    output = activated(tiny, f"mpirun -n 2 --oversubscribe {line}", folder)
    ours.check(output)
    assert sorted((a["rank"], a["ranks"]) for a in answers(output)) == [(0, 2), (1, 2)]


@pytest.mark.parametrize("ranks", [0, 2])
def test_special_takes_the_line_of_batch_scripts(tiny: Tiny, tmp_path: Path, ranks: int) -> None:
    """neurodamus tells by the end of argv[0] whether it runs in special."""
    launcher = f"mpirun -n {ranks} --oversubscribe " if ranks else ""
    line = (
        f'{launcher}special -mpi -python "$NEURODAMUS_PYTHON/init.py"'
        f" --configFile=simulation_sonata.json --output-path={tmp_path}"
    )
    output = activated(tiny, line, tiny.circuit, PYTHONPATH=str(RING))
    found = raster(tmp_path)
    assert found["ranks"] == max(ranks, 1)
    assert found["sha256"] == EXPECTED["sha256"]
    assert output.count("numprocs=") == (1 if ranks else output.count("numprocs="))


# -- options of NEURON's own -----------------------------------------------------------------------


def test_options_of_the_user_come_back_and_are_named(tiny: Tiny, ours: Ours, folder: Path) -> None:
    script = (
        'echo "IN $NEURON_MODULE_OPTIONS"; devenv deactivate; echo "OUT $NEURON_MODULE_OPTIONS"'
    )
    both = activated(
        tiny, f'eval "$(devenv shell-init bash)"\n{script}', folder,
        NEURON_MODULE_OPTIONS="-nogui -NFRAME 2000",
    )  # fmt: skip
    assert f"IN -dll {ours.library}" in both
    assert "OUT -nogui -NFRAME 2000" in both
    run = ("run", "tiny", "--", "true")
    noted = tiny.devenv(*run, NEURON_MODULE_OPTIONS="-nogui -NFRAME 2000").stdout
    assert "NEURON_MODULE_OPTIONS" in noted
    assert "-nogui -NFRAME 2000" in noted
    assert "NEURON_MODULE_OPTIONS" not in tiny.devenv(*run).stdout


def test_a_dll_of_the_users_takes_the_place_of_ours(tiny: Tiny, foreign: Path) -> None:
    """As with plain nrniv: what is asked for by name is what is loaded."""
    script = (
        "from neuron import h; s = h.Section(); s.insert('foreign');"
        "print('ALU', hasattr(h, 'ALU')); h.quit()"
    )
    own = foreign / "x86_64" / "libnrnmech.so"
    assert "ALU False" in activated(tiny, f'nrniv -dll {own} -python -c "{script}"', foreign)


@pytest.mark.parametrize("name", ["a b", "it's", 'a"b', "a\\ b"])
def test_a_library_below_an_odd_name_is_loaded(
    tiny: Tiny, ours: Ours, folder: Path, name: str
) -> None:
    """NEURON splits its options at blanks: of a store of others, say, or of Spack's."""
    (folder / name).mkdir()
    link = folder / name / "libnrnmech.so"
    link.symlink_to(ours.library)
    model = BuiltModel("key", "", "", str(link), ())
    options = apply(EnvironmentDelta(model_edits(model, "")), {})[MODULE_OPTIONS]
    ours.check(activated(tiny, f"{MODULE_OPTIONS}={shlex.quote(options)} python who.py", folder))


# -- without a model, or one that python cannot load ------------------------------------------------


def test_nrniv_has_the_environments_packages_without_a_model(tiny: Tiny, folder: Path) -> None:
    text = "summary: NEURON and a package\nneuron: neuron==9.0.2\npackages: [docopt]\n"
    template(tiny.devenv, "no-model", text)
    tiny.devenv("create", "no-model", "--template", "no-model")
    code = "import docopt, os; print('SAID', os.environ.get('NEURON_MODULE_OPTIONS'))"
    for program in (("python",), ("nrniv", "-python"), ("nrngui", "-python")):
        output = tiny.devenv("run", "no-model", "--", *program, "-c", f"{code}; quit()").stdout
        assert "SAID None" in output


@pytest.fixture(scope="module")
def checked(tiny: Tiny) -> str:
    """A further model with the address sanitizer in it, which a plain Python cannot load."""
    tiny.devenv("create", "checked", "--template", "tiny")
    tiny.devenv("build", "checked", "build_type=Debug sanitizers=address", "--as", "asan")
    return "asan"


def test_a_further_model_is_the_one_that_is_loaded(
    tiny: Tiny, ours: Ours, checked: str, folder: Path
) -> None:
    """python and nrniv take the model that `--model` names; with a sanitizer nrniv alone can."""
    ask = ("python", "-c", "import os; print('SET', os.environ.get('NEURON_MODULE_OPTIONS'))")
    assert f"SET -dll {ours.library}" in tiny.devenv("run", "checked", "--", *ask).stdout
    run = ("run", "checked", "--model", checked, "--")
    assert "SET None" in tiny.devenv(*run, *ask).stdout
    (answer,) = answers(tiny.devenv(*run, *WAYS["nrniv"], cwd=folder).stdout)
    shown = json.loads(tiny.devenv("show", "checked", "--json").stdout)
    (further,) = shown["generation"]["further"]
    assert answer["libraries"] == [os.path.realpath(further["model"]["library"])]


# -- doctor ----------------------------------------------------------------------------------------


@contextmanager
def replaced(path: Path, content: bytes | None) -> Iterator[None]:
    """A file with other content, or gone, for a while."""
    kept = path.parents[3] / "kept"  # what is added to a model is damage as well
    path.rename(kept)
    try:
        if content is not None:
            path.write_bytes(content)
        yield
    finally:
        kept.replace(path)


def test_doctor_starts_all_programs(tiny: Tiny) -> None:
    output = tiny.devenv("doctor", "tiny").stdout
    for program in ("python", "special", "nrniv"):
        assert f"{program} starts" in output


@pytest.mark.parametrize("content", [b"", None], ids=["truncated", "gone"])
def test_doctor_finds_a_library_that_does_not_load(
    tiny: Tiny, ours: Ours, content: bytes | None
) -> None:
    path = Path(ours.library)
    with replaced(path, content):
        output = tiny.devenv("doctor", "tiny", code=1).stdout
    assert str(path) in output
    for program in ("python", "special", "nrniv"):
        assert f"{program} starts" not in output
    assert "devenv build tiny" in output


def test_nrniv_refuses_to_go_on_without_the_library(tiny: Tiny, ours: Ours, folder: Path) -> None:
    """NEURON itself says so, goes on, and ends with exit code 0."""
    gone = f"mv {ours.library} {folder}; nrniv -python who.py; code=$?"
    script = f"{gone}; mv {folder}/libnrnmech.so {ours.library}; exit $code"
    output = activated(tiny, script, folder, code=6)
    assert "the model's library is gone" in output


def test_doctor_names_a_library_of_another_model(tiny: Tiny, foreign: Path) -> None:
    """Put in front after the activation: what python loads is another model."""
    other = foreign / "x86_64" / "libnrnmech.so"
    script = f'export NEURON_MODULE_OPTIONS="-dll {other}"; devenv doctor'
    output = activated(tiny, script, foreign.parent, code=1)
    assert "NEURON_MODULE_OPTIONS" in output
    assert str(other) in output


def test_a_generation_of_an_earlier_devenv_is_made_anew_before_a_run(tiny: Tiny) -> None:
    """It set NRNMECH_LIB_PATH alone, which NEURON never reads, and noted no hash of environment.yaml."""
    home = tiny.devenv.home
    tiny.devenv("create", "earlier", "--template", "tiny")
    tiny.devenv("build", "earlier")
    folder = home / "envs" / "earlier"
    manifest = folder / "current" / "environment.json"
    kept = json.loads(manifest.read_text(encoding="utf-8"))
    edits = [edit for edit in kept["delta"] if edit["name"] != MODULE_OPTIONS]
    assert len(edits) < len(kept["delta"])
    earlier = {**kept, "stamp": "0" * 20, "delta": edits}
    manifest.write_text(json.dumps(earlier), encoding="utf-8")
    (folder / "built").write_text("0" * 20 + "\n", encoding="utf-8")
    (folder / "looked.json").unlink()
    doctor = tiny.devenv("doctor", "earlier", code=None).stdout
    assert "earlier devenv" in doctor
    assert "devenv build earlier" in doctor
    command = ("run", "earlier", "--no-build", "--", "python", "-c", IMPORT)
    assert "devenv build earlier" in tiny.devenv(*command, code=6).stdout
    output = tiny.devenv("run", "earlier", "--", "python", "-c", IMPORT).stdout
    assert "was edited" not in output
    assert "earlier devenv" not in tiny.devenv("doctor", "earlier", code=None).stdout
