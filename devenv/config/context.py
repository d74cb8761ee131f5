"""What every workflow is called with, and how the environment it is about is found."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from devenv.config.settings import Layer, Settings, load_settings
from devenv.core.errors import StateError
from devenv.core.events import event_line
from devenv.core.layout import Layout
from devenv.core.stage import DryRun
from devenv.core.trace import Trace


@dataclass(frozen=True)
class Context:
    """The settings, the process's variables and working directory, and what to show of the work.

    verbose: 1 prints each step as it is done, 2 also what things are made from. events: progress is
    JSON. as_json: standard output is one document, and what tests print goes to standard error. read:
    what each file of settings says; one call of the program reads it once. live: the progress is a
    table. dry: takes what would be done, in a dry run. trace: takes what is done. suspects: products
    that count as whole only if every hash is right.
    """

    settings: Settings
    environ: Mapping[str, str]
    cwd: Path
    quiet: bool = False
    verbose: int = 0
    events: bool = False
    as_json: bool = False
    live: bool = False
    read: dict[Path, Layer] = field(default_factory=dict)
    dry: DryRun | None = None
    trace: Trace = field(default_factory=Trace)
    suspects: frozenset[Path] = frozenset()

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.settings.home)

    def say(self, text: str) -> None:
        """Tell a person something on standard error; standard output belongs to the command."""
        if self.events:
            sys.stderr.write(event_line("note", text))
        elif not self.quiet:
            print(f"devenv: {text}", file=sys.stderr)


def make_context(
    environ: Mapping[str, str],
    cwd: Path,
    *,
    quiet: bool = False,
    verbose: int = 0,
    events: bool = False,
    as_json: bool = False,
    live: bool = False,
) -> Context:
    """The context of one call. UsageError for settings that cannot be."""
    read: dict[Path, Layer] = {}
    settings = load_settings(environ, cwd, read=read)
    return Context(settings, environ, cwd, quiet, verbose, events, as_json, live, read)


def settings_of(context: Context, name: str) -> Settings:
    """The settings for an environment: its own file counts as well."""
    folder = context.layout.env(name).root
    return load_settings(context.environ, context.cwd, environment=folder, read=context.read)


def read_text(path: Path, fix: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StateError(f"cannot read {path}: {reason}", fix=fix) from None
