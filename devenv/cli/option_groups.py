"""A command's options as one dataclass, filled by a decorator."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, get_type_hints

Command = Callable[..., None]


def option_group(group: type[Any]) -> Callable[[Command], Command]:
    """A decorator: the command has the fields of `group` as options, and gets one as `options`.

    group: a dataclass whose fields are annotated as parameters of a command are. In the help they stand
    where `options` stands among the parameters.
    """
    names = [field.name for field in fields(group)]

    def decorate(command: Command) -> Command:
        @wraps(command)
        def called(**values: Any) -> None:
            options = group(**{name: values.pop(name) for name in names})
            command(**values, options=options)

        parameters = _parameters(command, group)
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in parameters}
        return called

    return decorate


def _parameters(command: Command, group: type[Any]) -> list[inspect.Parameter]:
    kinds = get_type_hints(group, include_extras=True)
    found: list[inspect.Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        if parameter.name != "options":
            found.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        found += [
            inspect.Parameter(
                one.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=one.default,
                annotation=kinds[one.name],
            )
            for one in fields(group)
        ]
    return found
