"""Plans as data: the steps that `devenv.system.executor` carries out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

NINJA_PROGRESS = r"^\[(\d+/\d+)\]"
"""What `Run.shows` takes of a line of ninja's."""


@dataclass(frozen=True)
class Run:
    """Run argv. env: variables set for it on top of the process's own; "" removes one.

    log: the file that its output is appended to. title: for the progress display. shows: a regular
    expression; what its groups match in a line of output is displayed as well. server: the one that it
    exchanges data with, in words; it is ended if that server stops answering (`devenv.system.stall`).
    """

    argv: tuple[str, ...]
    title: str = ""
    cwd: str = ""
    env: tuple[tuple[str, str], ...] = ()
    log: str = ""
    shows: str = ""
    server: str = ""


@dataclass(frozen=True)
class Write:
    """Write text to path, atomically; creates parent directories. private: only its owner reads it."""

    path: str
    text: str
    executable: bool = False
    private: bool = False


@dataclass(frozen=True)
class Link:
    """Make path a symbolic link to target. An existing link is replaced atomically, nothing else is."""

    path: str
    target: str


@dataclass(frozen=True)
class LinkFiles:
    """Make links in the directory path to the files `names` of the directory source.

    An existing file, link or directory of ours with one of these names is replaced.
    """

    source: str
    path: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """Copy a file, or a directory with its content (links are followed)."""

    source: str
    path: str


@dataclass(frozen=True)
class Relocate:
    """Copy a directory to path, for a later rename to `place`, which replaces its own path in its files.

    without: names in the directory to leave out.
    """

    source: str
    path: str
    place: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Copy a source tree for a build, as `devenv.system.snapshot` does; path must not exist yet.

    without: files in it to leave out.
    """

    source: str
    path: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class MakeFolder:
    """Create a directory and its parents."""

    path: str


@dataclass(frozen=True)
class RemovePath:
    """Remove a file, link or directory of ours, if it exists."""

    path: str


@dataclass(frozen=True)
class Rename:
    """Rename the staged path to its final path, which must not exist yet.

    staged: False if it must not be removed when the plan fails.
    """

    source: str
    path: str
    staged: bool = True


@dataclass(frozen=True)
class Seal:
    """Record the hashes of the files in a complete directory, and make it read-only.

    marks: entries that every use checks (`devenv.system.seals`). read_only: False only records.
    without: entries to ignore.
    """

    path: str
    marks: tuple[str, ...] = ()
    read_only: bool = True
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clone:
    """Clone a git repository into path (which must not exist).

    ref: a branch, tag or commit; empty for the default branch. depth: 0 for the whole history, if it is
    available. submodules: clone them too. branch: to check out; if the repository has no such branch,
    it is created from ref. lenient: a submodule that cannot be reached is left empty, with a note.
    """

    url: str
    path: str
    ref: str = ""
    depth: int = 0
    submodules: bool = True
    branch: str = ""
    lenient: bool = False


@dataclass(frozen=True)
class Parallel:
    """Independent chains of steps, each in order, run concurrently as cores allow."""

    title: str
    chains: tuple[tuple[Step, ...], ...]


Step = (
    Run
    | Write
    | Link
    | LinkFiles
    | Copy
    | Relocate
    | Snapshot
    | MakeFolder
    | RemovePath
    | Rename
    | Seal
    | Clone
    | Parallel
)


@dataclass(frozen=True)
class Plan:
    """Steps in order. unknown: what a dry run cannot know yet, in words.

    diff: the plan's edits of the user's own files, as lines of a diff.
    """

    title: str
    steps: tuple[Step, ...] = ()
    unknown: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)


def simple_steps(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every simple step, in order."""
    for step in steps:
        if isinstance(step, Parallel):
            for chain in step.chains:
                yield from simple_steps(chain)
        else:
            yield step


def describe(step: Step) -> str:
    """The step as a shell command."""
    if isinstance(step, Run):
        sets = [f"{name}={shlex.quote(value)}" for name, value in step.env]
        line = " ".join([*sets, shlex.join(step.argv)])
        return f"cd {shlex.quote(step.cwd)} && {line}" if step.cwd else line
    if isinstance(step, Clone):
        ref = f" --branch {shlex.quote(step.ref)}" if step.ref else ""
        return f"git clone{ref} {shlex.quote(step.url)} {shlex.quote(step.path)}"
    if isinstance(step, Write):
        return f"write {shlex.quote(step.path)}"
    if isinstance(step, (Link, LinkFiles)):
        target = step.target if isinstance(step, Link) else f"{step.source}/…"
        return f"ln -sfn {shlex.quote(target)} {shlex.quote(step.path)}"
    if isinstance(step, (Copy, Relocate, Snapshot)):
        links = "" if isinstance(step, Snapshot) else "L"
        return f"cp -r{links} {shlex.quote(step.source)} {shlex.quote(step.path)}"
    if isinstance(step, MakeFolder):
        return f"mkdir -p {shlex.quote(step.path)}"
    if isinstance(step, RemovePath):
        return f"rm -rf {shlex.quote(step.path)}"
    if isinstance(step, Seal):
        rights = f"chmod -R a-w {shlex.quote(step.path)}"
        return rights if step.read_only else f"# record the hashes of {step.path}"
    if isinstance(step, Rename):
        return f"mv {shlex.quote(step.source)} {shlex.quote(step.path)}"
    return step.title
