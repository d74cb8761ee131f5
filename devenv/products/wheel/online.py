"""Queries an index and uploads files. Retries transient failures, and never shows a password."""

from __future__ import annotations

import base64
import hashlib
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path

from devenv.core.errors import DevenvError, StateError, UnreachableError
from devenv.products.wheel.credentials import Credentials
from devenv.products.wheel.indexes import ACCEPT, Online, Target, read_page
from devenv.system.process import Completed, run
from devenv.system.redaction import redacted
from devenv.system.uv import uv_argv

TRIES = 4
PAUSE = 1.0
"""Seconds before the second try; doubled before each further one."""
_DENIED = re.compile(r"status code (40[13])|Missing credentials")
TIMEOUT = 30.0
"""Seconds to wait for an answer."""


def online(target: Target, project: str, who: Credentials) -> tuple[Online, ...] | None:
    """The files of a project on the index; None if the project has no page.

    It never loads the page of all projects, of which an index has hundreds of thousands.
    UnreachableError if the index does not answer, StateError if it denies access.
    """
    for simple in target.simple:
        page = f"{simple.rstrip('/')}/{project}/"
        answer = _fetch(page, who)
        if answer is not None:
            body, kind, url = answer
            return read_page(body.decode("utf-8", "replace"), kind, url)
    return None


def digest_online(one: Online, who: Credentials) -> str:
    """The SHA-256 of a file on the index: from its page, else of its content."""
    if one.sha256:
        return one.sha256
    answer = _fetch(one.url, who)
    return hashlib.sha256(answer[0]).hexdigest() if answer else ""


def _fetch(url: str, who: Credentials) -> tuple[bytes, str, str] | None:
    """(body, content type, final address); None for a page that does not exist."""
    last = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(_request(url, who), timeout=TIMEOUT) as answer:  # noqa: S310
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


def _request(url: str, who: Credentials) -> urllib.request.Request:
    headers = {"Accept": ACCEPT, "User-Agent": "devenv"}
    if who.password:
        pair = base64.b64encode(f"{who.user}:{who.password}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
    return urllib.request.Request(url, headers=headers)  # noqa: S310 - checked by target_of


def refused(url: str, code: int) -> DevenvError:
    if code in (401, 403):
        return StateError(
            f"{url} denies access (HTTP {code})",
            fix="Check user and password: UV_PUBLISH_USERNAME and UV_PUBLISH_PASSWORD (or TWINE_*),"
            " .pypirc, .netrc or keyring.",
        )
    return StateError(f"{url} answers HTTP {code}", fix="Check the address of the index.")


def send(target: Target, wheel: Path, who: Credentials, environ: Mapping[str, str]) -> None:
    """Upload one file with ``uv publish``, which retries transient failures itself.

    The password is passed in a variable, so that a process list does not show it.
    """
    ours = {"UV_PUBLISH_USERNAME": who.user, "UV_PUBLISH_PASSWORD": who.password}
    inherited = {k: v for k, v in environ.items() if not k.startswith(("UV_PUBLISH", "TWINE_"))}
    clean = {**inherited, **({k: v for k, v in ours.items() if v})}
    clean.setdefault("UV_HTTP_TIMEOUT", str(int(TIMEOUT)))
    argv = (*uv_argv(), "publish", "--publish-url", target.publish, "--no-progress")
    trusted = "never" if who.password or "CI" not in environ else "automatic"
    done = run((*argv, "--trusted-publishing", trusted, str(wheel)), environ=clean)
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
    causes = [re.sub(r"^(error|cause|Caused by): ", "", line) for line in reported]
    if denied := _DENIED.search(done.stderr):
        return refused(target.publish, int(denied[1] or 401))
    why = redacted(
        ": ".join(causes[:4]).removesuffix(" Server says:") or "no reason given", environ
    )
    return StateError(
        f"{target.publish} rejected {wheel.name}: {why}",
        fix="Nothing was lost: run the same command again, what is online already is skipped.",
    )
