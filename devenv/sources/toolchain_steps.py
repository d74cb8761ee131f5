"""How a `toolchain` is compiled: the commands of CMake and ninja, and the products that they make.

Sources: NEURON's CMakeLists.txt, cmake/BuildOptionDefaults.cmake and cmake/SanitizerHelper.cmake.
"""

from __future__ import annotations

import json
import posixpath

from devenv.core.ccache import NO_DIRECT_MODE
from devenv.core.plan import NINJA_PROGRESS, LinkFiles, Relocate, RemovePath, Run, Step, Write
from devenv.core.product import Input, Product
from devenv.sources.toolchain import KIND, PYTHON, ToolchainBuild

CONFIGURED = "configured"
COMMANDS = "commands.json"
"""In the folder of a build: CMake's arguments of the last configuration, a line each; and how a build of
its tests is configured."""


def cmake_arguments(build: ToolchainBuild) -> tuple[str, ...]:
    """The arguments of CMake's configuration."""
    options, tools = build.options, build.tools
    include = ";".join(folder for name in options.mpi for folder in tools.mpi[name])
    values = {
        "CMAKE_INSTALL_PREFIX": build.prefix,
        "CMAKE_MAKE_PROGRAM": tools.ninja,
        "CMAKE_BUILD_TYPE": options.build_type,
        "CMAKE_CXX_COMPILER": ";".join(tools.cxx),
        "CMAKE_C_COMPILER": ";".join(tools.cc),
        "CMAKE_C_COMPILER_LAUNCHER": tools.ccache,
        "CMAKE_CXX_COMPILER_LAUNCHER": tools.ccache,
        "CMAKE_EXPORT_COMPILE_COMMANDS": "ON",
        "PYTHON_EXECUTABLE": tools.python,
        "Python_EXECUTABLE": tools.python,
        "CYTHON_EXECUTABLE": posixpath.join(tools.bins, "cython"),
        "NRN_ENABLE_INTERVIEWS": "OFF",
        "NRN_ENABLE_CORENEURON": "ON" if options.coreneuron else "OFF",
        "NRN_ENABLE_RX3D": "ON",
        "NRN_ENABLE_TESTS": "OFF",
        "NRN_ENABLE_MPI": "ON" if options.mpi else "OFF",
        "NRN_ENABLE_MPI_DYNAMIC": "ON" if options.mpi else "OFF",
        "NRN_MPI_DYNAMIC": include,
        "MPI_EXECUTABLE_SUFFIX": tools.mpi_suffix,
        "NRN_ENABLE_PYTHON_DYNAMIC": "ON",
        "NRN_ENABLE_REL_RPATH": "ON",
        "NRN_SANITIZERS": ",".join(options.sanitizers),
    }
    sets = (f"-D{name}={value}" for name, value in values.items() if value)
    source, binary = posixpath.join(build.work, "src"), posixpath.join(build.work, "build")
    return (tools.cmake, "-G", "Ninja", "-S", source, "-B", binary, *sets)


def variables(build: ToolchainBuild, path: str) -> tuple[tuple[str, str], ...]:
    """Variables of the build's commands. path: the PATH of the process.

    GIT_DIR names the clone, since `src` is a directory of links; git never writes to its index.
    Flags of the user's own would be in no key.
    """
    tools, git = build.tools, build.tree.git
    unset = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CPATH", "CPLUS_INCLUDE_PATH", "DESTDIR")
    ours = {
        "PATH": ":".join(filter(None, (tools.bins, path))),
        "PYTHONPATH": tools.site,
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_DIR": git,
        "GIT_WORK_TREE": build.tree.path if git else "",
        "CCACHE_BASEDIR": build.work,
        # A debugger finds a file by the directory of its compilation.
        "CCACHE_NOHASHDIR": "" if build.options.build_type == "Debug" else "1",
        **NO_DIRECT_MODE,
    }
    return (*((name, "") for name in unset), *ours.items())


def configure_steps(build: ToolchainBuild, path: str) -> tuple[Step, ...]:
    """Steps that run CMake, and then record its arguments."""
    run = Run(cmake_arguments(build), "configure", env=variables(build, path), log=build.log)
    text = "\n".join(cmake_arguments(build))
    return (
        RemovePath(configured(build)),
        run,
        commands_step(build),
        Write(configured(build), text),
    )


def commands_step(build: ToolchainBuild) -> Write:
    """The step that notes how it is configured, for a build of its tests."""
    noted = {
        "configure": cmake_arguments(build),
        "variables": dict(variables(build, "")),
        "replaced": dict(build.tools.replaced),
    }
    return Write(posixpath.join(build.work, COMMANDS), json.dumps(noted))


def configured(build: ToolchainBuild) -> str:
    """The file with the arguments that it was configured with."""
    return posixpath.join(build.work, CONFIGURED)


def build_steps(build: ToolchainBuild, path: str, jobs: int) -> tuple[Step, ...]:
    """Steps that compile what changed."""
    tools, binary = build.tools, posixpath.join(build.work, "build")
    compile_ = (tools.cmake, "--build", binary, "--parallel", str(jobs))
    env = variables(build, path)
    return (Run(compile_, "compile", env=env, log=build.log, shows=NINJA_PROGRESS),)


def install_steps(build: ToolchainBuild, path: str, staging: str) -> tuple[Step, ...]:
    """Steps that make the installation in `staging`, with links to the files that need no build."""
    clone, binary = build.tree.path, posixpath.join(build.work, "build")
    install = (build.tools.cmake, "--install", binary)
    return (
        RemovePath(build.prefix),
        Run(install, "install", env=variables(build, path), log=build.log),
        Relocate(build.prefix, staging, build.place),
        RemovePath(build.prefix),
        LinkFiles(posixpath.join(clone, PYTHON), f"{staging}/lib/python/neuron", build.tree.live),
        LinkFiles(posixpath.join(clone, "share/lib"), f"{staging}/share/nrn/lib", ("hoc",)),
    )


MARKS = ("bin", "bin/nrniv", "lib", "lib/libnrniv.so", "include/nrnconf.h", "lib/python/neuron")


def toolchain_product(build: ToolchainBuild, path: str, jobs: int, configure: bool) -> Product:
    """The installation. configure: whether CMake is to be run first."""
    first = (RemovePath(build.log), *(configure_steps(build, path) if configure else ()))
    return Product(
        KIND,
        build.key,
        "NEURON",
        build.inputs,
        lambda staging: (
            *first,
            *build_steps(build, path, jobs),
            *install_steps(build, path, staging),
        ),
        MARKS,
    )


def headers_product(place: str, front: str, others: tuple[str, ...]) -> Product:
    """A copy of the headers of the installation at `place`. front: the hash of them and of the
    translators. others: the other entries of `place`."""
    target = posixpath.join(posixpath.dirname(posixpath.dirname(place)), "headers", front[:20])
    return Product(
        "headers",
        front[:20],
        "NEURON's headers",
        (Input("headers and translators", (front,)),),
        lambda staging: (Relocate(place, staging, target, others),),
        ("include", "include/nrnconf.h"),
    )
