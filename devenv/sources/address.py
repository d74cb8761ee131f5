"""Addresses of git repositories as people write them: ``URL[@REF]``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from devenv.core.errors import UsageError

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
_HTTP_USER = re.compile(r"^(https?://)[^/\s]*@", re.IGNORECASE)
_SCP = re.compile(r"[^/@:]+@[^/@:]+:|[^/@:]+:(?!//)")


@dataclass(frozen=True)
class Address:
    """A repository and, where named, a branch, tag or commit of it."""

    url: str
    ref: str = ""


def parse_address(text: str) -> Address:
    """``https://host/a.git@v1``, ``git@host:a/b.git@feature/x`` or ``/a/folder@v1``.

    An ``@`` in the part that names the host (a user's name) is not a ref. UsageError where the URL or
    the ref is empty, or would be taken for an option by git.
    """
    head = _SCHEME.match(text) or _SCP.match(text)
    start = head.end() if head else 0
    path, at, ref = text[start:].partition("@")
    address = Address(text[:start] + path, ref)
    if not path or (at and not ref):
        raise UsageError(
            f"{text!r} is not the address of a repository", fix="Write URL or URL@REF."
        )
    if address.url.startswith("-") or ref.startswith("-"):
        raise UsageError(f"{text!r} would be taken for an option", fix="Write URL or URL@REF.")
    return address


def without_secret(url: str) -> str:
    """The URL without HTTP's user and password; ``git@`` and the like are no secret and stay."""
    return _HTTP_USER.sub(r"\1", url)


def is_remote(text: str) -> bool:
    """Whether it names a repository to clone rather than a folder to use as it is."""
    return bool(_SCHEME.match(text) or _SCP.match(text))
