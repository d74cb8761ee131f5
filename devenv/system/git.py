"""Git repositories: cloned, made of a release, and asked how they are.

Looking at a repository never writes to it, not even its index. That is done by plain commands and
not by GitPython, which takes 0.18 s to import: every build looks.
"""

from __future__ import annotations

import os
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
    "top_level",
    "tracked_and_untracked",
]


@dataclass(frozen=True)
class GitState:
    """A source as git sees it. commit, describe: empty where it is no repository, or an empty one.

    clean: nothing in the folder differs from the commit, and nothing in it is untracked. url: of the
    remote that it was cloned from, empty for none.
    """

    commit: str = ""
    clean: bool = False
    describe: str = ""
    url: str = ""


def state(path: Path) -> GitState:
    """The state of any folder. StateError where git does not trust its owner."""
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
    """The top of the work tree that `path` belongs to, links resolved; None where it is in none.

    A folder of which the repository around it knows no file does not belong to that: people keep
    their home under git.
    """
    return _top_of(path, _git(path, *_TOP))


def _top_of(path: Path, done: Completed) -> Path | None:
    """The same from what git said (_TOP)."""
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
    """(git dir, common dir) of a repository, absolute: they differ for a linked work tree."""
    own, common = (
        (path / _checked(path, "rev-parse", option).removesuffix("\n")).resolve()
        for option in ("--absolute-git-dir", "--git-common-dir")
    )
    return own, common


def tracked_and_untracked(path: Path) -> list[str]:
    """What git knows below `path`, and what it would add; relative paths, sorted.

    A submodule is one entry, without its files; what is tracked but deleted is one too.
    """
    listing = _checked(path, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted({name.rstrip("/") for name in listing.split("\0") if name})


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
