"""libsonatareport for one model alone: loaded by it when it is first called, and hidden from all else.

Linked, its HDF5 would stand before every other in the process: the wheel of h5py, which brings another
HDF5, then calls that one, and ends ("Not a datatype"). So mods include a header of devenv's own in the
place of the library's. It declares the same, and calls through ``dlopen(RTLD_LOCAL)``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

HEADER = "bbp/sonata/reports.h"
"""Below a folder of includes: what neurodamus's SonataReports.mod asks for."""

MPI_WITHOUT_CXX = ("-DOMPI_SKIP_MPICXX=1", "-DMPICH_SKIP_MPICXX=1")
"""mpi.h without MPI-2's C++ classes, whose library nobody links."""

_CALLED = re.compile(r"\b(sonata_\w+)\s*\(")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

# C, for NEURON 8 as well. A translated MOD file has macros of one letter: no short names here.
_TEXT = """\
/* Written by devenv: @LIBRARY@, which only this model sees. */
#pragma once
#include @HEADER@
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef int (*devenv_mpi_asks)(int*);
typedef int (*devenv_mpi_starts)(int*, char***);
typedef int (*devenv_mpi_ends)(void);
static void* devenv_reports = 0;
static int devenv_began_mpi = 0;

static void devenv_reports_end(void) {
    int devenv_ended = 0;
    if (!devenv_began_mpi) {
        return;
    }
    ((devenv_mpi_asks)dlsym(devenv_reports, "MPI_Finalized"))(&devenv_ended);
    if (!devenv_ended) {
        ((devenv_mpi_ends)dlsym(devenv_reports, "MPI_Finalize"))();
    }
}

/* One rank without a launcher: NEURON has not begun with MPI, and the library asks for its rank. */
static void devenv_reports_begin(void) {
    int devenv_begun = 0;
    void* devenv_asks = 0;
    atexit(devenv_reports_end); /* first: the library's own end comes before it */
    devenv_reports = dlopen(@LIBRARY_NAME@, RTLD_NOW | RTLD_LOCAL);
    if (!devenv_reports) {
        fprintf(stderr, "devenv: error: the model's library for reports is gone: %s\\n", dlerror());
        exit(1);
    }
    devenv_asks = dlsym(devenv_reports, "MPI_Initialized");
    if (devenv_asks && !((devenv_mpi_asks)devenv_asks)(&devenv_begun) && !devenv_begun) {
        ((devenv_mpi_starts)dlsym(devenv_reports, "MPI_Init"))(0, 0);
        devenv_began_mpi = 1;
    }
}

static void* devenv_reports_find(const char* devenv_called) {
    void* devenv_found = 0;
    if (!devenv_reports) {
        devenv_reports_begin();
    }
    devenv_found = dlsym(devenv_reports, devenv_called);
    if (!devenv_found) {
        fprintf(stderr, "devenv: error: the library for reports has no %s\\n", devenv_called);
        exit(1);
    }
    return devenv_found;
}

"""


def functions(text: str) -> tuple[str, ...]:
    """The names of the functions that the library's header declares, sorted."""
    return tuple(sorted(set(_CALLED.findall(_COMMENT.sub("", text)))))


def private_header(prefix: str, text: str, exported: Collection[str]) -> str:
    """The header that mods include.

    prefix: of the library. text: its own header. exported: the names of its symbols; what its header
    declares for C++ alone has a name with its arguments in it (Itanium C++ ABI, 5.1).
    """
    library = str(Path(prefix, "lib", "libsonatareport.so"))
    top = (
        _TEXT.replace("@HEADER@", json.dumps(str(Path(prefix, "include", HEADER))))
        .replace("@LIBRARY_NAME@", json.dumps(library))
        .replace("@LIBRARY@", library.replace("*/", "* /"))
    )
    calls = (
        f'#define {name} (*(__typeof__(&{name}))devenv_reports_find("{_symbol(name, exported)}"))\n'
        for name in functions(text)
    )
    return top + "".join(calls)


def _symbol(name: str, exported: Collection[str]) -> str:
    mangled = (one for one in sorted(exported) if one.startswith(f"_Z{len(name)}{name}"))
    return name if name in exported else next(mangled, name)
