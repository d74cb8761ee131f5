"""zsh. It uses bash's functions, with its own options reset in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devenv.shells.bourne import COMMON, Bourne
from devenv.shells.dialect import Session


class Zsh(Bourne):
    """The dialect of zsh 5.3 and later."""

    def __init__(self) -> None:
        super().__init__(
            name="zsh",
            suffix="zsh",
            runtime=("bash.sh", *COMMON),
            guard="emulate -L sh",
        )

    def _exported(self, names: Sequence[str]) -> Sequence[str]:
        unset = '[ -z "${%s+x}" ] || return 1'
        return tuple(
            f"case ${{(t){name}}} in *export*) ;; *) {unset % name} ;; esac" for name in names
        )

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:
        """zsh reads its start-up files from ZDOTDIR: ours are there, and read the user's."""
        own = "${__devenv_zdotdir:-$HOME}"
        env = f"[ ! -r {own}/.zshenv ] || . {own}/.zshenv\n"
        rc = (
            "__devenv_dot=$__devenv_zdotdir; unset __devenv_zdotdir\n"
            'if [ -n "$__devenv_dot" ]; then ZDOTDIR=$__devenv_dot; else unset ZDOTDIR; fi\n'
            "unset __devenv_dot\n"
            '[ ! -r "${ZDOTDIR:-$HOME}/.zshrc" ] || . "${ZDOTDIR:-$HOME}/.zshrc"\n'
            f"{self.source(script)}"
        )
        dot = f"{folder}/zsh"
        variables = (("ZDOTDIR", dot), ("__devenv_zdotdir", environ.get("ZDOTDIR", "")))
        return Session((), variables, ((f"{dot}/.zshenv", env), (f"{dot}/.zshrc", rc)))
