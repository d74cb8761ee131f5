"""Packages with compiled modules, developed live: compiled again when their own sources change."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from extension_samples import BACKENDS, NAME, core_file, python_file, sample, set_answer
from support import Devenv, plain_environ

pytestmark = pytest.mark.real

TEMPLATE = "summary: s\npython: '>=3.10'\nneuron: neuron==9.0.2\npackages: []\n"
SAY = "import fast; print(fast.answer(), fast.WORD)"
RUN = ("run", "live", "--", "python", "-c", SAY)

_NO_CARGO = pytest.mark.skipif(not shutil.which("cargo"), reason="cargo is not installed")
KINDS = [pytest.param(kind, marks=_NO_CARGO) if kind == "maturin" else kind for kind in BACKENDS]


@pytest.fixture(scope="module")
def live(make_devenv: Callable[[str], Devenv]) -> Devenv:
    devenv = make_devenv("extensions")
    path = devenv.home / "templates" / "plain.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(TEMPLATE, encoding="utf-8")
    devenv("create", "live", "--template", "plain")
    return devenv


def developed(devenv: Devenv, folder: Path, kind: str, env: str = "live") -> Path:
    source = sample(folder, kind)
    devenv("develop", NAME, "--path", source, "--env", env)
    return source


def answers(devenv: Devenv) -> str:
    """The last line that a run prints."""
    return devenv(*RUN).stdout.splitlines()[-1]


def compiled(devenv: Devenv) -> dict[Path, int]:
    """The products, and the times of the logs: both stay the same if nothing is compiled."""
    logs = (devenv.home / "log").glob("extension-*")
    products = (devenv.home / "extensions").glob(f"{NAME}@*")
    return {path: path.stat().st_mtime_ns for path in (*logs, *products)}


def status(source: Path) -> str:
    argv = ["git", "status", "--porcelain", "--ignored"]
    return subprocess.run(argv, cwd=source, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_is_in_the_next_run(live: Devenv, tmp_path: Path, kind: str) -> None:
    source = developed(live, tmp_path / "a path" / "with 'blanks'", kind)
    assert answers(live) == "1 first"
    # A header, of which the build itself must tell what it is part of.
    header = set_answer(source, 22)
    assert answers(live) == "22 first"
    before = compiled(live)
    # What is not compiled needs no compiler, and nothing of the backend: it is not there.
    builders = live.home / "builders"
    builders.rename(live.home / "gone")
    try:
        assert answers(live) == "22 first"
        python_file(source).write_text(
            python_file(source).read_text().replace("first", "second"), encoding="utf-8"
        )
        (source / "tests" / "test_more.py").write_text("", encoding="utf-8")
        assert live(*RUN, PATH="/usr/bin:/bin", CC="/bin/false").stdout == "22 second\n"
        assert "is up to date" in live("build", "live").stdout
    finally:
        (live.home / "gone").rename(builders)
    assert compiled(live) == before
    (source / "tests" / "test_more.py").unlink()
    changed = status(source).split("\n")
    assert [line[3:] for line in changed if line] == sorted(
        str(path.relative_to(source)) for path in (python_file(source), header)
    )


@pytest.mark.parametrize("kind", ["setuptools", "scikit-build-core"])
def test_an_edit_behind_a_link_out_of_the_source_is_in_the_next_run(
    live: Devenv, tmp_path: Path, kind: str
) -> None:
    source, outer = sample(tmp_path / "fast", kind), tmp_path / "elsewhere.h"
    header = source / "src" / "answer.h"
    header.rename(outer)
    header.symlink_to(outer)
    live("develop", NAME, "--path", source, "--env", "live")
    assert answers(live) == "1 first"
    before = compiled(live)
    assert answers(live) == "1 first"
    assert compiled(live) == before
    outer.write_text("#define ANSWER 2\n", encoding="utf-8")
    assert answers(live) == "2 first"


@pytest.mark.parametrize("kind", ["setuptools", "scikit-build-core"])
def test_variables_that_reach_a_build_are_in_the_next_one(
    live: Devenv, tmp_path: Path, kind: str
) -> None:
    source, include = sample(tmp_path / "fast", kind), tmp_path / "include"
    (include / "found").mkdir(parents=True)
    (include / "found" / "answer.h").write_text("#undef ANSWER\n#define ANSWER 5\n")
    core = core_file(source)
    found = '#if __has_include("found/answer.h")\n#include "found/answer.h"\n#endif\n'
    core.write_text(core.read_text().replace("static", f"{found}static", 1))
    script = source / ("setup.py" if kind == "setuptools" else "CMakeLists.txt")
    named = "FAST_ANSWER = 0  # a variable of a secret, as far as devenv knows\n"
    script.write_text(f"{'' if kind == 'setuptools' else '# '}{named}{script.read_text()}")
    live("develop", NAME, "--path", source, "--env", "live")
    assert answers(live) == "1 first"
    for variables, answer in (({"CPATH": str(include)}, "5 first"), ({}, "1 first")):
        live("build", "live", **variables)
        assert answers(live) == answer
    before = compiled(live)
    assert "is up to date" in live("build", "live", USER="x", FAST_OTHER="1").stdout
    assert compiled(live) == before
    live("build", "live", FAST_ANSWER="s3cret-answer")
    assert compiled(live) != before
    texts = [path.read_bytes() for path in live.home.rglob("*.json") if path.is_file()]
    assert [text for text in texts if b"s3cret-answer" in text] == []


HEADERS = """\
#include "answer.h"
#include "glob.h"
#ifdef MINE
#undef ANSWER
#define ANSWER MINE
#endif
#if __has_include("more.h")
#undef ANSWER
#define ANSWER 3
#endif
"""


@pytest.mark.parametrize("kind", ["setuptools", "scikit-build-core", "meson-python"])
def test_a_header_that_appears_counts(live: Devenv, tmp_path: Path, kind: str) -> None:
    """One that hides a header of the system's, and one that is only asked for."""
    source = sample(tmp_path / "fast", kind)
    core = core_file(source)
    core.write_text(core.read_text().replace('#include "answer.h"\n', HEADERS), encoding="utf-8")
    live("develop", NAME, "--path", source, "--env", "live")
    assert answers(live) == "1 first"
    (source / "src" / "glob.h").write_text("#define MINE 2\n", encoding="utf-8")
    assert answers(live) == "2 first"
    (source / "src" / "more.h").write_text("", encoding="utf-8")
    assert answers(live) == "3 first"
    (source / "src" / "more.h").unlink()
    (source / "src" / "glob.h").unlink()
    assert answers(live) == "1 first"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_stops_every_run(live: Devenv, tmp_path: Path, kind: str) -> None:
    """The build before is never used in its place."""
    source = developed(live, tmp_path / "fast", kind)
    core = core_file(source)
    text = core.read_text(encoding="utf-8")
    lines = text.splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "return" in line)
    lines[number - 1] = "    return ) ANSWER" if kind == "cython" else "    return missing;"
    core.write_text("\n".join([*lines, ""]), encoding="utf-8")
    for _ in range(2):
        said = live(*RUN, code=4).stdout
        assert f"{NAME} does not compile: {core}:{number}: " in said
        log = said.partition("The whole output is in ")[2].strip()
        assert Path(log).read_text(encoding="utf-8")
        assert "1 first" not in said
    said = live("run", "live", "--no-build", "--", "python", "-c", SAY, code=6).stdout
    assert f"{core} changed" in said
    core.write_text(text, encoding="utf-8")
    assert answers(live) == "1 first"
    assert status(source) == ""


def test_flags_of_the_shell_count_in_a_build(live: Devenv, tmp_path: Path) -> None:
    source = developed(live, tmp_path / "fast", "setuptools")
    core = core_file(source)
    text = core.read_text().replace(
        '"answer.h"', '"answer.h"\n#ifdef MINE\n#undef ANSWER\n#define ANSWER MINE\n#endif'
    )
    core.write_text(text, encoding="utf-8")
    flags = {"CFLAGS": "-DMINE=6"}
    assert answers(live) == "1 first"
    live("build", "live")
    assert "CFLAGS=-DMINE=6" in live("build", "live", "--why", **flags).stdout
    assert "compile fast" in live("build", "live", "--dry-run", **flags).stdout
    # A run builds only for an edit.
    assert live(*RUN, **flags).stdout == "1 first\n"
    assert "is up to date" not in live("build", "live", **flags).stdout
    assert "is up to date" in live("build", "live", **flags).stdout
    assert answers(live) == "6 first"
    live("build", "live")
    assert answers(live) == "1 first"


def test_an_edited_script_in_the_place_of_the_compiler_counts(live: Devenv, tmp_path: Path) -> None:
    source = developed(live, tmp_path / "fast", "scikit-build-core")
    core, script = core_file(source), tmp_path / "mine"
    text = "\n#ifdef MINE\n#undef ANSWER\n#define ANSWER MINE\n#endif"
    changed = core.read_text().replace('"answer.h"', f'"answer.h"{text}')
    core.write_text(changed, encoding="utf-8")
    for value in (7, 8):
        script.write_text(f'#!/bin/sh\nexec cc -DMINE={value} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        live("build", "live", CC=str(script))
        assert answers(live) == f"{value} first"


def test_two_environments_of_one_source(live: Devenv, tmp_path: Path) -> None:
    source = developed(live, tmp_path / "fast", "scikit-build-core")
    before = compiled(live)
    live("create", "other", "--template", "plain")
    live("develop", NAME, "--path", source, "--env", "other")
    assert compiled(live) == before
    set_answer(source, 4)
    assert answers(live) == "4 first"
    before = compiled(live)
    other = live("run", "other", "--", "python", "-c", SAY).stdout
    assert other.splitlines()[-1] == "4 first"
    assert compiled(live) == before


def test_what_is_missing_is_named_before_anything_changes(live: Devenv, tmp_path: Path) -> None:
    source = sample(tmp_path / "fast", "setuptools")
    with (source / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# other build tools than those of the other tests\n")
    request = live.home / "envs" / "live" / "environment.yaml"
    before = request.read_bytes()
    develop = ("develop", NAME, "--path", source, "--env", "live")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "")
    said = live(*develop, code=3, PATH=str(programs)).stdout
    assert f"{NAME} is compiled, and no C++ compiler was found" in said
    nowhere = {
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }
    said = live(*develop, code=5, **nowhere).stdout
    assert f"(UV_DEFAULT_INDEX) cannot be reached for the build tools of {NAME}" in said
    setup = (source / "setup.py").read_text(encoding="utf-8")
    (source / "setup.py").write_text(f"raise RuntimeError('no HDF5')\n{setup}", encoding="utf-8")
    said = live(*develop, code=4).stdout
    assert f"{NAME} cannot be built: {source}/setup.py:1: RuntimeError: no HDF5" in said
    assert request.read_bytes() == before


def start(devenv: Devenv, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home), **variables}
    argv = [sys.executable, "-m", "devenv", *arguments]
    return subprocess.Popen(
        argv, env=environ, cwd=devenv.home.parent, stdout=-1, stderr=-2, start_new_session=True
    )


def test_interrupted_in_a_build(live: Devenv, tmp_path: Path) -> None:
    """Nothing half made is kept, and the next run compiles it."""
    source = developed(live, tmp_path / "fast", "setuptools")
    set_answer(source, 5)
    begun, slow = tmp_path / "begun", tmp_path / "slow-cc"
    slow.write_text(f"#!/bin/sh\ntouch '{begun}'\nsleep 60\nexec cc \"$@\"\n", encoding="utf-8")
    slow.chmod(0o755)
    process = start(live, *RUN, CC=str(slow), CCACHE_DISABLE="1")
    while not begun.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130, output
    assert not list((live.home / "extensions").glob(".*"))
    assert answers(live) == "5 first"


def test_a_debug_build(live: Devenv, tmp_path: Path) -> None:
    live("create", "debug", "--template", "plain", "--variant", "build_type=Debug")
    source = sample(tmp_path / "fast", "scikit-build-core")
    live("develop", NAME, "--path", source, "--env", "debug")
    place = live("which", "fast._core", "--env", "debug").stdout.splitlines()[0]
    sections = subprocess.run(["readelf", "-S", place], capture_output=True, text=True, check=True)
    assert ".debug_info" in sections.stdout


OVERFLOW = """\
char *one = PyMem_RawMalloc(1);
    one[ANSWER] = 7;
    long value = one[ANSWER];
    PyMem_RawFree(one);
    return PyLong_FromLong(value);
"""
CHECKED = """\
summary: s
python: '>=3.10'
neuron: neuron==9.0.2
packages: []
model: {mods: [{package: devenv, path: ring/mod}]}
"""


def test_the_address_sanitizer_finds_a_mistake(live: Devenv, tmp_path: Path) -> None:
    """Offered with a model; in Python it is loaded first."""
    template = tmp_path / "checked.yaml"
    template.write_text(CHECKED, encoding="utf-8")
    live("create", "checked", "--template", template, "--variant", "sanitizers=address")
    source = sample(tmp_path / "fast", "scikit-build-core")
    core = core_file(source)
    text = core.read_text(encoding="utf-8")
    core.write_text(text.replace("return PyLong_FromLong(ANSWER);", OVERFLOW), encoding="utf-8")
    set_answer(source, 0)
    live("develop", NAME, "--path", source, "--env", "checked")
    run = ("run", "checked", "--", "python", "-c", SAY)
    assert live(*run).stdout.splitlines()[-1] == "7 first"
    set_answer(source, 1)
    said = live(*run, code=None)
    assert said.returncode and "AddressSanitizer: heap-buffer-overflow" in said.stdout
    assert re.search(r" in answer \S+/src/core\.c:\d+", said.stdout), said.stdout


def test_what_the_commands_say(live: Devenv, tmp_path: Path) -> None:
    source = developed(live, tmp_path / "fast", "meson-python")
    assert "is up to date" in live("build", "live").stdout
    header = set_answer(source, 3)
    before = compiled(live)
    assert f"{header} changed" in live("build", "live", "--why").stdout
    assert f"{header} changed" in live("build", "live", "--dry-run").stdout
    assert f"{header} changed" in live("doctor", "live", code=None).stdout
    assert compiled(live) == before
    # The tests are of what the source says.
    assert "1 passed, 0 failed" in live("test", "--env", "live").stdout
    doctor = live("doctor", "live").stdout
    assert "fast is imported from" in doctor
    which = live("which", "fast._core", "--env", "live").stdout
    assert "because of: dev source fast" in which
    assert f"compiled from: {source}" in which
    assert "was compiled again" in live("lock", "diff", "live").stdout
    product = Path(which.partition("  (in ")[2].partition(")")[0])
    builder = Path(json.loads((product / "builder.yaml").read_text().partition(": ")[2]))
    live("prune")
    assert builder.is_dir()
    assert answers(live) == "3 first"
    # Other sources of that name have theirs beside it.
    commands = (live.home / "building").glob("fast@*/compile_commands.json")
    files = [[one["file"] for one in json.loads(path.read_text())] for path in commands]
    assert files.count([str(core_file(source))]) == 1
