"""What every workflow is called with, and how the environment it is about is found."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from devenv.config.generation_file import read_generation, read_lock
from devenv.config.settings import Layer, Settings, load_settings
from devenv.core.environment import Environment, Generation, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.layout import EnvironmentLayout, GenerationLayout, Layout
from devenv.core.names import DERIVED, checked_name, unknown
from devenv.core.stage import DryRun


@dataclass(frozen=True)
class Context:
    """The settings, the process's variables and working directory, and whether to show progress.

    read: what each file of settings says; one call of the program reads it once. dry: takes what would
    be done, in a dry run.
    """

    settings: Settings
    environ: Mapping[str, str]
    cwd: Path
    quiet: bool = False
    read: dict[Path, Layer] = field(default_factory=dict)
    dry: DryRun | None = None

    @cached_property
    def layout(self) -> Layout:
        return Layout(self.settings.home)

    def say(self, text: str) -> None:
        """Tell a person something on standard error; standard output belongs to the command."""
        if not self.quiet:
            print(f"devenv: {text}", file=sys.stderr)


def make_context(environ: Mapping[str, str], cwd: Path, *, quiet: bool = False) -> Context:
    """The context of one call. UsageError for settings that cannot be."""
    read: dict[Path, Layer] = {}
    return Context(load_settings(environ, cwd, read=read), environ, cwd, quiet, read)


def environment_names(context: Context) -> list[str]:
    """The environments that are whole, sorted."""
    envs = context.layout.envs
    if not envs.is_dir():
        return []
    return sorted(e.name for e in envs.iterdir() if (e / "current").is_symlink())


def chosen(context: Context, name: str | None) -> str:
    """The environment meant: `name`, else the activated one, else the only one.

    An empty name is an error: ``devenv remove "$UNSET"`` means no environment, not the only one.
    """
    names = environment_names(context)
    wanted = name if name is not None else context.environ.get("DEVENV_ENV") or None
    if wanted is not None:
        checked_name(wanted)
        if wanted not in names:
            raise unknown("environment", wanted, names)
        return wanted
    if not names:
        raise StateError("there is no environment yet", fix="Make one: devenv create neocortex")
    made_by_people = [one for one in names if DERIVED not in one] or names
    if len(made_by_people) > 1:
        raise UsageError(
            f"which environment? There are {', '.join(made_by_people)}",
            fix="Name it, or activate it first.",
        )
    return made_by_people[0]


def layout_of(context: Context, name: str) -> EnvironmentLayout:
    return context.layout.env(name)


def settings_of(context: Context, name: str) -> Settings:
    """The settings for an environment: its own file counts as well."""
    folder = layout_of(context, name).root
    return load_settings(context.environ, context.cwd, environment=folder, read=context.read)


def load_environment(context: Context, name: str) -> Environment:
    """What was asked for."""
    # YAML and its decoder take as long to import as all of a run: a run needs neither.
    from devenv.config.environment_file import read_environment

    path = layout_of(context, name).request
    fix = f"Bring it back, or remove the environment: devenv remove {name}"
    return read_environment(read_text(path, fix), name, str(path))


def current_layout(context: Context, name: str) -> GenerationLayout:
    """The folder of the generation in use, resolved once: a switch later on does not touch it."""
    return GenerationLayout(layout_of(context, name).current.resolve())


def load_generation(context: Context, name: str) -> Generation:
    """The generation in use. StateError where it was made under another name: its paths lead there."""
    path, again = current_layout(context, name).manifest, f"Rebuild it: devenv build {name}"
    generation = read_generation(read_text(path, again), str(path))
    if generation.name != name:
        raise StateError(
            f"{layout_of(context, name).root} holds a build of {generation.name}: the folder was"
            " renamed or copied, and a build cannot be moved",
            fix=again,
        )
    return generation


def load_lock(context: Context, name: str) -> Lock:
    """What went into the generation in use."""
    path = current_layout(context, name).lock
    return read_lock(read_text(path, f"Rebuild it: devenv build {name}"), str(path))


def in_use(context: Context, name: str) -> tuple[Generation | None, Lock | None]:
    """The generation in use and its lock; None for what is lost or damaged, and is made anew."""
    generation, lock = None, None
    with suppress(StateError):
        lock = load_lock(context, name)
        generation = load_generation(context, name)
    return generation, lock


def read_text(path: Path, fix: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise StateError(f"cannot read {path}: {reason}", fix=fix) from None
