"""What is going to be done, as data. `devenv.system.executor` is the one place that does it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """Run argv. env: variables set for it on top of the process's own; "" removes one.

    log: the file its output goes to (appended); title: what a person is told meanwhile. shows: a
    regular expression: what its groups match in a line of the output is told as well, as it comes.
    """

    argv: tuple[str, ...]
    title: str = ""
    cwd: str = ""
    env: tuple[tuple[str, str], ...] = ()
    log: str = ""
    shows: str = ""


@dataclass(frozen=True)
class Write:
    """Write text to path, atomically; the folders above it are made. private: for its owner alone."""

    path: str
    text: str
    executable: bool = False
    private: bool = False


@dataclass(frozen=True)
class Link:
    """path becomes a symbolic link to target, replacing a link (and only a link) by one rename."""

    path: str
    target: str


@dataclass(frozen=True)
class Copy:
    """Copy a file, or a folder with all that is in it (links are followed)."""

    source: str
    path: str


@dataclass(frozen=True)
class Relocate:
    """Copy a folder into path, with `place`, where path is going to stand, wherever it names itself.

    without: names in the folder that are left out.
    """

    source: str
    path: str
    place: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class MakeFolder:
    """A folder, with those above it."""

    path: str


@dataclass(frozen=True)
class Remove:
    """Remove a file, link or folder of ours; nothing where it is not there."""

    path: str


@dataclass(frozen=True)
class Rename:
    """One rename: what was staged becomes what is used. path must not be there yet."""

    source: str
    path: str


@dataclass(frozen=True)
class Seal:
    """Note the hashes of what is in a folder that is whole, and take the right to write from it.

    marks: entries that every use looks at (`devenv.system.seals`). read_only False: only note it.
    without: entries that take no part.
    """

    path: str
    marks: tuple[str, ...] = ()
    read_only: bool = True
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clone:
    """Clone a git repository into path (which must not be there).

    ref: a branch, tag or commit, empty for the default branch. depth 0: the whole history where it can
    be had. submodules: taken along. branch: to be on; where the repository has none such, it is made
    here, from ref.
    """

    url: str
    path: str
    ref: str = ""
    depth: int = 0
    submodules: bool = True
    branch: str = ""


@dataclass(frozen=True)
class Parallel:
    """Chains that do not depend on each other: each in its own order, all at once as cores allow."""

    title: str
    chains: tuple[tuple[Step, ...], ...]


Step = Run | Write | Link | Copy | Relocate | MakeFolder | Remove | Rename | Seal | Clone | Parallel


@dataclass(frozen=True)
class Plan:
    """Steps in order. unknown: what a dry run cannot know yet, in words."""

    title: str
    steps: tuple[Step, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps)


def flattened(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every simple step, in order."""
    for step in steps:
        if isinstance(step, Parallel):
            for chain in step.chains:
                yield from flattened(chain)
        else:
            yield step


def describe(step: Step) -> str:
    """The step as a line of shell that a person could type."""
    if isinstance(step, Run):
        sets = [f"{name}={shlex.quote(value)}" for name, value in step.env]
        line = " ".join([*sets, shlex.join(step.argv)])
        return f"cd {shlex.quote(step.cwd)} && {line}" if step.cwd else line
    if isinstance(step, Clone):
        ref = f" --branch {shlex.quote(step.ref)}" if step.ref else ""
        return f"git clone{ref} {shlex.quote(step.url)} {shlex.quote(step.path)}"
    if isinstance(step, Write):
        return f"write {shlex.quote(step.path)}"
    if isinstance(step, Link):
        return f"ln -sfn {shlex.quote(step.target)} {shlex.quote(step.path)}"
    if isinstance(step, (Copy, Relocate)):
        return f"cp -rL {shlex.quote(step.source)} {shlex.quote(step.path)}"
    if isinstance(step, MakeFolder):
        return f"mkdir -p {shlex.quote(step.path)}"
    if isinstance(step, Remove):
        return f"rm -rf {shlex.quote(step.path)}"
    if isinstance(step, Seal):
        rights = f"chmod -R a-w {shlex.quote(step.path)}"
        return rights if step.read_only else f"# note the hashes of {step.path}"
    if isinstance(step, Rename):
        return f"mv {shlex.quote(step.source)} {shlex.quote(step.path)}"
    return step.title
