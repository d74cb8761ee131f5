"""The files of dev sources that a failed build names by its copies of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from devenv.engines.spack.failure import mod_files, with_origins


def by_origins(said: str, sources: Iterable[str]) -> str:
    """`said` with MOD files by their places in the folders `sources`, as far as these are certain."""
    folders = [Path(source) for source in sources]
    origins = {file: _origin(Path(file), folders) for file in mod_files(said)}
    return with_origins(said, {file: path for file, path in origins.items() if path})


def _origin(copy: Path, folders: Iterable[Path]) -> str:
    """The one file of that name, or of the same content, below the folders; empty: it is not certain."""
    found = [path for folder in folders for path in _named(folder, copy.name)]
    if copy.is_absolute() and copy.is_file():
        content = copy.read_bytes()
        found = [path for path in found if path.read_bytes() == content] or found
    return str(found[0]) if len(found) == 1 else ""


def _named(folder: Path, name: str) -> Iterator[Path]:
    """Regular files of that name; what Spack left in the tree (build-…) is no source."""
    for path in sorted(folder.rglob(name)):
        built = any(part.startswith("build-") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not built:
            yield path
