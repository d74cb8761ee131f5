"""What the Tab key offers. Shells start this file itself: ``python -I -S complete.py SHELL WORD...``

The words are those of the line up to the cursor, "devenv" first, the last one incomplete. Nothing but
the standard library and files below $DEVENV_HOME is read: no command is imported, no Spack, no YAML.
Each candidate is a line; ":files" stands for the files that the shell itself offers. tcsh passes the
line as $COMMAND_LINE, and gets the files as well, since it cannot fall back on its own.
"""

from __future__ import annotations

import os
import re
import sys

TYPE_CHECKING = False  # typing takes as long to import as all the rest
if TYPE_CHECKING:
    from typing import Any

if __name__ == "__main__":
    sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))]

from devenv.cli.complete_values import FILES, Values  # noqa: E402
from devenv.cli.table import read_table  # noqa: E402

_SAFE = re.compile(r"[\w@%+=:,./~-]+\Z")
"""What needs no quoting in any shell: other names are not offered."""


class Line:
    """A line as far as it is typed. words: those before the incomplete one, without "devenv".

    command: its entry in the table. pending: the option whose value comes next. options: those given,
    by their first name. positionals: the arguments. inside: how many words of the user's own command
    there are, or None before it.
    """

    def __init__(self, table: dict[str, Any], words: list[str], environments: list[str]) -> None:
        self._globals, self._environments = table["options"], environments
        self.command: dict[str, Any] = table
        self.pending: dict[str, Any] | None = None
        self.options: dict[str, str] = {}
        self.positionals: list[str] = []
        self.inside: int | None = None
        for word in words:
            self._take(word)

    def _take(self, word: str) -> None:
        if self.inside is not None:
            self.inside += 1
        elif self.pending is not None:
            self.options[self.pending["names"][0]] = word
            self.pending = None
        elif word == "--":
            self.inside = 0
        elif word.startswith("-"):
            self._take_option(word)
        elif not self.positionals and word in self.command.get("commands", {}):
            self.command = self.command["commands"][word]
        elif self.takes_program and word not in self._environments:
            self.inside = 1
        else:
            self.positionals.append(word)

    def _take_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = self.option(name)
        if option is None or "value" not in option:
            return
        if equals:
            self.options[option["names"][0]] = value
        else:
            self.pending = option

    def option(self, name: str) -> dict[str, Any] | None:
        """The option of this name; None where there is none."""
        every = (*self.command["options"], *self._globals)
        return next((option for option in every if name in option["names"]), None)

    @property
    def takes_program(self) -> bool:
        """Whether the command ends with a command of the user's own."""
        return bool(self.command["arguments"]) and self.command["arguments"][-1] == "program"

    @property
    def kinds(self) -> list[Any]:
        """What the next argument may be."""
        arguments: list[Any] = self.command["arguments"]
        if self.takes_program:
            return arguments if not self.positionals else arguments[-1:]
        return arguments[len(self.positionals) :][:1] or arguments[-1:]


def complete(words: list[str], environ: dict[str, str], cwd: str) -> list[tuple[str, str]]:
    """The candidates for the last of `words`; [(FILES, "")] for files."""
    *before, word = words[1:] or [""]
    table = read_table()
    values = Values(table["values"], environ, cwd)
    line = Line(table, before, values.environments())
    values.line = line
    name, equals, part = word.partition("=")
    if line.inside is not None:
        found = values.of("program" if line.inside == 0 else "files", word)
    elif line.pending is not None:
        found = values.of(line.pending["value"], word)
    elif equals and word.startswith("--") and (option := line.option(name)):
        found = [(f"{name}={v}", d) for v, d in values.of(option.get("value", ""), part)]
    elif word.startswith("-"):
        every = (*line.command["options"], *table["options"])
        found = [
            (n, one["help"]) for one in every for n in one["names"] if n[:2] == "--" or word == "-"
        ]
    elif "commands" in line.command:
        found = [(n, one["help"]) for n, one in line.command["commands"].items()]
    else:
        found = [one for kind in line.kinds for one in values.of(kind, word)]
    return _matching(found, word)


def _matching(found: list[tuple[str, str]], word: str) -> list[tuple[str, str]]:
    """Those that begin so, each once, and that need no quoting."""
    if (FILES, "") in found:
        return [(FILES, "")]
    fitting = {v: d for v, d in reversed(found) if v.startswith(word) and _SAFE.match(v)}
    return list(reversed(fitting.items()))


def rejoined(words: list[str]) -> list[str]:
    """The words as the user sees them: bash splits them at ``=`` and ``:``."""
    found: list[str] = []
    glue = False
    for word in words:
        if found and (glue or word in ("=", ":")):
            found[-1] += word
        else:
            found.append(word)
        glue = word in ("=", ":")
    return found


def main(arguments: list[str]) -> None:
    """Print the candidates for a shell; whatever happens, no error gets into a command line."""
    shell, *words = arguments
    if shell == "tcsh":
        words = _split(os.environ.get("COMMAND_LINE", ""))
    elif shell == "bash":
        words = rejoined(words)
    found = complete(words, dict(os.environ), os.getcwd())
    if shell == "tcsh" and found == [(FILES, "")]:
        found = [(path, "") for path in _files(words[-1])]
    sys.stdout.write("".join(f"{_shown(shell, words[-1], *one)}\n" for one in found))


def _split(line: str) -> list[str]:
    import shlex

    try:
        words = shlex.split(line)
    except ValueError:  # a quote that is open
        words = line.split()
    return [*words, ""] if not words or line[-1:].isspace() else words


def _files(word: str) -> list[str]:
    folder = os.path.dirname(word)
    with os.scandir(os.path.expanduser(folder) or ".") as entries:
        return sorted(os.path.join(folder, one.name) + "/" * one.is_dir() for one in entries)


def _shown(shell: str, word: str, value: str, description: str) -> str:
    """A candidate as the shell wants it."""
    if shell == "bash":  # of a word with these it replaces what follows the last one
        return value[max(word.rfind("="), word.rfind(":")) + 1 :] if value != FILES else value
    if shell == "zsh" and value != FILES:
        value = value.replace(":", "\\:")
        return f"{value}:{description}" if description else value
    return f"{value}\t{description}" if shell == "fish" and description else value


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception:  # noqa: BLE001 - an error would stand in the middle of a command line
        sys.exit(1)
