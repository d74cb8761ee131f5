"""Reads a wheel without unpacking it to disk: its files, its RECORD and its ELF files."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from devenv.core.errors import StateError, UsageError
from devenv.products.wheel.facts import Elf, Facts, WheelFile, installed_path

LARGEST = 4 << 30
"""Maximum unpacked size in bytes; a larger wheel is considered a zip bomb."""

_MAGIC = b"\x7fELF"
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, RuntimeError, NotImplementedError, EOFError, ValueError),
)
"""What zipfile raises for a damaged archive."""
_MISREAD = (ValueError, LookupError, AssertionError, AttributeError, TypeError, ArithmeticError)
"""What pyelftools raises for a damaged file, beside its own errors."""
_MOST = 1000
"""More libraries with versioned symbols than any file has."""
_TEXTS = ("METADATA", "WHEEL", "entry_points.txt", "top_level.txt")


def facts_of(path: Path, *, symbols: bool = False) -> Facts:
    """The facts about a wheel that the checks need. UsageError if it is not a wheel, or not safe to
    open.

    symbols: whether to include C++ symbols.
    """
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, tags = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise UsageError(
            f"{path}: not the name of a wheel: {error}",
            fix="Keep the name that its build gave it: NAME-VERSION-PYTHON-ABI-PLATFORM.whl.",
        ) from None
    with _opened(path) as archive:
        names = _checked_names(path, archive)
        info = _dist_info(path, names)
        stable = symbols or any(tag.abi == "abi3" for tag in tags)
        files, elves = _contents(path, archive, names, stable)
        return Facts(
            file=path.name,
            name=str(name),
            version=str(version),
            tags=tuple(sorted(map(str, tags))),
            size=path.stat().st_size,
            files=files,
            elves=elves,
            record=_record(path, archive, info),
            dist_info=info,
            texts=dict(_info_texts(archive, names, info)),
        )


def unpack(path: Path, folder: Path) -> None:
    """Unpack the files of a wheel into `folder`, with their permissions. RECORD is not checked."""
    with _opened(path) as archive:
        for name in _checked_names(path, archive):
            place = Path(archive.extract(name, folder))
            place.chmod((archive.getinfo(name).external_attr >> 16) & 0o777 | 0o600)


def _opened(path: Path) -> zipfile.ZipFile:
    fix = "Build or download it again."
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file", fix="Check the path.") from None
    except _DAMAGED as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a zip archive"
        raise UsageError(f"cannot read the wheel {path}: {reason}", fix=fix) from None


def _checked_names(path: Path, archive: zipfile.ZipFile) -> list[str]:
    """The names of its files. UsageError for an archive that is not safe to unpack."""
    fix = "Do not install it; ask whoever built it."
    infos = archive.infolist()
    names = [info.filename for info in infos]
    for name in names:
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise UsageError(f"{path}: the file {name!r} would be unpacked elsewhere", fix=fix)
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"{path}: it has the file {twice!r} twice", fix=fix)
    if sum(info.file_size for info in infos) > LARGEST:
        raise UsageError(f"{path}: it unpacks to more than {LARGEST >> 30} GiB", fix=fix)
    folders = {posixpath.dirname(name.rstrip("/")) for name in names}
    if both := [name for name in names if name in folders]:
        raise UsageError(f"{path}: {both[0]!r} in it is a file and a directory", fix=fix)
    return [name for name in names if not name.endswith("/")]


def _dist_info(path: Path, names: list[str]) -> str:
    folders = {name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info")}
    if len(folders) != 1 or f"{next(iter(folders), '')}/METADATA" not in names:
        raise UsageError(
            f"{path}: not a wheel: it has {len(folders)} folders .dist-info with METADATA",
            fix="Build it again, with a build backend.",
        )
    return folders.pop()


def _contents(
    path: Path, archive: zipfile.ZipFile, names: list[str], stable: bool
) -> tuple[tuple[WheelFile, ...], tuple[Elf, ...]]:
    files, elves = [], []
    for name in names:
        try:
            file, data = _member(archive, name)
        except _DAMAGED as error:
            raise UsageError(
                f"{path}: the file {name} in it is damaged: {error}", fix="Build it again."
            ) from None
        files.append(file)
        if data:
            elves.append(elf_of(io.BytesIO(data), name, symbols=stable, within=f"{path}: "))
    return tuple(files), tuple(elves)


def _member(archive: zipfile.ZipFile, name: str) -> tuple[WheelFile, bytes]:
    """A file of the archive, and its content if it is an ELF file: others may not fit into memory."""
    with archive.open(name) as file:
        data = file.read(len(_MAGIC))
        is_elf, total, size = data == _MAGIC, hashlib.sha256(data), len(data)
        while block := file.read(-1 if is_elf else 1 << 20):
            total.update(block)
            size += len(block)
            data += block if is_elf else b""
    digest = base64.urlsafe_b64encode(total.digest()).rstrip(b"=").decode()
    return WheelFile(name, size, f"sha256={digest}"), data if is_elf else b""


def elf_of(file: IO[bytes], name: str, *, symbols: bool = False, within: str = "") -> Elf:
    """The dynamic section of an ELF file; StateError if it is damaged. within: for that message.

    symbols: whether to include those of CPython and C++, which takes most of the time.
    """
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    try:
        elf = ELFFile(file)
        dynamic = elf.get_section_by_name(".dynamic")
        entries = _tags(dynamic) if dynamic else {}
        imports, exports = _symbols(elf) if symbols else ((), ())
        return Elf(
            installed_path(name),
            name,
            soname=next(iter(entries.get("DT_SONAME", ())), ""),
            needed=entries.get("DT_NEEDED", ()),
            rpath=_entries(entries.get("DT_RPATH", ())),
            runpath=_entries(entries.get("DT_RUNPATH", ())),
            versions=_versions(elf),
            python=tuple(name for name in imports if name.startswith(("Py", "_Py"))),
            machine=elf["e_machine"],
            imports=tuple(name for name in imports if name.startswith("_Z")),
            exports=tuple(name for name in exports if name.startswith("_Z")),
        )
    except (ELFError, *_MISREAD) as error:
        raise StateError(
            f"{within}{name}: a damaged ELF file: {error}", fix="Build it again."
        ) from None


_NAMES = {
    "DT_SONAME": "soname",
    "DT_NEEDED": "needed",
    "DT_RPATH": "rpath",
    "DT_RUNPATH": "runpath",
}


def _tags(dynamic: Any) -> dict[str, tuple[str, ...]]:
    entries: dict[str, list[str]] = {}
    for tag in dynamic.iter_tags():
        if tag.entry.d_tag in _NAMES:
            entries.setdefault(tag.entry.d_tag, []).append(getattr(tag, _NAMES[tag.entry.d_tag]))
    return {name: tuple(values) for name, values in entries.items()}


def _entries(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(entry for value in values for entry in value.split(":") if entry)


def _versions(elf: Any) -> dict[str, tuple[str, ...]]:
    section = elf.get_section_by_name(".gnu.version_r")
    if section is None:
        return {}
    if section.num_versions() > _MOST:
        raise ValueError(f".gnu.version_r has {section.num_versions()} entries")
    return {
        need.name: tuple(sorted(aux.name for aux in auxiliaries))
        for need, auxiliaries in section.iter_versions()
    }


def _symbols(elf: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(imported, exported) dynamic symbols."""
    section = elf.get_section_by_name(".dynsym")
    imports: set[str] = set()
    exports: set[str] = set()
    for symbol in section.iter_symbols() if section else ():
        (imports if symbol.entry.st_shndx == "SHN_UNDEF" else exports).add(symbol.name)
    return tuple(sorted(imports)), tuple(sorted(exports))


def _record(path: Path, archive: zipfile.ZipFile, info: str) -> Mapping[str, tuple[str, str]]:
    try:
        text = archive.read(f"{info}/RECORD").decode("utf-8")
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
        return {posixpath.normpath(name): (digest, size) for name, digest, size in rows}
    except (KeyError, ValueError, csv.Error) as error:
        raise UsageError(
            f"{path}: its RECORD is missing or damaged: {error}",
            fix="Repack it: python -m wheel unpack FILE, then python -m wheel pack FOLDER.",
        ) from None


def _info_texts(archive: zipfile.ZipFile, names: list[str], info: str) -> Iterator[tuple[str, str]]:
    """(name, text) of the files in dist-info; without text except for metadata and licences."""
    for name in names:
        if not name.startswith(info + "/"):
            continue
        inner = name[len(info) + 1 :]
        is_text = inner in _TEXTS or "licen" in inner.lower() or "copying" in inner.lower()
        yield inner, archive.read(name).decode("utf-8", "replace") if is_text else ""
