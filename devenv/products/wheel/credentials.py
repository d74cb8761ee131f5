"""Credentials for an index, from the sources of twine and uv, in their order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.parse import urlsplit

from devenv.products.wheel.indexes import Target
from devenv.system.process import run

TOKEN_USER = "__token__"  # noqa: S105 - the name that indexes give to tokens


@dataclass(frozen=True)
class Credentials:
    """Credentials for an index. origin: their source, for messages. The password is never printed."""

    user: str = ""
    password: str = field(default="", repr=False)
    origin: str = "none"


def credentials(target: Target, environ: Mapping[str, str]) -> Credentials:
    """The first with a password, from: UV_PUBLISH_*, TWINE_*, the URL or .pypirc, .netrc, keyring."""
    if token := environ.get("UV_PUBLISH_TOKEN"):
        return Credentials(TOKEN_USER, token, "UV_PUBLISH_TOKEN")
    user = ""
    for prefix in ("UV_PUBLISH", "TWINE"):
        user = user or environ.get(f"{prefix}_USERNAME", "")
        if password := environ.get(f"{prefix}_PASSWORD"):
            return Credentials(user or TOKEN_USER, password, f"{prefix}_PASSWORD")
    if target.password:
        where = "the URL or .pypirc"
        return Credentials(user or target.user or TOKEN_USER, target.password, where)
    user = user or target.user
    return _netrc(target, environ) or _keyring(target, user, environ) or Credentials(user)


def _netrc(target: Target, environ: Mapping[str, str]) -> Credentials | None:
    path = Path(environ.get("NETRC") or Path(environ.get("HOME", "/"), ".netrc"))
    try:
        entry = netrc(str(path)).authenticators(urlsplit(target.publish).hostname or "")
    except (OSError, NetrcParseError):
        return None
    return Credentials(entry[0], entry[2] or "", str(path)) if entry and entry[2] else None


def _keyring(target: Target, user: str, environ: Mapping[str, str]) -> Credentials | None:
    """Credentials from keyring, queried like twine: the service is the upload URL. Needs a user name."""
    program = shutil.which("keyring", path=environ.get("PATH", os.defpath))
    if not (program and user):
        return None
    done = run((program, "get", target.publish, user), environ=environ)
    password = done.stdout.removesuffix("\n")
    return Credentials(user, password, "keyring") if not done.returncode and password else None


def pypirc(environ: Mapping[str, str]) -> str:
    """The text of the user's .pypirc; empty if there is none."""
    path = Path(environ.get("HOME", "/"), ".pypirc")
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
