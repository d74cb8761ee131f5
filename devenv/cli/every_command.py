"""The options that every command has, wherever they stand: -q, -v, --color, --json and so on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.core import TyperGroup, TyperOption

from devenv.cli.state import State
from devenv.core.errors import UsageError

COLORS = ("auto", "always", "never")


def add_to(command: Any, inner: bool = False) -> Any:
    """The command with these options, and those below it too. They are in the help of the root alone."""
    own = {name for parameter in command.params for name in parameter.opts}
    command.params.extend(option for option in _options(inner) if not own & set(option.opts))
    if isinstance(command, TyperGroup):
        for below in command.commands.values():
            add_to(below, inner=True)
    return command


def _options(hidden: bool) -> list[Any]:
    return [
        _option("-q", "--quiet", help="No progress, errors only.", sets="quiet", hidden=hidden),
        _option(
            "-v", "--verbose", help="Print what is run; -vv: and what from.", sets="verbose",
            hidden=hidden, count=True,
        ),
        _option(
            "--color", metavar="WHEN", help=f"{', '.join(COLORS)}.", sets="color", hidden=hidden,
            is_flag=False,
        ),
        _option("--json", help="Print JSON for programs.", sets="as_json", hidden=hidden),
        _option(
            "--json-events", help="And the progress, a line of JSON for each step, on stderr.",
            sets="events", hidden=hidden,
        ),
        _option(
            "--live", help="On a terminal, the progress as a table of what runs.", sets="live",
            hidden=hidden,
        ),
    ]  # fmt: skip


def _option(*names: str, sets: str, is_flag: bool = True, count: bool = False, **more: Any) -> Any:
    flag: dict[str, Any] = {"count": True, "type": int} if count else {"is_flag": is_flag}
    return TyperOption(
        param_decls=list(names), expose_value=False, callback=_setting(sets), show_default=False,
        default=None if not is_flag else 0 if count else False, **flag, **more,
    )  # fmt: skip


def _setting(name: str) -> Callable[[Any, Any, Any], Any]:
    def keep(context: Any, _: Any, value: Any) -> Any:
        state = context.find_object(State)
        if state is None:
            return value
        state.command = context.command_path
        if value:
            if name == "color" and value not in COLORS:
                raise UsageError(
                    f"invalid value of --color: {value!r}", fix=f"One of {', '.join(COLORS)}."
                )
            setattr(state, name, value)
        return value

    return keep
