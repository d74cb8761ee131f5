"""Downloads, verifies and unpacks an archive: ``python fetch.py URL SHA256 FOLDER``.

It is a separate script, so that a plan can run it as a step, and imports only the standard library.
"""

from __future__ import annotations

import hashlib
import sys
import tarfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

_TIMEOUT = 60
"""Seconds to wait for an answer."""


def fetch(url: str, sha256: str, folder: Path) -> None:
    """Unpack the archive at `url` into the new `folder`; ValueError if its hash is not `sha256`."""
    folder.mkdir(parents=True)
    with TemporaryDirectory(dir=folder.parent) as scratch:
        archive = Path(scratch, "archive")
        digest = _download(url, archive)
        if digest != sha256.lower():
            raise ValueError(f"{url} has the hash {digest}, not {sha256}")
        _unpack(archive, folder)


def _download(url: str, path: Path) -> str:
    """Download `url` to `path`. Returns the SHA-256."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer, path.open("wb") as file:  # noqa: S310
        while block := answer.read(1 << 20):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive. ValueError for a member outside of the folder, and for other files."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for name in zipped.namelist():
                if Path(name).is_absolute() or ".." in Path(name).parts:
                    raise ValueError(f"the archive has a file outside of itself: {name}")
            zipped.extractall(folder)  # noqa: S202
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    else:
        raise ValueError("it is neither a zip nor a tar archive")


if __name__ == "__main__":
    try:
        fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    except (OSError, ValueError, tarfile.TarError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {error}")
