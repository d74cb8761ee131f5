"""What a model is made from, told by content: dates count for nothing."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

# What a MOD file can bring in from its own folder, by INCLUDE or in VERBATIM by #include.
READ_SUFFIXES = (".mod", ".inc", ".h", ".hh", ".hpp", ".c")


_INCLUDE = re.compile(rb'^[ \t]*(?:INCLUDE|#[ \t]*include)[ \t]*"([^"\n]+)"', re.MULTILINE)


def included(content: bytes, name: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """What the file `name` includes: as it is written, and where that may be, the first one first.

    name: the file's path as its folder of mods has it; so are the places: relative to that, or absolute.
    As the compiler looks: beside the file, then in the folder of mods.
    """
    for found in _INCLUDE.findall(content):
        path = found.decode("utf-8", "surrogateescape")
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        yield path, (beside, posixpath.normpath(path))


def digest(*parts: str | bytes) -> str:
    """32 hexadecimal digits of the parts, which cannot run into each other."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        hashed.update(f"{len(data)}:".encode())
        hashed.update(data)
    return hashed.hexdigest()[:32]


def folders_digest(folders: Iterable[tuple[str, Mapping[str, bytes]]]) -> str:
    """Of the names and contents of all files in (path, name -> content) of each folder, in order."""
    return digest(
        *(
            part
            for path, files in folders
            for name, content in sorted(files.items())
            for part in (path, name, content)
        )
    )


def seen(names: Iterable[str]) -> list[str]:
    """Of what stands in a folder that by which a change of its modules is told, sorted.

    Nothing hidden, and nothing that no module is called: Spack leaves a build-linux-… behind.
    """
    return sorted(name for name in names if name.partition(".")[0].isidentifier())
