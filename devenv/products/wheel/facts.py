"""The contents of a wheel as data."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Elf:
    """An ELF file of a wheel. path: after the installation, relative to site-packages. name: in the
    archive.

    needed: DT_NEEDED. rpath, runpath: their entries. versions: library -> the symbol versions required
    from it (``libc.so.6`` -> ``GLIBC_2.28``). python: the symbols of CPython that it uses. imports,
    exports: its C++ symbols, if they were requested. machine: ELF's name (``EM_X86_64``).
    """

    path: str
    name: str = ""
    soname: str = ""
    needed: tuple[str, ...] = ()
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    versions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    python: tuple[str, ...] = ()
    machine: str = ""
    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()

    @property
    def searched(self) -> tuple[str, ...]:
        """The entries that the loader uses: with DT_RUNPATH, it ignores DT_RPATH (ld.so(8))."""
        return self.runpath or self.rpath

    def folders(self) -> tuple[str, ...]:
        """The folders in `searched`, relative to site-packages, for entries that start with $ORIGIN."""
        folders = (expanded(entry, self.path) for entry in self.searched)
        return tuple(folder for folder in folders if folder is not None)


def expanded(entry: str, path: str) -> str | None:
    """An RPATH entry of the file at `path`, relative to site-packages; None if not from $ORIGIN."""
    for origin in ("$ORIGIN", "${ORIGIN}"):
        if entry == origin or entry.startswith(origin + "/"):
            return posixpath.normpath(posixpath.dirname(path) + "/." + entry[len(origin) :])
    return None


@dataclass(frozen=True)
class WheelFile:
    """A file of a wheel. name: in the archive. digest: in RECORD's form (``sha256=…``)."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class Facts:
    """A wheel. file: its name. tags: interpreter-abi-platform. record: name -> (digest, size) in RECORD.

    texts: path in its dist-info -> the text of a small file.
    """

    file: str
    name: str
    version: str
    tags: tuple[str, ...]
    size: int
    files: tuple[WheelFile, ...]
    elves: tuple[Elf, ...]
    record: Mapping[str, tuple[str, str]]
    dist_info: str
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of its tags: ``manylinux_2_28_x86_64``, ``any``."""
        return tuple(dict.fromkeys(tag.rsplit("-", 1)[1] for tag in self.tags))

    @property
    def stable_abi(self) -> bool:
        """Whether a tag of the wheel promises the stable ABI: ``abi3``."""
        return any(tag.split("-")[1] == "abi3" for tag in self.tags)

    @cached_property
    def by_path(self) -> dict[str, Elf]:
        """Path in the wheel -> the ELF file there."""
        return {elf.path: elf for elf in self.elves}

    @cached_property
    def by_library(self) -> dict[str, tuple[str, ...]]:
        """Name of a library -> the paths of the files with that name in the wheel."""
        libraries: dict[str, list[str]] = {}
        for elf in self.elves:
            libraries.setdefault(posixpath.basename(elf.path), []).append(elf.path)
        return {name: tuple(paths) for name, paths in libraries.items()}

    @property
    def grafted(self) -> tuple[Elf, ...]:
        """The libraries that a repair added in NAME.libs."""
        return tuple(e for e in self.elves if e.path.split("/")[0].endswith(".libs"))


def installed_path(name: str) -> str:
    """The path of a file of the archive after the installation, relative to site-packages.

    ``NAME.data`` is spread as in the binary distribution format. Paths relative to the environment's
    root start with ``<prefix>``.
    """
    parts = name.split("/")
    if not parts[0].endswith(".data") or len(parts) < 3:
        return name
    rest = "/".join(parts[2:])
    folders = {"purelib": "", "platlib": "", "scripts": "<prefix>/bin/", "data": "<prefix>/"}
    return folders.get(parts[1], f"<prefix>/{parts[1]}/") + rest
