"""Checks that the servers of channels answer: the library itself would wait without a limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from devenv.system.answers import is_silent, timeout_of


def require_answers(channels: Iterable[str], environ: Mapping[str, str]) -> None:
    """TimeoutError for the first address whose server does not answer. Any answer counts."""
    seconds = timeout_of(environ)
    for address in channels:
        # The library reports refused connections and statuses.
        if is_silent(f"{address.rstrip('/')}/noarch/repodata.json", seconds):
            raise TimeoutError(f"{address}: no answer within {seconds:g} s")
