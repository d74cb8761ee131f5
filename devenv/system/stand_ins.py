"""Empty wheels that represent distributions installed elsewhere, so that a resolver respects them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

LABEL = "+devenv"
"""A local version: no release on an index has it, and specifiers ignore it (PEP 440)."""

_MARKER = re.compile(r"(?<=\w)\{[^}]*\}")


def write_stand_ins(folder: Path, provided: Mapping[str, str]) -> tuple[str, ...]:
    """Write a wheel for each distribution (name -> version); constraints that select them."""
    folder.mkdir()
    for name, version in provided.items():
        _write_wheel(folder, name.replace("-", "_"), f"{version}{LABEL}")
    return tuple(f"{name}=={version}{LABEL}" for name, version in provided.items())


def _write_wheel(folder: Path, name: str, version: str) -> None:
    info = f"{name}-{version}.dist-info"
    wheel = "Wheel-Version: 1.0\nGenerator: devenv\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", text)
        archive.writestr(f"{info}/WHEEL", wheel)
        archive.writestr(f"{info}/RECORD", "")


def without_stand_ins(lines: Iterable[str], provided: Collection[str]) -> tuple[str, ...]:
    """The lines of a requirements file without the stand-ins and their hashes."""
    kept, skipping = [], False
    for line in lines:
        if line[:1].strip():
            name, _, version = line.partition("==")
            skipping = name in provided and version.partition(" ")[0].endswith(LABEL)
        if not skipping:
            kept.append(line)
    return tuple(kept)


def is_about_stand_ins(message: str) -> bool:
    """Whether a resolver found no solution because of a stand-in."""
    return LABEL in message


def in_words(message: str) -> str:
    """The message of a resolver, with stand-ins replaced by the distributions they represent."""
    return _MARKER.sub("", message.replace(LABEL, ""))
