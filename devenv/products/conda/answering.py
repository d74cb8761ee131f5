"""Checks that the servers of channels answer: the library itself would wait without a limit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress

from devenv.core.errors import UsageError

TIMEOUT = 60.0
"""Seconds to wait for a server."""


def timeout_of(environ: Mapping[str, str]) -> float:
    """$DEVENV_HTTP_TIMEOUT in seconds, or the default. UsageError if it is not a positive number."""
    text = environ.get("DEVENV_HTTP_TIMEOUT", "") or str(TIMEOUT)
    if not re.fullmatch(r"\d*\.?\d+", text) or not float(text):
        raise UsageError(f"DEVENV_HTTP_TIMEOUT={text} is not a number of seconds", fix="Unset it.")
    return float(text)


def require_answers(channels: Iterable[str], environ: Mapping[str, str]) -> None:
    """TimeoutError for the first address whose server does not answer. Any answer counts."""
    # These take a fifth of a start, and only the library's process asks.
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    seconds = timeout_of(environ)
    for address in channels:
        if not address.startswith(("http://", "https://")):
            continue
        url = f"{address.rstrip('/')}/noarch/repodata.json"
        try:
            # The library reports refused connections and statuses.
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
