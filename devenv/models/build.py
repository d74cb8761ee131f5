"""A model as a set of things in the store, each under the key of what goes into it.

    objects/<key>/   one mechanism: X.mod, X.cpp, X.o
                     the list of mechanisms (mod_func), NEURON's main program (special.nrn), both
                     compiled; the precompiled header
    models/<key>/    lib/libnrnmech.so  bin/special.nrn  mod/  cpp/  compile_commands.json  model.json

special.nrn holds nothing of a model: it finds libnrnmech.so beside itself. So it is linked once for a
NEURON and a compiler, and an edit costs one translation, one compilation and one link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from devenv.core.layout import Layout
from devenv.models.key import model_key, object_key
from devenv.models.mods import Mod
from devenv.models.toolchain import Toolchain

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
class Stored:
    """Something in the store of objects: its key and its folder."""

    key: str
    path: str


@dataclass(frozen=True)
class Mechanism:
    """A mod and where its object is. flags: the model's and its own."""

    mod: Mod
    stored: Stored
    flags: tuple[str, ...]

    @property
    def object(self) -> str:
        return f"{self.stored.path}/{self.mod.name}.o"


@dataclass(frozen=True)
class Build:
    """A model: what it is made of and where it stands.

    compiler: `tools` as an object's folder sees them. listing: mod_func. main: special.nrn.
    header: the precompiled header, None where it does not pay.
    """

    key: str
    path: str
    tools: Toolchain
    compiler: Toolchain
    flags: tuple[str, ...]
    parts: tuple[Mechanism, ...]
    listing: Stored
    main: Stored
    header: Stored | None

    @property
    def library(self) -> str:
        return f"{self.path}/lib/libnrnmech.so"

    @property
    def special(self) -> str:
        """The ELF; people run the shim."""
        return f"{self.path}/bin/special.nrn"

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """Names of the MOD files, in the order in which they are registered."""
        return tuple(part.mod.name for part in self.parts)

    @property
    def stored(self) -> tuple[str, ...]:
        """Every folder of the store that matters: look which are there before planning."""
        header = (self.header,) if self.header else ()
        others = (self.listing, self.main, *header)
        return (
            self.path,
            *(part.stored.path for part in self.parts),
            *(one.path for one in others),
        )


def describe_build(
    mods: Sequence[Mod], tools: Toolchain, layout: Layout, flags: Sequence[str] = ()
) -> Build:
    """What `mods` make with `tools`. flags: for the compiler, for all mods (``-DDISABLE_…``)."""
    flags = tuple(flags)
    compiler = _from_the_store(tools, layout)

    def stored(kind: str, content: Sequence[str], flags: Sequence[str] = ()) -> Stored:
        key = object_key(compiler, kind, content, flags)
        return Stored(key, str(layout.objects(key)))

    parts = tuple(
        Mechanism(mod, stored("mechanism", (mod.name, mod.digest), own), own)
        for mod in mods
        for own in [(*flags, *mod.flags)]
    )
    listing = stored("list", [mod.name for mod in mods])
    main = stored("main", (*tools.flags.library, "", *tools.flags.main), tools.flags.special)
    header = stored("header", FIRST_INCLUDES, flags) if tools.precompiles else None
    key = model_key(tools, [*(part.stored.key for part in parts), listing.key, main.key])
    path = str(layout.model(key))
    return Build(key, path, tools, compiler, flags, parts, listing, main, header)


def _from_the_store(tools: Toolchain, layout: Layout) -> Toolchain:
    """`tools` with NEURON's headers on a relative path, where they are in the same $DEVENV_HOME.

    Their assertions put that path into the objects, and ccache hashes it: so both are the same in
    every $DEVENV_HOME. The libraries keep the absolute path, for the RUNPATH.
    """
    if not PurePath(tools.home).is_relative_to(layout.home):
        return tools
    depth = len(layout.objects("key").relative_to(layout.home).parts)
    home = "../" * depth + str(PurePath(tools.home).relative_to(layout.home))
    include = tuple(word.replace(tools.home, home) for word in tools.flags.include)
    return replace(tools, home=home, flags=replace(tools.flags, include=include))
