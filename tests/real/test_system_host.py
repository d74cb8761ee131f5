"""What is found on this machine, and on made-up ones: folders of programs on PATH."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.core.errors import PreconditionError, StateError, UsageError
from devenv.core.machine import Mpi
from devenv.system import host, interpreters, mpi
from devenv.system.files import write_text

pytestmark = pytest.mark.real

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Makes a program of the given name in a folder to be used as PATH."""

    def make(name: str, body: str) -> Path:
        write_text(tmp_path / "bin" / name, f"#!/bin/sh\n{body}\n", executable=True)
        return tmp_path / "bin" / name

    return make


COMPILER = (
    'for word; do case $word in --version) echo "{0} 1.0"; echo more;;'
    " -dumpmachine) echo made-up;; esac; done"
)


def test_the_compiler_of_this_machine_compiles(tmp_path: Path) -> None:
    found = host.compiler(os.environ)
    if found is None:
        pytest.skip("no C++ compiler")
    (tmp_path / "x.cpp").write_text("#include <cstdio>\nint main() { return 7; }\n")
    subprocess.run([*found.cxx, "x.cpp", "-o", "x"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "x"], check=False).returncode == 7
    (tmp_path / "y.c").write_text("int main(void) { int class = 7; return class; }\n")
    subprocess.run([*found.cc, "-x", "c", "y.c", "-o", "y"], cwd=tmp_path, check=True)
    assert any(c.isdigit() for c in found.identity)


def test_the_first_compiler_that_works_is_taken(tmp_path: Path, program: Program) -> None:
    environ = {"PATH": str(tmp_path / "bin")}
    assert host.compiler(environ) is None
    program("c++", "exit 1")
    program("clang++", COMPILER.format("clang"))
    clang = program("clang", COMPILER.format("clang"))
    found = host.compiler(environ)
    assert found is not None
    assert (found.cxx, found.cc) == ((f"{tmp_path}/bin/clang++",), (str(clang),))
    assert found.identity.endswith(", clang 1.0 made-up")


def test_cxx_and_cc_are_respected(tmp_path: Path, program: Program) -> None:
    path = str(tmp_path / "bin")
    for name in ("g++", "g++-12", "gcc-12", "mycc"):
        program(name, COMPILER.format(name))
    found = host.compiler({"PATH": path, "CXX": "ccache g++-12 -m64"})
    assert found is not None
    assert (found.cxx, found.cc) == ((f"{path}/g++-12", "-m64"), (f"{path}/gcc-12", "-m64"))
    assert found.identity.endswith(", g++-12 1.0 made-up")
    assert (mine := host.compiler({"PATH": path, "CC": "mycc"})) is not None
    assert (mine.cxx, mine.cc) == ((f"{path}/g++",), (f"{path}/mycc",))
    with pytest.raises(PreconditionError, match="CXX=nosuch"):
        host.compiler({"PATH": path, "CXX": "nosuch"})


def test_a_script_in_the_place_of_a_compiler_counts_by_its_content(
    tmp_path: Path, program: Program
) -> None:
    def seen(**variables: str) -> tuple[str, tuple[str, ...]]:
        environ = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", **variables}
        found = host.compiler(environ)
        assert found is not None
        return found.identity, host.compiler_scripts(environ)

    real = shutil.which("g++", path="/usr/bin:/bin")
    if real is None:
        pytest.skip("no g++")
    plain = seen(CXX=real, CC=real)
    assert plain[1] == () and "script" not in plain[0]
    first = program("mine", f'exec {real} -DE=1 "$@"')
    once = seen(CXX="ccache mine", CC=real)
    assert once == seen(CXX=str(first), CC=real) and len(once[1]) == 1
    program("mine", f'exec {real} -DE=2 "$@"')
    again = seen(CXX="mine", CC=real)
    by_cc = seen(CXX=real, CC="mine")
    (tmp_path / "bin" / "g++").symlink_to(real)
    assert len({plain, once, again, by_cc}) == 4
    assert seen(CXX=str(tmp_path / "bin" / "g++"), CC=real) == plain


def test_ccache_is_found_and_can_be_switched_off(tmp_path: Path, program: Program) -> None:
    path = str(program("ccache", "true"))
    environ = {"PATH": str(tmp_path / "bin")}
    assert host.ccache(environ) == path
    assert host.ccache({**environ, "CCACHE_DISABLE": "1"}) == ""
    assert host.ccache({"PATH": str(tmp_path)}) == ""


def test_the_library_of_a_python_can_be_loaded() -> None:
    for python in {sys.executable, shutil.which("python3") or sys.executable}:
        library = host.libpython(python, os.environ)
        if not library:
            pytest.skip(f"{python} has no shared library")
        loaded = ctypes.CDLL(library)
        assert hasattr(loaded, "Py_Initialize")


def test_the_version_of_neuron_is_read_from_its_folder(tmp_path: Path) -> None:
    info = tmp_path / "neuron_nightly-9.1.0.dev28.dist-info"
    write_text(
        info / "METADATA", "Metadata-Version: 2.1\nName: neuron-nightly\nVersion: 9.1.0.dev28\n"
    )
    write_text(tmp_path / "x-1.dist-info" / "METADATA", "Name: x\nVersion: 1\n")
    assert host.neuron_version(tmp_path) == "9.1.0.dev28"
    with pytest.raises(StateError, match="no NEURON"):
        host.neuron_version(tmp_path / "empty")


def test_a_neuron_built_from_source_has_its_version_in_a_header(tmp_path: Path) -> None:
    header = tmp_path / "include" / "nrnconf.h"
    header.parent.mkdir()
    header.write_text('#define PACKAGE "nrn"\n#define PACKAGE_VERSION "9.0.2"\n')
    assert host.neuron_version(tmp_path / "lib" / "python") == "9.0.2"


def test_cores_follow_the_affinity() -> None:
    one = sorted(os.sched_getaffinity(0))[:1]
    code = "import os; from devenv.system.cores import cores\n"
    code += f"os.sched_setaffinity(0, {one}); print(cores())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_every_mpirun_on_the_path_is_told_once(tmp_path: Path, program: Program) -> None:
    program("mpirun.openmpi", "echo 'mpirun (Open MPI) 4.1.4'")
    program("mpiexec.hydra", "echo 'HYDRA build details:'; echo '    Version:   4.0.2'")
    (tmp_path / "bin" / "mpirun").symlink_to("mpirun.openmpi")
    environ = {"PATH": f"{tmp_path}/bin::{tmp_path}/none"}
    assert mpi.observe(environ).mpi == (
        Mpi("openmpi", f"{tmp_path}/bin/mpirun", "4.1.4"),
        Mpi("mpich", f"{tmp_path}/bin/mpiexec.hydra", "4.0.2"),
    )
    seen = mpi.observe(environ)
    assert (seen.scheduler, seen.allocation, seen.step, seen.pmi) == ("", False, 0, ())


def test_for_a_plain_process_no_command_is_asked(tmp_path: Path, program: Program) -> None:
    for name in ("mpirun", "srun"):
        program(name, f"touch {tmp_path}/asked")
    environ = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "SLURM_JOB_ID": "7"}
    seen = mpi.observe(environ, ranks=False)
    assert (seen.scheduler, seen.allocation, seen.mpi) == ("slurm", True, ())
    assert not (tmp_path / "asked").exists()
    mpi.observe(environ)
    assert (tmp_path / "asked").exists()


def test_a_scheduler_and_what_it_can_do_are_seen(tmp_path: Path, program: Program) -> None:
    body = "echo 'MPI plugin types are...' >&2; printf '\\tpmi2\\n\\tnone\\n\\tpmix\\n' >&2"
    srun = program("srun", body)
    seen = mpi.observe({"PATH": str(tmp_path / "bin"), "SLURM_JOB_ID": "7"})
    assert (seen.scheduler, seen.srun, seen.pmi) == ("slurm", str(srun), ("pmi2", "pmix"))
    assert seen.allocation


@pytest.mark.parametrize(
    ("symbol", "flavour"), [("ompi_mpi_init", "openmpi"), ("MPI_Init", "mpich")]
)
def test_the_loader_is_asked_which_libmpi_it_takes(
    tmp_path: Path, symbol: str, flavour: str
) -> None:
    found = host.compiler(os.environ)
    if found is None:
        pytest.skip("no C++ compiler")
    (tmp_path / "x.c").write_text(f"int {symbol};\n")
    argv = [*found.cc, "-shared", "-fPIC", "-x", "c", "x.c", "-o", "libmpi.so"]
    subprocess.run(argv, cwd=tmp_path, check=True)
    assert mpi.libmpi({**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}) == flavour


def test_a_python_is_found_by_version_and_path_and_is_no_shim() -> None:
    path, version = interpreters.find_python(f"{sys.version_info[0]}.{sys.version_info[1]}")
    said = subprocess.run([path, "-V"], capture_output=True, text=True, check=True).stdout
    assert said == f"Python {version}\n"
    assert "shims" not in path
    assert not Path(path).is_symlink()
    assert interpreters.find_python(path) == (path, version)
    assert interpreters.find_python(f"=={version}") == (path, version)


def test_a_version_of_pyenv_is_found_that_is_not_selected(tmp_path: Path) -> None:
    """Its shim fails, as pyenv's do, and uv stops at the first that does."""
    name = f"{sys.version_info[0]}.{sys.version_info[1]}"
    python = Path(sys.executable).resolve()
    shims, old, wanted = (tmp_path / one for one in ("shims", "versions/2.7.18", "versions/3.99.1"))
    for folder in (shims, old / "bin", wanted / "bin"):
        folder.mkdir(parents=True)
    shim = shims / f"python{name}"
    shim.write_text(f"#!/bin/sh\necho 'pyenv: python{name}: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)
    (wanted / "bin" / shim.name).symlink_to(python)
    environ = {**os.environ, "PYENV_ROOT": str(tmp_path), "PATH": str(shims)}
    path, version = interpreters.find_python(name, environ)
    assert path == str(python)
    assert version.startswith(f"{name}.")


def test_an_active_environment_is_not_taken_for_the_machines_python() -> None:
    active = {
        **os.environ,
        "VIRTUAL_ENV": sys.prefix,
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
    }
    path, _ = interpreters.find_python("3", active)
    assert not path.startswith(sys.prefix + "/")


def test_a_python_that_is_not_there_is_told_with_those_that_are() -> None:
    _, version = interpreters.find_python("3")
    with pytest.raises(UsageError, match=r"no Python 3\.3 is") as caught:
        interpreters.find_python("3.3")
    assert version in caught.value.fix
