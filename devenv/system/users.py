"""Owners of files in directories that several users share."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def owner(path: Path) -> str:
    """The user name of a file's owner (the number if it has no name); empty if it is us.

    OSError if the file does not exist.
    """
    uid = path.stat().st_uid
    if uid == os.geteuid():
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def user_number(name: str) -> str:
    """The number of a user whose name `owner` returned."""
    return name if name.isdecimal() else str(pwd.getpwnam(name).pw_uid)
