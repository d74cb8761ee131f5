"""How an environment reaches a shell: a dialect for each shell, one record that all of them read."""

from __future__ import annotations

from devenv.shells.bash import Bash
from devenv.shells.dialect import Dialect

__all__ = ["DIALECTS", "Dialect"]

DIALECTS: dict[str, Dialect] = {"bash": Bash()}
