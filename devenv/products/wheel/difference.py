"""Describes the differences between two wheels of one distribution. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from devenv.products.wheel.facts import Elf, Facts, installed_path

_SHOWN = 10
"""Maximum number of file names in one line; further ones are only counted."""


def differences(old: Facts, new: Facts) -> tuple[str, ...]:
    """The differences, one line each; empty if both wheels install the same."""
    return tuple(_differences(old, new))


def _differences(old: Facts, new: Facts) -> Iterator[str]:
    if old.version != new.version:
        yield f"version: {old.version} -> {new.version}"
    if old.tags != new.tags:
        yield f"tags: {' '.join(old.tags)} -> {' '.join(new.tags)}"
    yield from _files(old, new)
    yield from _libraries(old, new)
    yield from _symbols(old, new)
    if old.size != new.size:
        percent = 100 * (new.size - old.size) / old.size
        yield f"size: {old.size / 1e6:.1f} MB -> {new.size / 1e6:.1f} MB ({percent:+.1f} %)"


def _files(old: Facts, new: Facts) -> Iterator[str]:
    before, after = _digests(old), _digests(new)
    yield from _listed("files added", after.keys() - before.keys())
    yield from _listed("files removed", before.keys() - after.keys())
    changed = (path for path in before.keys() & after.keys() if before[path] != after[path])
    yield from _listed("files changed", changed)


def _digests(facts: Facts) -> dict[str, str]:
    """Path -> digest. The version in dist-info's name is removed, since it is reported separately."""
    files = (file for file in facts.files if not file.name.endswith(".dist-info/RECORD"))
    return {
        re.sub(r"^[^/]+\.(dist-info|data)/", r"\1/", installed_path(file.name)): file.digest
        for file in files
    }


def _libraries(old: Facts, new: Facts) -> Iterator[str]:
    """Differences in needed libraries and search paths. Hashes in names of grafted libraries are
    ignored.
    """
    before, after = ({_plain(e.path): e for e in facts.elves} for facts in (old, new))
    for path in sorted(before.keys() & after.keys()):
        was, now = before[path], after[path]
        yield from _words(f"{path} needs", map(_plain, was.needed), map(_plain, now.needed))
        if was.searched != now.searched:
            yield f"{path}: RPATH {':'.join(was.searched)} -> {':'.join(now.searched)}"


def _plain(path: str) -> str:
    return re.sub(r"-[0-9a-f]{8}(?=[.])", "", path)


def _words(title: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = set(old), set(new)
    words = [*(f"+{word}" for word in sorted(after - before))]
    words += [f"-{word}" for word in sorted(before - after)]
    if words:
        yield f"{title}: {' '.join(words)}"


def _symbols(old: Facts, new: Facts) -> Iterator[str]:
    before, after = _newest(old.elves), _newest(new.elves)
    for prefix in sorted(before.keys() | after.keys()):
        if before.get(prefix) != after.get(prefix):
            was, now = (_dotted(versions.get(prefix)) for versions in (before, after))
            yield f"newest {prefix} needed: {was} -> {now}"


def _newest(elves: Iterable[Elf]) -> Mapping[str, tuple[int, ...]]:
    newest: dict[str, tuple[int, ...]] = {}
    for version in (v for elf in elves for versions in elf.versions.values() for v in versions):
        prefix, _, number = version.partition("_")
        if re.fullmatch(r"[0-9.]+", number):
            parts = tuple(map(int, number.split(".")))
            newest[prefix] = max(parts, newest.get(prefix, parts))
    return newest


def _dotted(parts: tuple[int, ...] | None) -> str:
    return ".".join(map(str, parts)) if parts else "none"


def _listed(title: str, paths: Iterable[str]) -> Iterator[str]:
    ordered = sorted(paths, key=lambda path: (posixpath.splitext(path)[1] != ".so", path))
    if ordered:
        more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
        yield f"{title}: {', '.join(ordered[:_SHOWN])}{more}"
