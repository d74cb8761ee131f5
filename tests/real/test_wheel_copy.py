"""devenv wheel build: what changes in the copy of the source, and compilers behind ccache in CMake."""

from __future__ import annotations

import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support import Devenv
from trees import tree
from wheel_samples import simple

from devenv.system.pythons import pythons

pytestmark = pytest.mark.real

TWO = sorted(p.tag for p in pythons(os.environ) if p.headers and p.tag in ("cp311", "cp312"))
PATCH = """\
--- a/simple.c
+++ b/simple.c
@@ -3,3 +3,3 @@
 #ifndef ANSWER
-#define ANSWER 42
+#define ANSWER 43
 #endif
"""
SETTINGS = """
[tool.setuptools_scm]
local_scheme = "no-local-version"
[tool.devenv.wheel]
patches = ["answer.patch"]
[tool.devenv.wheel.variants.nightly]
name = "{name}-nightly"
"""


def build(
    devenv: Devenv, source: Path, *options: object, code: int | None = 0
) -> list[dict[str, Any]]:
    done = devenv("wheel", "build", source, "--json", *options, code=code).stdout
    cells: list[dict[str, Any]] = json.loads(done[done.index('{\n  "schema"') :])["cells"]
    return cells


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A package whose version is a tag of git, with a patch that its settings name."""
    source = simple(tmp_path / "simple", more=SETTINGS)
    text = (source / "pyproject.toml").read_text()
    text = text.replace('version = "1.0"', 'dynamic = ["version"]')
    text = text.replace('"setuptools>=61"', '"setuptools>=61", "setuptools_scm"')
    (source / "pyproject.toml").write_text(text)
    (source / "answer.patch").write_text(PATCH)
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-C", str(source)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1.5"]):
        subprocess.run([*git, *words], check=True)
    return source


@pytest.mark.skipif(not TWO, reason="there is no Python 3.11 or 3.12 with headers")
def test_a_patch_and_a_name_change_the_copy_alone_and_not_the_version(
    devenv: Devenv, tagged: Path, tmp_path: Path
) -> None:
    before = tree(tagged)
    options = ("--python", TWO[0], "--variant", "plain", "--variant", "nightly")
    plain, nightly = build(devenv, tagged, *options)
    assert plain["wheel"].startswith("simple-1.5-")
    assert nightly["wheel"].startswith("simple_nightly-1.5-")
    into = tmp_path / "into"
    with zipfile.ZipFile(tmp_path / "wheelhouse" / plain["wheel"]) as archive:
        archive.extractall(into)
    python = next(p.path for p in pythons(os.environ) if p.tag == TWO[0])
    argv = [python, "-c", "import simple; print(simple.answer())"]
    assert subprocess.check_output(argv, cwd=into, text=True) == "43\n"
    assert tree(tagged) == before
    (tagged / "answer.patch").write_text(PATCH.replace("43", "44"))
    (again,) = build(devenv, tagged, "--python", TWO[0])
    assert again["state"] == "built"


@pytest.mark.skipif(not TWO, reason="there is no Python 3.11 or 3.12 with headers")
def test_a_patch_of_another_version_and_one_that_is_missing(devenv: Devenv, tagged: Path) -> None:
    (tagged / "answer.patch").write_text(PATCH.replace("42", "41"))
    (cell,) = build(devenv, tagged, "--python", TWO[0], code=4)
    assert cell["state"] == "failed"
    assert "apply patch 1" in cell["error"]
    assert "simple.c" in cell["error"]
    assert "another version of the source" in cell["error"]
    (tagged / "answer.patch").unlink()
    said = devenv("wheel", "build", tagged, "--python", TWO[0], code=2).stdout
    assert "answer.patch" in said
    assert "No such file" in said


CMAKE = """\
cmake_minimum_required(VERSION 3.18)
project(fast LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
# What NEURON does: another build with the same compiler, and a makefile that names it.
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_SOURCE_DIR}/inner -B inner
  -DCMAKE_C_COMPILER=${CMAKE_C_COMPILER} COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${CMAKE_BINARY_DIR}/rules.mk "CC = ${CMAKE_C_COMPILER}\\n")
Python_add_library(_core MODULE WITH_SOABI core.c)
add_library(plain SHARED one.c two.c three.c)
install(TARGETS _core plain DESTINATION fast)
install(FILES ${CMAKE_BINARY_DIR}/rules.mk DESTINATION fast)
"""
CORE = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", 0, -1, 0};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
"""
PYPROJECT = """\
[build-system]
requires = ["scikit-build-core"]
build-backend = "scikit_build_core.build"
[project]
name = "fast"
version = "1"
"""


@pytest.mark.skipif(len(TWO) < 2, reason="there are not Python 3.11 and 3.12 with headers")
def test_cmake_has_the_compiler_itself_and_the_second_python_the_objects_of_the_first(
    devenv: Devenv, tmp_path: Path
) -> None:
    source = tmp_path / "fast"
    (source / "inner").mkdir(parents=True)
    inner = "cmake_minimum_required(VERSION 3.18)\nproject(inner LANGUAGES C)\n"
    (source / "inner" / "CMakeLists.txt").write_text(inner)
    texts = {"CMakeLists.txt": CMAKE, "core.c": CORE, "pyproject.toml": PYPROJECT}
    texts |= {
        f"{name}.c": f"int {name}(void) {{ return 1; }}\n" for name in ("one", "two", "three")
    }
    for name, text in texts.items():
        (source / name).write_text(text)
    environ = {"CCACHE_DIR": str(tmp_path / "ccache")}
    own = Devenv(devenv.home, environ)
    (first,) = build(own, source, "--python", TWO[0])
    before = hits(environ)
    build(own, source, "--python", TWO[1])
    assert hits(environ) - before >= 3
    with zipfile.ZipFile(tmp_path / "wheelhouse" / first["wheel"]) as archive:
        assert "ccache" not in archive.read("fast/rules.mk").decode()


def hits(environ: dict[str, str]) -> int:
    argv, both = ["ccache", "--print-stats"], {**os.environ, **environ}
    listed = subprocess.run(argv, env=both, text=True, capture_output=True, check=True).stdout
    counts = dict(line.split("\t") for line in listed.splitlines())
    return int(counts["direct_cache_hit"]) + int(counts["preprocessed_cache_hit"])


TOOL = {
    "pyproject.toml": (
        '[build-system]\nrequires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "auditwheel"\nversion = "99"\nscripts = {auditwheel = "tool:main"}\n'
        '[tool.setuptools]\npy-modules = ["tool"]\n'
    ),
    "tool.py": (
        "import shutil, sys\n"
        "def main():\n"
        "    print('repaired by WORD')\n"
        "    shutil.copy(sys.argv[-1], sys.argv[sys.argv.index('-w') + 1])\n"
    ),
}


@pytest.mark.skipif(not TWO, reason="there is no Python 3.11 or 3.12 with headers")
def test_the_repair_tool_of_a_commit(devenv: Devenv, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.mkdir()
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-C", str(tool)]
    subprocess.run([*git, "init", "-q"], check=True)
    for word in ("first", "second"):
        for name, text in TOOL.items():
            (tool / name).write_text(text.replace("WORD", word))
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-qm", word], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD~1"], text=True).strip()
    address = f"auditwheel @ git+{tool.as_uri()}@{commit}"
    more = f'[tool.devenv.wheel.repair]\ntool = "{address}"\n'
    source = simple(tmp_path / "simple", more=more)
    (cell,) = build(devenv, source, "--python", TWO[0], code=None)
    assert cell["state"] == "built"
    log = Path(cell["log"]).read_text()
    assert "repaired by first" in log
    assert "repaired by second" not in log
