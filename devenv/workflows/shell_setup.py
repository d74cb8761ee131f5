"""devenv shell-setup: the line for a shell's start-up file, put there and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.names import unknown
from devenv.core.plan import Plan, Write
from devenv.core.result import Result
from devenv.core.text_edit import text_diff, with_block, without_block
from devenv.store.carry import carry_out
from devenv.workflows.activate import evaluation

_FILES = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/config.fish", "tcsh": ".tcshrc"}
_BLOCK = "devenv shell-setup"


@dataclass(frozen=True)
class ShellSetup:
    """What becomes of a start-up file. text: its whole new text; the same as `before`: nothing to do."""

    path: Path
    before: str
    text: str

    @property
    def diff(self) -> tuple[str, ...]:
        return text_diff(str(self.path), self.before, self.text)


def shell_setup(context: Context, shell: str, *, undo: bool = False) -> ShellSetup:
    """What is to be written for `shell`; empty: the user's own ($SHELL). undo: take it back.

    UsageError for a shell without a start-up file of its own, StateError for a file that cannot be read.
    """
    shell = shell or context.environ.get("SHELL", "").rpartition("/")[2]
    if shell not in _FILES:
        raise unknown("shell", shell, _FILES)
    path = _start_file(context, shell)
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(f"cannot read {path}: {error}", fix="Fix it, or add the line.") from None
    line = evaluation(("shell-init", shell), shell, "")
    text = without_block(before, _BLOCK) if undo else with_block(before, _BLOCK, line)
    return ShellSetup(path, before, text)


def apply_setup(context: Context, setup: ShellSetup) -> Result:
    """Write the file, if there is something to change."""
    data = {"file": str(setup.path), "diff": list(setup.diff)}
    if setup.text == setup.before:
        return Result((f"{setup.path} is as it should be.",), data=data)
    private = setup.path.exists() and not setup.path.stat().st_mode & 0o077
    write = Write(str(setup.path), setup.text, private=private)
    carry_out(context, Plan("shell-setup", (write,), diff=setup.diff))
    return Result((*setup.diff, f"Written: {setup.path}. A new shell has it."), data=data)


def _start_file(context: Context, shell: str) -> Path:
    """Where a link leads: people keep these files in a repository."""
    home = Path(context.environ.get("HOME", "/"))
    if shell == "zsh" and context.environ.get("ZDOTDIR"):
        home = Path(context.environ["ZDOTDIR"])
    return (home / _FILES[shell]).resolve()
