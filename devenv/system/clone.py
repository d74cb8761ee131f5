"""Clones repositories, with the whole history if possible, and renames complete clones into place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devenv.core.errors import StateError, UnreachableError, UsageError
from devenv.system import files
from devenv.system.redaction import redacted
from devenv.system.repository import SETTINGS, disk_full, leave_hook, reason, unreachable

if TYPE_CHECKING:
    from git import Repo

    from devenv.core.plan import Clone

SHALLOW = 50
"""The number of commits of a clone without the whole history."""

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_WHOLE_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GONE = re.compile(r"not our ref|did not contain")
_LOCAL = re.compile(r"[/~]|file:", re.IGNORECASE)


def clone(step: Clone) -> tuple[str, ...]:
    """Clone `step.url` into `step.path` by one rename; notes for the user.

    UnreachableError, with git's reason, if the repository or a submodule is not available; UsageError
    for an unknown ref; StateError if the path exists.
    """
    path = Path(step.path)
    if files.exists(path):
        raise StateError(f"{path} already exists", fix="Move it away first.")
    leave_hook()
    known = _known(step.url)
    exists = step.branch in known or _COMMIT.fullmatch(step.branch)
    new = "" if exists else step.branch
    branch, commit = _split(step.branch if exists else step.ref, step.url, known)
    with files.temporary_folder(path.parent) as scratch:
        repo, notes = _only(step, scratch / "clone", commit) or _cloned(
            step, scratch / "clone", branch
        )
        with repo:
            if commit:
                _check_out(repo, commit, step)
            if new:
                notes += _new_branch(repo, new, step)
            if step.submodules:
                notes += _submodules(repo, step.depth, step.lenient)
        files.rename(scratch / "clone", path)
    return notes


def _known(url: str) -> list[str]:
    """The branches and tags of a repository; UnreachableError if it does not answer."""
    import git

    try:
        command = ["git", "ls-remote", "--heads", "--tags", "--refs", "--", url]
        listing = git.Git().execute(command, env=SETTINGS)
    except git.GitCommandError as error:
        raise unreachable(url, error.stderr) from None
    return [line.split("/", 2)[2] for line in listing.splitlines()]


def _split(ref: str, url: str, known: Sequence[str]) -> tuple[str, str]:
    """(branch or tag, commit): one of them is `ref`. known: the branches and tags of the repository."""
    if not ref or ref in known:
        return ref, ""
    if _COMMIT.fullmatch(ref):
        return "", ref
    close = get_close_matches(ref, known, n=3, cutoff=0.5)
    raise UsageError(
        f"{redacted(url)} has no branch or tag {ref!r}",
        fix=f"Did you mean {' or '.join(close)}?"
        if close
        else f"See: git ls-remote {redacted(url)}",
    )


def _cloned(step: Clone, path: Path, branch: str) -> tuple[Repo, tuple[str, ...]]:
    """A clone with the whole history, or with the newest commits if the server does not send all."""
    import git

    options: dict[str, Any] = {"branch": branch} if branch else {}
    if step.depth:
        options["depth"] = step.depth
    try:
        return git.Repo.clone_from(step.url, path, env=SETTINGS, **options), ()
    except git.GitCommandError as error:
        if step.depth:
            raise unreachable(step.url, error.stderr) from None
        whole = error.stderr
    files.remove(path)
    try:
        repo = git.Repo.clone_from(step.url, path, env=SETTINGS, depth=SHALLOW, **options)
    except git.GitCommandError as error:
        raise unreachable(step.url, error.stderr) from None
    return repo, (_shortened(step.url, whole),)


def _only(step: Clone, path: Path, commit: str) -> tuple[Repo, tuple[str, ...]] | None:
    """A repository with one commit only; None if the server does not send single commits."""
    import git

    if not (step.depth and _WHOLE_COMMIT.fullmatch(commit)):
        return None
    repo = git.Repo.init(path)
    try:
        repo.create_remote("origin", step.url)
        repo.git.execute(["git", "fetch", f"--depth={step.depth}", "origin", commit], env=SETTINGS)
        return repo, ()
    except git.GitCommandError:
        repo.close()
        files.remove(path)
        return None


def _shortened(url: str, stderr: str) -> str:
    return f"only the last {SHALLOW} commits of {redacted(url)} are available: {reason(stderr)}"


def _check_out(repo: Repo, commit: str, step: Clone) -> None:
    """Check out a commit. Fetch it if it is on none of the cloned branches and tags."""
    import git

    try:
        repo.git.checkout(commit, "--")
    except git.GitCommandError as error:
        if full := disk_full(step.url, error.stderr):
            raise full from None
        depth = {"depth": step.depth} if step.depth else {}
        try:
            repo.git.fetch("origin", commit, **depth)
            repo.git.checkout(commit, "--")
        except git.GitCommandError as error:
            raise disk_full(step.url, error.stderr) or UsageError(
                f"cannot fetch the commit {commit} from {redacted(step.url)}: {reason(error.stderr)}",
                fix="Name a branch, a tag, or the full hash of a commit on one of its branches.",
            ) from None


def _new_branch(repo: Repo, branch: str, step: Clone) -> tuple[str, ...]:
    import git

    try:
        repo.git.checkout("-b", branch, "--no-track")
    except git.GitCommandError as error:
        raise UsageError(
            f"invalid branch name {branch!r}: {reason(error.stderr)}", fix="Choose another name."
        ) from None
    origin = step.ref or "the default branch"
    return (f"{redacted(step.url)} has no branch {branch}: created it from {origin}",)


def _submodules(repo: Repo, depth: int, lenient: bool = False) -> tuple[str, ...]:
    """Check out the submodules level by level, since each has its own .gitmodules."""
    import git

    folder = Path(repo.working_dir)
    notes: tuple[str, ...] = ()
    urls = dict(_modules(folder))
    # git refuses the file transport in submodules (CVE-2022-39253). A local mirror needs it
    # (url.<copy>.insteadOf), and is the user's setting, not the repository's.
    local = any(_LOCAL.match(url) for url in urls.values())
    allow = [] if local else ["-c", "protocol.file.allow=always"]
    for path, url in urls.items():
        try:
            notes += _submodule(repo, path, url, allow, depth)
        except UnreachableError as error:
            if not lenient:
                raise
            notes += (f"{error.what}; it is left empty",)
        if (folder / path / ".git").exists():
            with git.Repo(folder / path) as inner:
                notes += _submodules(inner, depth, lenient)
    return notes


def _submodule(
    repo: Repo, path: str, url: str, allow: Sequence[str], depth: int
) -> tuple[str, ...]:
    """Check out one submodule, with its whole history or shallow. The source needs all of them."""
    import git

    update = ["git", *allow, "submodule", "--quiet", "update", "--init"]
    shallow = ["--depth", str(depth or SHALLOW)]
    try:
        repo.git.execute([*update, *(shallow if depth else []), "--", path], env=SETTINGS)
        return ()
    except git.GitCommandError as error:
        first = error.stderr
    try:
        if depth or _GONE.search(first):
            raise unreachable(f"the submodule {path} ({url})", first)
        repo.git.execute([*update, *shallow, "--", path], env=SETTINGS)
    except git.GitCommandError:
        raise unreachable(f"the submodule {path} ({url})", first) from None
    return (_shortened(url, first),)


def _modules(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, url) of each submodule in the commit. .gitmodules may contain outdated entries."""
    import git

    file = folder / ".gitmodules"
    if not file.is_file():
        return
    listing = git.Git(folder).ls_files("--stage", "-z")
    links = {e.split("\t", 1)[1] for e in listing.split("\0") if e.startswith("160000 ")}
    with git.GitConfigParser(file, read_only=True, merge_includes=False) as parser:
        for section in parser.sections():
            path, url = (str(parser.get(section, key, fallback="")) for key in ("path", "url"))
            if path in links and url:
                yield path, url
