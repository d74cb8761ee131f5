"""A real Lmod in a folder of the tests' own: Debian's excludes its Environment Modules."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = (
    *("lmod", "lua5.3", "lua-posix", "lua-filesystem", "lua-term", "lua-json", "lua-lpeg"),
    *("lua-bit32", "tcl8.6", "libtcl8.6"),
)
_PLACES = re.compile(rb"/usr/(?=share/lmod|share/lua|lib/[\w-]+/lua|bin/lua)")


def unpack(folder: Path) -> Path:
    """Its MODULESHOME. The packages are unpacked, and the paths in their scripts point there."""
    for program in ("apt-get", "dpkg"):
        if shutil.which(program) is None:
            pytest.skip(f"no Lmod: there is no {program} here to get it with")
    folder.mkdir(parents=True)
    done = subprocess.run(
        ["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True, text=True, check=False
    )
    archives = sorted(folder.glob("*.deb"))
    if done.returncode or len(archives) < len(PACKAGES):
        pytest.skip(f"no Lmod: its packages cannot be had: {done.stderr.strip()[-200:]}")
    root = folder / "root"
    for archive in archives:
        subprocess.run(["dpkg", "-x", archive, root], check=True)
    for file in (root / "usr/share/lmod").rglob("*"):
        if file.is_file() and not file.is_symlink():
            text = file.read_bytes()
            here = _PLACES.sub(f"{root}/usr/".encode(), text)
            if here != text and b"\0" not in text:
                file.write_bytes(here)
    return root / "usr/share/lmod/lmod"
