"""All dialects. Not in the package's root: the record can be imported without them."""

from __future__ import annotations

from devenv.shells.bash import Bash
from devenv.shells.csh import Csh
from devenv.shells.dialect import Dialect, Session
from devenv.shells.fish import Fish
from devenv.shells.sh import Sh
from devenv.shells.zsh import Zsh

__all__ = ["ALIASES", "DIALECTS", "Dialect", "Session"]

_ALL: tuple[Dialect, ...] = (Bash(), Zsh(), Fish(), Csh(), Sh())
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}

ALIASES = {"csh": "tcsh", "dash": "sh", "ash": "sh", "ksh": "sh", "mksh": "sh"}
"""Shells that use the dialect of another."""
