"""How a model is built: build types, sanitizers, sets with flags and prefixes, mods of one's own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from small_models import ASK, Small, make_small, mod

pytestmark = pytest.mark.real

CHECKED = "build_type=Debug sanitizers=address,undefined"
# Its functions do what each of the sanitizers is there for.
FAULTY = """NEURON { SUFFIX faulty }
VERBATIM
#include <stdlib.h>
ENDVERBATIM
FUNCTION beyond(n) {
VERBATIM
    volatile char* place = (volatile char*) malloc(4);
    _lbeyond = place[(int) _ln];
    free((void*) place);
ENDVERBATIM
}
FUNCTION wrapped(n) {
VERBATIM
    volatile int most = 2147483647;
    _lwrapped = most + (int) _ln;
ENDVERBATIM
}
"""
DECAY = """NEURON { SUFFIX decay RANGE tau }
PARAMETER { tau = 10 (ms) }
STATE { a b }
INITIAL { a = 1 b = 0 }
BREAKPOINT { SOLVE states METHOD cnexp }
DERIVATIVE states { a' = -a/tau  b' = (1 - b)/tau }
"""
REPORT = """NEURON { SUFFIX reporting }
VERBATIM
#ifndef DISABLE_REPORTINGLIB
#include <bbp/sonata/reports.h>
#endif
ENDVERBATIM
FUNCTION version() {
VERBATIM
#ifdef DISABLE_REPORTINGLIB
    _lversion = -1;
#else
    _lversion = sonata_stand_in() + sonata_of_cpp([]() { return 100; });
#endif
ENDVERBATIM
}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("options") / "home", "sets", 2)
    for name, text in (("faulty", FAULTY), ("decay", DECAY), ("reporting", REPORT)):
        found.path(name).write_text(text)
    found.build()
    return found


def says(small: Small, code: str, *arguments: str, rc: int | None = 0) -> str:
    """All that special prints when it executes `code`."""
    program = f"from neuron import h\ncell = h.Section()\n{code}\nh.quit()\n"
    argv = ("special", "-nobanner", "-python", "-c", program)
    return small.devenv("run", small.name, *arguments, "--", *argv, code=rc).stdout


def lines_of(small: Small, name: str) -> list[str]:
    """The compilations of one source, in full."""
    calls = small.calls.read_text().splitlines()
    return [line for line in calls if f" -c {name}.cpp " in line]


def test_sets_with_their_own_flags_and_names(small: Small) -> None:
    template = small.folder / "small.yaml"
    text = template.read_text()
    (small.folder / "more" / "small0.mod").write_text(mod("small0", 0.1))
    template.write_text(
        text.replace("      when: +more\n", "      flags: [-DOWN=1]\n      prefix: v5_\n")
    )
    _, calls = small.build()
    assert [c for c in calls if c.startswith("compile")] == [
        "compile mod_func",
        "compile v5_extra",
        "compile v5_small0",
    ]
    assert "-DOWN=1" in lines_of(small, "v5_small0")[0]
    code = "cell.insert('small0'); cell.insert('v5_small0'); h.finitialize(-50)\n"
    code += "print('BOTH', round(cell(0.5).small0.i, 6), round(cell(0.5).v5_small0.i, 6))"
    assert "BOTH 0.015 1.5" in says(small, code)
    # Without the prefix the set's file loses to the first of its name; another file's name clashes.
    (small.folder / "more" / "small0.mod").rename(small.folder / "more" / "other.mod")
    template.write_text(text.replace("      when: +more\n", ""))
    clash = small.devenv("build", small.name, code=2).stdout
    assert f"{small.path('small0')} (neurodamus-models)" in clash
    assert str(small.folder / "more" / "other.mod") in clash
    (small.folder / "more" / "other.mod").unlink()
    template.write_text(text)


def test_mods_of_ones_own_win_or_the_clash_is_named(small: Small) -> None:
    own = small.folder / "own mods"
    own.mkdir()
    (own / "small0.mod").write_text(mod("small0", 0.01))
    _, calls = small.build(small.name, "--mods", str(own))
    assert calls == ["compile small0", "link libnrnmech.so"]
    assert small.answer().startswith("ANSWER 0.15")
    request = small.devenv.home / "envs" / small.name / "environment.yaml"
    assert f"  - {own}\n" in request.read_text()
    # They are watched like all others, and stay until they are taken out of environment.yaml.
    (own / "small0.mod").write_text(mod("small0", 0.02))
    assert small.answer().startswith("ANSWER 0.3")
    (own / "mine.mod").write_text(mod("small1", 0.02))
    clash = small.devenv("build", small.name, code=2).stdout
    assert f"{own / 'mine.mod'} (your own)" in clash
    assert str(small.path("small1")) in clash
    (own / "mine.mod").unlink()
    nowhere = small.devenv("build", small.name, "--mods", small.folder / "no", code=2).stdout
    assert "--mods" in nowhere
    request.write_text(request.read_text().replace(f"  - {own}\n", "").replace("mods:\n", ""))
    assert small.build()[1] == []
    assert small.answer().startswith("ANSWER 0.015")


def test_a_debug_model_with_sanitizers_finds_what_is_wrong(small: Small) -> None:
    output, calls = small.build(small.name, CHECKED)
    assert f"model {CHECKED}: 5 mechanisms, 5 of them compiled now" in output
    assert "link special.nrn" in calls  # the sanitizer must be in the program that starts
    assert "compile mod_func" not in calls  # what has no code of a mechanism is shared
    (line,) = lines_of(small, "small0")
    for word in ("-O0", "-g", "-fsanitize=address,undefined"):
        assert word in line.split()
    asked = ("--model", CHECKED)
    assert small.answer(*asked) == small.answer()
    found = says(small, "h.beyond_faulty(4)", *asked, rc=None)
    assert "AddressSanitizer: heap-buffer-overflow" in found
    assert re.search(r"faulty\.cpp:\d+", found)
    plain = says(small, "h.wrapped_faulty(1)")
    assert "runtime error" not in plain
    wrapped = says(small, "h.wrapped_faulty(1)", *asked)
    assert re.search(r"runtime error: signed integer overflow", wrapped)
    # A Python that loads the library itself is started with the sanitizer in front.
    code = f"from neuron import h; import os; h.nrn_load_dll(os.environ['NRNMECH_LIB_PATH']){ASK}"
    run = ("run", small.name, "--no-special", *asked, "--", "python", "-c", code)
    assert "ANSWER 0.015" in small.devenv(*run).stdout


def test_a_debugger_finds_the_translated_source(small: Small) -> None:
    path = small.devenv("models", "compile-commands", "--env", small.name, "--model", CHECKED)
    stamp = json.loads(Path(path.stdout.strip()).with_name("model.json").read_text())
    key = next(one["object"] for one in stamp["mechanisms"] if one["name"] == "small0")
    folder = small.devenv.home / "objects" / key[:2] / key
    argv = ["readelf", "--debug-dump=info", str(folder / "small0.o")]
    dumped = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    named = re.search(r"DW_AT_comp_dir\s*:.*?(/\S+)", dumped)
    assert named
    assert Path(named[1]) == folder
    assert (folder / "small0.cpp").is_file()


def test_sympy_is_for_coreneurons_half_alone(small: Small) -> None:
    small.build(f"{small.name}+coreneuron")
    before = small.devenv("models", "show", "decay", "--coreneuron", "--model", "+coreneuron")
    _, calls = small.build(f"{small.name}+coreneuron+sympy")
    compiled = [c for c in calls if c.startswith("compile")]
    assert "compile decay" in compiled
    assert compiled.count("compile small0") == 1  # not NEURON's
    assert "compile mod_func" not in compiled
    after = small.devenv("models", "show", "decay", "--coreneuron", "--model", "+coreneuron+sympy")
    assert before.stdout != after.stdout
    run = ("run", small.name, "--model", "+coreneuron+sympy", "--")
    assert "CoreNEURON Version" in small.devenv(*run, "special-core", "--version").stdout


def test_what_is_not_here_is_refused_at_once(small: Small) -> None:
    before = {path.name for path in (small.devenv.home / "models").iterdir()}
    nowhere = {"CMAKE_PREFIX_PATH": "/nowhere"}
    asked = f"{small.name}+sympy+caliper+reportinglib"
    refused = small.devenv("build", asked, code=3, **nowhere).stdout
    for word in ("3 things are missing", "+coreneuron+sympy", "Caliper", "LIBSONATA_REPORT_ROOT"):
        assert word in refused
    assert {path.name for path in (small.devenv.home / "models").iterdir()} == before
    wrong = small.devenv("build", small.name, "build_type=debug", code=2).stdout
    assert "Did you mean 'Debug'?" in wrong


STAND_IN_HEADER = """\
extern "C" int sonata_stand_in();
#include <functional>
int sonata_of_cpp(std::function<int()> value);
"""
# Of an MPI that nobody has begun with, the number of ranks cannot be asked: the process would end.
STAND_IN = """\
#include <bbp/sonata/reports.h>
#include <mpi.h>
extern "C" int sonata_stand_in() { int n = 0; MPI_Comm_size(MPI_COMM_WORLD, &n); return 41 + n; }
int sonata_of_cpp(std::function<int()> value) { return value(); }
"""


def test_reports_by_a_library_where_there_is_one(small: Small, tmp_path: Path) -> None:
    """libsonatareport is on no index: a stand-in with the same names is compiled and loaded."""
    prefix = tmp_path / "prefix"
    header = prefix / "include" / "bbp" / "sonata" / "reports.h"
    header.parent.mkdir(parents=True)
    header.write_text(STAND_IN_HEADER)
    source = tmp_path / "reports.cpp"
    source.write_text(STAND_IN)
    library = prefix / "lib" / "libsonatareport.so"
    library.parent.mkdir()
    skip = ("-DOMPI_SKIP_MPICXX=1", "-DMPICH_SKIP_MPICXX=1")
    compiler = ("mpicxx", *skip, f"-I{prefix}/include", "-shared", "-fPIC")
    subprocess.run([*compiler, "-o", library, source], check=True)
    ask = "print('VERSION', h.version_reporting())"
    assert "VERSION -1.0" in says(small, ask)
    small.devenv("build", f"{small.name}+reportinglib", LIBSONATA_REPORT_ROOT=str(prefix))
    # The library is found by the model itself, with no variable, and MPI is begun for one rank.
    run = ("run", small.name, "--no-build", "--model", "+reportinglib", "--")
    seen = "import ctypes; print('SEEN', hasattr(ctypes.CDLL(None), 'sonata_stand_in'))"
    program = f"from neuron import h\n{ask}\n{seen}\nh.quit()\n"
    done = small.devenv(*run, "special", "-nobanner", "-python", "-c", program)
    assert "VERSION 142.0" in done.stdout
    assert "SEEN False" in done.stdout, "its HDF5 must not stand in front of that of h5py"
    # Two ranks begin with MPI by themselves.
    launch = (*run[:2], "-n", "2", "--launcher", "mpi", *run[2:])
    done = small.devenv(*launch, "special", "-nobanner", "-python", "-c", program)
    assert done.stdout.count("VERSION 143.0") == 2
    library.unlink()
    gone = small.devenv(*run, "special", "-nobanner", "-python", "-c", program, code=1)
    assert "the model's library for reports is gone" in gone.stdout
    assert str(library) in gone.stdout
