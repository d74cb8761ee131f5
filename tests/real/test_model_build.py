"""Models built by real NEURONs and a real compiler: what is compiled, and that it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from devenv.core.content import READ_SUFFIXES
from devenv.core.errors import StepError
from devenv.core.layout import Layout
from devenv.models import (
    Build,
    Mod,
    ModFolder,
    Toolchain,
    describe_build,
    explain_compile_error,
    parse_makefile,
    plan_build,
    select,
    special_shim,
)
from devenv.system.executor import execute

pytestmark = pytest.mark.real

PYTHON = "3.11"
LEAK = """NEURON {
    SUFFIX ownleak
    NONSPECIFIC_CURRENT i
    RANGE g, e
}
INCLUDE "units.inc"
PARAMETER { g = 0.001 (S/cm2)  e = -65 (mV) }
ASSIGNED { v (mV)  i (mA/cm2) }
BREAKPOINT { i = g*(v - e) }
"""
UNITS = "UNITS { (mV) = (millivolt)  (mA) = (milliamp)  (S) = (siemens) }\n"
COUNTER = """NEURON {
    POINT_PROCESS OwnCounter
    RANGE n
}
ASSIGNED { n }
INITIAL { n = 0 }
FUNCTION twice(x) { twice = 2*x }
NET_RECEIVE(w) { n = n + twice(w)/2 }
"""
# What is asked of a special: the mechanisms it has, and a value that one of them computes.
ASK = """
from neuron import h
cell = h.Section()
cell.insert("ownleak")
counter = h.OwnCounter(cell(0.5))
h.finitialize(-50)
print("ANSWER", cell(0.5).ownleak.i, counter.twice(21))
h.quit()
"""


@dataclass(frozen=True)
class Neuron:
    """An installed NEURON. calls: the file to which the compilers write their arguments."""

    python: str
    tools: Toolchain
    calls: Path
    site: str


@dataclass(frozen=True)
class Bench:
    """A store, and a way to build there that counts the compilers' calls."""

    home: Path
    neuron: Neuron

    def build(
        self, mods: tuple[Mod, ...], tools: Toolchain | None = None
    ) -> tuple[Build, list[str]]:
        """The model, and one line for each call of a compiler."""
        self.neuron.calls.write_text("")
        flags = ("-DDISABLE_REPORTINGLIB",)
        build = describe_build(mods, tools or self.neuron.tools, Layout(self.home), flags)
        have = {path for path in build.stored if Path(path).is_dir()}
        plan = plan_build(build, have, "test", str(self.home / "log"))
        try:
            execute(plan, environ=os.environ, jobs=2)
        except StepError as error:
            log = Path(error.log).read_text(encoding="utf-8", errors="surrogateescape")
            raise explain_compile_error(error, log, mods) from None
        return build, self.neuron.calls.read_text().splitlines()

    def special(self, build: Build) -> Path:
        shim = self.home / "special"
        neuron = self.neuron
        packages = [neuron.site] if neuron.tools.flags.language == "c" else []
        text = special_shim(neuron.tools.home, neuron.python, build.special, "", packages)
        shim.write_text(text)
        shim.chmod(0o755)
        return shim


def uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", "--quiet", *arguments], check=True)


def install(folder: Path, version: str) -> Neuron:
    """NEURON alone in a venv, as in devenv's store; the compilers count their calls."""
    uv("venv", "--python", PYTHON, str(folder))
    python = str(folder / "bin" / "python")
    uv("pip", "install", "--python", python, f"neuron=={version}")
    (home,) = folder.glob("lib/python*/site-packages/neuron/.data")
    calls = folder / "calls"
    compilers = {}
    for name in ("g++", "gcc"):
        wrapper = folder / name
        wrapper.write_text(f'#!/bin/sh\necho "$@" >> "{calls}"\nexec {shutil.which(name)} "$@"\n')
        wrapper.chmod(0o755)
        compilers[name] = (str(wrapper),)
    flags = parse_makefile((home / "bin" / "nrnmech_makefile").read_text(), str(home))
    asked = subprocess.run(["g++", "--version"], check=True, capture_output=True, text=True)
    compiler = asked.stdout.splitlines()[0]
    tools = Toolchain(
        *(version, f"wheel {version}", str(home), PYTHON),
        *(compilers["g++"], compilers["gcc"], compiler, flags),
    )
    return Neuron(python, tools, calls, str(home.parents[1]))


@pytest.fixture(scope="session")
def neuron9(tmp_path_factory: pytest.TempPathFactory) -> Neuron:
    return install(tmp_path_factory.mktemp("neuron") / "9.0.2", "9.0.2")


@pytest.fixture(scope="session")
def neuron8(tmp_path_factory: pytest.TempPathFactory) -> Neuron:
    return install(tmp_path_factory.mktemp("neuron") / "8.2.7", "8.2.7")


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mod, ...]:
    """The ten mods that neurodamus brings."""
    site = tmp_path_factory.mktemp("neurodamus")
    uv(
        "pip",
        "install",
        "--no-deps",
        "--target",
        str(site),
        "--python",
        sys.executable,
        "neurodamus",
    )
    return select([seen(site / "neurodamus" / "data" / "mod")])


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, neuron9: Neuron, core: tuple[Mod, ...]
) -> tuple[Bench, Build, list[str]]:
    """The core mods, cold."""
    bench = Bench(tmp_path_factory.mktemp("built"), neuron9)
    return (bench, *bench.build(core))


def seen(folder: Path) -> ModFolder:
    files = {f.name: f.read_bytes() for f in folder.iterdir() if f.suffix in READ_SUFFIXES}
    return ModFolder(str(folder), folder.name, files)


def own(folder: Path) -> tuple[Mod, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ownleak.mod").write_text(LEAK)
    (folder / "units.inc").write_text(UNITS)
    (folder / "owncounter.mod").write_text(COUNTER)
    return select([seen(folder)])


def answer(special: Path, cwd: Path, code: str = ASK) -> str:
    # No PYTHONPATH of the test's own: what special finds must come from its shim.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    argv = [str(special), "-nobanner", "-python", "-c", code]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environ, cwd=cwd)
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    assert lines, done.stdout + done.stderr
    return lines[0]


def symbols(library: str) -> set[str]:
    argv = ["nm", "--dynamic", "--defined-only", "--format=posix", library]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return {" ".join(line.split()[:2]) for line in listed.splitlines()}


def compiled(calls: list[str]) -> list[str]:
    """Sources that were compiled, without their suffix."""
    found = (re.search(r" -c (\S+)\.c(?:pp)? ", call) for call in calls)
    return sorted(match[1] for match in found if match)


def test_the_core_mods_of_neurodamus_cold(
    built: tuple[Bench, Build, list[str]], core: tuple[Mod, ...], tmp_path: Path
) -> None:
    bench, build, calls = built
    assert compiled(calls) == sorted([*(mod.name for mod in core), "mod_func"])
    assert len([call for call in calls if "libnrnmech.so" in call and "objects" in call]) == 1
    code = (
        'from neuron import h; print("ANSWER", hasattr(h, "SonataReport"), h.VecStim()); h.quit()'
    )
    assert re.match(r"ANSWER True VecStim\[0\]", answer(bench.special(build), tmp_path, code))
    stamp = json.loads((Path(build.path) / "model.json").read_text())
    assert [m["name"] for m in stamp["mechanisms"]] == [mod.name for mod in core]
    assert (Path(build.path) / "cpp" / "ALU.cpp").is_file()
    assert (Path(build.path) / "mod" / "ALU.mod").read_bytes() == core[0].content


def test_the_library_loads_in_a_plain_python(built: tuple[Bench, Build, list[str]]) -> None:
    bench, build, _ = built
    code = f"from neuron import h; h.nrn_load_dll({build.library!r}); print(h.VecStim())"
    argv = [bench.neuron.python, "-c", code]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    assert "VecStim[0]" in done.stdout


def test_again_calls_no_compiler(
    built: tuple[Bench, Build, list[str]], core: tuple[Mod, ...]
) -> None:
    bench, build, _ = built
    again, calls = bench.build(core)
    assert again.path == build.path
    assert calls == []


def test_one_mod_edited_and_taken_back(
    built: tuple[Bench, Build, list[str]], core: tuple[Mod, ...]
) -> None:
    bench, before, _ = built
    alu = next(mod for mod in core if mod.name == "ALU")
    changed = replace(alu, content=alu.content + b"\n: edited\n")
    build, calls = bench.build(tuple(changed if mod is alu else mod for mod in core))
    assert build.path != before.path
    assert compiled(calls) == ["ALU"]
    assert len(calls) == 2  # the other is the link of the library
    assert "-shared" in calls[1]
    assert bench.build(core)[1] == []


def test_an_object_is_the_same_to_the_byte_wherever_and_however_it_is_made(
    built: tuple[Bench, Build, list[str]], core: tuple[Mod, ...], tmp_path: Path
) -> None:
    bench, build, calls = built
    with_header = next(part for part in build.parts if part.mod.name == "ALU")
    assert any("-include" in call and "ALU.cpp" in call for call in calls)
    other, calls = Bench(tmp_path / 'it\'s a "home"', bench.neuron).build((with_header.mod,))
    assert not any("-include" in call for call in calls)
    assert Path(other.parts[0].object).read_bytes() == Path(with_header.object).read_bytes()


def test_the_exported_symbols_are_those_of_nrnivmodl(neuron9: Neuron, tmp_path: Path) -> None:
    mods = own(tmp_path / "mod")
    build, _ = Bench(tmp_path / "home", neuron9).build(mods)
    (tmp_path / "theirs").mkdir()
    subprocess.run(
        [str(Path(neuron9.python).parent / "nrnivmodl"), str(tmp_path / "mod")],
        cwd=tmp_path / "theirs",
        env={**os.environ, "CC": "gcc", "CXX": "g++", "PYTHONWARNINGS": "ignore"},
        check=True,
        capture_output=True,
    )
    (theirs,) = (tmp_path / "theirs").glob("*/libnrnmech.so")
    ours = symbols(build.library)
    assert "_ownleak_reg T" in ours
    assert ours == symbols(str(theirs))


@pytest.mark.parametrize("version", ["neuron8", "neuron9"])
def test_own_mods_in_a_folder_with_blanks_and_quotes(
    version: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = tmp_path / """it's a "folder" $HOME"""
    bench = Bench(folder / "home", request.getfixturevalue(version))
    mods = own(folder / "mod")
    build, calls = bench.build(mods)
    assert compiled(calls) == ["mod_func", "owncounter", "ownleak"]
    assert answer(bench.special(build), tmp_path) == "ANSWER 0.015 42.0"
    edited = own(folder / "mod")[1]
    edited = replace(edited, includes=(("units.inc", UNITS.encode() + b": edited\n"),))
    assert compiled(bench.build((mods[0], edited))[1]) == ["ownleak"]


SYNTAX = "BREAKPOINT { i = = 3 }"
CALL = "BREAKPOINT { i = nosuch(v) }"
VERBATIM = "BREAKPOINT {\nVERBATIM\n  i = undeclared;\nENDVERBATIM\n}"


@pytest.mark.parametrize(
    ("version", "wrong", "line", "what"),
    [
        ("neuron9", SYNTAX, 9, "syntax error"),
        ("neuron9", CALL, 9, "nosuch"),
        ("neuron9", VERBATIM, 11, "undeclared"),
        ("neuron8", SYNTAX, 9, "syntax error"),
        # C takes an undeclared function for one that is elsewhere: no CALL.
        ("neuron8", VERBATIM, 11, "undeclared"),
    ],
    ids=["9-syntax", "9-call", "9-verbatim", "8-syntax", "8-verbatim"],
)
def test_a_broken_mod_is_one_error_with_file_and_line(
    version: str, wrong: str, line: int, what: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    good, leak = own(tmp_path / "mod")
    text = LEAK.replace("BREAKPOINT { i = g*(v - e) }", wrong)
    bad = replace(leak, content=text.encode())
    bench = Bench(tmp_path / "home", request.getfixturevalue(version))
    with pytest.raises(StepError) as caught:
        bench.build((good, bad))
    assert f"{leak.path}:{line}: " in str(caught.value)
    assert what in caught.value.what
    assert "log" in caught.value.fix
    assert not list(bench.home.glob("models/[!.]*"))
    assert not list(bench.home.glob("objects/*/[!.]*/ownleak.*"))
    with pytest.raises(StepError) as again:
        bench.build((good, bad))
    assert str(again.value) == str(caught.value)
    bench.build((good, leak))  # what is left of the failure is in nobody's way


def test_ccache_hits_in_another_home(
    neuron9: Neuron, core: tuple[Mod, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ccache = shutil.which("ccache")
    if not ccache:
        pytest.skip("no ccache on this machine")
    monkeypatch.setenv("CCACHE_DIR", str(tmp_path / "cache"))
    tools = replace(neuron9.tools, ccache=ccache)
    mods = tuple(mod for mod in core if mod.name != "ALU")[:4]
    _, calls = Bench(tmp_path / "one", neuron9).build(mods, tools)
    assert [call for call in calls if is_compilation(call)]
    build, calls = Bench(tmp_path / "two", neuron9).build(mods, tools)
    assert not [call for call in calls if is_compilation(call)]
    assert Path(build.library).is_file()


def is_compilation(call: str) -> bool:
    """Also not of the preprocessor alone, which ccache always runs."""
    return " -c " in call and " -E " not in call


def shim_says(folder: Path, *arguments: str, **environ: str) -> list[str]:
    """What a special that prints its environment and arguments is given by the shim."""
    folder = folder / 'it\'s $HOME "q"'
    folder.mkdir(exist_ok=True)
    elf, shim = folder / "special.nrn", folder / "special"
    elf.write_text('#!/bin/sh\nprintf "%s\\n" "$NRNHOME" "$PYTHONPATH" "$@"\n')
    shim.write_text(special_shim("/n n", "/bin/python", str(elf), "", ["/site"]))
    elf.chmod(0o755)
    shim.chmod(0o755)
    argv = ["-mpi", *arguments]  # as neurodamus does: argv[0] is "-mpi"
    done = subprocess.run(
        argv, executable=str(shim), check=True, capture_output=True, text=True, env=environ
    )
    return done.stdout.splitlines()


def test_the_shim_adds_mpi_under_a_launcher_and_only_there(tmp_path: Path) -> None:
    said = ["/n n", "/site"]
    assert shim_says(tmp_path, "a b", "-c") == [*said, "a b", "-c"]
    assert shim_says(tmp_path, "a b", OMPI_COMM_WORLD_RANK="0") == [*said, "-mpi", "a b"]
    assert shim_says(tmp_path, PMIX_RANK="1") == [*said, "-mpi"]
    assert shim_says(tmp_path, PMI_RANK="1") == [*said, "-mpi"]
    assert shim_says(tmp_path, "x", "-mpi", PMI_RANK="1") == [*said, "x", "-mpi"]
    assert shim_says(tmp_path, "x", SLURM_PROCID="0") == [*said, "x"]
    assert shim_says(tmp_path, PYTHONPATH="/mine")[1] == "/mine:/site"


def test_special_is_parallel_under_mpirun(
    built: tuple[Bench, Build, list[str]], tmp_path: Path
) -> None:
    mpirun = shutil.which("mpirun.openmpi")
    if not mpirun:
        pytest.skip("no Open MPI on this machine")
    bench, build, _ = built
    code = (
        "from neuron import h; pc = h.ParallelContext();"
        'print("RANK %d OF %d" % (pc.id(), pc.nhost()), flush=True); pc.barrier(); h.quit()'
    )
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    argv = [mpirun, "--oversubscribe", "-n", "2", str(bench.special(build)), "-python", "-c", code]
    done = subprocess.run(
        argv, check=False, capture_output=True, text=True, env={**os.environ, **root}, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"RANK \d OF \d", done.stdout)) == ["RANK 0 OF 2", "RANK 1 OF 2"]
    assert done.stderr.count("numprocs=2") + done.stdout.count("numprocs=2") == 1
