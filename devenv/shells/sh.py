"""POSIX sh, for scripts: dash, busybox and their like. Its functions of its own are sh.sh.

Its script is the one that `. activate.sh` reads in any shell of the family: in bash and zsh it hands on
to theirs. A POSIX shell cannot say without a process what is exported: a path list of that name that is
not exported yet is taken for the environment's.
"""

from __future__ import annotations

from collections.abc import Mapping

from devenv.core.environment import Generation
from devenv.core.names import checked_name
from devenv.shells.bourne import COMMON, Bourne
from devenv.shells.dialect import Session

_BEFORE = """\
if [ -z "${__devenv_mode-}${__devenv_tcsh-}" ]; then
  if [ -n "${BASH_VERSION-}" ]; then . {folder}/activate.bash; return; fi
  if [ -n "${ZSH_VERSION-}" ]; then . {folder}/activate.zsh; return; fi
fi
"""


class Sh(Bourne):
    """The dialect of POSIX.1-2008."""

    def __init__(self) -> None:
        runtime = ("sh.sh", *COMMON, "csh.sh")
        # In tcsh's service it goes on, to say what was done.
        done = '[ -n "${__devenv_done-}" ] && [ -z "${__devenv_tcsh-}" ]'
        super().__init__("sh", "sh", runtime, before=_BEFORE, done=done)

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:
        """An interactive POSIX shell reads the file that ENV names."""
        text = (
            "ENV=${__devenv_env-}; unset __devenv_env\n"
            'if [ -z "$ENV" ]; then unset ENV; elif [ -r "$ENV" ]; then . "$ENV"; fi\n'
            f"{self.source(script)}"
        )
        file = f"{folder}/shrc"
        variables = (("ENV", file), ("__devenv_env", environ.get("ENV", "")))
        return Session((), variables, ((file, text),))

    def _enter(self, generation: Generation) -> str:
        """For tcsh the script is run, and prints what it would do."""
        name = checked_name(generation.name)
        return (
            f'if [ -n "${{__devenv_tcsh-}}" ]; then\n  __devenv_own={name}; __devenv_csh\n'
            f"else\n  __devenv_enter __devenv_activate {name}\nfi\n"
        )
