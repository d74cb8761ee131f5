"""A stand-in for NEURON's source tree: a CMake project that compiles in seconds.

It has NEURON's layout (headers, a translator of MOD files, libnrniv, nrnmain.cpp, a Python package, HOC
files, a submodule that may be empty), so that all that devenv does with a clone can be seen, and nothing
of a simulator. NEURON itself is in test_toolchain_neuron.py.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support import Devenv
from tiny import template

FILES = {
    ".gitignore": "*.o\n",
    "README.md": "A stand-in for NEURON.\n",
    "docs/index.rst": "Documentation.\n",
    "test/test_nothing.py": "def test_nothing(): pass\n",
    "pyproject.toml": """\
[build-system]
requires = []
[project]
name = "neuron"
dependencies = []
""",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.18)
project(nrn VERSION 9.0.2 LANGUAGES C CXX)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../lib")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
configure_file(nrnconf.h.in include/nrnconf.h @ONLY)
configure_file(bin/nrnmech_makefile.in bin/nrnmech_makefile @ONLY)
include_directories(src/nrniv ${PROJECT_BINARY_DIR}/include external/eigen)
add_library(nrniv SHARED src/nrniv/answer.cpp src/nrniv/registry.cpp)
add_executable(nocmodl src/nocmodl/nocmodl.cpp)
add_executable(program src/nrniv/nrniv.cpp)
set_target_properties(program PROPERTIES OUTPUT_NAME nrniv)
target_link_libraries(program nrniv)
if(NRN_ENABLE_TESTS)
  enable_testing()
  add_test(NAME answer COMMAND program)
endif()
if(NRN_SANITIZERS)
  target_compile_definitions(nrniv PRIVATE "SANITIZERS=\\"${NRN_SANITIZERS}\\"")
endif()
install(TARGETS nrniv LIBRARY DESTINATION lib)
install(TARGETS nocmodl program RUNTIME DESTINATION bin)
install(FILES src/nrniv/hocdec.h src/nrniv/mech.h ${PROJECT_BINARY_DIR}/include/nrnconf.h
        DESTINATION include)
install(FILES ${PROJECT_BINARY_DIR}/bin/nrnmech_makefile DESTINATION bin)
install(FILES src/ivoc/nrnmain.cpp DESTINATION share/nrn)
install(FILES share/lib/nrnunits.lib DESTINATION share/nrn/lib)
install(DIRECTORY share/lib/hoc DESTINATION share/nrn/lib)
install(FILES share/lib/python/neuron/__init__.py share/lib/python/neuron/units.py
        DESTINATION lib/python/neuron)
""",
    "nrnconf.h.in": """\
#define PACKAGE_VERSION "@PROJECT_VERSION@"
#define NEURON_DATA_DIR "@CMAKE_INSTALL_PREFIX@/share/nrn"
#define BUILD_TYPE "@CMAKE_BUILD_TYPE@"
""",
    "bin/nrnmech_makefile.in": """\
libdir := ${ROOT}/lib
incdir := ${ROOT}/include
LDFLAGS = $(LINKFLAGS) $(UserLDFLAGS)
NRNLIB_FLAGS = -L$(libdir) -lnrniv
NRNLIB_RPATH_FLAGS = -Wl,-rpath,$(libdir)
INCLUDES = -I. $(INCFLAGS) -I$(incdir)
CXXFLAGS = -O0 -std=c++17
CXXCOMPILE = $(CXX) $(CXXFLAGS)
CXX_LINK_EXE = $(CXX) $(CXXFLAGS)
CXX_LINK_SHARED = $(CXX) $(CXXFLAGS) -shared -fPIC
special:
\t$(CXX_LINK_EXE) -DAUTO_DLOPEN_NRNMECH=0
""",
    "src/nrniv/hocdec.h": "#pragma once\nextern int nrnmpi_myid;\nextern int nrn_nobanner_;\n",
    "src/nrniv/mech.h": """\
#pragma once
#define MECHANISM_VALUE 7
extern "C" void register_mechanism(const char* name, int value);
""",
    "src/nrniv/answer.cpp": """\
#include "nrnconf.h"
extern "C" int answer() { return 41; }
extern "C" const char* data_folder() { return NEURON_DATA_DIR; }
extern "C" const char* build_type() { return BUILD_TYPE; }
#ifdef SANITIZERS
extern "C" const char* sanitizers() { return SANITIZERS; }
#else
extern "C" const char* sanitizers() { return ""; }
#endif
""",
    "src/nrniv/registry.cpp": """\
#include <cstdio>
#include "mech.h"
int nrnmpi_myid = 0;
int nrn_nobanner_ = 1;
extern "C" void register_mechanism(const char* name, int value) {
    std::printf("mechanism %s=%d\\n", name, value);
}
""",
    "src/nrniv/nrniv.cpp": """\
#include <cstdio>
extern "C" int answer();
int main() { std::printf("answer=%d\\n", answer()); }
""",
    "src/ivoc/nrnmain.cpp": """\
#include <cstdio>
extern "C" int answer();
extern "C" void modl_reg();
int main() { std::printf("answer=%d\\n", answer()); modl_reg(); }
""",
    "src/nocmodl/nocmodl.cpp": """\
#include <fstream>
#include <string>
int main(int argc, char** argv) {
    std::string file(argv[1]);
    std::string name = file.substr(0, file.rfind(".mod"));
    std::ofstream(name + ".cpp") << "#include \\"mech.h\\"\\nextern \\"C\\" void _" << name
        << "_reg(void) { register_mechanism(\\"" << name << "\\", MECHANISM_VALUE); }\\n";
}
""",
    "share/lib/nrnunits.lib": "units\n",
    "share/lib/hoc/stdrun.hoc": "// stdrun\n",
    "share/lib/python/neuron/CMakeLists.txt": "# nothing\n",
    "share/lib/python/neuron/__init__.py": """\
import ctypes
import pathlib
WORD = "python"
_lib = ctypes.CDLL(str(pathlib.Path(__file__).parents[2] / "libnrniv.so"))
for _name in ("data_folder", "build_type", "sanitizers"):
    getattr(_lib, _name).restype = ctypes.c_char_p
def answer():
    return _lib.answer()
def text(name):
    return getattr(_lib, name)().decode()
""",
    "share/lib/python/neuron/units.py": "ms = 1\n",
    "external/eigen/Eigen/Core": "// Eigen\n",
}


TEMPLATE = """\
summary: NEURON with two mechanisms
neuron: neuron==9.0.2
packages: []
model:
  mods: [{package: devenv, path: ring/mod}]
"""


@dataclass(frozen=True)
class Standin:
    """An environment `nrn` that develops a stand-in, in a folder whose path has a blank."""

    devenv: Devenv
    clone: Path

    def python(self, code: str, *options: str, exit_code: int = 0, env: str = "nrn") -> str:
        words = ("run", *options, env, "--", "python", "-c", f"import neuron; {code}")
        return self.devenv(*words, code=exit_code).stdout

    def answer(self, *options: str, exit_code: int = 0) -> str:
        return self.python("print('answer', neuron.answer())", *options, exit_code=exit_code)

    @property
    def log(self) -> str:
        """What ninja compiled, of all builds."""
        logs = sorted((self.devenv.home / "log").glob("neuron@*.log"))
        return "".join(log.read_text(encoding="utf-8") for log in logs)

    def compiled(self, do: Callable[[], object]) -> list[str]:
        """The files that were compiled meanwhile."""
        for log in (self.devenv.home / "log").glob("neuron@*.log"):
            log.unlink()
        do()
        return re.findall(r"Building C\w* object \S*?(\w+\.cpp)\.o", self.log)


def develop_standin(devenv: Devenv, clone: Path) -> str:
    """Create the environment `nrn` and develop the clone in it; what devenv says of it."""
    template(devenv, "nrn", TEMPLATE)
    devenv("create", "nrn", "--template", "nrn")
    said = devenv("develop", "neuron", "--path", clone, "--env", "nrn").stdout
    devenv("build", "nrn")
    return said


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def make_standin(folder: Path) -> Path:
    """A git repository with it at `folder`, all of it committed."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "init", "--quiet")
    commit(folder, "The stand-in")
    return folder


def commit(folder: Path, message: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD").strip()


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    argv = ["git", "-C", str(folder), *identity, *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file and directory, those of git included."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            stat = Path(root, name).lstat()
            found[str(Path(root, name))] = (stat.st_size, stat.st_mtime_ns)
    return found
