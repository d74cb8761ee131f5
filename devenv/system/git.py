"""Git repositories: clones them, makes them from releases, and reads their state.

Reading never writes to a repository, not even its index. It uses git commands rather than GitPython,
whose import takes 0.18 s: every build reads states.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.core.errors import DevenvError, StateError
from devenv.system.clone import clone
from devenv.system.failures import failure
from devenv.system.process import Completed, run, run_all
from devenv.system.repository import environment

__all__ = [
    "GitState",
    "clone",
    "folders",
    "state",
    "submodule_command",
    "top_level",
    "tracked_and_untracked",
]


@dataclass(frozen=True)
class GitState:
    """The state of a source in git. commit, describe: empty if it is not a repository, or an empty one.

    clean: the directory has no changes and no untracked files. url: of the remote; empty for none.
    """

    commit: str = ""
    clean: bool = False
    describe: str = ""
    url: str = ""


def state(path: Path) -> GitState:
    """The state of any directory. StateError if git does not trust its owner."""
    top, commit, status, describe, url = run_all(
        [("git", *words) for words in (_TOP, *_STATE)],
        cwd=path,
        environ=environment(os.environ),
    )
    if _top_of(path, top) is None:
        return GitState()
    if status.returncode:
        raise _failed(path, _STATE[1], status)
    clean = bool(commit.stdout.strip()) and not status.stdout
    return GitState(commit.stdout.strip(), clean, describe.stdout.strip(), url.stdout.strip())


_TOP = ("rev-parse", "--show-toplevel")
_STATE = (
    ("rev-parse", "--verify", "--quiet", "HEAD"),
    ("status", "--porcelain", "--", "."),
    ("describe", "--tags", "--always"),
    ("config", "--get", "remote.origin.url"),
)


def top_level(path: Path) -> Path | None:
    """The root of the work tree that contains `path`, with links resolved; None for none.

    A directory without tracked files does not belong to the repository around it: some users have their
    home in git.
    """
    return _top_of(path, _git(path, *_TOP))


def _top_of(path: Path, done: Completed) -> Path | None:
    """The same from the output of git (_TOP)."""
    if "dubious ownership" in done.stderr:
        raise StateError(
            f"git does not trust {path}: it belongs to another user",
            fix=f"If you do: git config --global --add safe.directory '{path}'",
        )
    if done.returncode:
        return None
    top = Path(done.stdout.removesuffix("\n"))
    if path.resolve() != top and not _checked(path, "ls-files", "-z", "--", "."):
        return None
    return top


def folders(path: Path) -> tuple[Path, Path]:
    """(git dir, common dir) of a repository, absolute. They differ for a linked work tree."""
    own, common = (
        (path / _checked(path, "rev-parse", option).removesuffix("\n")).resolve()
        for option in ("--absolute-git-dir", "--git-common-dir")
    )
    return own, common


def tracked(path: Path) -> list[str]:
    """The tracked files in `path`; relative paths. A submodule is one entry, without its files."""
    return [name for name in _checked(path, "ls-files", "-z", "--cached").split("\0") if name]


def tracked_and_untracked(path: Path) -> list[str]:
    """The tracked files in `path`, and the untracked ones that are not ignored; relative paths, sorted.

    A submodule is one entry, without its files. Deleted files that are still tracked are included.
    """
    listing = _checked(path, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted({name.rstrip("/") for name in listing.split("\0") if name})


def submodule_command(path: str, *names: str) -> str:
    """The command that fetches these submodules of the clone; all of them where none is named."""
    return shlex.join(("git", "-C", path, "submodule", "update", "--init", "--recursive", *names))


def _git(path: Path, *arguments: str) -> Completed:
    return run(["git", *arguments], cwd=path, environ=environment(os.environ))


def _checked(path: Path, *arguments: str) -> str:
    done = _git(path, *arguments)
    if done.returncode:
        raise _failed(path, arguments, done)
    return done.stdout


def _failed(path: Path, arguments: Sequence[str], done: Completed) -> DevenvError:
    argv = ["git", "-C", str(path), *arguments]
    return failure(argv, done.returncode, done.stderr.splitlines())
