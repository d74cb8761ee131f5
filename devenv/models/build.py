"""A model as a set of things in the store, each under the key of what goes into it.

    objects/<key>/   one mechanism: X.mod, X.cpp, X.o
                     the list of mechanisms (mod_func), NEURON's main program (special.nrn), both
                     compiled; the precompiled header
                     for CoreNEURON the same again: special-core is its main program
    models/<key>/    lib/libnrnmech.so  bin/special.nrn  mod/  cpp/  compile_commands.json  model.json
                     with CoreNEURON also lib/libcorenrnmech.so  bin/special-core  cpp/coreneuron/

special.nrn holds nothing of a model: it finds libnrnmech.so beside itself. So it is linked once for a
NEURON and a compiler, and an edit costs one translation, one compilation and one link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TypeVar

from devenv.core.layout import Layout
from devenv.core.product import Input, Inputs, Product, key_of
from devenv.models import coreneuron
from devenv.models.coreneuron import CoreNeuron
from devenv.models.mods import Mod
from devenv.models.toolchain import Toolchain

# Part of every key: a change of how devenv compiles makes new ones.
RECIPE = "devenv model 1"

# What every translated file of NEURON 9 includes first (src/nmodl/noccout.cpp in NEURON's source).
# With these in a precompiled header the object files are the same, to the byte.
FIRST_INCLUDES = (
    "stdio.h",
    "stdlib.h",
    "math.h",
    "mech_api.h",
    "md1redef.h",
    "section_fwd.hpp",
    "nrniv_mf.h",
    "md2redef.h",
    "nrnconf.h",
    "neuron/cache/mechanism_range.hpp",
)


@dataclass(frozen=True)
class StoreEntry:
    """An entry of the store of objects: its key, its folder and its inputs."""

    key: str
    path: str
    inputs: Inputs = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class Mechanism:
    """A MOD file, and where its object is. flags: the model's and its own."""

    mod: Mod
    stored: StoreEntry
    flags: tuple[str, ...]

    @property
    def object(self) -> str:
        """The path of its object file."""
        return f"{self.stored.path}/{self.mod.name}.o"


@dataclass(frozen=True)
class Half:
    """The part of a model for NEURON, or for CoreNEURON.

    parts: the mechanisms. listing: the code that registers them. main: the main program. header:
    the precompiled header; None if it is not worth making.
    """

    parts: tuple[Mechanism, ...]
    listing: StoreEntry
    main: StoreEntry
    header: StoreEntry | None

    @property
    def stored(self) -> tuple[StoreEntry, ...]:
        """All entries of the store that it consists of."""
        header = (self.header,) if self.header else ()
        return (*(part.stored for part in self.parts), self.listing, self.main, *header)

    @property
    def linked(self) -> tuple[str, ...]:
        """The keys of everything that the model is linked from, in order."""
        return (*(part.stored.key for part in self.parts), self.listing.key, self.main.key)


H = TypeVar("H", bound=Half)


@dataclass(frozen=True)
class Core(Half):
    """CoreNEURON's half. tools: with its flags as an object's folder sees them."""

    tools: CoreNeuron


@dataclass(frozen=True)
class Build:
    """A model: what it is made of and where it stands.

    path: where it stands, or is to stand. compiler: `tools` as an object's folder sees them.
    neuron, core: its halves; core None: a model for NEURON alone. mpi: the flavour that it is for, empty
    for any. needs: products that the compilations read, each with its place.
    """

    key: str
    path: str
    tools: Toolchain
    compiler: Toolchain
    flags: tuple[str, ...]
    neuron: Half
    core: Core | None = None
    mpi: str = ""
    needs: tuple[tuple[Product, str], ...] = ()

    @property
    def parts(self) -> tuple[Mechanism, ...]:
        """The mechanisms, in the order in which they are registered."""
        return self.neuron.parts

    @property
    def library(self) -> str:
        """The path of the library with the mechanisms, which NEURON loads."""
        return f"{self.path}/lib/libnrnmech.so"

    @property
    def special(self) -> str:
        """The path of the ELF program, which the shim runs."""
        return f"{self.path}/bin/special.nrn"

    @property
    def core_library(self) -> str:
        """The path for CORENEURONLIB; empty for a model without CoreNEURON."""
        return f"{self.path}/lib/libcorenrnmech.so" if self.core else ""

    @property
    def special_core(self) -> str:
        """The path of CoreNEURON's own program; empty for a model without CoreNEURON."""
        return f"{self.path}/bin/special-core" if self.core else ""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Names of the MOD files, in the order in which they are registered."""
        return tuple(part.mod.name for part in self.parts)

    @property
    def stored(self) -> tuple[str, ...]:
        """The paths of all its folders in the store. Check which exist before planning."""
        halves = (self.neuron, self.core) if self.core else (self.neuron,)
        needs = (place for _, place in self.needs)
        return (self.path, *needs, *(one.path for half in halves for one in half.stored))


def describe_build(
    mods: Sequence[Mod],
    tools: Toolchain,
    layout: Layout,
    flags: Sequence[str] = (),
    core: CoreNeuron | None = None,
    upstream: Sequence[Layout] = (),
    mpi: str = "",
    needs: Sequence[Product] = (),
) -> Build:
    """What `mods` make with `tools`. flags: for the compiler, for all mods (``-DDISABLE_…``).

    core: NEURON's CoreNEURON, for a model that it can run as well. upstream: stores whose NEURON
    `tools` may be; what they hold goes by the same keys (see `found_at`). mpi: the flavour.
    needs: headers that the flags lead to.
    """
    flags = tuple(flags)
    keyed = _from_a_store(tools.for_objects, (layout, *upstream))
    compiler = _from_a_store(tools.for_objects, (layout,))
    store = _Store(keyed, layout, flags)
    neuron = _neuron_half(store, mods, core)
    inner = _core_half(store, mods, _core_with(core, tools, keyed), tools.home) if core else None
    if core and inner:
        inner = replace(inner, tools=_core_with(core, tools, compiler))
    key = _model_key(tools, (*neuron.linked, *(inner.linked if inner else ())), mpi)
    path = str(layout.model(key))
    placed = tuple((one, str(layout.product(one.kind, one.name))) for one in needs)
    return Build(key, path, tools, compiler, flags, neuron, inner, mpi, placed)


def _model_key(tools: Toolchain, objects: tuple[str, ...], mpi: str) -> str:
    """The hash of the keys of all that is linked, in order, and of how it is linked.

    mpi: the one flavour that it is for, which stands in its stamp.
    """
    inputs = (
        Input("recipe", (RECIPE, "model", *([mpi] if mpi else []))),
        Input("objects", objects),
        Input("flags of a library", tools.flags.shared),
        Input("libraries", tools.flags.library),
    )
    return key_of((*inputs, *tools.inputs))


@dataclass(frozen=True)
class _Store:
    """Where the objects of one compiler and one model's flags stand."""

    compiler: Toolchain
    layout: Layout
    flags: tuple[str, ...]

    def stored(self, kind: str, content: Sequence[str], flags: Sequence[str] = ()) -> StoreEntry:
        inputs = (
            Input("recipe", (RECIPE, kind)),
            Input("content", tuple(content)),
            Input("flags", tuple(flags)),
            *self.compiler.inputs,
        )
        key = key_of(inputs)
        return StoreEntry(key, str(self.layout.objects(key)), inputs)

    def mechanism(self, kind: str, mod: Mod, more: Sequence[str] = ()) -> Mechanism:
        own = (*self.flags, *mod.flags)
        return Mechanism(mod, self.stored(kind, (mod.name, mod.digest), (*more, *own)), own)


def _neuron_half(store: _Store, mods: Sequence[Mod], core: CoreNeuron | None) -> Half:
    tools = store.compiler
    words = ("rpath", *core.flags.library, "-lcorenrnmech") if core else ("rpath",)
    return Half(
        parts=tuple(store.mechanism("mechanism", mod) for mod in mods),
        listing=store.stored("list", [mod.name for mod in mods]),
        main=store.stored(
            "main", (*tools.flags.library, "", *tools.flags.main, *words), tools.flags.special
        ),
        header=store.stored("header", FIRST_INCLUDES, store.flags) if tools.precompiles else None,
    )


def _core_half(store: _Store, mods: Sequence[Mod], core: CoreNeuron, home: str) -> Core:
    """Its own mods are compiled into every model; a model's mod of the same name takes their place.

    home: NEURON's, which stands in special-core as the place of its libraries.
    """
    chosen = {mod.name: mod for mod in (*core.mods, *mods)}
    ordered = [chosen[name] for name in sorted(chosen)]
    words, flags = (*core.flags.compile, "", *core.flags.include), core.flags
    includes = coreneuron.FIRST_INCLUDES
    header = store.stored("core header", includes, (*words, "", *store.flags))
    more = (*words, "", *flags.nmodl, "")
    return Core(
        parts=tuple(store.mechanism("core mechanism", mod, more) for mod in ordered),
        listing=store.stored("core list", [mod.name for mod in ordered], words),
        main=store.stored("core main", ("rpath", home, *flags.library, "", *flags.special), words),
        header=header if store.compiler.precompiles else None,
        tools=core,
    )


def found_at(build: Build, places: Mapping[str, str]) -> Build:
    """`build` with what stands in another store used from there. places: its path -> where it is.

    A precompiled header is used from one's own store alone: it is named by a path relative to that.
    """

    def half(one: H) -> H:
        parts = tuple(replace(part, stored=at(part.stored)) for part in one.parts)
        return replace(one, parts=parts, listing=at(one.listing), main=at(one.main))

    def at(stored: StoreEntry) -> StoreEntry:
        return replace(stored, path=places.get(stored.path, stored.path))

    core = half(build.core) if build.core else None
    path = places.get(build.path, build.path)
    return replace(build, path=path, neuron=half(build.neuron), core=core)


def _core_with(core: CoreNeuron, tools: Toolchain, compiler: Toolchain) -> CoreNeuron:
    """`core` with its headers where `compiler` has NEURON's."""
    include = tuple(word.replace(tools.home, compiler.home) for word in core.flags.include)
    return replace(core, flags=replace(core.flags, include=include))


def _from_a_store(tools: Toolchain, layouts: Sequence[Layout]) -> Toolchain:
    """`tools` with NEURON's headers on a relative path, where they are in one of these $DEVENV_HOMEs.

    Their assertions put that path into the objects, and ccache hashes it: so both are the same in
    every $DEVENV_HOME. The libraries keep the absolute path, for the RUNPATH.
    """
    layout = next((one for one in layouts if PurePath(tools.home).is_relative_to(one.home)), None)
    if layout is None:
        return tools
    depth = len(layout.objects("key").relative_to(layout.home).parts)
    home = "../" * depth + str(PurePath(tools.home).relative_to(layout.home))
    include = tuple(word.replace(tools.home, home) for word in tools.flags.include)
    return replace(tools, home=home, flags=replace(tools.flags, include=include))
