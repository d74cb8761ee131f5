"""The context that every workflow is called with."""

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
    """The settings, the process's variables and working directory, and how to report progress.

    verbose: 1 prints each step as it is done, 2 also the inputs of products. events: progress as JSON.
    as_json: standard output is one document, so the output of tests goes to standard error. live: the
    progress is a table. read: settings files that were read already. dry: records the plans of a dry
    run. trace: records the steps carried out. suspects: products whose files are all verified by hash
    before use.
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
        """The directory layout of $DEVENV_HOME."""
        return Layout(self.settings.home)

    def say(self, text: str) -> None:
        """Print a note on standard error; standard output belongs to the command."""
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
    """The context of one call. UsageError for invalid settings."""
    read: dict[Path, Layer] = {}
    settings = load_settings(environ, cwd, read=read)
    return Context(settings, environ, cwd, quiet, verbose, events, as_json, live, read)


def settings_of(context: Context, name: str) -> Settings:
    """The settings for an environment, including those in its own file."""
    folder = context.layout.env(name).root
    return load_settings(context.environ, context.cwd, environment=folder, read=context.read)


def read_text(path: Path, fix: str) -> str:
    """The text of a file. StateError, with `fix`, if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StateError(f"cannot read {path}: {reason}", fix=fix) from None
