"""Check that the servers of channels answer: the library itself waits without limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def require_answers(channels: Iterable[str], environ: Mapping[str, str]) -> None:
    """TimeoutError for the first address whose server does not answer. Any answer counts."""
    # It imports urllib, and not every process asks a server.
    from devenv.system.answers import is_silent, timeout_of

    seconds = timeout_of(environ)
    for address in channels:
        # The library reports refused connections and statuses.
        if is_silent(f"{address.rstrip('/')}/noarch/repodata.json", seconds):
            raise TimeoutError(f"{address}: no answer within {seconds:g} s")
