"""The steps for CoreNEURON's half of a model: what nrnivmodl-core does, for each mechanism by itself.

Source: NEURON's ``share/coreneuron/nrnivmodl_core_makefile``. Where that unpacks libcoreneuron-core.a
to link all of it, ``--whole-archive`` does the same.
"""

from __future__ import annotations

from collections.abc import Collection

from devenv.core.plan import Copy, MakeFolder, RemovePath, Run, Step, Write
from devenv.models.build import Core, Mechanism, StoreEntry
from devenv.models.coreneuron import FIRST_INCLUDES
from devenv.models.mods import decode
from devenv.models.stamp import list_of_core_mechanisms
from devenv.models.work import (
    FIRST_OF_ALL,
    BuildRun,
    Chains,
    Header,
    header_of,
    missing_of,
    prefix_text,
)

_STUB = 'extern "C" int solve_core(int, char**) { return 1; }\n'
_SCRATCH = "tmp"
"""What NMODL leaves where it runs."""
LOG = ".core"
"""Behind a mechanism's name in the name of its log: the other half writes at the same time."""


def core_chains(work: BuildRun, core: Core, have: Collection[str]) -> tuple[Chains, Chains]:
    """Chains that can run concurrently: first the translations, then the compilations."""
    missing = missing_of(core, have)
    header = header_of(core, missing, work.build.flags, have)
    first = [_header(work, core, header.stored)] if header.stored and header.new else []
    first += [_main(work, core)] if core.main.path not in have else []
    first += [_listing(work, core)] if core.listing.path not in have else []
    first += [_translate(work, core, part) for part in missing]
    return first, [_compile(work, core, part, header) for part in missing]


def _compiler(work: BuildRun, core: Core) -> tuple[str, ...]:
    tools = work.build.tools
    before = (tools.ccache,) if tools.ccache else ()
    return (*before, *tools.cxx, *core.tools.flags.compile, "-fPIC")


def _translate(work: BuildRun, core: Core, part: Mechanism) -> tuple[Step, ...]:
    """NMODL 9.0 writes the date into its output, which would be another object each time."""
    tools, name = core.tools, part.mod.name
    folder, home = work.staging(part.stored.path), work.build.tools.home
    env = (("NMODLHOME", home), ("NMODL_PYLIB", tools.libpython), ("PYTHONPATH", tools.packages))
    argv = (f"{home}/bin/nmodl", f"{name}.mod", "-o", ".", *tools.flags.nmodl)
    title = f"translate {name}.mod for CoreNEURON"
    return (
        work.new_log(name + LOG),
        Write(f"{folder}/{name}.mod", part.mod.text),
        *(Write(f"{folder}/{file}", decode(data)) for file, data in part.mod.includes),
        work.run(argv, name + LOG, folder, title, env),
        work.run(("sed", "-i.raw", "/^Created  *: /d", f"{name}.cpp"), name + LOG, folder),
        RemovePath(f"{folder}/{name}.cpp.raw"),
        RemovePath(f"{folder}/{_SCRATCH}"),
    )


def _compile(work: BuildRun, core: Core, part: Mechanism, header: Header) -> tuple[Step, ...]:
    folder, name = work.staging(part.stored.path), part.mod.name
    prefix = header.words(part.flags == work.build.flags)
    argv = (
        *(*_compiler(work, core), *prefix, "-I.", *part.flags),
        *(*work.debug(part), *core.tools.flags.include),
        *("-c", f"{name}.cpp", "-o", f"{name}.o"),
    )
    return (
        work.run(argv, name + LOG, folder, f"compile {name}.mod for CoreNEURON"),
        *work.publish_steps(part.stored),
    )


def _header(work: BuildRun, core: Core, header: StoreEntry) -> tuple[Step, ...]:
    folder = work.staging(header.path)
    argv = (
        *(*_compiler(work, core), *work.build.flags, *core.tools.flags.include),
        *("-x", "c++-header", "prefix.h", "-o", "prefix.h.gch"),
    )
    return (
        work.new_log("prefix" + LOG),
        Write(f"{folder}/prefix.h", prefix_text(FIRST_INCLUDES)),
        Write(f"{folder}/prefix.h.gch.sum", header.key),
        work.run(argv, "prefix" + LOG, folder, "precompile CoreNEURON's headers"),
        *work.publish_steps(header),
    )


def _listing(work: BuildRun, core: Core) -> tuple[Step, ...]:
    folder = work.staging(core.listing.path)
    argv = (*_compiler(work, core), "-c", "_mod_func.cpp", "-o", "_mod_func.o")
    names = [part.mod.name for part in core.parts]
    return (
        work.new_log("mod_func" + LOG),
        Write(f"{folder}/_mod_func.cpp", list_of_core_mechanisms(names)),
        work.run(argv, "mod_func" + LOG, folder, "compile CoreNEURON's list of mechanisms"),
        *work.publish_steps(core.listing),
    )


def _main(work: BuildRun, core: Core) -> tuple[Step, ...]:
    """enginemech.o, and special-core, linked with an empty library in the place of the model's."""
    tools, flags = work.build.tools, core.tools.flags
    folder, sources = work.staging(core.main.path), f"{tools.home}/share/coreneuron"
    log, library = "special-core", "libcorenrnmech.so"
    stub = (*tools.cxx, *flags.shared, "stub.cpp", f"-Wl,-soname,{library}", "-o", library)
    engine = (
        *(*_compiler(work, core), *flags.include, "-DADDITIONAL_MECHS"),
        *("-c", f"{sources}/enginemech.cpp", "-o", "enginemech.o"),
    )
    link = (
        *(*tools.cxx, *flags.special, "-o", "special-core", f"{sources}/coreneuron.cpp"),
        *(*flags.include, "-L.", "-lcorenrnmech", *flags.library, f"-L{tools.home}/lib"),
        *("-Wl,-rpath,$ORIGIN/../lib", f"-Wl,-rpath,{tools.home}/lib", FIRST_OF_ALL),
    )
    return (
        work.new_log(log),
        Write(f"{folder}/stub.cpp", _STUB),
        work.run(stub, log, folder),
        work.run(engine, log, folder, "compile CoreNEURON's engine"),
        work.run(link, log, folder, "link special-core"),
        RemovePath(f"{folder}/{library}"),
        *work.publish_steps(core.main),
    )


def core_link(work: BuildRun, core: Core, folder: str) -> tuple[Run, ...]:
    """libcorenrnmech.so of the model that is staged in `folder`."""
    tools, flags = work.build.tools, core.tools.flags
    library = "libcorenrnmech.so"
    argv = (
        *(*tools.cxx, *flags.shared, f"{core.main.path}/enginemech.o", "-o", f"lib/{library}"),
        *(f"{core.listing.path}/_mod_func.o", *(part.object for part in core.parts)),
        *(
            "-Wl,--whole-archive",
            f"{tools.home}/lib/libcoreneuron-core.a",
            "-Wl,--no-whole-archive",
        ),
        *(*flags.library, f"-Wl,-soname,{library}"),
        *(f"-Wl,-rpath,{tools.home}/lib", f"-L{tools.home}/lib"),
    )
    return (work.run(argv, "libcorenrnmech", folder, f"link {library}"),)


def core_copies(core: Core, folder: str) -> tuple[Step, ...]:
    """special-core and the translated sources, into the model that is staged in `folder`."""
    place = f"{folder}/cpp/coreneuron"
    sources = (
        Copy(f"{part.stored.path}/{part.mod.name}.cpp", f"{place}/{part.mod.name}.cpp")
        for part in core.parts
    )
    special = Copy(f"{core.main.path}/special-core", f"{folder}/bin/special-core")
    return (special, MakeFolder(place), *sources)
