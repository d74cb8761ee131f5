"""Reads a project file or its lock as bytes, without parsing: fast, and safe for an untrusted file."""

from __future__ import annotations

from pathlib import Path

from devenv.core.errors import UsageError

PROJECT_FILE = "devenv.yaml"
LOCK_FILE = "devenv.lock"
_LARGEST = {PROJECT_FILE: 256 * 1024, LOCK_FILE: 8 * 1024 * 1024}
"""Maximum sizes in bytes. A file written by hand is far smaller."""


def project_bytes(path: Path) -> bytes:
    """The content of a project file or its lock. UsageError if it is not a regular file or too large."""
    fix = "Put a plain file there, or take it away."
    if path.is_symlink() or not path.is_file():
        raise UsageError(f"{path} is not a regular file", fix=fix)
    most = _LARGEST[path.name]
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", fix=fix) from None
    if len(content) > most:
        raise UsageError(f"{path} is larger than {most // 1024} KiB", fix=fix)
    return content


def name_exists(path: Path) -> bool:
    """Whether anything is at `path`, even a dangling link."""
    return path.is_symlink() or path.exists()
