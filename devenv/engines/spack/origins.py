"""Maps the copies of MOD files that a failed build names to the files in dev sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from devenv.engines.spack.failure import mod_files, with_origins


def by_origins(message: str, sources: Iterable[str]) -> str:
    """`message` with the paths of MOD files in the folders `sources`, where these are unambiguous."""
    folders = [Path(source) for source in sources]
    origins = {file: _origin(Path(file), folders) for file in mod_files(message)}
    return with_origins(message, {file: path for file, path in origins.items() if path})


def _origin(copy: Path, folders: Iterable[Path]) -> str:
    """The only file below the folders with the name, or the content, of `copy`; empty if ambiguous."""
    paths = [path for folder in folders for path in _named(folder, copy.name)]
    if copy.is_absolute() and copy.is_file():
        content = copy.read_bytes()
        paths = [path for path in paths if path.read_bytes() == content] or paths
    return str(paths[0]) if len(paths) == 1 else ""


def _named(folder: Path, name: str) -> Iterator[Path]:
    """Regular files of that name, except in build folders that Spack left in the tree (build-…)."""
    for path in sorted(folder.rglob(name)):
        built = any(part.startswith("build-") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not built:
            yield path
