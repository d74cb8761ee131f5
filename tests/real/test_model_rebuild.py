"""What is compiled again after an edit, and what is not: the compiler's calls are counted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_models import Small, compiler_calls, make_small, mod
from support import Devenv, plain_environ
from watching import watching

pytestmark = pytest.mark.real

COUNT = 30
ONE = ["compile small3", "link libnrnmech.so"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A built model of thirty mechanisms."""
    found = make_small(tmp_path_factory.mktemp("rebuild") / "home", "thirty", COUNT)
    output, calls = found.build()
    assert f"{COUNT} mechanisms, {COUNT} of them compiled now" in output
    assert len([call for call in calls if call.startswith("compile small")]) == COUNT
    return found


def translated(small: Small) -> list[str]:
    """The mechanisms that the last generation translated, from its logs."""
    log = small.devenv.home / "envs" / small.name / "current" / "log"
    return sorted(f.stem for f in log.glob("small*.log") if "nocmodl" in f.read_text())


def test_one_edit_is_one_translation_one_compilation_one_link(small: Small) -> None:
    text = small.path("small3").read_text()
    small.path("small3").write_text(mod("small3", 0.002))
    why = small.devenv("build", small.name, "--why").stdout
    assert "1 translation; 1 compilation; 1 link" in why
    assert f"small3.mod: changed, {small.path('small3')}" in why
    _, calls = small.build()
    assert calls == ONE
    assert translated(small) == ["small3"]
    assert "nothing to do" in small.devenv("build", small.name, "--why").stdout
    small.path("small3").write_text(text)
    assert small.build()[1] == []  # that model is in the store still


TESTS = """
import os, pathlib, subprocess, sys
import pytest

@pytest.fixture
def results(tmp_path_factory):
    folder = pathlib.Path(__file__).parents[1] / "results"
    folder.mkdir(exist_ok=True)
    return folder

@pytest.mark.parametrize("voltage", [-50, -40, -30])
def test_the_model_runs(results, voltage):
    code = f"from neuron import h; s = h.Section(); s.insert('small4'); h.finitialize({voltage});"
    code += "print('CURRENT', s(0.5).small4.i); h.quit()"
    argv = ["special", "-nobanner", "-python", "-c", code]
    said = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    (results / f"{voltage}.dat").write_text(said)
    assert float(said.split("CURRENT")[1]) == pytest.approx(0.001 * (voltage + 65))
"""


def test_what_changes_no_content_calls_no_compiler(small: Small) -> None:
    root = small.folder
    git = ["git", "-c", "user.name=me", "-c", "user.email=me@x", "-c", "init.defaultBranch=main"]

    def run_git(*commands: str) -> None:
        for command in commands:
            subprocess.run([*git, *command.split()], cwd=root, check=True)

    (root / "tests").mkdir()
    (root / "tests" / "test_model.py").write_text(TESTS)
    text = small.path("small4").read_text()
    run_git("init -q", "add mod tests", "commit -qm all", "checkout -qb other")
    small.path("small4").write_text(mod("small4", 0.5))
    run_git("commit -qam other", "checkout -q main")
    assert small.path("small4").read_text() == text
    assert small.build()[1] == []  # a generation that names the commit, no more
    run_git("checkout -q other", "checkout -q main")
    for path in (root / "mod").iterdir():
        path.touch()
    # A tree of tests that use the model, with all that they leave behind: caches, results.
    small.calls.write_text("")
    tests = ("run", small.name, "--", sys.executable, "-m", "pytest", "-q", "tests")
    said = small.devenv(*tests, cwd=root).stdout
    assert "3 passed" in said
    assert (root / ".pytest_cache").is_dir()
    assert len(list((root / "results").iterdir())) == 3
    (root / "mod" / "__pycache__").mkdir()
    (root / "mod" / "new.hoc").write_text("begintemplate A\nendtemplate A\n")
    assert compiler_calls(small.calls) == []
    output, calls = small.build()
    assert "is up to date" in output
    assert calls == []
    # A header that no mechanism includes is looked at, and costs no compiler either.
    (root / "mod" / "nobody.h").write_text("#define NOBODY\n")
    assert small.build()[1] == []
    (root / "mod" / "nobody.h").unlink()


def test_deleted_renamed_and_an_older_date(small: Small) -> None:
    path = small.path("small5")
    text = path.read_text()
    path.unlink()
    assert small.build()[1] == ["compile mod_func", "link libnrnmech.so"]
    renamed = small.path("renamed")
    renamed.write_text(text)
    assert small.build()[1] == ["compile mod_func", "compile renamed", "link libnrnmech.so"]
    renamed.unlink()
    path.write_text(mod("small5", 0.004))
    os.utime(path, (1, 1))  # as a checkout of something older may have it
    assert small.build()[1] == ["compile small5", "link libnrnmech.so"]
    path.write_text(text)
    assert small.build()[1] == []


def test_what_a_mod_includes_from_elsewhere_counts(small: Small, tmp_path: Path) -> None:
    """A header by its absolute path, and one in a folder below: as nrnivmodl finds them."""
    for folder in (tmp_path, small.folder / "mod" / "below"):
        folder.mkdir(exist_ok=True)
    absolute, below = tmp_path / "one.h", small.folder / "mod" / "below" / "two.h"
    absolute.write_text("#define ONE 1\n")
    below.write_text("#define TWO 20\n")
    path = small.path("sums")
    path.write_text(
        f'NEURON {{ SUFFIX nothing }}\nVERBATIM\n#include "{absolute}"\n#include "below/two.h"\n'
        "ENDVERBATIM\nFUNCTION sums() {\nVERBATIM\n    return ONE + TWO;\nENDVERBATIM\n}\n"
    )

    def said() -> str:
        argv = ("special", "-nobanner", "-c", 'printf("SUM %g\\n", sums())')
        done = small.devenv("run", small.name, "--no-build", "--", *argv)
        return next(line for line in done.stdout.splitlines() if line.startswith("SUM"))

    small.build()
    assert said() == "SUM 21"
    absolute.write_text("#define ONE 2\n")
    assert small.build()[1] == ["compile sums", "link libnrnmech.so"]
    assert said() == "SUM 22"
    below.write_text("#define TWO 30\n")
    assert "sums.mod: changed" in small.devenv("build", small.name, "--why").stdout
    assert small.build()[1] == ["compile sums", "link libnrnmech.so"]
    assert said() == "SUM 32"
    # What only this shell's variables lead to is in no key: it is not found.
    path.write_text(path.read_text().replace(f'"{absolute}"', "<one.h>"))
    done = small.devenv("build", small.name, code=4, CPATH=str(tmp_path))
    assert f"{path}:3: one.h: No such file" in done.stdout
    path.write_text('NEURON { SUFFIX nothing }\nINCLUDE "one.h"\n')
    done = small.devenv("build", small.name, code=4, MODL_INCLUDE=str(tmp_path))
    assert f"{path}:2: Couldn't open one.h" in done.stdout
    # NEURON has that mechanism: it would end when the model is loaded.
    path.write_text(mod("pas"))
    done = small.devenv("build", small.name, code=2)
    assert "the mechanism pas is defined in" in done.stdout
    assert str(path) in done.stdout and "passive.mod (NEURON's own)" in done.stdout
    path.unlink()
    small.build()


LATE = """NEURON { SUFFIX nothing }
VERBATIM
#include "mcran4.h"
#ifndef MINE
#define MINE 0
#endif
#if __has_include("opt.h")
#define OPT 100
#else
#define OPT 0
#endif
ENDVERBATIM
FUNCTION late() {
VERBATIM
    return 1 + MINE + OPT;
ENDVERBATIM
}
"""


@pytest.mark.skipif(not shutil.which("ccache"), reason="no ccache on this machine")
def test_a_header_that_appears_counts_with_ccache_too(small: Small, tmp_path: Path) -> None:
    """One that hides a header of NEURON's, and one that is only asked for."""
    environ = {"CXX": small.devenv.environ["CXX"], "CCACHE_DIR": str(tmp_path / "cache")}
    cached = Devenv(small.devenv.home, environ)
    folder = small.folder / "mod"

    def says() -> str:
        cached("build", small.name)
        argv = ("special", "-nobanner", "-c", 'printf("LATE %g\\n", late())')
        done = cached("run", small.name, "--no-build", "--", *argv)
        return next(line for line in done.stdout.splitlines() if line.startswith("LATE"))

    small.path("late").write_text(LATE)
    assert says() == "LATE 1"
    (folder / "mcran4.h").write_text("#define MINE 10\n")
    assert says() == "LATE 11"
    (folder / "opt.h").write_text("")
    assert "late.mod: changed" in cached("build", small.name, "--why").stdout
    assert says() == "LATE 111"
    for name in ("mcran4.h", "opt.h", "late.mod"):
        (folder / name).unlink()
    cached("build", small.name)


def test_an_edit_during_a_build_is_not_lost(small: Small) -> None:
    """The compiler is held until the file is edited again behind its back."""
    path, gate = small.path("small0"), small.folder / "gate"
    before = path.read_text()
    small.first.write_text(f'case "$*" in *small0.cpp*) touch "{gate}"; sleep 1;; esac\n')
    path.write_text(mod("small0", 0.002))
    building = subprocess.Popen(
        [sys.executable, "-m", "devenv", "-q", "build", small.name],
        env={**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ},
        stdout=subprocess.DEVNULL,
    )
    while not gate.exists() and building.poll() is None:
        time.sleep(0.02)
    path.write_text(mod("small0", 0.003))
    assert building.wait() == 0
    small.first.write_text("")
    # What was compiled is what was read first; the later edit makes the model stale, and is built.
    assert small.answer() == "ANSWER 0.045 False"
    path.write_text(mod("small0", 0.002))
    assert small.build()[1] == []
    assert small.answer() == "ANSWER 0.03 False"
    path.write_text(before)
    small.build()


def test_watch_builds_what_is_saved_and_tells_an_error(small: Small) -> None:
    path, log = small.path("small1"), small.folder / "watch.log"
    before = path.read_text()
    with watching(small.devenv, small.name, log) as watch:
        watch.until_built(1)
        small.calls.write_text("")
        path.write_text(before.replace("i = g*(v - e)", "i = = 3"))
        watch.until_built(2)
        assert re.search(rf"error: {path}:8: syntax error", log.read_text())
        path.write_text(mod("small1", 0.007))
        watch.until("1 of them compiled now", 1)
        watch.until_built(3)
    path.write_text(before)


def test_another_compiler_and_other_flags_are_told(small: Small) -> None:
    template = small.folder / "small.yaml"
    text = template.read_text()
    template.write_text(text + "  flags: [-DMORE]\n")
    why = small.devenv("build", small.name, "--why").stdout
    template.write_text(text)
    assert "flags: +(-DMORE)" in why
    assert f"{COUNT} translations; {COUNT} compilations; 1 precompiled header; 1 link" in why


def test_compile_commands_hold_for_the_generated_source(small: Small) -> None:
    import json

    path = Path(small.devenv("models", "compile-commands", "--env", small.name).stdout.strip())
    command = json.loads(path.read_text())[0]
    done = subprocess.run(
        [*command["arguments"], "-fsyntax-only", "-o", os.devnull],
        cwd=command["directory"],
        check=False,
    )
    assert done.returncode == 0
    cpp = small.devenv("models", "show", "small2", "--cpp", "--env", small.name).stdout
    assert "_small2_reg" in cpp
    shown = small.devenv("models", "show", "small2", "--env", small.name).stdout
    assert str(small.path("small2")) in shown
    first = small.devenv("which", "small2", "--env", small.name).stdout.splitlines()[0]
    assert first == str(small.path("small2"))
    said = small.devenv("which", "nosuch", "--env", small.name, code=1).stdout
    assert f"{small.name} has no package, HOC file, program or mechanism nosuch" in said
