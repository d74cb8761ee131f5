"""Queries an index and uploads files. Retries transient failures, and never shows a password."""

from __future__ import annotations

import base64
import hashlib
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from devenv.core.errors import DevenvError, StateError, UnreachableError
from devenv.products.wheel.credentials import Credentials
from devenv.products.wheel.indexes import ACCEPT, Online, Target, read_page
from devenv.system.answers import timeout_of
from devenv.system.process import Completed, run
from devenv.system.redaction import redacted
from devenv.system.stall import Patience
from devenv.system.uv import uv_argv

TRIES = 4
PAUSE = 1.0
"""Seconds before the second try; doubled before each further one."""
_DENIED = re.compile(r"status code (40[13])|Missing credentials")
_REFUSED = re.compile(r"status code 4\d\d")


@dataclass(frozen=True)
class IndexSession:
    """An index with credentials for it. environ: this process's variables."""

    target: Target
    who: Credentials
    environ: Mapping[str, str]

    def trusts(self, url: str) -> bool:
        """Whether the credentials are for the server of a URL. Files may be on another one."""
        own = (self.target.publish, *self.target.simple)
        return urlsplit(url)[:2] in [urlsplit(one)[:2] for one in own]


def online(session: IndexSession, project: str) -> tuple[Online, ...] | None:
    """The files of a project on the index; None if the project has no page.

    It never loads the page of all projects, of which an index has hundreds of thousands.
    UnreachableError if the index does not answer, StateError if it denies access.
    """
    for simple in session.target.simple:
        page = f"{simple.rstrip('/')}/{project}/"
        answer = _fetch(page, session)
        if answer is not None:
            body, kind, url = answer
            try:
                return read_page(body.decode("utf-8", "replace"), kind, url)
            except (ValueError, LookupError, TypeError, AttributeError):
                raise StateError(
                    f"{page} is not a page of a package index",
                    fix="Check the address of the index.",
                ) from None
    return None


def digest_online(one: Online, session: IndexSession) -> str:
    """The SHA-256 of a file on the index: from its page, else of its content."""
    if one.sha256:
        return one.sha256
    answer = _fetch(one.url, session)
    return hashlib.sha256(answer[0]).hexdigest() if answer else ""


def _fetch(url: str, session: IndexSession) -> tuple[bytes, str, str] | None:
    """(body, content type, final address); None for a page that does not exist."""
    last, seconds = "", timeout_of(session.environ)
    opener = urllib.request.build_opener(_Redirects(session))
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            with opener.open(_request(url, session), timeout=seconds) as answer:
                return answer.read(), answer.headers.get("Content-Type", ""), answer.url
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            if error.code < 500 and error.code != 429:
                raise refused(url, error.code) from None
            last = f"HTTP {error.code}"
        except (OSError, HTTPException) as error:
            last = str(getattr(error, "reason", error)) or type(error).__name__
    raise UnreachableError(
        f"{url} does not answer: {last} ({TRIES} tries)",
        fix="Nothing was lost: run the same command again when it does.",
    )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirection without the credentials, if it leads to another server."""

    def __init__(self, session: IndexSession) -> None:
        self._session = session

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        request = super().redirect_request(*arguments)
        if request and not self._session.trusts(request.full_url):
            request.remove_header("Authorization")
        return request


def _request(url: str, session: IndexSession) -> urllib.request.Request:
    who, headers = session.who, {"Accept": ACCEPT, "User-Agent": "devenv"}
    if who.password and session.trusts(url):
        pair = base64.b64encode(f"{who.user}:{who.password}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
    return urllib.request.Request(url, headers=headers)  # noqa: S310 - checked by target_of


def refused(url: str, code: int) -> DevenvError:
    """The error for a request that the index answers with the HTTP status `code`."""
    if code in (401, 403):
        return StateError(
            f"{url} denies access (HTTP {code})",
            fix="Check user and password: UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD (or TWINE_*),"
            " .pypirc, .netrc or keyring.",
        )
    return StateError(f"{url} answers HTTP {code}", fix="Check the address of the index.")


_SLOWEST = 100_000
"""Bytes per second of an upload that is not ended while it makes progress."""


def send(session: IndexSession, wheel: Path) -> None:
    """Upload one file with ``uv publish``, which retries transient failures itself.

    The password is passed in a variable, so that a process list does not show it. UnreachableError if
    the index stops answering.
    """
    target, who, environ = session.target, session.who, session.environ
    ours = {"UV_PUBLISH_USERNAME": who.user, "UV_PUBLISH_PASSWORD": who.password}
    inherited = {k: v for k, v in environ.items() if not k.startswith(("UV_PUBLISH", "TWINE_"))}
    clean = {**inherited, **({k: v for k, v in ours.items() if v})}
    # uv's limit is for the whole file.
    clean.setdefault("UV_UPLOAD_HTTP_TIMEOUT", str(max(900, wheel.stat().st_size // _SLOWEST)))
    argv = (*uv_argv(), "publish", "--publish-url", target.publish, "--no-progress")
    trusted = "never" if who.password or "CI" not in environ else "automatic"
    watch = Patience(f"{target.publish}, to which {wheel.name} was being sent,", environ)
    done = run((*argv, "--trusted-publishing", trusted, str(wheel)), environ=clean, watch=watch)
    if done.returncode:
        raise _unsent(target, wheel, done, clean)


def _unsent(
    target: Target, wheel: Path, done: Completed, environ: Mapping[str, str]
) -> DevenvError:
    lines = [line.strip(" │╰─▶×") for line in done.stderr.splitlines() if line.strip()]
    reported = [
        line
        for line in lines
        if not line.startswith(("Publishing", "Hashing", "Uploading", "warning"))
    ]
    said = re.compile(r"^(error|cause|Caused by): |^Failed to publish `[^`]*` to `[^`]*`$")
    causes = [text for line in reported if (text := said.sub("", said.sub("", line)))]
    if denied := _DENIED.search(done.stderr):
        return refused(target.publish, int(denied[1] or 401))
    why = redacted(
        ": ".join(causes[:4]).removesuffix(" Server says:") or "no reason given", environ
    )
    if _REFUSED.search(done.stderr):
        return StateError(
            f"{target.publish} rejected {wheel.name}: {why}",
            fix="Correct the wheel, or ask whoever runs the index.",
        )
    return UnreachableError(
        f"{wheel.name} could not be sent to {target.publish}: {why}",
        fix="Nothing was lost: run the same command again, what is online already is skipped.",
    )
