"""The one error boundary: how the program ends where a command cannot do what was asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from devenv.cli.colour import message
from devenv.cli.state import State
from devenv.core.errors import DevenvError, PlaceError, StepError, UsageError

_ClickError: Any = typer.BadParameter.__mro__[2]
_NoArguments = "NoArgsIsHelpError"


def bounded(work: Callable[[], int], state: State) -> int:
    """The exit code of `work`; an error is reported as a person, or with --json a program, reads it."""
    try:
        return work()
    except DevenvError as error:
        return _reported(error, state)
    except _ClickError as error:
        if type(error).__name__ == _NoArguments:
            error.show()
            return int(error.exit_code)
        return _reported(_usage_error(error), state)
    except typer.Abort:
        print("devenv: aborted, nothing was changed", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        from devenv.system.os_errors import full_disk

        found = full_disk(error)
        if found is None:
            raise
        return _reported(found, state)


def _usage_error(error: Any) -> UsageError:
    context = getattr(error, "ctx", None)
    fix = f"{context.get_usage()}\n  Its options: {context.command_path} --help" if context else ""
    return UsageError(error.format_message(), fix=fix)


def _reported(error: DevenvError, state: State) -> int:
    from devenv.system.redaction import redacted

    if isinstance(error, PlaceError) and state.context:
        _fit(error, state.context.layout.home)
    ours = len(state.typed) - (0 if state.dashes else len(state.rest))
    asked = state.as_json or "--json" in state.typed[:ours]
    if asked:
        print(redacted(_json(error), os.environ))
    text = state.error = redacted(str(error), os.environ)
    print(message(text, state.environ, state.color), file=sys.stderr)
    return error.code


def _fit(error: PlaceError, home: Path) -> None:
    """Advise on $DEVENV_HOME only where that helps: in it, also by links, and above it."""
    places = [Path(error.place), Path(os.path.realpath(error.place))]
    homes = [home, Path(os.path.realpath(home))]
    if not any(p.is_relative_to(h) or h.is_relative_to(p) for p in places for h in homes):
        error.fix = error.fix.replace(error.in_home, error.elsewhere)


def _json(error: DevenvError) -> str:
    import json

    about = {"type": type(error).__name__, "message": error.what, "fix": error.fix}
    log = {"log": error.log} if isinstance(error, StepError) else {}
    return json.dumps(
        {"schema": "devenv.error/1", "code": error.code, "error": {**about, **log}}, indent=2
    )
