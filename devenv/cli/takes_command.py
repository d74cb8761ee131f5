"""The commands that end with the user's own command: where devenv's options stop and that begins."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from devenv.cli.options import environment_names
from devenv.cli.state import State
from devenv.core.errors import UsageError

MAY_DO_WITHOUT = ("alloc",)
"""Here a lone word that is no program is a misspelt environment."""


class TakesCommand(TyperCommand):
    """For `app.command(cls=…)`: ``[NAME] [OPTIONS] COMMAND...``, as `State.rest`.

    The command begins at the first word that is neither an option of devenv with its value nor the name
    of an environment. ``--`` before it is allowed, and decides where it is ambiguous.
    """

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "COMMAND..."]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click does, of the words before the command; UsageError where they are ambiguous."""
        state = ctx.find_object(State)
        at, named = command_start(self, args)
        words = args[at:]
        if not words:
            return super().parse_args(ctx, args)
        if words[0].startswith("-") or self._is_name(words, named, state.dashes):
            _check_name(ctx, words, state)
            return super().parse_args(ctx, args)
        if not state.dashes:
            _check_ambiguity(ctx, args[:at], words, named)
        state.rest = (*words, *(("--", *state.rest) if state.dashes else ()))
        return super().parse_args(ctx, args[:at])

    def _is_name(self, words: Sequence[str], named: str, dashes: bool) -> bool:
        """Whether the first of `words`, which is not an environment, stands where one is expected."""
        if named or not takes_name(self):
            return False
        if not dashes:
            lone = len(words) == 1 and self.name in MAY_DO_WITHOUT
            return lone and shutil.which(words[0]) is None
        at, _ = command_start(self, words[1:])
        return at == len(words) - 1


def takes_name(command: Any) -> bool:
    """Whether a command has an environment as its argument."""
    return any(argument.name == "name" for argument in command.params)


def command_start(command: Any, words: Sequence[str]) -> tuple[int, str]:
    """Where the words begin that are neither options with their values nor an environment; and the
    environment, if one was named."""
    options = {name: option for option in command.params for name in option.opts}
    names = environment_names() if takes_name(command) else []
    at, named = 0, ""
    while at < len(words):
        length = _option_length(words[at], options)
        if not length and not named and words[at] in names:
            named, length = words[at], 1
        if not length:
            break
        at += length
    return min(at, len(words)), named


def _option_length(word: str, options: dict[str, Any]) -> int:
    """How many words an option and its value take; 0 for what is not an option of these."""
    if word in ("-h", "--help"):
        return 1
    if word.startswith("--"):
        name, equals, _ = word.partition("=")
        return 0 if name not in options else 1 if equals or _is_flag(options[name]) else 2
    if not word.startswith("-"):
        return 0
    for at, letter in enumerate(word[1:], start=2):
        option = options.get(f"-{letter}")
        if option is None:
            return 0
        if not _is_flag(option):  # what follows in the same word is its value
            return 1 if word[at:] else 2
    return 1 if len(word) > 1 else 0


def _is_flag(option: Any) -> bool:
    return bool(getattr(option, "is_flag", False) or getattr(option, "count", False))


def _check_name(ctx: Any, words: Sequence[str], state: State) -> None:
    """UsageError where what stands in the place of an environment is a program."""
    if not words[0].startswith("-") and shutil.which(words[0]):
        line = shlex.join([*words, *(("--", *state.rest) if state.dashes else ())])
        raise UsageError(
            f"{words[0]!r} is not an environment, but a program",
            fix=f"If it is the command: {ctx.command_path} -- {line}",
        )


def _check_ambiguity(ctx: Any, before: Sequence[str], words: Sequence[str], named: str) -> None:
    """UsageError where a word may be an environment as well as a program, and says how to write both."""
    path, first = ctx.command_path, words[0]
    if named and before[-1] == named and shutil.which(named) and not _is_program(first):
        options = before[:-1]
        raise UsageError(
            f"{named!r} is an environment and a program",
            fix=f"As the environment: {path} {shlex.join([*before, '--', *words])}\n"
            f"  As the command: {path} {shlex.join([*options, '--', named, *words])}",
        )
    near = get_close_matches(first, environment_names(), n=1, cutoff=0.75)
    if not named and near and len(words) > 1 and not _is_program(first):
        other = shlex.join([*before, *near, *words[1:]])
        raise UsageError(
            f"{first!r} is neither an environment nor a program on PATH\n"
            f"  Did you mean {near[0]!r}? {path} {other}",
            fix=f"If it is a program of the environment: {path} {shlex.join([*before, '--', *words])}",
        )


def _is_program(word: str) -> bool:
    return "/" in word or shutil.which(word) is not None or Path(word).exists()


_Unparsable: Any = typer.BadParameter.__bases__[0]
"""click's UsageError, of the click that this typer uses: some versions have one of their own."""


class BehindDashes(TyperCommand):
    """For a command that passes words on behind ``--``: one without it is answered with the line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click does; our UsageError where words are left over that belong behind ``--``."""
        typed = list(args)
        try:
            return super().parse_args(ctx, args)
        except _Unparsable as error:
            # A long option that is nearly one of ours is misspelt.
            if not getattr(error, "possibilities", None):
                self._answer(ctx, typed)
            raise

    def _answer(self, ctx: Any, typed: Sequence[str]) -> None:
        at, _ = command_start(self, typed)
        if ctx.find_object(State).dashes or at == len(typed) or typed[at].startswith("--"):
            return
        line = shlex.join([*typed[:at], "--", *typed[at:]])
        raise UsageError(
            f"{typed[at]!r} is not an argument of '{ctx.command_path}'; what it passes on comes after"
            " '--'",
            fix=f"Write: {ctx.command_path} {line}",
        )
