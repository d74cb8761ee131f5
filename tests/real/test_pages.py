"""What the tutorials type is typed, in order, and prints what they show."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from page_commands import Typed, pattern, typed
from support import REPOSITORY, Devenv, plain_environ

pytestmark = pytest.mark.real

END = "--end-of-command-{number}--"


def session(commands: list[Typed], devenv: Devenv, cwd: Path) -> list[str]:
    """The output of each command, both streams, in one bash as a reader has it."""
    lines = ["exec 2>&1", "cd -- " + f"'{cwd}'"]
    for number, one in enumerate(commands):
        lines += [one.command, f"printf '\\n{END.format(number=number)}\\n'"]
    environ = {
        **plain_environ(),
        "DEVENV_HOME": str(devenv.home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash"],
        input="\n".join(lines),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    found, rest = [], done.stdout
    for number in range(len(commands)):
        printed, mark, rest = rest.partition(f"\n{END.format(number=number)}\n")
        assert mark, f"bash ended in {commands[number]}:\n{printed}"
        found.append(printed.removesuffix("\n"))
    return found


def wrong(page: Path, commands: list[Typed], outputs: list[str]) -> list[str]:
    return [
        f"{page.name}:{one.line}: {one.command}\nshown:\n{chr(10).join(one.output)}\nprinted:\n{text}"
        for one, text in zip(commands, outputs, strict=True)
        if not pattern(one.output).fullmatch(f"{text}\n" if text else "")
    ]


def test_your_own_model(make_devenv: Callable[[str], Devenv], tmp_path: Path) -> None:
    page = REPOSITORY / "docs/tutorial/your-own-model.md"
    commands = list(typed(page))
    assert len(commands) > 10
    outputs = session(commands, make_devenv("your-own-model"), tmp_path)
    assert wrong(page, commands, outputs) == []


def test_an_output_that_differs_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("    $ echo one\n    two\n    $ echo three\n    t…\n")
    commands = list(typed(page))
    outputs = session(commands, Devenv(tmp_path), tmp_path)
    assert outputs == ["one", "three"]
    assert [text.splitlines()[0] for text in wrong(page, commands, outputs)] == [
        "page.md:1: echo one"
    ]
