"""tcsh, and csh if it is tcsh. It runs a POSIX shell: see decision 0007 in the docs.

A generation's script sets the path of its activate.sh; the rest is devenv.csh.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from devenv.core.environment import Generation
from devenv.core.errors import UsageError
from devenv.shells.dialect import Session

_START = """\
setenv HOME "$__devenv_user:q"
unsetenv __devenv_user
set home = "$HOME:q"
if (-r "$HOME:q/.tcshrc") then
  source "$HOME:q/.tcshrc"
else if (-r "$HOME:q/.cshrc") then
  source "$HOME:q/.cshrc"
endif
{source}"""

_SPECIAL = re.compile(r"[!\n\\']")


@dataclass(frozen=True)
class Csh:
    """The dialect of tcsh 6.20 and later."""

    name: str = "tcsh"
    suffix: str = "csh"

    def quote(self, text: str) -> str:
        """A newline needs a backslash, and `!` means history even in single quotes."""
        if "\0" in text:
            raise UsageError(f"{text!r} contains a NUL", fix="No shell can hold one: remove it.")
        return "'" + _SPECIAL.sub(_escaped, text) + "'"

    def activation_script(self, generation: Generation, path: str) -> str:  # noqa: ARG002
        sh = self.quote(f"{path.rpartition('/')[0]}/activate.sh")
        # An alias from a start-up file stays: it knows $DEVENV_HOME.
        return (
            "if (! $?__devenv_home) set __devenv_home = ''\n"
            f"if (\"$__devenv_home:q\" == '') {self._alias(f'source {self.quote(path)}')}\n"
            f"set __devenv_sh = {sh}\n{_file('devenv.csh').read_text(encoding='utf-8')}"
        )

    def source(self, path: str) -> str:
        return f"source {self.quote(path)}\n"

    def deactivation_script(self) -> str:
        return f"set __devenv_argv = (deactivate .); {self._own()}\n"

    def shell_init(self, home: str) -> str:
        """One line: backquotes turn newlines into spaces."""
        return f"set __devenv_home = {self.quote(home)}; {self._alias(self._own())}\n"

    def assignments(self, variables: Iterable[tuple[str, str | None]]) -> str:
        return "".join(
            f"unsetenv {name};\n" if value is None else f"setenv {name} {self.quote(value)};\n"
            for name, value in variables
        )

    def session(self, folder: str, script: str, environ: Mapping[str, str]) -> Session:
        """tcsh reads its start-up file from HOME: ours is there, and reads the user's."""
        text = _START.replace("{source}", self.source(script))
        variables = (("HOME", f"{folder}/csh"), ("__devenv_user", environ.get("HOME", "/")))
        return Session((), variables, ((f"{folder}/csh/.tcshrc", text),))

    def _alias(self, code: str) -> str:
        return f"alias devenv {self.quote(f'set __devenv_argv = (!* .); {code}')}"

    def _own(self) -> str:
        """The code that runs the command in __devenv_argv with the files of this package."""
        sh, script = self.quote(str(_file("csh.sh"))), self.quote(str(_file("devenv.csh")))
        return f"set __devenv_sh = {sh}; source {script}"


def _escaped(match: re.Match[str]) -> str:
    # Outside of the quotes: with `set backslash_quote`, a backslash inside would quote what follows.
    return {"'": "'\\''", "\\": "'\\\\'"}.get(match[0], f"\\{match[0]}")


def _file(name: str) -> Path:
    return Path(str(files(__package__) / name))
