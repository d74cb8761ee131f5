"""Finds features in a wheel built by zig that cannot work. Pure.

Measured: zig links libc++ statically into each library. An exception thrown in one library is not caught
by its type in another, and code compiled by gcc crashes. Libraries of the distribution need a newer
glibc.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from devenv.products.wheel.facts import Elf, Facts
from devenv.products.wheel.platforms import Platform


def refusals(
    facts: Facts, platform: Platform | None, exclude: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """(what, fix) for each reason why the wheel must not be used."""
    for elf in facts.elves:
        for library in elf.needed:
            for path in facts.by_library.get(library, ()):
                if set(elf.imports) & set(facts.by_path[path].exports):
                    yield _shared_cxx(elf, path)
    allowed = platform.libraries if platform and platform.libraries else frozenset()
    for elf in facts.elves:
        for library in elf.needed:
            known = library in allowed or library in facts.by_library
            if not known and not any(fnmatchcase(library, one) for one in exclude):
                yield _of_this_machine(elf, library)


def _shared_cxx(elf: Elf, path: str) -> tuple[str, str]:
    what = (
        f"{elf.path} and {path} share C++ code, and zig gives each a libc++ of its own: exceptions and"
        " RTTI do not work across them"
    )
    return what, "Build in a manylinux image: --in IMAGE."


def _of_this_machine(elf: Elf, library: str) -> tuple[str, str]:
    what = f"{elf.path} needs {library} of this machine, which was built for a newer glibc"
    fix = (
        "Build that library with zig as well, exclude it ([tool.devenv.wheel.repair] exclude), or build"
        " in an image: --in IMAGE."
    )
    return what, fix
