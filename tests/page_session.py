"""A reader who follows a page: a home of their own, and one bash in which each command is typed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from page_commands import Typed, pattern, typed
from page_table import Row
from support import REPOSITORY, Devenv, plain_environ

PLAIN = Row()
LINES = 25
"""Of an output that is wrong: what is shown of it."""

END = "--end-of-command-{number}--"


@dataclass(frozen=True)
class Reader:
    """home: $HOME, with devenv's home where it is by default. environ: what else their shell has."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def devenv(self) -> Devenv:
        return Devenv(self.home / ".local/share/devenv", self.variables)

    @property
    def variables(self) -> dict[str, str]:
        """Their caches and the settings of pip and git are those of who runs the tests."""
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        pip = Path.home() / ".config/pip/pip.conf"
        return {
            "HOME": str(self.home),
            "XDG_CACHE_HOME": cache,
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            **({"PIP_CONFIG_FILE": str(pip)} if pip.is_file() else {}),
            **self.environ,
        }

    def having(self, environ: Mapping[str, str]) -> Reader:
        """The reader with more variables."""
        return Reader(self.home, {**self.environ, **environ})

    def follow(self, page: str, row: Row = PLAIN) -> list[str]:
        """Type what the page types, in a new directory; what went otherwise than it says."""
        path = REPOSITORY / page
        commands = [one for one in typed(path) if not one.why_not]
        assert commands, f"{page} has nothing to type"
        lines = [replaced(one.command, row.names) for one in commands]
        if row.after:
            commands.append(Typed(0, row.after))
            lines.append(row.after)
        work = self.home / "work" / path.stem
        work.mkdir(parents=True, exist_ok=True)
        done = session([row.before, *lines], self._environ(), work)[1:]
        return [
            text
            for one, line, (code, printed) in zip(commands, lines, done, strict=True)
            if (text := self._problem(f"{page}:{one.line}: {line}", one, code, printed))
        ]

    def _environ(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        home = {"DEVENV_HOME": str(self.devenv.home)}
        return {**plain_environ(), **home, "PATH": path, **self.variables}

    def _problem(self, where: str, one: Typed, code: int, printed: str) -> str:
        text = printed.replace(str(self.home), "~")
        seen = "\n".join(text.splitlines()[-LINES:])
        if one.compared:
            shown = one.output or ()
            good = pattern(shown).fullmatch(f"{text}\n" if text else "")
            return "" if good else "\n".join((where, "shown:", *shown, "printed:", seen))
        return f"{where}: exit code {code}\n{seen}" if code else ""


def make_reader(folder: Path, environ: Mapping[str, str] | None = None) -> Reader:
    """A reader with an empty home below `folder`."""
    home = folder / "reader"
    home.mkdir()
    settings = os.environ.get("GIT_CONFIG_GLOBAL") or Path.home() / ".gitconfig"
    text = f"[include]\n\tpath = {settings}\n[user]\n\tname = Ada\n\temail = ada@example.org\n"
    (home / ".gitconfig").write_text(text, encoding="utf-8")
    return Reader(home, dict(environ or {}))


def replaced(command: str, names: Mapping[str, str]) -> str:
    """The command with the reader's own words for those of the page."""
    for name, value in names.items():
        begin, end = (r"\b" if name[at].isalnum() else "" for at in (0, -1))
        command = re.sub(begin + re.escape(name) + end, lambda _: value, command)  # noqa: B023
    return command


def session(
    commands: Sequence[str], environ: Mapping[str, str], cwd: Path
) -> list[tuple[int, str]]:
    """The exit code and the output of each command, both streams, in one bash as a reader has it."""
    lines = ["exec 2>&1 </dev/null", f"cd -- '{cwd}'"]
    for number, command in enumerate(commands):
        lines += [command, f"printf '\\n{END.format(number=number)}%s\\n' $?"]
    script = cwd / ".session.sh"
    script.write_text("\n".join(lines), encoding="utf-8")
    done = subprocess.run(
        ["bash", script],
        env=dict(environ),
        stdout=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
        timeout=1500,
    )
    script.unlink()
    found, rest = [], done.stdout
    for number, command in enumerate(commands):
        printed, mark, rest = rest.partition(f"\n{END.format(number=number)}")
        assert mark, f"bash ended in {command}:\n{printed}"
        code, _, rest = rest.partition("\n")
        found.append((int(code), printed.removesuffix("\n")))
    return found
