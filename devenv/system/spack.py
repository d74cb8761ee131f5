"""Spack's folders as they are found: which version, where its recipes, whether they are whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from devenv.core.errors import StateError
from devenv.system import git
from devenv.system.process import capture

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?\S*")


def version(argv: Iterable[str], environ: Mapping[str, str]) -> str:
    """What ``spack --version`` says, without the commit."""
    argv = tuple(argv)
    said = capture(argv, environ=environ)
    found = _VERSION.match(said.strip())
    if not found:
        raise StateError(f"{argv[2]} says no version: {said.strip()[:200]!r}")
    return found[0]


def first_repository(folders: Iterable[str]) -> str:
    """The first folder that is a repository of recipes; empty for none."""
    return next((folder for folder in folders if Path(folder, "repo.yaml").is_file()), "")


def damaged(root: Path, commit: str) -> str:
    """Why a clone of ours is not what its commit says; empty where it is."""
    if not root.is_dir():
        return f"{root} is not there"
    state = git.state(root)
    if state.commit != commit:
        return f"{root} is at {state.commit[:12] or 'no commit'}, not at {commit[:12]}"
    return "" if state.clean else f"files in {root} were changed"
