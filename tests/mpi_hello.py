"""An MPI program in C++ with a library of its own, recipes of both, and Spack called without devenv."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from spack_trial import CORE
from support import Devenv, plain_environ

RECIPES = {
    "greeting": '''\
from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class Greeting(Package):
    """A header with a word."""

    homepage = "https://example.org"
    has_code = False

    version("2.0")
    version("1.0")

    def install(self, spec, prefix):
        mkdirp(prefix.include)
        with open(join_path(prefix.include, "greeting.h"), "w") as file:
            file.write('#define GREETING "greeting %s"\\n' % spec.version)
''',
    "mpi_hello": '''\
from spack_repo.builtin.build_systems.cmake import CMakePackage
from spack.package import *


class MpiHello(CMakePackage):
    """Ranks that greet."""

    homepage = "https://example.org"
    url = "file://@ARCHIVE@"

    version("1.0", sha256="@SHA@")

    variant("shout", default=False, description="In capitals")
    variant("words", default=False, description="With a word of the library")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("mpi")
    depends_on("greeting")
    depends_on("words", when="+words")

    def cmake_args(self):
        names = {"SHOUT": "shout", "WORDS": "words"}
        return [self.define_from_variant(*pair) for pair in names.items()]
''',
    "words": '''\
from spack_repo.builtin.build_systems.cmake import CMakePackage
from spack.package import *


class Words(CMakePackage):
    """A library in C++."""

    homepage = "https://example.org"
    url = "file://@ARCHIVE@"

    version("1.0", sha256="@SHA@")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
''',
}

LIBRARY = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.16)
project(words CXX)
add_library(words STATIC words.cpp)
install(TARGETS words ARCHIVE DESTINATION lib)
install(FILES words.h DESTINATION include)
""",
    "words.h": "const char *word();\n",
    "words.cpp": '#include "words.h"\nconst char *word() { return "one"; }\n',
}
"""What the recipe `words` builds: the source of a library."""

SOURCE = {
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.16)
project(hello CXX)
option(SHOUT "In capitals" OFF)
find_package(MPI REQUIRED COMPONENTS CXX)
find_path(GREETING greeting.h REQUIRED)
add_executable(hello hello.cpp)
target_include_directories(hello PRIVATE ${GREETING})
target_link_libraries(hello PRIVATE MPI::MPI_CXX)
option(WORDS "With a word of the library" OFF)
if(WORDS)
  find_library(WORDS_LIBRARY words REQUIRED)
  find_path(WORDS_HEADER words.h REQUIRED)
  target_include_directories(hello PRIVATE ${WORDS_HEADER})
  target_link_libraries(hello PRIVATE ${WORDS_LIBRARY})
  target_compile_definitions(hello PRIVATE WITH_WORDS)
endif()
target_compile_definitions(hello PRIVATE WORD="$<IF:$<BOOL:${SHOUT}>,HELLO,hello>")
install(TARGETS hello RUNTIME DESTINATION bin)
""",
    "hello.cpp": """\
#include <cstdio>
#include <greeting.h>
#include <mpi.h>
#ifdef WITH_WORDS
#include <words.h>
#else
static const char *word() { return ""; }
#endif
int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    std::printf("%s from %d of %d, %s%s\\n", WORD, rank, size, GREETING, word());
    MPI_Finalize();
}
""",
}

PACKAGES = """\
packages:
  all: {require: ["target=x86_64"]}
  gcc:
    externals:
    - spec: gcc@12.2.0 languages='c,c++'
      prefix: /usr
      extra_attributes: {compilers: {c: /usr/bin/gcc, cxx: /usr/bin/g++}}
    buildable: false
  cmake: {externals: [{spec: cmake@3.25.1, prefix: /usr}], buildable: false}
  gmake: {externals: [{spec: gmake@4.3, prefix: /usr}], buildable: false}
  openmpi: {externals: [{spec: openmpi@4.1.4, prefix: /usr}], buildable: false}
  c: {require: gcc}
  cxx: {require: gcc}
  mpi: {require: openmpi}
"""
"""What a group says of its machine, in a file that its environments include."""


@dataclass(frozen=True)
class Lab:
    """A group that works with Spack, and devenv beside it. root: its folder."""

    devenv: Devenv
    root: Path

    @property
    def recipes(self) -> Path:
        return self.root / "recipes" / "spack_repo" / "lab"

    def source(self, folder: Path) -> Path:
        """A clone of the program's source."""
        shutil.copytree(self.root / "hello-1.0", folder)
        return folder

    def environment(self, name: str, manifest: str) -> Path:
        """A Spack environment of the group's, beside `site/packages.yaml`."""
        folder = self.root / name
        folder.mkdir()
        (folder / "spack.yaml").write_text(manifest)
        return folder

    def installed_at(self) -> dict[str, int]:
        """Every prefix in devenv's store with the time at which it was made."""
        store = self.devenv.home / "spack" / "opt"
        return {p.name: p.stat().st_mtime_ns for p in store.glob("*/*-*-*") if p.is_dir()}

    def lock(self, name: str) -> Path:
        return self.devenv.home / "envs" / name / "current" / "spack.lock"

    def raw(self, *words: object) -> str:
        """What Spack prints, called without devenv, with a configuration and a store of its own."""
        data = json.loads((self.devenv.home / "spack" / "spack.json").read_text())["spack"]
        environ = {
            **plain_environ(),
            "SPACK_DISABLE_LOCAL_CONFIG": "1",
            "SPACK_USER_CACHE_PATH": str(self.root / "raw" / "cache"),
            "SPACK_PYTHON": data["python"],
        }
        program = self.devenv.home / "spack" / CORE / "bin" / "spack"
        done = subprocess.run(
            [
                data["python"],
                "-E",
                program,
                "--color=never",
                "-C",
                self.root / "raw",
                *map(str, words),
            ],
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def make_lab(devenv: Devenv, root: Path) -> Lab:
    """The group's recipes, source and settings; its Spack has the recipes that devenv narrowed."""
    source = root / "hello-1.0"
    source.mkdir(parents=True)
    for name, text in SOURCE.items():
        (source / name).write_text(text)
    archive = Path(shutil.make_archive(str(source), "gztar", root, source.name))
    sha = hashlib.sha256(archive.read_bytes()).hexdigest()
    lab = Lab(devenv, root)
    for name, text in RECIPES.items():
        folder = lab.recipes / "packages" / name
        folder.mkdir(parents=True)
        recipe = text.replace("@ARCHIVE@", str(archive)).replace("@SHA@", sha)
        (folder / "package.py").write_text(recipe)
    (lab.recipes / "repo.yaml").write_text("repo:\n  namespace: lab\n  api: v2.0\n")
    (root / "site").mkdir()
    (root / "site" / "packages.yaml").write_text(PACKAGES)
    return lab


def configure_raw(lab: Lab, name: str) -> None:
    """A configuration for `raw`, with the recipes that devenv took for the environment `name`.

    With all 8,600 of them Spack would read for minutes.
    """
    kept = json.loads((lab.devenv.home / "envs" / name / "current" / "lock.json").read_text())
    folder = lab.devenv.home / "envs" / name / "spack" / kept["inputs"]
    builtin = json.loads((folder / "setting.json").read_text())["repositories"]["builtin"]
    raw = lab.root / "raw"
    raw.mkdir()
    (raw / "bootstrap.yaml").write_text("bootstrap: {enable: false}\n")
    (raw / "repos.yaml").write_text(f"repos: {{builtin: {builtin}}}\n")
    (raw / "config.yaml").write_text(
        f"config: {{install_tree: {{root: {raw / 'opt'}}}, build_stage: {raw / 'stage'},"
        f" source_cache: {raw / 'archives'}, build_jobs: {min(2, os.cpu_count() or 1)}}}\n"
    )
