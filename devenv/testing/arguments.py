"""Finds the arguments of pytest that name tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_SHORT = "W c k m n o p r"
_LONG = """
    basetemp capture code-highlight color confcutdir config-file count cov cov-config cov-fail-under
    cov-report debug deselect dist durations durations-min ignore ignore-glob import-mode junit-prefix
    junit-xml junitprefix junitxml last-failed-no-failures lfnf log-auto-indent log-cli-date-format
    log-cli-format log-cli-level log-date-format log-disable log-file log-file-date-format
    log-file-format log-file-level log-file-mode log-format log-level maxfail maxprocesses
    maxschedchunk numprocesses override-ini pastebin pythonwarnings reruns reruns-delay rootdir
    rsyncdir show-capture tb timeout timeout-method tx verbosity xfail-tb
"""
_VALUED = {f"-{name}" for name in _SHORT.split()} | {f"--{name}" for name in _LONG.split()}
"""Options of pytest and its most common plugins whose value may be a separate word."""


def positional(arguments: Sequence[str]) -> tuple[str, ...]:
    """The arguments that are neither options nor their values: files, folders and tests."""
    return tuple(_positional(arguments))


def _positional(arguments: Sequence[str]) -> Iterator[str]:
    words = iter(arguments)
    for word in words:
        if word == "--":
            yield from words
        elif word in _VALUED:
            next(words, None)
        elif not word.startswith("-"):
            yield word
