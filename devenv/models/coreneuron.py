"""How CoreNEURON's half of a model is made, read from its own ``nrnivmodl_core_makefile``."""

from __future__ import annotations

from dataclasses import dataclass

from devenv.models.makefile import read_variables
from devenv.models.mods import Mod

# What every file that NMODL translates for CoreNEURON includes first (the codegen of NMODL 0.6 and of
# NEURON 9.0 and 9.1). Parsing these takes four fifths of a compilation; the object files are the same.
FIRST_INCLUDES = (
    "math.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "coreneuron/gpu/nrn_acc_manager.hpp",
    "coreneuron/mechanism/mech/mod2c_core_thread.hpp",
    "coreneuron/mechanism/register_mech.hpp",
    "coreneuron/nrnconf.h",
    "coreneuron/nrniv/nrniv_decl.h",
    "coreneuron/sim/multicore.hpp",
    "coreneuron/sim/scopmath/newton_thread.hpp",
    "coreneuron/utils/ivocvect.hpp",
    "coreneuron/utils/nrnoc_aux.hpp",
    "coreneuron/utils/randoms/nrnran123.h",
)
MAKEFILE = "share/coreneuron/nrnivmodl_core_makefile"
"""Below NEURON's home; not there in a NEURON built without CoreNEURON."""


@dataclass(frozen=True)
class CoreFlags:
    """Words for the compiler, without the compiler itself, and for NMODL.

    compile: a translated mechanism, with include: CoreNEURON's headers. shared, special: to link the
    library, the executable. library: what both are linked with. nmodl: behind the file's name.
    """

    compile: tuple[str, ...]
    include: tuple[str, ...]
    shared: tuple[str, ...]
    special: tuple[str, ...]
    library: tuple[str, ...]
    nmodl: tuple[str, ...]


@dataclass(frozen=True)
class CoreNeuron:
    """A NEURON's CoreNEURON. mods: those it brings itself (hh, expsyn, …), compiled into every model.

    libpython, packages: for NMODL, which asks sympy about some equations: the shared library of
    a Python, empty where it has none, and the folder that sympy stands in.
    """

    flags: CoreFlags
    mods: tuple[Mod, ...] = ()
    libpython: str = ""
    packages: str = ""


def parse_core_makefile(text: str, home: str) -> CoreFlags:
    """The flags in the text of ``<home>/share/coreneuron/nrnivmodl_core_makefile``.

    StateError where it is no such file. Without reports in a state of cells (NRN_PRCELLSTATE 0), as
    nrnivmodl-core has it by default.
    """
    needed = ("CXXFLAGS", "CXX_SHARED_LIB_CMD", "nmodl_arguments_c")
    variables = read_variables(text, home, needed, f"{home}/{MAKEFILE}")
    words = variables.words
    return CoreFlags(
        compile=(*words("CXXFLAGS"), "-DNRN_PRCELLSTATE=0"),
        include=words("INCLUDES"),
        shared=words("CXX_SHARED_LIB_CMD"),
        special=words("CXX_LINK_EXE_CMD"),
        library=words("LDFLAGS"),
        nmodl=words("nmodl_arguments_c"),
    )
