"""Repairs RPATHs and RECORD of a wheel without building it. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devenv.core.plan import MakeFolder, Plan, Run
from devenv.products.wheel.facts import Elf, Facts, expanded


@dataclass(frozen=True)
class Repath:
    """A new RPATH for a file. name: in the archive. forced: as DT_RPATH, which libraries inherit."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    forced: bool

    def __str__(self) -> str:
        before, after = (":".join(entries) or "nothing" for entries in (self.before, self.after))
        return f"{self.name}: RPATH {before} -> {after}"


def repaths(facts: Facts) -> tuple[Repath, ...]:
    """The files whose RPATH leads out of the wheel, or misses a library that is in the wheel."""
    return tuple(_repaths(facts))


def _repaths(facts: Facts) -> Iterator[Repath]:
    for elf in facts.elves:
        if elf.path.startswith("<prefix>"):
            continue  # the relative path to site-packages depends on the installation
        inside = tuple(entry for entry in elf.searched if _inside(entry, elf))
        after = tuple(dict.fromkeys((*inside, *_missing(elf, inside, facts))))
        if after != elf.searched:
            yield Repath(elf.name, elf.searched, after, forced=not elf.runpath)


def _inside(entry: str, elf: Elf) -> bool:
    place = expanded(entry, elf.path)
    return place is not None and not place.startswith("..")


def _missing(elf: Elf, entries: Sequence[str], facts: Facts) -> Iterator[str]:
    """New entries for needed libraries of the wheel that `entries` do not reach."""
    folders = [expanded(entry, elf.path) for entry in entries]
    for library in elf.needed:
        places = [posixpath.dirname(path) for path in facts.by_library.get(library, ())]
        if places and not set(places) & set(folders):
            relative = posixpath.relpath(places[0], posixpath.dirname(elf.path))
            yield "$ORIGIN" if relative == "." else f"$ORIGIN/{relative}"


def plan_repair(facts: Facts, folder: str, out: str, python: Sequence[str], patchelf: str) -> Plan:
    """The plan that repairs the unpacked wheel in `folder` and packs it, under the same name, in `out`.

    python: the argv of a Python with the module `wheel`, which also rewrites RECORD.
    """
    patches = tuple(_patch(one, folder, patchelf) for one in repaths(facts))
    pack = Run((*python, "-m", "wheel", "pack", "--dest-dir", out, folder), title="pack")
    return Plan(f"repair {facts.file}", (*patches, MakeFolder(out), pack))


def _patch(one: Repath, folder: str, patchelf: str) -> Run:
    how = ("--force-rpath",) if one.forced and one.after else ()
    what = ("--set-rpath", ":".join(one.after)) if one.after else ("--remove-rpath",)
    return Run((patchelf, *how, *what, f"{folder}/{one.name}"), title=f"patchelf {one.name}")
