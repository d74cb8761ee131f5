"""git repositories: cloned, looked at, made from a release. A user's is never changed."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devenv.core.errors import StateError, UnreachableError, UsageError
from devenv.core.plan import Clone
from devenv.system.files import make_folder, remove, rename, reporting
from devenv.system.process import redacted, run

if TYPE_CHECKING:
    from git import Repo

SHALLOW = 50
"""Commits of history that are taken where the whole of it cannot be had."""

_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}


@dataclass(frozen=True)
class GitState:
    """commit: empty where it is no repository. clean: nothing changed or added. describe: for people."""

    commit: str = ""
    clean: bool = True
    describe: str = ""


def state(path: Path) -> GitState:
    """The state of a folder; the user's index is not written, as `git status` would."""
    if not (path / ".git").exists():
        return GitState()
    commit = _git(path, "rev-parse", "--verify", "HEAD")
    status = _git(path, "status", "--porcelain", "--ignore-submodules=dirty")
    describe = _git(path, "describe", "--tags", "--always")
    return GitState(commit.strip(), not status.strip(), describe.strip())


def listed_files(path: Path) -> list[str]:
    """Tracked files, and others that are not ignored, relative to path."""
    text = _git(path, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted({name for name in text.split("\0") if name})


def _git(path: Path, *arguments: str) -> str:
    environ = {**os.environ, **_QUIET}
    done = run(("git", "-C", str(path), *arguments), environ=environ)
    return done.stdout if done.returncode == 0 else ""


def clone(step: Clone) -> tuple[str, ...]:
    """Clone beside step.path, then one rename. Gives notes on what is not as one would expect.

    UnreachableError where the repository cannot be had, UsageError where its ref is not there.
    """
    target = Path(step.path)
    staging = target.with_name(f".{target.name}.cloning")
    remove(staging)
    make_folder(target.parent)
    try:
        notes = _clone_into(step, staging)
        rename(staging, target)
    finally:
        remove(staging)
    return notes


def _clone_into(step: Clone, staging: Path) -> tuple[str, ...]:
    from git import GitCommandError

    notes: tuple[str, ...] = ()
    try:
        repository = _cloned(step, staging, step.depth)
    except GitCommandError as error:
        if step.depth or not _answers(step.url):
            raise _unreachable(step.url, error) from None
        remove(staging)
        try:
            repository = _cloned(step, staging, SHALLOW)
        except GitCommandError as again:
            raise _unreachable(step.url, again) from None
        notes = (
            f"the whole history of {step.url} could not be had; its last {SHALLOW} commits were"
            " taken ('git fetch --unshallow' completes it)",
        )
    with repository:
        if step.ref:
            _check_out(repository, step)
        if step.submodules and (staging / ".gitmodules").exists():
            notes += _submodules(repository, staging)
    return notes


def _cloned(step: Clone, staging: Path, depth: int) -> Repo:
    from git import Repo

    options: dict[str, Any] = {"depth": depth, "no_single_branch": True} if depth else {}
    return Repo.clone_from(step.url, str(staging), env=_QUIET, **options)


def _answers(url: str) -> bool:
    done = run(("git", "ls-remote", "--exit-code", url, "HEAD"), environ={**os.environ, **_QUIET})
    return done.returncode == 0


def _unreachable(url: str, error: Exception) -> UnreachableError:
    lines = [line.strip(" '") for line in str(getattr(error, "stderr", error)).splitlines()]
    reasons = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:"))]
    reason = redacted(reasons[-1] if reasons else (lines[-1] if lines else "git failed"))
    return UnreachableError(
        f"cannot clone {redacted(url)}: {reason}",
        fix="Check the address and the network; a clone that you have is used with --path.",
    )


def _check_out(repository: Repo, step: Clone) -> None:
    """A branch, a tag or a commit; what a shallow clone lacks is fetched."""
    from git import GitCommandError

    def known(name: str) -> bool:
        try:
            repository.git.rev_parse("--verify", "--quiet", f"{name}^{{commit}}")
        except GitCommandError:
            return False
        return True

    if not known(step.ref) and not known(f"origin/{step.ref}"):
        try:
            repository.git.fetch("origin", step.ref, *(("--depth", "1") if step.depth else ()))
            repository.git.checkout("--detach", "FETCH_HEAD")
        except GitCommandError:
            raise UsageError(
                f"{redacted(step.url)} has no branch, tag or commit {step.ref!r}",
                fix=f"See what it has: git ls-remote {redacted(step.url)}",
            ) from None
        return
    repository.git.checkout(step.ref, "--")


def _submodules(repository: Repo, folder: Path) -> tuple[str, ...]:
    """Take the submodules along, recursively.

    git bans the file transport in submodules, since a repository could name a folder of this machine.
    A user's own rewriting of remote addresses to a copy on disk is no such thing, so the ban is lifted
    where .gitmodules itself names remote addresses only.
    """
    from git import GitCommandError

    text = (folder / ".gitmodules").read_text(encoding="utf-8", errors="replace")
    urls = re.findall(r"(?m)^\s*url\s*=\s*(\S+)", text)
    local = [url for url in urls if url.startswith(("/", ".", "file:"))]
    allow = () if local else ("-c", "protocol.file.allow=always")
    command = ("git", *allow, "-C", str(folder), "submodule", "update", "--init", "--recursive")
    try:
        repository.git.execute(list(command), env=_QUIET)
    except GitCommandError as error:
        reason = str(error.stderr).strip(" \n'").splitlines()[-1:]
        return (f"its submodules could not be had: {redacted(''.join(reason))}",)
    return ()


def unpack_release(archive: Path, target: Path) -> str:
    """Unpack a source release into a new repository with one commit that carries its version as tag.

    Everything is committed, also what its .gitignore names: so a change of the user's can be seen and
    sent on. Gives the version.
    """
    staging = target.with_name(f".{target.name}.unpacking")
    remove(staging)
    make_folder(staging)
    try:
        with reporting(archive), tarfile.open(archive) as tar:
            tar.extractall(staging, filter="data")
        (top,) = staging.iterdir()
        version = top.name.rpartition("-")[2]
        _commit_all(top, version)
        rename(top, target)
    except (tarfile.TarError, ValueError) as error:
        raise StateError(f"{archive.name} is no source release: {error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return version


def _commit_all(folder: Path, version: str) -> None:
    from git import Actor, Repo

    date = "2000-01-01T00:00:00+00:00"
    author = Actor("devenv", "devenv@localhost")
    with Repo.init(folder, initial_branch="main") as repository:
        repository.git.add("--all", "--force")
        repository.index.commit(
            f"The source release {version}",
            author=author,
            committer=author,
            author_date=date,
            commit_date=date,
            skip_hooks=True,
        )
        repository.create_tag(version, message=f"Release {version}")


