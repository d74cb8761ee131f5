"""Files that come with devenv, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

import devenv
from devenv.core.errors import StateError

_PACKAGE = Path(devenv.__file__).resolve().parent


def resource_folder(name: str) -> Path:
    """The folder `name` ("envs", "examples", "spack-repos", "docs", "schemas"); StateError without it.

    A wheel has all of them in devenv/resources; a checkout has all but the last next to devenv.
    """
    for folder in (_PACKAGE / "resources" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise _missing(name)


def resource_file(name: str) -> Path:
    """A file in devenv/resources, such as "packages.yaml"; StateError if it is missing."""
    path = _PACKAGE / "resources" / name
    if path.is_file():
        return path
    raise _missing(name)


def _missing(name: str) -> StateError:
    return StateError(
        f"devenv's own {name!r} is missing from {_PACKAGE}",
        fix="The installation is damaged: reinstall devenv.",
    )
