"""Whether a server answers at all: container engines and libraries wait for one without an end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import Request, urlopen

from devenv.core.errors import UnreachableError, UsageError
from devenv.system.redaction import redacted

TIMEOUT = 60.0
"""Seconds that a server may be silent."""


def timeout_of(environ: Mapping[str, str]) -> float:
    """In seconds: $DEVENV_HTTP_TIMEOUT, or the default. UsageError for one that is not a number."""
    text = environ.get("DEVENV_HTTP_TIMEOUT", "") or str(TIMEOUT)
    if not re.fullmatch(r"\d*\.?\d+", text) or not float(text):
        raise UsageError(f"DEVENV_HTTP_TIMEOUT={text} is not a number of seconds", fix="Unset it.")
    return float(text)


def require_answer(url: str, what: str, environ: Mapping[str, str]) -> None:
    """UnreachableError where the server of `url` is silent. what: its name for the message."""
    seconds = timeout_of(environ)
    if is_silent(url, seconds):
        raise UnreachableError(
            redacted(f"{what} does not answer within {seconds:g} s", environ),
            fix="Check the address, and try again later. A slow server: raise $DEVENV_HTTP_TIMEOUT.",
        )


def is_silent(url: str, seconds: float) -> bool:
    """Whether the server of an address takes the connection and answers nothing.

    Any answer will do. A refused connection is no silence: whoever uses the server reports it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return False
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    try:
        with suppress(HTTPError), urlopen(Request(plain, method="HEAD"), timeout=seconds):  # noqa: S310
            pass
    except TimeoutError:
        return True
    except URLError as error:
        return isinstance(error.reason, TimeoutError)
    except (OSError, ValueError, HTTPException):
        return False
    return False
