"""The steps that make a model: only what the store lacks is translated, compiled and linked.

Everything is made in a hidden folder beside its place and gets there by one rename, so that a plan
killed at any moment leaves only whole things in the store.
"""

from __future__ import annotations

from collections.abc import Collection

from devenv.core.plan import Copy, MakeFolder, Parallel, Plan, RemovePath, Run, Step, Write
from devenv.core.product import publish
from devenv.core.quantity import quantity
from devenv.models.build import FIRST_INCLUDES, Build, Mechanism, StoreEntry
from devenv.models.core_plan import core_chains, core_copies, core_link
from devenv.models.mods import decode
from devenv.models.stamp import (
    compile_commands,
    list_of_mechanisms,
    model_inputs,
    model_stamp,
)
from devenv.models.work import (
    FIRST_OF_ALL,
    MARKS,
    BuildRun,
    Chains,
    Header,
    header_of,
    missing_of,
    prefix_text,
)

_STUB = 'extern "C" void modl_reg() {}\n'
_ORIGIN = "-Wl,-rpath,$ORIGIN/../lib"


def plan_build(build: Build, have: Collection[str], token: str, log: str) -> Plan:
    """The steps that make `build`; none if it exists. Run them under the lock of the store.

    have: those of `build.stored` that exist. token: unique for this process. log: a folder for the
    output, one file for each mechanism.
    """
    title = f"build the model {build.key}"
    if build.path in have:
        return Plan(title)
    work = BuildRun(build, token, log)
    first, then = _neuron(work, have)
    if build.core:
        more, later = core_chains(work, build.core, have)
        first, then = [*first, *more], [*then, *later]
    steps: list[Step] = [MakeFolder(log)]
    for product, place in build.needs:
        if place not in have:
            staging = work.staging(place)
            steps += [*product.steps(staging), *publish(staging, place, product.inputs)]
    if first:
        steps.append(Parallel(f"translate {quantity(then, 'mechanism')}", tuple(first)))
    if then:
        steps.append(Parallel(f"compile {quantity(then, 'mechanism')}", tuple(then)))
    return Plan(title, (*steps, *_model(work)))


def _neuron(work: BuildRun, have: Collection[str]) -> tuple[Chains, Chains]:
    """What can be done at once: first the translations, then the compilations."""
    half = work.build.neuron
    missing = missing_of(half, have)
    header = header_of(half, missing, work.build.flags, have)
    first = [_header(work, header.stored)] if header.stored and header.new else []
    first += [_main(work)] if half.main.path not in have else []
    first += [_listing(work)] if half.listing.path not in have else []
    first += [_translate(work, part) for part in missing]
    return first, [_compile(work, part, header) for part in missing]


def _translate(work: BuildRun, part: Mechanism) -> tuple[Step, ...]:
    """A mechanism's sources and its translation, in its staging folder.

    nocmodl writes the path of the MOD file into its output, twice and without care for quotes in it;
    only the name stays, so that the object is the same, to the byte, wherever it is made.
    """
    tools, name = work.build.tools, part.mod.name
    folder = work.staging(part.stored.path)
    source = f"{name}{tools.suffix}"
    edits = (
        f's|nmodl_filename = ".*";|nmodl_filename = "{name}.mod";|',
        rf's|ivoc_help("help ?1 \([^ ]*\) .*\\n");|ivoc_help("help ?1 \1 {name}.mod\\n");|',
    )
    return (
        work.new_log(name),
        Write(f"{folder}/{name}.mod", part.mod.text),
        *(Write(f"{folder}/{file}", decode(data)) for file, data in part.mod.includes),
        work.run((tools.nocmodl, f"{name}.mod", "-o", "."), name, folder, f"translate {name}.mod"),
        work.run(("sed", "-i.raw", "-e", edits[0], "-e", edits[1], source), name, folder),
        RemovePath(f"{folder}/{source}.raw"),
    )


def _compile(work: BuildRun, part: Mechanism, header: Header) -> tuple[Step, ...]:
    tools, name = work.build.tools, part.mod.name
    folder = work.staging(part.stored.path)
    prefix = header.words(part.flags == work.build.flags)
    argv = (
        *(*tools.compile(), *prefix, "-I.", *part.flags, *work.debug(part), *work.include),
        *("-fPIC", "-c", f"{name}{tools.suffix}", "-o", f"{name}.o"),
    )
    return (
        work.run(argv, name, folder, f"compile {name}.mod"),
        *work.publish_steps(part.stored),
    )


def _header(work: BuildRun, header: StoreEntry) -> tuple[Step, ...]:
    tools, folder = work.build.tools, work.staging(header.path)
    argv = (
        *(*tools.compile(), *work.build.flags, *work.include, "-fPIC"),
        *("-x", "c++-header", "prefix.h", "-o", "prefix.h.gch"),
    )
    return (
        work.new_log("prefix"),
        Write(f"{folder}/prefix.h", prefix_text(FIRST_INCLUDES)),
        Write(f"{folder}/prefix.h.gch.sum", header.key),
        work.run(argv, "prefix", folder, "precompile NEURON's headers"),
        *work.publish_steps(header),
    )


def _listing(work: BuildRun) -> tuple[Step, ...]:
    tools, listing = work.build.tools, work.build.neuron.listing
    folder = work.staging(listing.path)
    argv = (
        *(*tools.compile(mechanism=False), *work.include),
        *("-fPIC", "-c", "mod_func.cpp", "-o", "mod_func.o"),
    )
    return (
        work.new_log("mod_func"),
        Write(f"{folder}/mod_func.cpp", list_of_mechanisms(work.build.mechanisms)),
        work.run(argv, "mod_func", folder, "compile the list of mechanisms"),
        *work.publish_steps(listing),
    )


def _main(work: BuildRun) -> tuple[Step, ...]:
    """special.nrn, linked with empty libraries in the place of the model's.

    With CoreNEURON it is linked with that half's library too, as NEURON's own makefile does.
    """
    tools, main, core = work.build.tools, work.build.neuron.main, work.build.core
    flags, folder = tools.flags, work.staging(main.path)
    include = (f"-I{tools.home}/include/nrncvode", *flags.include, *flags.main)
    names = ["libnrnmech.so", *(["libcorenrnmech.so"] if core else [])]
    stubs = [
        (*tools.cxx, *flags.shared, "stub.cpp", f"-Wl,-soname,{name}", "-o", name) for name in names
    ]
    inner = ("-Wl,--no-as-needed", "-lcorenrnmech", *core.tools.flags.library) if core else ()
    link = (
        *(*tools.cxx, *flags.special, *include, f"{tools.home}/share/nrn/nrnmain.cpp"),
        *(
            "-o",
            "special.nrn",
            _ORIGIN,
            FIRST_OF_ALL,
            "-L.",
            "-lnrnmech",
            *flags.library,
            "-lnrnmech",
            *inner,
        ),
    )
    return (
        work.new_log("special"),
        Write(f"{folder}/stub.cpp", _STUB),
        *(work.run(stub, "special", folder) for stub in stubs),
        work.run(link, "special", folder, "link special"),
        *(RemovePath(f"{folder}/{name}") for name in names),
        *work.publish_steps(main),
    )


def _model(work: BuildRun) -> tuple[Step, ...]:
    """The model's folder from what is now in the store."""
    build, folder = work.build, work.staging(work.build.path)
    inner = core_link(work, build.core, folder) if build.core else ()
    links: tuple[Step, ...] = (_link(work, folder),)
    if inner:
        links = (Parallel("link", (inner, links)),)
    copies = (copy for part in build.parts for copy in _copies(part, folder, build.tools.suffix))
    return (
        work.new_log("libnrnmech"),
        *(MakeFolder(f"{folder}/{name}") for name in ("lib", "bin", "mod", "cpp")),
        *links,
        Copy(f"{build.neuron.main.path}/special.nrn", f"{folder}/bin/special.nrn"),
        *copies,
        *(core_copies(build.core, folder) if build.core else ()),
        Write(f"{folder}/compile_commands.json", compile_commands(build)),
        Write(f"{folder}/model.json", model_stamp(build)),
        *publish(folder, build.path, model_inputs(build), MARKS),
    )


def _link(work: BuildRun, folder: str) -> Run:
    build, flags = work.build, work.build.tools.flags
    objects = tuple(part.object for part in build.parts)
    link = (
        *(*build.tools.cxx, *flags.shared, "-Wl,-soname,libnrnmech.so", "-o", "lib/libnrnmech.so"),
        *(f"{build.neuron.listing.path}/mod_func.o", *objects, *flags.library),
    )
    return work.run(link, "libnrnmech", folder, "link libnrnmech.so")


def _copies(part: Mechanism, folder: str, suffix: str) -> tuple[Step, ...]:
    name, place = part.mod.name, part.stored.path
    includes = (Copy(f"{place}/{f}", f"{folder}/mod/{f}") for f, _ in part.mod.includes)
    return (
        Copy(f"{place}/{name}.mod", f"{folder}/mod/{name}.mod"),
        Copy(f"{place}/{name}{suffix}", f"{folder}/cpp/{name}{suffix}"),
        *includes,
    )
