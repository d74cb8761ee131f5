"""Whether the servers of channels answer: the library itself waits for them without an end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from devenv.core.errors import UsageError

TIMEOUT = 60.0
"""Seconds that a server may be silent."""


def timeout_of(environ: Mapping[str, str]) -> float:
    """In seconds: $DEVENV_HTTP_TIMEOUT, or the default. UsageError for one that is not a number."""
    text = environ.get("DEVENV_HTTP_TIMEOUT", "") or str(TIMEOUT)
    if not re.fullmatch(r"\d*\.?\d+", text) or not float(text):
        raise UsageError(f"DEVENV_HTTP_TIMEOUT={text} is not a number of seconds", fix="Unset it.")
    return float(text)


def require_answers(channels: Iterable[str], environ: Mapping[str, str]) -> None:
    """TimeoutError for the first of the addresses whose server is silent. Any answer will do here."""
    seconds = timeout_of(environ)
    for address in channels:
        if not address.startswith(("http://", "https://")):
            continue
        url = f"{address.rstrip('/')}/noarch/repodata.json"
        try:
            # Refused connections and statuses are for the library to report.
            with suppress(HTTPError), urlopen(Request(url, method="HEAD"), timeout=seconds):  # noqa: S310
                pass
        except TimeoutError:
            raise _silent(address, seconds) from None
        except URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise _silent(address, seconds) from None
        except OSError:
            pass


def _silent(address: str, seconds: float) -> TimeoutError:
    return TimeoutError(f"{address}: no answer within {seconds:g} s")
