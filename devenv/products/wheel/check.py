"""Judges a wheel: each check takes its facts and yields findings. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from devenv.core.result import Finding, Severity
from devenv.products.wheel.facts import Elf, Facts, File, expanded, installed_path
from devenv.products.wheel.platforms import MACHINES, Platform

LARGE = 100 << 20
"""Bytes of a wheel above which the public index wants to be asked first."""

_LOADER = re.compile(r"ld-linux.*|ld64\.so.*|ld-musl.*|libc\.musl-.*|linux-vdso.*")
_PYTHON = re.compile(r"libpython3.*\.so.*")


@dataclass(frozen=True)
class Allowed:
    """A finding that is known and meant. id, path, library: patterns (``*``). reason: for people."""

    id: str
    reason: str
    path: str = "*"
    library: str = "*"


@dataclass(frozen=True)
class Opened:
    """Libraries that the files at `path` (a pattern) open at run time, by name."""

    path: str
    libraries: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """What a project says of its wheels. opens: what dlopen will ask for. host: libraries of the host."""

    allow: tuple[Allowed, ...] = ()
    opens: tuple[Opened, ...] = ()
    host: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What is judged. platform: None for a wheel that is not for Linux."""

    facts: Facts
    platform: Platform | None
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class Located:
    """A finding with the file and the library that it is about, which an allowance names."""

    finding: Finding
    path: str = ""
    library: str = ""


def judge(subject: Subject) -> tuple[Finding, ...]:
    """All findings about one wheel; those that the policy allows become notes with its reason."""
    found = [one for check in CHECKS for one in check(subject)]
    return tuple(_allowed(one, subject.policy) for one in found)


def _allowed(one: Located, policy: Policy) -> Finding:
    for allowed in policy.allow:
        names = (
            (one.finding.id, allowed.id),
            (one.path, allowed.path),
            (one.library, allowed.library),
        )
        if all(fnmatchcase(name, pattern) for name, pattern in names):
            return Finding(one.finding.id, "note", one.finding.what, f"allowed: {allowed.reason}")
    return one.finding


def _located(
    id_: str,
    severity: Severity,
    path: str,
    what: str,
    why: str = "",
    fix: str = "",
    library: str = "",
) -> Located:
    return Located(Finding(id_, severity, what, why, fix), path, library)


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
        return _located(
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
    return _located(
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
    """Entries of RPATHs that lead out of the wheel: a folder of the build, or of one machine."""
    for elf in subject.facts.elves:
        for entry in elf.searched:
            place = expanded(entry, elf.path)
            if place is not None and not place.startswith(".."):
                continue
            what = (
                "leads out of site-packages" if place else "is a path of the machine that built it"
            )
            yield _located(
                "wheel-foreign-rpath",
                "error",
                elf.path,
                f"{elf.path}: {entry!r} in its RPATH {what}",
                "Whoever can write there decides which libraries are loaded.",
                "devenv wheel check --fix, which removes it",
            )


def symbols(subject: Subject) -> Iterator[Located]:
    """Versions of symbols that systems of the wheel's tag need not have."""
    platform = subject.platform
    if platform is None or not platform.versions:
        return
    for elf in subject.facts.elves:
        for library, versions in elf.versions.items():
            if library in subject.facts.by_library:
                continue
            new = [version for version in versions if _too_new(version, platform)]
            if new:
                yield _located(
                    "wheel-too-recent",
                    "error",
                    elf.path,
                    f"{elf.path} needs {', '.join(new)} of {library}",
                    f"Systems of {platform.tag} need not have them.",
                    "Build on an older system (an older manylinux image), or give the wheel its real tag:"
                    " auditwheel show",
                    library,
                )


def _too_new(version: str, platform: Platform) -> bool:
    prefix, _, number = version.partition("_")
    known = platform.versions.get(prefix)
    return known is not None and bool(number) and number not in known


def tags(subject: Subject) -> Iterator[Located]:
    """A tag that does not say what is in the wheel."""
    facts, platform = subject.facts, subject.platform
    pure = "any" in facts.platforms
    if pure and facts.elves:
        yield _located(
            "wheel-tag",
            "error",
            facts.elves[0].path,
            f"{facts.file} is for any platform, but holds {facts.elves[0].path}",
            fix="Build it as a platform wheel.",
        )
    if platform is None:
        return
    if not platform.tag:
        yield _located(
            "wheel-tag",
            "error",
            "",
            f"{facts.file}: auditwheel knows no platform {' or '.join(facts.platforms)}",
            fix="Repair it with a newer auditwheel, or correct the tag.",
        )
    elif platform.libraries is None:
        yield _located(
            "wheel-tag",
            "warning",
            "",
            f"{facts.file} has the tag {platform.tag}, which package indexes refuse",
            "It promises nothing about the systems that it runs on.",
            "auditwheel repair",
        )
    for elf in facts.elves:
        if elf.machine and elf.machine != MACHINES.get(platform.machine):
            what = f"{elf.path} is for {elf.machine}, the wheel for {platform.machine}"
            yield _located("wheel-tag", "error", elf.path, what, fix="Build it anew.")


def record(subject: Subject) -> Iterator[Located]:
    """RECORD against the contents: pip and uv install a wheel with wrong hashes without a word."""
    facts = subject.facts
    signatures = {f"{facts.dist_info}/RECORD{suffix}" for suffix in ("", ".jws", ".p7s")}
    fix = "devenv wheel check --fix, which writes it anew"
    for file in facts.files:
        if file.name in signatures:
            continue
        wrong = _recorded_wrongly(file, facts.record.get(posixpath.normpath(file.name)))
        if wrong:
            yield _located(
                "wheel-record", "error", installed_path(file.name), f"{file.name}: {wrong}", "", fix
            )
    for name in facts.record.keys() - {posixpath.normpath(file.name) for file in facts.files}:
        what = f"{name} is in RECORD but not in the wheel"
        yield _located("wheel-record", "error", name, what, "", fix)


def _recorded_wrongly(file: File, row: tuple[str, str] | None) -> str:
    if row is None:
        return "not in RECORD"
    digest, size = row
    if not digest:
        return "RECORD has no hash of it"
    if digest.startswith("sha256=") and digest.rstrip("=") != file.digest:
        return "its content is not what RECORD says"
    if size and size != str(file.size):
        return f"it has {file.size} bytes, RECORD says {size}"
    return ""


def stable_abi(subject: Subject) -> Iterator[Located]:
    """Functions that a wheel for the stable ABI takes and a later Python may lack."""
    if not subject.facts.stable_abi:
        return
    from abi3info import DATAS, FUNCTIONS
    from abi3info.models import Symbol

    known = {*FUNCTIONS, *DATAS}
    for elf in subject.facts.elves:
        wrong = [name for name in elf.python if Symbol(name) not in known]
        if wrong:
            yield _located(
                "wheel-abi3",
                "error",
                elf.path,
                f"{elf.path} takes {', '.join(wrong[:5])}, which the stable ABI does not have",
                fix="Compile with Py_LIMITED_API, or give the wheel the tag of one Python.",
            )


def licences(subject: Subject) -> Iterator[Located]:
    """Grafted libraries whose licence does not come along."""
    texts = " ".join(
        f"{name} {text}".lower()
        for name, text in subject.facts.texts.items()
        if "licen" in name.lower() or "copying" in name.lower()
    )
    names = [_stem(elf.path) for elf in subject.facts.grafted]
    missing = sorted({name for name in names if name.removeprefix("lib").lower() not in texts})
    if missing:
        yield _located(
            "wheel-licence",
            "warning",
            "",
            f"no licence text in the wheel names {', '.join(missing)}",
            "They were grafted into it, and most licences want their text to go with every copy.",
            "Add the texts to the project's license-files.",
            ",".join(missing),
        )


def _stem(path: str) -> str:
    """``NAME.libs/libbz2-a1b2c3.so.1.0`` -> ``libbz2``"""
    return re.split(r"[-.]", posixpath.basename(path))[0]


def size(subject: Subject) -> Iterator[Located]:
    """A wheel that the public index does not take without being asked."""
    facts = subject.facts
    if facts.size > LARGE:
        what = f"{facts.file} has {facts.size / 1e6:.0f} MB"
        why = f"The public index takes {LARGE >> 20} MiB without being asked."
        yield _located("wheel-size", "warning", "", what, why, "Strip debug symbols, or ask it.")


CHECKS: tuple[Callable[[Subject], Iterator[Located]], ...] = (
    unreachable,
    foreign_paths,
    symbols,
    tags,
    record,
    stable_abi,
    licences,
    size,
)


def shared_files(wheels: Sequence[Facts]) -> Iterator[Finding]:
    """Files that wheels of different distributions both install: the later one wins, without a word."""
    owners: dict[str, dict[str, str]] = {}
    for facts in wheels:
        for file in facts.files:
            owners.setdefault(installed_path(file.name), {})[facts.name] = file.digest
    clashes: dict[tuple[str, ...], list[tuple[str, Mapping[str, str]]]] = {}
    for path, names in owners.items():
        if len(names) > 1:
            clashes.setdefault(tuple(sorted(names)), []).append((path, names))
    for both, paths in clashes.items():
        differ = [path for path, names in paths if len(set(names.values())) > 1]
        yield Finding(
            "wheel-clash",
            "error" if differ else "warning",
            f"{' and '.join(both)} both install {(differ or [paths[0][0]])[0]}"
            + (f" and {len(paths) - 1} more files" if len(paths) > 1 else ""),
            "Which one stays depends on the order of the installation."
            + ("" if differ else " Today they are the same."),
            "Ship it in one of them.",
        )
