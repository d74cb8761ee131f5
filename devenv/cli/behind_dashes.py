"""The commands that take words behind ``--``: for who left it out, how to write the line."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand

from devenv.cli.options import environment_names
from devenv.cli.state import rest_of
from devenv.core.errors import UsageError

NEED_COMMAND = ("run", "submit")
"""Those that do nothing without a command: there a lone word that is no environment is meant as one."""
TAKE_COMMAND = ("alloc",)
"""Those that may do without: there a lone word is meant as one where it is a program."""

_Unparsable: Any = typer.BadParameter.__bases__[0]
"""click's UsageError, of the click that this typer uses: some versions have one of their own."""


class BehindDashes(TyperCommand):
    """For `app.command(cls=…)`: what was typed without ``--`` is answered with the whole line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As click does; our UsageError where words are left over that belong behind ``--``."""
        typed = list(args)
        try:
            rest = super().parse_args(ctx, args)
        except _Unparsable as error:
            # A long option that is nearly one of ours is misspelt.
            if not getattr(error, "possibilities", None):
                self._answer(ctx, typed)
            raise
        if self.name in NEED_COMMAND or (self.name in TAKE_COMMAND and self._is_program(typed)):
            self._answer(ctx, typed)
        return rest

    def _is_program(self, typed: Sequence[str]) -> bool:
        at = self._start(typed)
        return at < len(typed) and shutil.which(typed[at]) is not None

    def _answer(self, ctx: Any, typed: Sequence[str]) -> None:
        at = self._start(typed)
        if rest_of(ctx) or at == len(typed) or typed[at].startswith("--"):
            return
        line = shlex.join([*typed[:at], "--", *typed[at:]])
        raise UsageError(
            f"{typed[at]!r} is not an argument of '{ctx.command_path}';"
            " a command, or what is for it, comes after '--'",
            fix=f"Write: {ctx.command_path} {line}",
        )

    def _start(self, typed: Sequence[str]) -> int:
        """Where the words begin that are neither options with their values nor an environment."""
        options = {name: option for option in self.params for name in option.opts}
        takes_name = any(argument.name == "name" for argument in self.params)
        at = 0
        while at < len(typed):
            word, equals, _ = typed[at].partition("=")
            if word.startswith("-") and word in options:
                at += 1 if equals or getattr(options[word], "is_flag", False) else 2
            elif takes_name and typed[at] in environment_names(""):
                takes_name, at = False, at + 1
            else:
                break
        return min(at, len(typed))
