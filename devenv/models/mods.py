"""MOD files: which ones make a model. Contents come in as bytes; nothing is read here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.errors import UsageError
from devenv.models.key import digest

# What a MOD file can bring in from its own folder, by INCLUDE or in VERBATIM by #include.
READ_SUFFIXES = (".mod", ".inc", ".h", ".hh", ".hpp", ".c")

_INCLUDE = re.compile(r'^[ \t]*(?:INCLUDE|#[ \t]*include)[ \t]*"([^"]+)"', re.MULTILINE)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class ModFolder:
    """A folder with MOD files as it was seen.

    path: absolute. origin: what it is, for people ("neurodamus data/mod"). files: name to content of
    every file in it (not below it) with a suffix of READ_SUFFIXES. flags: for its mods alone.
    """

    path: str
    origin: str
    files: Mapping[str, bytes]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mod:
    """One MOD file that takes part.

    name: without ``.mod``. includes: (name, content) of the files in its folder that it includes.
    """

    name: str
    path: str
    content: bytes
    origin: str = ""
    flags: tuple[str, ...] = ()
    includes: tuple[tuple[str, bytes], ...] = ()

    @property
    def text(self) -> str:
        """As text; bytes that are not UTF-8 come through unharmed (surrogateescape)."""
        return decoded(self.content)

    @property
    def digest(self) -> str:
        """Of the content and of what it includes; not of where it stands."""
        named = [part for name, content in self.includes for part in (name.encode(), content)]
        return digest(self.content, *named)


def decoded(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def select(folders: Sequence[ModFolder], exclude: Collection[str] = ()) -> tuple[Mod, ...]:
    """The mods of a model, sorted by name: the first file of a name wins, excluded ones are left out.

    `folders` in order of precedence; `exclude`: names with or without ``.mod``. The order is the one
    in which mechanisms are registered, so that it does not hang on a locale or on folders.
    """
    unwanted = {name.removesuffix(".mod") for name in exclude}
    found: dict[str, Mod] = {}
    for folder in folders:
        for file in sorted(folder.files):
            name = file.removesuffix(".mod")
            if file.endswith(".mod") and name not in unwanted | found.keys():
                found[name] = _mod(folder, name)
    return tuple(found[name] for name in sorted(found))


def _mod(folder: ModFolder, name: str) -> Mod:
    path = f"{folder.path}/{name}.mod"
    if not _IDENTIFIER.fullmatch(name):
        raise UsageError(
            f"{path} cannot be compiled: NEURON makes a C function of the file's name",
            fix="Rename it: letters, digits and '_' only, and no digit first; or exclude it.",
        )
    includes = dict(_includes(folder, f"{name}.mod", {f"{name}.mod"}))
    content = folder.files[f"{name}.mod"]
    return Mod(name, path, content, folder.origin, folder.flags, tuple(sorted(includes.items())))


def _includes(folder: ModFolder, file: str, seen: set[str]) -> Iterator[tuple[str, bytes]]:
    """What `file` includes of its own folder, at any depth. Others are NEURON's or the system's."""
    for name in _INCLUDE.findall(decoded(folder.files[file])):
        if name in folder.files and name not in seen:
            seen.add(name)
            yield name, folder.files[name]
            yield from _includes(folder, name, seen)
