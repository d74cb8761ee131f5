"""MOD files: selects those of a model. Contents are arguments; nothing is read here."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from devenv.core.content import digest, included_files
from devenv.core.errors import UsageError
from devenv.core.nmodl import NAME, nmodl_only

_PART_OF_A_NAME = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True)
class ModFolder:
    """A folder with MOD files as it was seen.

    path: absolute. origin: what it is, for people ("neurodamus data/mod"). files: name to content of
    every file in it (not below it) with a suffix of READ_SUFFIXES; and of each that these include from
    elsewhere, by its path from here, or its absolute one. flags: for its mods alone. prefix: in
    front of their names. asked: named by the user by hand, so that nothing of it is left out.
    single: the name of the one MOD file in it that is meant; empty: all of it.
    """

    path: str
    origin: str
    files: Mapping[str, bytes]
    flags: tuple[str, ...] = ()
    prefix: str = ""
    asked: bool = False
    single: str = ""

    @property
    def source(self) -> str:
        """The requested path: a folder, or a file."""
        return f"{self.path}/{self.single}" if self.single else self.path

    @property
    def mod_files(self) -> dict[str, str]:
        """Name of a mod, without a prefix -> its file in the folder. UsageError for two of one name."""
        found: dict[str, str] = {}
        for file in [self.single] if self.single else sorted(self.files):
            stem, suffix = posixpath.splitext(file)
            if suffix.lower() != ".mod" or "/" in file:
                continue
            if stem in found:
                raise UsageError(
                    f"{self.path} has {found[stem]} and {file}, which are one mechanism's name",
                    fix="Remove or rename one of them.",
                )
            found[stem] = file
        return found


@dataclass(frozen=True)
class Mod:
    """One MOD file that takes part.

    name: without ``.mod``. includes: (name, content) of the files that it includes, all of them without
    a folder in their names, which the content and they name them by; include_paths: where each of these
    stands. own: the path by which the user
    named it, or its folder, by hand; empty: it is the template's.
    """

    name: str
    path: str
    content: bytes
    origin: str = ""
    flags: tuple[str, ...] = ()
    includes: tuple[tuple[str, bytes], ...] = ()
    own: str = ""
    include_paths: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The content as text, by `decode`."""
        return decode(self.content)

    @property
    def digest(self) -> str:
        """The hash of the content and of the included files, independent of the path."""
        named = [part for name, content in self.includes for part in (name.encode(), content)]
        return digest(self.content, *named)


def decode(content: bytes) -> str:
    """A file's content as text. Bytes that are not UTF-8 become surrogates (surrogateescape)."""
    return content.decode("utf-8", "surrogateescape")


def select(folders: Sequence[ModFolder], exclude: Collection[str] = ()) -> tuple[Mod, ...]:
    """The mods of a model, sorted by name: the first file of a name wins, excluded ones are left out.

    `folders` in order of precedence; `exclude`: names with or without ``.mod``, of a set with a prefix
    with that. The order is the one in which mechanisms are registered, so that it does not hang on
    a locale or on folders.
    """
    unwanted = {name.removesuffix(".mod") for name in exclude}
    found: dict[str, Mod] = {}
    for folder in folders:
        out = found.keys() if folder.asked else unwanted | found.keys()
        for stem, file in folder.mod_files.items():
            if folder.prefix + stem not in out:
                found[folder.prefix + stem] = _mod(folder, stem, file)
    return tuple(found[name] for name in sorted(found))


def _mod(folder: ModFolder, stem: str, file: str) -> Mod:
    path, name = f"{folder.path}/{file}", folder.prefix + stem
    if not _PART_OF_A_NAME.fullmatch(name):
        raise UsageError(
            f"{path} cannot be compiled: NEURON calls a C function _{name}_reg after the file",
            fix="Rename it: letters, digits and '_' only; or exclude it.",
        )
    found = sorted(_includes(folder, file, {file}), key=_alias)
    includes = tuple((_alias(each), _aliased(folder, each)) for each in found)
    paths = tuple(posixpath.normpath(posixpath.join(folder.path, each)) for each in found)
    content = _aliased(folder, file)
    if folder.prefix:
        content = with_prefix(content, folder.prefix)
    own = folder.source if folder.asked else ""
    return Mod(name, path, content, folder.origin, folder.flags, includes, own, paths)


def with_prefix(content: bytes, prefix: str) -> bytes:
    """A MOD file whose mechanism has `prefix` in front of its name; lines stay where they are.

    One with SUFFIX nothing stays as it is: it names no mechanism.
    """
    text = decode(content)
    name = NAME.search(nmodl_only(text))
    if name is None or name[1] == "nothing":
        return content
    after = text[: name.start(1)] + prefix + text[name.start(1) :]
    return after.encode("utf-8", "surrogateescape")


def _includes(folder: ModFolder, file: str, seen: set[str]) -> Iterator[str]:
    """What `file` includes, at any depth; not what is NEURON's or the system's."""
    for _, places in included_files(folder.files[file], file):
        name = next((place for place in places if place in folder.files), "")
        if name and name not in seen:
            seen.add(name)
            yield name
            yield from _includes(folder, name, seen)


def _aliased(folder: ModFolder, file: str) -> bytes:
    """A file's content, in which what it includes goes by the names that have no folder in them."""
    content = folder.files[file]
    for written, places in included_files(content, file):
        name = next((place for place in places if place in folder.files), "")
        if name and _alias(name) != written:
            other = f'"{_alias(name)}"'.encode("utf-8", "surrogateescape")
            content = content.replace(f'"{written}"'.encode("utf-8", "surrogateescape"), other)
    return content


def _alias(path: str) -> str:
    """A name for a file from another folder: it is compiled beside the mod, wherever that stands."""
    folder, _, name = path.rpartition("/")
    return f"{digest(folder)[:8]}_{name}" if folder else path
