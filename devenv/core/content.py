"""Hashes of the files that a model is made from: by content, never by date."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

# Files that a MOD file can include from its own directory, by INCLUDE or in VERBATIM by #include.
READ_SUFFIXES = (".mod", ".inc", ".h", ".hh", ".hpp", ".c")


_INCLUDE = re.compile(
    rb'(?:^[ \t]*(?:INCLUDE|#[ \t]*include)[ \t]*|\b__has_include[ \t]*\([ \t]*)"([^"\n]+)"',
    re.MULTILINE,
)


def included_files(content: bytes, name: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The includes of the file `name`: each as written, with its candidate paths in search order. What
    it only asks for, by `__has_include`, is one of them.

    name: the path relative to the directory of MOD files. The candidates are relative to it as well, or
    absolute: beside the file first, then in that directory, as the compiler searches.
    """
    for found in _INCLUDE.findall(content):
        path = found.decode("utf-8", "surrogateescape")
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        yield path, (beside, posixpath.normpath(path))


def digest(*parts: str | bytes) -> str:
    """A hash of the parts, 32 hexadecimal digits; each part is hashed with its length."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        hashed.update(f"{len(data)}:".encode())
        hashed.update(data)
    return hashed.hexdigest()[:32]


def folders_digest(folders: Iterable[tuple[str, Mapping[str, bytes]]]) -> str:
    """A hash of the names and contents of all files. folders: (path, name -> content), in order."""
    return digest(
        *(
            part
            for path, files in folders
            for name, content in sorted(files.items())
            for part in (path, name, content)
        )
    )


def module_entries(names: Iterable[str]) -> list[str]:
    """The entries of a directory that may be modules, sorted.

    It omits hidden ones, and those that cannot be module names: Spack leaves a build-linux-…
    behind.
    """
    return sorted(name for name in names if name.partition(".")[0].isidentifier())
