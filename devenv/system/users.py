"""Whose a file is, where several people share a folder."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def owner(path: Path) -> str:
    """The name of the user to whom a file belongs (the number where it has none); empty: to us.

    OSError where there is no such file.
    """
    uid = path.stat().st_uid
    if uid == os.geteuid():
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def user_number(name: str) -> str:
    """The number of a user that `owner` named."""
    return name if name.isdecimal() else str(pwd.getpwnam(name).pw_uid)
