"""The clone of a `toolchain` as the disk has it: the hash of each file that is compiled.

Hashes are kept beside the build, with the size and the times of each file: what was not written since
is not read again. Nothing is written into the clone.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from devenv.core.errors import DevenvError, UsageError
from devenv.core.plan import Link, Plan, RemovePath, Step, Write
from devenv.sources.toolchain import PYTHON, SourceTree, is_content, is_live
from devenv.system import git
from devenv.system.os_errors import reporting
from devenv.system.snapshot import file_facts

SEEN = "seen.json"
COMPILED = "compiled.json"
_TICK = 100_000_000
"""Nanoseconds: a file written so recently may be written again within one tick of its clock."""
_SUBMODULE = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)

Seen = dict[str, list[Any]]
"""Name -> [size, time of the content, time of the entry, hash] of files as they were hashed."""


def read_tree(path: Path, work: Path | None = None) -> tuple[SourceTree, Seen]:
    """The present state of the clone. work: a folder with hashes of an earlier time.

    StateError for a file that cannot be read.
    """
    known, found, live = _seen(work), Seen(), list[str]()
    with reporting(path):
        for name in _names(path):
            if is_live(name):
                live.append(name.removeprefix(f"{PYTHON}/"))
            elif is_content(name) and (entry := _entry(path, name, known.get(name))):
                found[name] = entry
    tree = SourceTree(str(path), {n: e[3] for n, e in found.items()}, tuple(sorted(live)))
    return tree, found


def begin_step(work: str, tree: SourceTree) -> Plan:
    """A plan that records what is about to be compiled."""
    return Plan("content", (Write(f"{work}/{COMPILED}", json.dumps({"files": dict(tree.files)})),))


def end_step(work: str, tree: SourceTree, seen: Seen) -> Plan:
    """A plan that records what was compiled, and keeps the hashes for the next time."""
    now = time.time_ns()
    kept = {n: e for n, e in seen.items() if max(e[1], e[2]) < now - _TICK}
    done = json.dumps({"files": dict(tree.files), "end": now})
    steps = (Write(f"{work}/{SEEN}", json.dumps(kept)), Write(f"{work}/{COMPILED}", done))
    return Plan("content", steps)


def unnoticed(work: Path, seen: Seen) -> tuple[str, ...]:
    """Files whose content is not what was compiled last, and which ninja may take for unchanged: it goes
    by times, and theirs is not later than that build (``cp -p``, an edit while it was compiled)."""
    try:
        last = json.loads((work / COMPILED).read_text(encoding="utf-8"))
        files, end = last["files"], last.get("end", time.time_ns())
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(n for n, e in seen.items() if n in files and files[n] != e[3] and e[1] <= end)


def dependents(listing: str, names: Collection[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The outputs that were compiled from one of these files, by the output of ``ninja -t deps``, and
    the files that are not in it."""
    found, known, output = dict[str, None](), set[str](), ""
    for line in listing.splitlines():
        if not line.startswith(" "):
            output = line.partition(": #deps")[0]
        elif name := _name_in(line, names):
            known.add(name)
            found[output] = None
    return tuple(found), frozenset(names) - known


def inputs_among(listing: str, names: Collection[str]) -> frozenset[str]:
    """Those of the files that CMake reads, by the output of ``ninja -t query build.ninja``."""
    return frozenset(filter(None, (_name_in(line, names) for line in listing.splitlines())))


def _name_in(line: str, names: Collection[str]) -> str:
    """The longest: a folder in the clone may be called src, as the link to the clone is."""
    return max((name for name in names if line.endswith(f"src/{name}")), key=len, default="")


def _seen(work: Path | None) -> Mapping[str, list[Any]]:
    with suppress(OSError, ValueError):
        if work:
            found: Seen = json.loads((work / SEEN).read_text(encoding="utf-8"))
            return found
    return {}


def _entry(top: Path, name: str, known: list[Any] | None) -> list[Any] | None:
    """None for a file that is tracked and was deleted."""
    path = top / name
    try:
        stat = path.lstat()
    except FileNotFoundError:
        return None
    facts = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    # The times of a link say nothing of the file that it leads to.
    if known and known[:3] == facts and not path.is_symlink():
        return known
    kind, found = file_facts(path, top)
    # As in the hashes that are kept beside builds.
    return [*facts, found if kind == "-" else f"{kind} {found}"]


def _names(path: Path) -> Iterator[str]:
    """The files of the clone and of its submodules, relative to it; of what git ignores none."""
    try:
        listed = git.tracked_and_untracked(path)
    except DevenvError:
        listed = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    for name in listed:
        entry = path / name
        if entry.is_dir() and not entry.is_symlink():
            yield from (f"{name}/{one}" for one in _below(entry))
        else:
            yield name


def _below(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        front = os.path.relpath(root, folder)
        folders[:] = sorted(name for name in folders if not name.startswith((".git", "build")))
        for name in sorted(names):
            if not name.startswith(".git"):
                yield name if front == "." else f"{front}/{name}"


def git_folder(path: Path) -> str:
    """The git directory whose work tree the clone is; empty for none."""
    if git.top_level(path) != path.resolve():
        return ""
    return str(git.folders(path)[0])


def require_neuron(path: Path) -> None:
    """UsageError for a directory that is not a source tree of NEURON."""
    for name in ("CMakeLists.txt", PYTHON, "src"):
        if not (path / name).exists():
            raise UsageError(
                f"{path} is not a source tree of NEURON: there is no {name}",
                fix="Clone it: devenv develop neuron --git URL; or name its folder: --path DIR",
            )


def empty_submodules(path: Path) -> tuple[str, ...]:
    """The submodules, at any depth, that are empty in the clone; relative paths."""
    return tuple(_empty(path, ""))


def _empty(path: Path, front: str) -> Iterator[str]:
    file = path / front / ".gitmodules"
    if not file.is_file():
        return
    for name in _SUBMODULE.findall(file.read_text(encoding="utf-8", errors="replace")):
        whole = f"{front}{name}"
        folder = path / whole
        if not folder.is_dir() or not any(folder.iterdir()):
            yield whole
        else:
            yield from _empty(path, f"{whole}/")


def source_links(folder: Path, path: str, replaced: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps that make `folder` the clone at `path` by links; none where it is so already.

    replaced: what of the clone is elsewhere -> where.
    """
    wanted = layout_of(path, replaced)
    if wanted[0][0] == "":
        same = folder.is_symlink() and str(folder.readlink()) == path
        return () if same else (RemovePath(str(folder)), Link(str(folder), path))
    found = {
        str((Path(root, name)).relative_to(folder)): str(Path(root, name).readlink())
        for root, folders, names in os.walk(folder)
        for name in (*folders, *names)
        if Path(root, name).is_symlink()
    }
    if found == dict(wanted):
        return ()
    return (RemovePath(str(folder)), *(Link(str(folder / name), target) for name, target in wanted))


def layout_of(path: str, replaced: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """(name, target) of each link, relative to the folder. Where nothing is replaced, it is one link:
    ("", the clone)."""
    if not replaced:
        return (("", path),)
    return tuple(_links(Path(path), "", replaced))


def _links(path: Path, front: str, replaced: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A directory that holds a replaced one is made of links; all others are one link."""
    for entry in sorted((path / front).iterdir()):
        name = f"{front}{entry.name}"
        if name in replaced:
            yield name, replaced[name]
        elif any(one.startswith(f"{name}/") for one in replaced):
            yield from _links(path, f"{name}/", replaced)
        else:
            yield name, str(entry)
