"""The interface of a shell's dialect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from devenv.core.environment import Generation


@dataclass(frozen=True)
class Session:
    """How `devenv shell` starts a shell, which reads the user's start-up files as usual.

    arguments, variables: for the shell. files: (path, text) to write first; their last line to be read
    sources the script.
    """

    arguments: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


class Dialect(Protocol):
    """One shell's language. Its methods return text in it. They are pure, and quote their
    arguments.

    If a path is not UTF-8, the text has surrogates: write it with errors="surrogateescape".
    """

    @property
    def name(self) -> str:
        """The shell's name, as in `--shell NAME`."""
        ...

    @property
    def suffix(self) -> str:
        """The suffix of its script in a generation, for instance ``sh``."""
        ...

    def quote(self, text: str) -> str:
        """`text` as one literal word; UsageError for a NUL."""
        ...

    def activation_script(self, generation: Generation, path: str) -> str:
        """The static script, written to `path` at build time, that a shell sources.

        It writes nothing and starts no Python (and no process, except in tcsh). It deactivates an active
        environment, loads the modules of the base, and applies `generation.delta` (which also sets
        DEVENV_ENV and DEVENV_GENERATION) as core.delta.apply does. If a dev source or the Python is
        missing, it changes nothing, prints the error and its fix on stderr, and fails.
        """
        ...

    def source(self, path: str) -> str:
        """Code to evaluate that sources the script at `path`: one line."""
        ...

    def deactivation_script(self) -> str:
        """Code to evaluate that reverts the changes in DEVENV_RECORD, in any shell that has it."""
        ...

    def shell_init(self, home: str) -> str:
        """The `devenv` function for a start-up file. home: used if $DEVENV_HOME is not set."""
        ...

    def assignments(self, variables: Iterable[tuple[str, str | None]]) -> str:
        """Code to evaluate that exports each variable; it unsets those with None."""
        ...

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:
        """How an interactive shell starts with `script` sourced last. folder: for its files. environ:
        the variables before the activation; the files do not depend on them."""
        ...
