"""POSIX sh, for scripts: dash, busybox and their like. Its own functions are sh.sh.

`. activate.sh` works in every shell of the family: in bash and zsh its script sources theirs. Without a
process, a POSIX shell cannot tell what is exported: it treats an unexported path list as exported.
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
        # For tcsh it continues, to print the changes.
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
        """tcsh runs the script, which prints what tcsh is to do."""
        name = checked_name(generation.name)
        return (
            f'if [ -n "${{__devenv_tcsh-}}" ]; then\n  __devenv_own={name}; __devenv_csh\n'
            f"else\n  __devenv_enter __devenv_activate {name}\nfi\n"
        )
