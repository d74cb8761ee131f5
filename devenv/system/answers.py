"""Checks that a server answers at all: container engines and libraries would wait without a limit."""

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
"""Seconds to wait for a server."""


def timeout_of(environ: Mapping[str, str]) -> float:
    """$DEVENV_HTTP_TIMEOUT in seconds, or the default. UsageError if it is not a positive number."""
    text = environ.get("DEVENV_HTTP_TIMEOUT", "") or str(TIMEOUT)
    if not re.fullmatch(r"\d*\.?\d+", text) or not float(text):
        raise UsageError(f"DEVENV_HTTP_TIMEOUT={text} is not a number of seconds", fix="Unset it.")
    return float(text)


def require_answer(url: str, what: str, environ: Mapping[str, str]) -> None:
    """UnreachableError if the server of `url` does not answer. what: its name, for the message."""
    seconds = timeout_of(environ)
    if is_silent(url, seconds):
        raise UnreachableError(
            redacted(f"{what} does not answer within {seconds:g} s", environ),
            fix="Check the address, and try again later. A slow server: raise $DEVENV_HTTP_TIMEOUT.",
        )


def is_silent(url: str, seconds: float) -> bool:
    """Whether the server of an address accepts the connection but does not answer.

    Any answer counts. A refused connection is not silence: the program that uses the server reports it.
    """
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return False
        plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        with suppress(HTTPError), urlopen(Request(plain, method="HEAD"), timeout=seconds):  # noqa: S310
            pass
    except TimeoutError:
        return True
    except URLError as error:
        return isinstance(error.reason, TimeoutError)
    except (OSError, ValueError, HTTPException):
        return False
    return False
