"""Records in a package the libraries it needs from the host: ``python -m devenv.products.conda.needs``.

It runs at the end of a build whose RPATHs may name folders of the host. The record is installed as
``share/devenv/host/NAME.json``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from devenv.products.wheel.observe import elf_of

NOTES = "share/devenv/host"

_SYSTEM = re.compile(
    r"^(ld-linux|linux-vdso|lib(c|m|dl|rt|util|pthread|resolv|nsl|gcc_s|stdc\+\+)\.so)"
)
"""Libraries of every Linux. The wheel check covers their versions."""


def needs_of(prefix: Path) -> dict[str, str]:
    """Library that the new files of a prefix need and the prefix lacks -> its path on this host.

    The path is empty if the host lacks the library too.
    """
    present = {path.name for path in prefix.rglob("*.so*")}
    result: dict[str, str] = {}
    for path in _new_files(prefix):
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
            file.seek(0)
            elf = elf_of(file, str(path))
        for library in elf.needed:
            if library not in present and not _SYSTEM.match(library):
                result.setdefault(library, located(library, elf.searched, os.environ))
    return result


def located(library: str, folders: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """The path where the loader finds a library: in these folders, LD_LIBRARY_PATH, or the system."""
    paths = [*folders, *environ.get("LD_LIBRARY_PATH", "").split(":")]
    for folder in filter(None, paths):
        if Path(folder, library).exists():
            return str(Path(folder, library))
    return _cached().get(library, "")


def _cached() -> dict[str, str]:
    """The loader's cache: name -> path."""
    for program in ("ldconfig", "/sbin/ldconfig"):
        try:
            done = subprocess.run([program, "-p"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        pairs = re.findall(r"^\s*(\S+) \(.*\) => (\S+)$", done.stdout, re.MULTILINE)
        return dict(reversed(pairs))
    return {}


def _new_files(prefix: Path) -> Iterator[Path]:
    """The files that belong to no package of the prefix."""
    owned: set[str] = set()
    for record in prefix.glob("conda-meta/*.json"):
        owned |= set(json.loads(record.read_text(encoding="utf-8")).get("files", ()))
    for path in sorted(prefix.rglob("*")):
        if path.is_file() and not path.is_symlink() and str(path.relative_to(prefix)) not in owned:
            yield path


def main(prefix: str, name: str) -> None:
    """Write the record below `prefix`, unless the package needs nothing. name: of the package."""
    result = needs_of(Path(prefix))
    if result:
        note = Path(prefix, NOTES, f"{name}.json")
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"libraries": result}, indent=1) + "\n", encoding="utf-8")
        print("needed from the host:", *(f"{k} ({v or 'not here'})" for k, v in result.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
