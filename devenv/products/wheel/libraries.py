"""Checks that the loader will find the libraries that a wheel needs. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from devenv.products.wheel.facts import Elf, Facts, expanded
from devenv.products.wheel.platforms import Platform
from devenv.products.wheel.rules import Located, Subject, located

_LOADER = re.compile(r"ld-linux.*|ld64\.so.*|ld-musl.*|libc\.musl-.*|linux-vdso.*")
_PYTHON = re.compile(r"libpython3.*\.so.*")


def unreachable(subject: Subject) -> Iterator[Located]:
    """Libraries that the loader will not find: neither in the wheel nor on every system of its tag."""
    for elf in subject.facts.elves:
        for library in elf.needed:
            if not _on_system(library, subject) and not _reached(elf, library, subject.facts):
                yield _unreachable(elf, library, subject, "needs")
    for opened in subject.policy.opens:
        for elf in subject.facts.elves:
            if fnmatchcase(elf.path, opened.path):
                for library in opened.libraries:
                    if not _on_system(library, subject) and not _reached(
                        elf, library, subject.facts
                    ):
                        yield _unreachable(elf, library, subject, "opens")


def _reached(elf: Elf, library: str, facts: Facts) -> bool:
    if "/" in library:
        place = expanded(library, elf.path)
        return place in facts.by_path
    return any(
        posixpath.normpath(f"{folder}/{library}") in facts.by_path for folder in elf.folders()
    )


def _on_system(library: str, subject: Subject) -> bool:
    if _LOADER.fullmatch(library) or any(fnmatchcase(library, p) for p in subject.policy.host):
        return True
    inside = library in subject.facts.by_library
    platform = subject.platform
    if platform is None or platform.libraries is None:
        return not inside
    return library in platform.libraries


def _unreachable(elf: Elf, library: str, subject: Subject, verb: str) -> Located:
    places = subject.facts.by_library.get(library, ())
    searched = ":".join(elf.searched) or "nothing"
    if places:
        want = posixpath.relpath(posixpath.dirname(places[0]), posixpath.dirname(elf.path))
        entry = "$ORIGIN" if want == "." else f"$ORIGIN/{want}"
        return located(
            "wheel-unreachable",
            "error",
            elf.path,
            f"{elf.path} {verb} {library}, which its RPATH does not lead to",
            f"{library} is in the wheel at {places[0]}; searched: {searched}",
            f"devenv wheel check --fix, which adds {entry}",
            library,
        )
    tag = subject.platform.tag if subject.platform else ""
    python = bool(_PYTHON.fullmatch(library))
    return located(
        "wheel-not-grafted",
        "error",
        elf.path,
        f"{elf.path} {verb} {library}, which is neither in the wheel nor on every {tag} system",
        "An extension module must not be linked to libpython: not every Python has one."
        if python
        else f"searched: {searched}",
        "Link without it."
        if python
        else "Repair the wheel with auditwheel, which grafts it; or allow it, with a reason, where it is"
        " loaded beforehand.",
        library,
    )


def foreign_paths(subject: Subject) -> Iterator[Located]:
    """RPATH entries that lead out of the wheel, such as a folder of the build machine."""
    for elf in subject.facts.elves:
        for entry in elf.searched:
            place = expanded(entry, elf.path)
            if place is not None and not place.startswith(".."):
                continue
            what = (
                "leads out of site-packages" if place else "is a path of the machine that built it"
            )
            yield located(
                "wheel-foreign-rpath",
                "error",
                elf.path,
                f"{elf.path}: {entry!r} in its RPATH {what}",
                "Whoever can write there decides which libraries are loaded.",
                "devenv wheel check --fix, which removes it",
            )


def symbols(subject: Subject) -> Iterator[Located]:
    """Symbol versions that are not guaranteed on systems of the wheel's tag."""
    platform = subject.platform
    if platform is None or not platform.versions:
        return
    for elf in subject.facts.elves:
        for library, versions in elf.versions.items():
            if library in subject.facts.by_library:
                continue
            new = [version for version in versions if _too_new(version, platform)]
            if new:
                yield located(
                    "wheel-too-recent",
                    "error",
                    elf.path,
                    f"{elf.path} needs {', '.join(new)} of {library}",
                    f"Systems of {platform.tag} need not have them.",
                    "Build on an older system (an older manylinux image), or give the wheel its real"
                    " tag: auditwheel show",
                    library,
                )


def _too_new(version: str, platform: Platform) -> bool:
    prefix, _, number = version.partition("_")
    known = platform.versions.get(prefix)
    return known is not None and bool(number) and number not in known
