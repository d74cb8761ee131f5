"""Reads recipes and their sources from disk."""

from __future__ import annotations

import os
import platform as machine
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.products.conda.recipe import Host, RecipeSource
from devenv.system.redaction import secrets_of
from devenv.system.snapshot import outside

_NAMES = ("recipe.yaml", "meta.yaml")
_CONFIGURATIONS = {"recipe.yaml": "variants.yaml", "meta.yaml": "conda_build_config.yaml"}


def host_of(environ: Mapping[str, str], platform: str = "") -> Host:
    """This machine, or another platform to render for."""
    python = "{}.{}".format(*sys.version_info[:2])
    secrets = frozenset(name for name in environ if secrets_of({name: environ[name]}))
    return Host(platform or this_platform(), python, environ, secrets)


def this_platform() -> str:
    """conda's name for this platform: ``linux-64``, ``osx-arm64``."""
    system = {"linux": "linux", "darwin": "osx", "win32": "win"}.get(sys.platform, sys.platform)
    name = machine.machine().lower()
    known = {"x86_64": "64", "amd64": "64", "i686": "32", "arm64": "arm64", "aarch64": "aarch64"}
    bits = known.get(name, name)
    return f"{system}-{'arm64' if system == 'osx' and bits == 'aarch64' else bits}"


def recipe_of(path: Path, cwd: Path, configs: Sequence[Path] = ()) -> RecipeSource:
    """The recipe at `path`: a file, a folder with one, or a folder with one in a folder `recipe`.

    configs: variant configurations that override those in the folder. UsageError if there is no recipe.
    """
    file = _file(path)
    legacy = "conda_build_config.yaml"
    own = file.parent / _CONFIGURATIONS[file.name]
    candidates = [cwd / legacy, file.parent / legacy, own, *configs]
    result = [one for one in dict.fromkeys(candidates) if one.is_file() or one in configs]
    names = frozenset(one.name for one in file.parent.iterdir())
    return RecipeSource(str(file), _read(file), names, tuple((str(p), _read(p)) for p in result))


def _file(path: Path) -> Path:
    if path.is_file():
        if path.name in _NAMES:
            return path
        raise UsageError(
            f"{path} is not a recipe", fix="Name a recipe.yaml, a meta.yaml, or a folder with one."
        )
    if not path.is_dir():
        raise UsageError(f"{path}: no such file or directory", fix="Check the path of the recipe.")
    for folder in (path, path / "recipe"):
        for name in _NAMES:
            if (folder / name).is_file():
                return folder / name
    raise UsageError(
        f"{path} has no recipe.yaml and no meta.yaml",
        fix="Name the folder of a recipe.",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"cannot read {path}: {reason}", fix="Check the path.") from None


def tree_digest(path: Path) -> str:
    """The digest of names, contents and executable bits of a file, or of all files below a folder.

    Hidden folders (.git) are ignored. Where a link leads to a file out of the folder, its
    content counts too.
    """
    if path.is_file():
        return digest(path.name, path.read_bytes())
    return digest(*(part for one in _files(path) for part in _parts(path, one)))


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        links = [name for name in folders if Path(root, name).is_symlink()]
        yield from (Path(root, name) for name in sorted([*names, *links]))


def _parts(folder: Path, file: Path) -> tuple[str | bytes, ...]:
    name = str(file.relative_to(folder))
    if file.is_symlink():
        return name, "link", f"{file.readlink()} {outside(file, folder)}".strip()
    return name, "x" if os.access(file, os.X_OK) else "-", file.read_bytes()
