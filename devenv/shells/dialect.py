"""What every shell's dialect can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from devenv.core.environment import Generation


@dataclass(frozen=True)
class Session:
    """How `devenv shell` starts a shell, which reads its own start-up files as ever.

    arguments, variables: for it. files: (path, text), to be there beforehand; the last thing that it
    reads of them sources the script.
    """

    arguments: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()


class Dialect(Protocol):
    """One shell's language. All methods give text in it; they are pure, and own their quoting.

    name: as in `--shell NAME`. suffix: of the script in a generation, for instance sh.
    Text can hold surrogates where a path is not UTF-8: write it with errors="surrogateescape".
    """

    @property
    def name(self) -> str: ...

    @property
    def suffix(self) -> str: ...

    def quote(self, text: str) -> str:
        """`text` as one word that the shell takes literally; UsageError for a NUL."""
        ...

    def activation_script(self, generation: Generation, path: str) -> str:
        """The static script, made at build time, which will stand at `path` and be sourced.

        It writes nothing and starts no Python (and no process at all but in tcsh). It undoes an
        environment that is active, loads the modules of the base, and makes `generation.delta` (which
        sets DEVENV_ENV and DEVENV_GENERATION too) as core.delta.apply does. Where a dev source is gone
        it changes nothing, says so with the remedy on stderr, and fails.
        """
        ...

    def source(self, path: str) -> str:
        """Code to evaluate that sources the script at `path`: one line."""
        ...

    def deactivation_script(self) -> str:
        """Code to evaluate that takes back what DEVENV_RECORD says, in any shell that has it."""
        ...

    def shell_init(self, home: str) -> str:
        """The `devenv` function for a start-up file. home: $DEVENV_HOME where that is not set."""
        ...

    def assignments(self, variables: Iterable[tuple[str, str | None]]) -> str:
        """Code to evaluate that exports each variable with its value; None: unsets it."""
        ...

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:
        """How an interactive shell starts with `script` sourced last. folder: of its files; environ: its
        variables without it, of which the files do not depend."""
        ...
