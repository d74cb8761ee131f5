"""bash. Its own functions are bash.sh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devenv.shells.bourne import COMMON, Bourne
from devenv.shells.dialect import Session


class Bash(Bourne):
    """The dialect of bash 3.2 and later."""

    def __init__(self) -> None:
        super().__init__(
            name="bash",
            suffix="bash",
            runtime=("bash.sh", *COMMON),
            # Before 4.4, bash cannot tell which variables are exported without starting a process.
            flags="ak",
            guard="case $BASH_VERSION in [5-9]*|4.4*|1?.*) ;; *) return 1 ;; esac",
        )

    def _exported(self, names: Sequence[str]) -> Sequence[str]:
        """One comparison: each variable that is set has the attribute x, and no other."""
        attributes = "".join(f"${{{name}+${{{name}@a}}}}" for name in names)
        exported = "".join(f"${{{name}+x}}" for name in names)
        return (f'[ "{attributes}" = "{exported}" ] || return 1',)

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:  # noqa: ARG002
        text = f"[ ! -r ~/.bashrc ] || . ~/.bashrc\n{self.source(script)}"
        return Session(("--rcfile", f"{folder}/bashrc"), files=((f"{folder}/bashrc", text),))
