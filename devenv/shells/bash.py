"""bash. Its functions are bash.sh."""

from __future__ import annotations

from collections.abc import Mapping

from devenv.shells.bourne import COMMON, Bourne
from devenv.shells.dialect import Session


class Bash(Bourne):
    """The dialect of bash 3.2 and later."""

    def __init__(self) -> None:
        super().__init__(
            name="bash",
            suffix="bash",
            runtime=("bash.sh", *COMMON),
            # Before 4.4 bash cannot say what is exported without a process.
            guard="case ${BASH_VERSION-} in [5-9].*|4.[4-9]*|[1-9][0-9].*) ;; *) return 1 ;; esac",
            exported="case ${{name}@a} in *x*) ;; *) false ;; esac",
        )

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:  # noqa: ARG002
        text = f"[ ! -r ~/.bashrc ] || . ~/.bashrc\n{self.source(script)}"
        return Session(("--rcfile", f"{folder}/bashrc"), files=((f"{folder}/bashrc", text),))
