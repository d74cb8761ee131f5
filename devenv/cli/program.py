"""The root command: help in groups, other tools' names for commands, and what is meant by a word."""

from __future__ import annotations

import shlex
import sys
from contextlib import AbstractContextManager, nullcontext
from difflib import get_close_matches
from typing import Any

from typer import Exit
from typer.core import TyperGroup

from devenv.cli.groups import ALIASES, MEANINGS, grouped
from devenv.cli.state import State
from devenv.core.errors import UsageError

EXIT_CODES = (
    ("0", "done"),
    ("1", "done, and something is not well: a failed check, a failed test"),
    ("2", "the command line, a name or a file of yours is not valid"),
    ("3", "the machine lacks something"),
    ("4", "a command that devenv started failed; its log is named"),
    ("5", "a repository or an index cannot be reached"),
    ("6", "files are missing, stale, damaged or in use"),
    ("125", "a commit of --ref cannot be built"),
    ("130", "interrupted"),
)
"""What `devenv.core.errors` has as `code`; run, test, shell and spack exec pass on what they started."""


MAKERS = (
    *("create", "adopt", "develop", "undevelop", "build", "add", "remove-package", "mods", "data"),
    *("restore", "rollback", "prune", "du", "doctor", "sync", "cache", "wheel", "conda"),
    "spack",
)
"""The commands that make something, of which an interrupt leaves a part."""

_SPEAK = (
    *("--on", "--watch", "logs", "shell", "exec"),
    *("activate", "refresh", "deactivate", "shell-init", "shell-hook"),
)
"""Words of a line that has a display of its own, starts another program, or prints shell code."""


class Program(TyperGroup):
    """The root. summaries: of all commands, so that the help imports none of their modules."""

    summaries: dict[str, str] = {}  # noqa: RUF012 - filled once, at the start

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As click does, and by the aliases; UsageError with what may be meant."""
        words = [ALIASES.get(args[0], args[0]), *args[1:]]
        if words[0] in self.commands or words[0].startswith("-"):
            return super().resolve_command(ctx, words)
        raise UsageError(
            f"no such command: {words[0]!r}", fix=_meant(words[0], list(self.commands))
        )

    def invoke(self, ctx: Any) -> Any:
        """As click does; something moves meanwhile, and an interrupt says how to go on."""
        state = ctx.find_object(State)
        word = [*getattr(ctx, "_protected_args", ()), *ctx.args, ""]
        command = ALIASES.get(word[0], word[0])
        try:
            with _idle(state):
                return super().invoke(ctx)
        except KeyboardInterrupt:
            _interrupted(state, command)
            raise Exit(130) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """In groups, those that a newcomer needs first, and what exit codes mean."""
        summaries = self.summaries or {
            name: command.get_short_help_str(200)
            for name, command in self.commands.items()
            if not command.hidden
        }
        for title, names in grouped(list(summaries)).items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:14}", summaries[name]) for name in names])
        with formatter.section("Exit codes"):
            formatter.write_dl(list(EXIT_CODES))


def _meant(word: str, names: list[str]) -> str:
    if word in MEANINGS:
        return f"Did you mean: devenv {MEANINGS[word]}"
    near = get_close_matches(word, [*names, *ALIASES])
    return (
        f"Did you mean {' or '.join(map(repr, near))}?" if near else "All commands: devenv --help"
    )


def _interrupted(state: State, command: str) -> None:
    """The one line on Ctrl-C: what is kept, and how it goes on."""
    line = "devenv: interrupted."
    if command in MAKERS:
        line += f" What was finished is kept. To go on: {shlex.join(['devenv', *state.typed])}"
    print(f"\n{line}" if sys.stderr.isatty() else line, file=sys.stderr)


def _idle(state: State) -> AbstractContextManager[object]:
    """On a terminal, something that moves while a command works and shows nothing else."""
    if any(word.split("=")[0] in _SPEAK for word in state.typed) or state.quiet or state.events:
        return nullcontext()
    if not sys.stderr.isatty() or state.environ.get("TERM") == "dumb":
        return nullcontext()
    from devenv.system.idle import Idle

    return Idle(sys.stderr, shlex.join(["devenv", *state.typed]))
