"""Checks the tag, the RECORD, the licences and the size of a wheel. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from email.parser import HeaderParser

from packaging.utils import canonicalize_name, canonicalize_version

from devenv.core.result import Finding
from devenv.products.wheel.facts import Facts, WheelFile, installed_path
from devenv.products.wheel.platforms import MACHINES
from devenv.products.wheel.rules import Located, Subject, located

LARGE = 100 << 20
"""Size in bytes above which the public index requires a request first."""


def tags(subject: Subject) -> Iterator[Located]:
    """Tags that do not match the contents of the wheel."""
    facts, platform = subject.facts, subject.platform
    pure = "any" in facts.platforms
    if pure and facts.elves:
        yield located(
            "wheel-tag",
            "error",
            facts.elves[0].path,
            f"{facts.file} is for any platform, but holds {facts.elves[0].path}",
            fix="Build it as a platform wheel.",
        )
    if platform is None:
        return
    if not platform.tag:
        yield located(
            "wheel-tag",
            "error",
            "",
            f"{facts.file}: auditwheel knows no platform {' or '.join(facts.platforms)}",
            fix="Repair it with a newer auditwheel, or correct the tag.",
        )
    elif platform.libraries is None:
        yield located(
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
            yield located("wheel-tag", "error", elf.path, what, fix="Build it again.")


def identity(subject: Subject) -> Iterator[Located]:
    """Metadata that installers compare with the name of the wheel, or miss."""
    facts, fix = subject.facts, "Build it again, and do not rename it."
    if "WHEEL" not in facts.texts:
        what = f"{facts.file} has no {facts.dist_info}/WHEEL"
        yield located("wheel-metadata", "error", "", what, fix=fix)
    headers = HeaderParser().parsestr(facts.texts.get("METADATA", ""))
    name, _, version = facts.dist_info.removesuffix(".dist-info").rpartition("-")
    described = {
        "METADATA": (headers.get("Name", ""), headers.get("Version", "")),
        facts.dist_info: (name, version),
    }
    for where, both in described.items():
        if _plain(*both) != _plain(facts.name, facts.version):
            what = f"{facts.file}: its {where} is of {' '.join(filter(None, both)) or 'nothing'}"
            yield located("wheel-metadata", "error", "", what, "Installers refuse it.", fix)


def _plain(name: str, version: str) -> tuple[str, str]:
    return canonicalize_name(name), canonicalize_version(version)


def record(subject: Subject) -> Iterator[Located]:
    """Differences between RECORD and the contents. pip and uv silently install a wheel with wrong
    hashes.
    """
    facts = subject.facts
    signatures = {f"{facts.dist_info}/RECORD{suffix}" for suffix in ("", ".jws", ".p7s")}
    fix = "devenv wheel check --fix, which rewrites it"
    for file in facts.files:
        if file.name in signatures:
            continue
        wrong = _record_error(file, facts.record.get(posixpath.normpath(file.name)))
        if wrong:
            yield located(
                "wheel-record", "error", installed_path(file.name), f"{file.name}: {wrong}", "", fix
            )
    for name in facts.record.keys() - {posixpath.normpath(file.name) for file in facts.files}:
        what = f"{name} is in RECORD but not in the wheel"
        yield located("wheel-record", "error", name, what, "", fix)


def _record_error(file: WheelFile, row: tuple[str, str] | None) -> str:
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
    """Functions that a wheel for the stable ABI uses and a later Python may lack."""
    if not subject.facts.stable_abi:
        return
    from abi3info import DATAS, FUNCTIONS
    from abi3info.models import Symbol

    known = {*FUNCTIONS, *DATAS}
    for elf in subject.facts.elves:
        wrong = [name for name in elf.python if Symbol(name) not in known]
        if wrong:
            yield located(
                "wheel-abi3",
                "error",
                elf.path,
                f"{elf.path} takes {', '.join(wrong[:5])}, which the stable ABI does not have",
                fix="Compile with Py_LIMITED_API, or give the wheel the tag of one Python.",
            )


def licences(subject: Subject) -> Iterator[Located]:
    """Grafted libraries without a licence text in the wheel."""
    texts = " ".join(
        f"{name} {text}".lower()
        for name, text in subject.facts.texts.items()
        if "licen" in name.lower() or "copying" in name.lower()
    )
    names = [_stem(elf.path) for elf in subject.facts.grafted]
    missing = sorted({name for name in names if name.removeprefix("lib").lower() not in texts})
    if missing:
        yield located(
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
    """A wheel that is too large for the public index without a request."""
    facts = subject.facts
    if facts.size > LARGE:
        what = f"{facts.file} has {facts.size / 1e6:.0f} MB"
        why = f"The public index takes {LARGE >> 20} MiB without being asked."
        yield located("wheel-size", "warning", "", what, why, "Strip debug symbols, or ask it.")


def shared_files(wheels: Sequence[Facts]) -> Iterator[Finding]:
    """Files that wheels of different distributions both install: the later one silently wins."""
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
