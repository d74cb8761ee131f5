"""The effects of a model's variants on the compiler, the linker and NMODL.

Sources: NEURON's ``cmake/SanitizerHelper.cmake`` (the sanitizers' flags), the usage of its nmodl
(sympy's passes), neurodamus's SonataReports.mod (what it includes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from devenv.core.mpi import FLAVOURS
from devenv.core.product import Product
from devenv.core.spec import Value
from devenv.models.coreneuron import CoreNeuron
from devenv.models.reports import MPI_WITHOUT_CXX
from devenv.models.toolchain import Toolchain

NO_REPORTS = "-DDISABLE_REPORTINGLIB"
"""Without libsonatareport neurodamus's SonataReports.mod compiles only with this."""
SYMPY = ("sympy", "--analytic", "--pade", "--cse", "--conductance")
MPI_LIBRARIES = {name: flavour.neuron for name, flavour in FLAVOURS.items()}
"""Below NEURON's home, where NEURON opens MPI when it runs."""
_BUILD_TYPES = {"Release": (), "RelWithDebInfo": ("-g",), "Debug": ("-O0", "-g")}


@dataclass(frozen=True)
class Options:
    """How a model is built. coreneuron: CoreNEURON's half as well. gpu: that half for a GPU.

    debug: words behind NEURON's own for the compiler. sanitizers: "address", "undefined". sympy: NMODL
    has it solve and optimise. caliper, reportinglib: libraries it is to have. mpi: empty for any.
    """

    coreneuron: bool = False
    gpu: bool = False
    debug: tuple[str, ...] = ()
    sanitizers: tuple[str, ...] = ()
    sympy: bool = False
    caliper: bool = False
    reportinglib: bool = False
    mpi: str = ""


def options_of(variants: Mapping[str, Value]) -> Options:
    """The build options for `variants`. A GPU implies CoreNEURON."""

    def on(name: str) -> bool:
        return variants.get(name) is True

    def word(name: str, default: str) -> str:
        found = str(variants.get(name, default))
        return "" if found == default else found

    sanitizers = word("sanitizers", "none")
    return Options(
        coreneuron=on("gpu") or on("coreneuron"),
        gpu=on("gpu"),
        debug=_BUILD_TYPES[word("build_type", "Release") or "Release"],
        sanitizers=tuple(sanitizers.split(",")) if sanitizers else (),
        sympy=on("sympy"),
        caliper=on("caliper"),
        reportinglib=on("reportinglib"),
        mpi=word("mpi", "any"),
    )


@dataclass(frozen=True)
class OptionFacts:
    """What is available for the options. Empty: it is not available.

    reports: the folders with the headers of libsonatareport and of MPI. reports_mpi: the flavour
    that the library is linked to. mpi_header: whether there is a mpi.h. caliper: whether NEURON was
    built with it. asan: the path of the address sanitizer's library. mpi: the flavours that NEURON
    can open; None if it is linked to one. needs: products of devenv with headers for the
    compilation.
    """

    reports: tuple[str, ...] = ()
    reports_mpi: str = ""
    mpi_header: bool = True
    needs: tuple[Product, ...] = ()
    caliper: bool = False
    asan: str = ""
    mpi: tuple[str, ...] | None = None


def options_unmet(options: Options, facts: OptionFacts) -> Iterator[tuple[str, str]]:
    """Everything that prevents the options on this machine, as (what, fix)."""
    if options.sympy and not options.coreneuron:
        what = "+sympy is for CoreNEURON's half of a model, and this model has none"
        yield what, "Ask for it as well: +coreneuron+sympy."
    if options.caliper and not facts.caliper:
        what = "+caliper: the NEURON in use was built without Caliper, as all wheels are"
        yield what, "Build one with it: spack install neuron+caliper, and take that NEURON."
    if options.reportinglib and not facts.reports:
        what = "+reportinglib: no libsonatareport was found (include/bbp/sonata/reports.h and lib)"
        fix = "Name its prefix by LIBSONATA_REPORT_ROOT or CMAKE_PREFIX_PATH, or load its module."
        yield what, fix
    if options.reportinglib and not facts.mpi_header:
        what = "+reportinglib: neurodamus's mods for reports include mpi.h, and no mpicc was found"
        yield what, "Install an MPI with its headers (libopenmpi-dev), or load its module."
    if "address" in options.sanitizers and not facts.asan:
        what = "sanitizers=address: the compiler has no library for it (libasan)"
        yield what, "Install it (libasan), or take g++: CXX=g++."
    if options.mpi and facts.mpi is not None and options.mpi not in facts.mpi:
        what = f"mpi={options.mpi}: the NEURON in use has no {MPI_LIBRARIES[options.mpi]}"
        yield what, f"It opens {' and '.join(facts.mpi) or 'no MPI'}; choose another NEURON or MPI."


def flags_with(options: Options, flags: tuple[str, ...], facts: OptionFacts) -> tuple[str, ...]:
    """The compiler's flags for all mods. flags: the template's."""
    own = tuple(flag for flag in flags if flag != NO_REPORTS)
    include = (f"-I{folder}" for folder in facts.reports)
    reports = (*include, *MPI_WITHOUT_CXX) if options.reportinglib else (NO_REPORTS,)
    return (*own, *reports, *options.debug, *_sanitizing(options))


def tools_with(options: Options, tools: Toolchain) -> Toolchain:
    """`tools`, with the linker flags of the options."""
    flags, more = tools.flags, _sanitizing(options)
    flags = replace(
        flags,
        shared=(*flags.shared, *more),
        special=(*flags.special, *more),
        library=(*flags.library, *_libraries(options)),
    )
    return replace(tools, flags=flags)


def core_with(options: Options, core: CoreNeuron) -> CoreNeuron:
    """`core`, with the translation and the linker flags of the options."""
    flags, more = core.flags, _sanitizing(options)
    flags = replace(
        flags,
        shared=(*flags.shared, *more),
        special=(*flags.special, *more),
        library=(*flags.library, *_libraries(options)),
        nmodl=_with_sympy(flags.nmodl) if options.sympy else flags.nmodl,
    )
    return replace(core, flags=flags)


def _with_sympy(words: tuple[str, ...]) -> tuple[str, ...]:
    """Before `passes`: the order of nmodl's subcommands is that of its usage."""
    at = words.index("passes") if "passes" in words else len(words)
    return (*words[:at], *SYMPY, *words[at:])


def _sanitizing(options: Options) -> tuple[str, ...]:
    """Without vptr: the classes that it would ask about are NEURON's, which is not sanitized."""
    if not options.sanitizers:
        return ()
    vptr = ("-fno-sanitize=vptr",) if "undefined" in options.sanitizers else ()
    return (f"-fsanitize={','.join(options.sanitizers)}", *vptr, "-fno-omit-frame-pointer")


def _libraries(options: Options) -> tuple[str, ...]:
    """For dlopen, which older C libraries have in a library of its own."""
    return ("-ldl",) if options.reportinglib else ()
