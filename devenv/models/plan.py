"""The steps that make a model: only what the store lacks is translated, compiled and linked.

Everything is made in a hidden folder beside its place and gets there by one rename, so that a plan
killed at any moment leaves only whole things in the store.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from devenv.core.plan import Copy, MakeFolder, Parallel, Plan, Remove, Rename, Run, Step, Write
from devenv.models.build import FIRST_INCLUDES, Build, Mechanism, Stored
from devenv.models.mods import decoded
from devenv.models.stamp import compile_commands, list_of_mechanisms, model_stamp

# A precompiled header costs 1.7 s and saves 0.4 s for each mechanism (gcc 12).
WORTH_A_HEADER = 4

_STUB = 'extern "C" void modl_reg() {}\n'
_ORIGIN = "-Wl,-rpath,$ORIGIN/../lib"


@dataclass(frozen=True)
class _Work:
    """What all steps need: the build, the token of this process, the folder for logs, the header."""

    build: Build
    token: str
    log: str
    header: str

    @property
    def include(self) -> tuple[str, ...]:
        """NEURON's headers, from a folder of the store."""
        return self.build.compiler.flags.include

    def staging(self, path: str) -> str:
        """The hidden folder beside `path` in which this process makes it."""
        place = Path(path)
        return str(place.with_name(f".{place.name}.{self.token}"))

    def run(self, argv: tuple[str, ...], name: str, cwd: str, title: str = "") -> Run:
        """A command of mechanism or part `name`, with its output in ``<name>.log``.

        In the locale C: complaints are read again, and a MOD file may be in any encoding.
        """
        tools = self.build.tools
        home = f"{tools.home}/share/nrn"
        env = [("LC_ALL", "C"), ("MODLUNIT", tools.units), ("NEURONHOME", home)]
        if tools.ccache:
            env += self._ccache()
        return Run(argv, title, cwd, tuple(env), self.log_of(name))

    def log_of(self, name: str) -> str:
        return f"{self.log}/{name}.log"

    def fresh(self, folder: str, name: str) -> tuple[Step, Step]:
        """Nothing is left in the staging folder and in the log of `name` from an earlier try."""
        return Remove(folder), Remove(self.log_of(name))

    def _ccache(self) -> list[tuple[str, str]]:
        """So that ccache takes a precompiled header, and hits in another $DEVENV_HOME.

        The header's file is never twice the same: its ``.sum`` stands in for it (ccache's manual,
        "Precompiled headers" and "Compiling in different directories").
        """
        sloppiness = "pch_defines,time_macros,include_file_mtime,include_file_ctime"
        return [
            ("CCACHE_NOHASHDIR", "1"),
            ("CCACHE_SLOPPINESS", sloppiness),
            ("CCACHE_PCH_EXTSUM", "1"),
        ]


def plan_build(build: Build, have: Collection[str], token: str, log: str) -> Plan:
    """Steps that make `build`; none where it is there.

    have: those of `build.stored` that are there. token: unique for this process. log: a folder for
    the output, one file for each mechanism. To be run under the one lock of the store.
    """
    title = f"build the model {build.key}"
    if build.path in have:
        return Plan(title)
    missing = [part for part in build.parts if part.stored.path not in have]
    missing.sort(key=lambda part: len(part.mod.content), reverse=True)
    plain = [part for part in missing if part.flags == build.flags]
    header = build.header
    new = header is not None and header.path not in have and len(plain) >= WORTH_A_HEADER
    use = header is not None and (new or header.path in have)
    work = _Work(build, token, log, _beside(header) if header and use else "")

    first = [_header(work, header)] if header and new else []
    first += [_main(work)] if build.main.path not in have else []
    first += [_listing(work)] if build.listing.path not in have else []
    first += [_translate(work, part) for part in missing]
    steps: list[Step] = [MakeFolder(log)]
    if first:
        steps.append(Parallel(f"translate {len(missing)} mechanisms", tuple(first)))
    if missing:
        chains = tuple(_compile(work, part) for part in missing)
        steps.append(Parallel(f"compile {len(missing)} mechanisms", chains))
    return Plan(title, (*steps, *_model(work)))


def _beside(header: Stored) -> str:
    """The header as another object's folder sees it: a path that is the same in every $DEVENV_HOME."""
    *_, prefix, key = Path(header.path).parts
    return f"../../{prefix}/{key}/prefix.h"


def _translate(work: _Work, part: Mechanism) -> tuple[Step, ...]:
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
        *work.fresh(folder, name),
        Write(f"{folder}/{name}.mod", part.mod.text),
        *(Write(f"{folder}/{file}", decoded(data)) for file, data in part.mod.includes),
        work.run((tools.nocmodl, f"{name}.mod", "-o", "."), name, folder, f"translate {name}.mod"),
        work.run(("sed", "-i.raw", "-e", edits[0], "-e", edits[1], source), name, folder),
        Remove(f"{folder}/{source}.raw"),
    )


def _compile(work: _Work, part: Mechanism) -> tuple[Step, ...]:
    tools, name = work.build.tools, part.mod.name
    folder = work.staging(part.stored.path)
    prefix = ("-include", work.header) if work.header and part.flags == work.build.flags else ()
    argv = (
        *(*tools.compile(), *prefix, "-I.", *part.flags, *work.include),
        *("-fPIC", "-c", f"{name}{tools.suffix}", "-o", f"{name}.o"),
    )
    return (
        work.run(argv, name, folder, f"compile {name}.mod"),
        Rename(folder, part.stored.path),
    )


def _header(work: _Work, header: Stored) -> tuple[Step, ...]:
    """The precompiled header. A header that this NEURON has not is left out: nothing is lost by it."""
    tools, folder = work.build.tools, work.staging(header.path)
    lines = (f'#if __has_include("{h}")\n#include "{h}"\n#endif\n' for h in FIRST_INCLUDES)
    argv = (
        *(*tools.compile(), *work.build.flags, *work.include, "-fPIC"),
        *("-x", "c++-header", "prefix.h", "-o", "prefix.h.gch"),
    )
    return (
        *work.fresh(folder, "prefix"),
        Write(f"{folder}/prefix.h", "".join(lines)),
        Write(f"{folder}/prefix.h.gch.sum", header.key),
        work.run(argv, "prefix", folder, "precompile NEURON's headers"),
        Rename(folder, header.path),
    )


def _listing(work: _Work) -> tuple[Step, ...]:
    tools, place = work.build.tools, work.build.listing.path
    folder = work.staging(place)
    argv = (
        *(*tools.compile(mechanism=False), *work.include),
        *("-fPIC", "-c", "mod_func.cpp", "-o", "mod_func.o"),
    )
    return (
        *work.fresh(folder, "mod_func"),
        Write(f"{folder}/mod_func.cpp", list_of_mechanisms(work.build.mechanisms)),
        work.run(argv, "mod_func", folder, "compile the list of mechanisms"),
        Rename(folder, place),
    )


def _main(work: _Work) -> tuple[Step, ...]:
    """special.nrn, linked with an empty libnrnmech.so in the place of the model's."""
    tools, place = work.build.tools, work.build.main.path
    flags, folder = tools.flags, work.staging(place)
    soname = "-Wl,-soname,libnrnmech.so"
    include = (f"-I{tools.home}/include/nrncvode", *flags.include, *flags.main)
    stub = (*tools.cxx, *flags.shared, "stub.cpp", soname, "-o", "libnrnmech.so")
    link = (
        *(*tools.cxx, *flags.special, *include, f"{tools.home}/share/nrn/nrnmain.cpp"),
        *("-o", "special.nrn", _ORIGIN, "-L.", "-lnrnmech", *flags.library, "-lnrnmech"),
    )
    return (
        *work.fresh(folder, "special"),
        Write(f"{folder}/stub.cpp", _STUB),
        work.run(stub, "special", folder),
        work.run(link, "special", folder, "link special"),
        Remove(f"{folder}/libnrnmech.so"),
        Rename(folder, place),
    )


def _model(work: _Work) -> tuple[Step, ...]:
    """The model's folder from what is now in the store."""
    build, folder = work.build, work.staging(work.build.path)
    flags, library = build.tools.flags, "lib/libnrnmech.so"
    objects = tuple(part.object for part in build.parts)
    link = (
        *(*build.tools.cxx, *flags.shared, "-Wl,-soname,libnrnmech.so", "-o", library),
        *(f"{build.listing.path}/mod_func.o", *objects, *flags.library),
    )
    copies = (copy for part in build.parts for copy in _copies(part, folder, build.tools.suffix))
    return (
        *work.fresh(folder, "libnrnmech"),
        *(MakeFolder(f"{folder}/{name}") for name in ("lib", "bin", "mod", "cpp")),
        work.run(link, "libnrnmech", folder, "link libnrnmech.so"),
        Copy(f"{build.main.path}/special.nrn", f"{folder}/bin/special.nrn"),
        *copies,
        Write(f"{folder}/compile_commands.json", compile_commands(build)),
        Write(f"{folder}/model.json", model_stamp(build)),
        Rename(folder, build.path),
    )


def _copies(part: Mechanism, folder: str, suffix: str) -> tuple[Step, ...]:
    name, place = part.mod.name, part.stored.path
    includes = (Copy(f"{place}/{f}", f"{folder}/mod/{f}") for f, _ in part.mod.includes)
    return (
        Copy(f"{place}/{name}.mod", f"{folder}/mod/{name}.mod"),
        Copy(f"{place}/{name}{suffix}", f"{folder}/cpp/{name}{suffix}"),
        *includes,
    )
