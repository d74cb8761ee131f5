"""NEURON as a dev source: what counts as content, and how it is compiled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devenv.config.context import make_context
from devenv.core.environment import DevSource
from devenv.core.plan import Run
from devenv.core.product import changes
from devenv.engines.spack.develop import take
from devenv.sources.toolchain import (
    BuildOptions,
    BuildTools,
    SourceTree,
    ToolchainBuild,
    build_options,
    is_content,
    is_live,
)
from devenv.sources.toolchain_steps import cmake_arguments, toolchain_product, variables
from devenv.sources.toolchain_tree import dependents, inputs_among, layout_of

TOOLS = BuildTools(
    *("/bin/cmake", "/bin/ninja", ("/bin/c++",), ("/bin/cc",), "gcc 12", "/bin/python", "3.11.2"),
    site="/venv/site",
    bins="/venv/bin",
    ccache="/bin/ccache",
    mpi={"openmpi": ("/ompi",), "mpich": ("/mpich",)},
    replaced={},
)
TREE = SourceTree("/my nrn", {"src/a.cpp": "1", "src/b.h": "2"}, ("__init__.py",), "/my nrn/.git")
BUILD = ToolchainBuild("/home", TREE, BuildOptions(mpi=("openmpi",)), TOOLS)


@pytest.mark.parametrize(
    "name",
    [
        "CMakeLists.txt",
        "cmake_nrnconf.h.in",
        "src/nrnoc/fadvance.cpp",
        "share/lib/hoc/CMakeLists.txt",
        "share/lib/python/neuron/rxd/geometry3d/ctng.pyx",
        "external/fmt/src/format.cc",
    ],
)
def test_content(name: str) -> None:
    assert is_content(name)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/index.rst",
        "test/unit_tests/test.cpp",
        ".github/workflows/a.yml",
        ".gitignore",
        "share/lib/hoc/stdrun.hoc",
        "share/lib/python/neuron/__init__.py",
        "external/fmt/test/test.cc",
    ],
)
def test_no_content(name: str) -> None:
    assert not is_content(name)


def test_python_and_its_data_are_live() -> None:
    assert is_live("share/lib/python/neuron/tests/test_rxd.json")
    assert not is_live("share/lib/python/neuron/CMakeLists.txt")
    assert not is_live("share/lib/python/neuron/rxd/geometry3d/ctng.pyx")
    assert not is_live("share/lib/python/scripts/run.py")


def test_the_variants_of_an_environment_are_options() -> None:
    assert build_options({}, ("openmpi",)) == BuildOptions(mpi=("openmpi",))
    asked = {"build_type": "Debug", "sanitizers": "address,undefined", "gpu": True, "mpi": "mpich"}
    expected = BuildOptions("Debug", ("address", "undefined"), True, ("mpich",))
    assert build_options(asked, ("openmpi",)) == expected


def test_a_build_has_one_folder_for_every_content() -> None:
    other = replace(BUILD, tree=replace(TREE, files={**TREE.files, "src/a.cpp": "3"}))
    assert other.work == BUILD.work and other.key != BUILD.key
    assert changes(BUILD.inputs, other.inputs) == ("src/a.cpp: changed, /my nrn/src/a.cpp",)
    assert cmake_arguments(other) == cmake_arguments(BUILD)


def test_a_file_of_another_name_is_another_content() -> None:
    other = replace(BUILD, tree=replace(TREE, files={"src/aa.cpp": "1", "src/b.h": "2"}))
    assert other.key != BUILD.key and other.work == BUILD.work


@pytest.mark.parametrize(
    "options", [BuildOptions("Debug", mpi=("openmpi",)), BuildOptions(mpi=("mpich",))]
)
def test_builds_with_other_options_have_other_folders(options: BuildOptions) -> None:
    other = replace(BUILD, options=options)
    assert other.work != BUILD.work and other.key != BUILD.key


def test_the_path_of_an_installation_fits_into_that_of_the_prefix() -> None:
    assert len(BUILD.place) <= len(BUILD.prefix)


def test_no_path_of_the_compiler_has_a_blank() -> None:
    words = (*cmake_arguments(BUILD), dict(variables(BUILD, "/bin"))["CCACHE_BASEDIR"])
    assert not [word for word in words if " " in word]


def test_it_is_configured_once() -> None:
    def titles(configure: bool) -> list[str]:
        steps = toolchain_product(BUILD, "/bin", 2, configure).steps("/staging")
        return [step.title for step in steps if isinstance(step, Run)]

    assert titles(True) == ["configure", "compile", "install"]
    assert titles(False) == ["compile", "install"]


def test_a_debugger_finds_the_directory_of_a_compilation() -> None:
    debug = replace(BUILD, options=BuildOptions("Debug"))
    assert dict(variables(BUILD, "/bin"))["CCACHE_NOHASHDIR"] == "1"
    assert dict(variables(debug, "/bin"))["CCACHE_NOHASHDIR"] == ""


LISTING = """\
src/a.o: #deps 2, deps mtime 1 (VALID)
    ../src/src/a.cpp
    ../src/src/b.h

src/c.o: #deps 1, deps mtime 1 (VALID)
    /w/src/src/b.h
"""


def test_ninja_says_what_depends_on_a_file() -> None:
    assert dependents(LISTING, ["src/b.h"]) == (("src/a.o", "src/c.o"), frozenset())
    assert dependents(LISTING, ["src/a.cpp"]) == (("src/a.o",), frozenset())
    assert dependents(LISTING, ["src/a.cpp", "src/x.mod"]) == (("src/a.o",), {"src/x.mod"})


CMAKE_INPUTS = """\
build.ninja:
  input: RERUN_CMAKE
    | CMakeCache.txt
    | /w/src/src/CMakeLists.txt
    | /w/src/nrnconf.h.in
"""


def test_ninja_says_what_cmake_reads() -> None:
    names = ["CMakeLists.txt", "src/CMakeLists.txt", "nrnconf.h.in", "src/a.cpp"]
    assert inputs_among(CMAKE_INPUTS, names) == {"src/CMakeLists.txt", "nrnconf.h.in"}


def test_a_clone_that_lacks_nothing_is_one_link() -> None:
    assert layout_of("/my nrn", {}) == (("", "/my nrn"),)


def test_spack_compiles_a_developed_neuron_itself(tmp_path: Path) -> None:
    context = make_context({"DEVENV_HOME": str(tmp_path)}, tmp_path)
    source = DevSource("neuron", "/my nrn", "toolchain")
    assert take(context, source) == replace(source, kind="built")
