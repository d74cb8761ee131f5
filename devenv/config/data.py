"""Validates the `data` section of a template or project."""

from __future__ import annotations

import re

from devenv.config.project import is_repository
from devenv.core.errors import UsageError
from devenv.core.names import checked_name
from devenv.core.template import Data


def checked_data(name: str, data: Data, where: str) -> Data:
    """`data` unchanged; UsageError if it does not name exactly one location, or no exact version."""
    at = f"{where}, at data.{name}"
    checked_name(name, f"data ({at})")
    if len([one for one in (data.git, data.url, data.folder) if one]) != 1:
        raise UsageError(f"{at}: give one of git, url and folder", fix="Such as: git: URL")
    if data.git and not (data.ref and is_repository(data.git, data.ref)):
        raise UsageError(
            f"{at}: {data.git}@{data.ref} is not a repository at a ref",
            fix="Give git and ref: a tag or a commit.",
        )
    if data.url and not re.fullmatch("[0-9a-fA-F]{64}", data.sha256):
        raise UsageError(f"{at}: no sha256", fix="Add it: sha256sum FILE prints it.")
    if data.url and not re.match(r"(https?|file)://", data.url):
        raise UsageError(f"{at}: {data.url!r} is not an address", fix="Write https://…")
    return data
