"""What every shell's dialect can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from devenv.core.delta import Change
from devenv.core.environment import Generation


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

    def activation_script(self, generation: Generation) -> str:
        """The static script, made at build time and sourced: no process, no write, no Python.

        It undoes an environment that is active and makes `generation.delta` (which sets DEVENV_ENV
        and DEVENV_GENERATION too) as core.delta.apply does. Where a dev source is gone it changes
        nothing, says so with the remedy on stderr, and fails.
        """
        ...

    def activation_code(self, name: str, changes: Iterable[Change]) -> str:
        """Code to evaluate that makes `changes`, which Python computed (core.delta.invert).

        They are those of the shell's environment with nothing active in it: what is active is taken
        back first (core.delta.revert), by Python in its computation and by the code in the shell.
        """
        ...

    def deactivation_script(self) -> str:
        """Code to evaluate that takes back what DEVENV_RECORD says, in any shell that has it."""
        ...

    def shell_init(self, home: str) -> str:
        """The `devenv` function for a start-up file. home: $DEVENV_HOME where that is not set."""
        ...

    def failure(self, message: str) -> str:
        """Code to evaluate that prints `message` on stderr and fails."""
        ...
