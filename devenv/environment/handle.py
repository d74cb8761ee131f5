"""An environment as commands get it: opened once, and read where something is first asked of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from devenv.config.context import Context, read_text, settings_of
from devenv.config.generation_file import read_generation, read_lock
from devenv.config.settings import Settings
from devenv.core.environment import Environment, Generation, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.layout import EnvironmentLayout, GenerationLayout
from devenv.core.names import DERIVED, checked_name, unknown
from devenv.environment.project import find_project


@dataclass(frozen=True)
class Env:
    """One environment. What was read stays as it was then: open it again after a build.

    number: of a generation that takes the place of the one in use; 0 for none. Its properties raise
    StateError for a file that is missing or damaged, and name the fix.
    """

    context: Context
    name: str
    number: int = 0

    @cached_property
    def layout(self) -> EnvironmentLayout:
        return self.context.layout.env(self.name)

    @cached_property
    def settings(self) -> Settings:
        """The settings, of which the environment's own file counts as well."""
        return settings_of(self.context, self.name)

    @cached_property
    def request(self) -> Environment:
        """The request: environment.yaml."""
        # YAML and its decoder take as long to import as all of a run: a run needs neither.
        from devenv.config.environment_file import read_environment

        path = self.layout.request
        fix = f"Restore it, or remove the environment: devenv remove {self.name}"
        return read_environment(read_text(path, fix), self.name, str(path))

    @cached_property
    def current(self) -> GenerationLayout:
        """The folder of the generation in use, resolved once: a switch later on does not touch it."""
        if self.number:
            return self.layout.generation(self.number)
        return GenerationLayout(self.layout.current.resolve())

    @cached_property
    def generation(self) -> Generation:
        """The generation in use. StateError where it was built under another name."""
        path, rebuild = self.current.manifest, f"Rebuild it: devenv build {self.name}"
        generation = read_generation(read_text(path, rebuild), str(path))
        if generation.name != self.name:
            raise StateError(
                f"{self.layout.root} holds a build of {generation.name}: the folder was"
                " renamed or copied, and a build cannot be moved",
                fix=rebuild,
            )
        return generation

    @cached_property
    def lock(self) -> Lock:
        """What went into the generation in use."""
        path = self.current.lock
        return read_lock(read_text(path, f"Rebuild it: devenv build {self.name}"), str(path))

    @property
    def in_use(self) -> tuple[Generation | None, Lock | None]:
        """The generation in use and its lock; None for what is lost or damaged, and is rebuilt."""
        generation, lock = None, None
        with suppress(StateError):
            lock = self.lock
            generation = self.generation
        return generation, lock

    @property
    def unreadable(self) -> str:
        """Why the generation in use, or its lock, cannot be read; empty if both can."""
        try:
            _ = self.lock, self.generation
        except StateError as error:
            return error.what
        return ""

    def folder_of(self, generation: Generation) -> GenerationLayout:
        """The folder of one of its generations."""
        return self.layout.generation(generation.number)

    def reopen(self, context: Context | None = None) -> Env:
        """The environment as it is now. context: to go on with, in place of the one so far."""
        return Env(context or self.context, self.name, self.number)


def environment_names(context: Context) -> list[str]:
    """The environments that are complete, sorted."""
    envs = context.layout.envs
    if not envs.is_dir():
        return []
    return sorted(e.name for e in envs.iterdir() if (e / "current").is_symlink())


def open_env(context: Context, name: str | None) -> Env:
    """The environment `name`, else the activated one, else the project's, else the only one.

    An empty name is an error: ``devenv remove "$UNSET"`` means no environment, not the only one.
    """
    names = environment_names(context)
    wanted = name if name is not None else context.environ.get("DEVENV_ENV") or None
    if wanted is not None:
        checked_name(wanted)
        if wanted not in names:
            raise unknown("environment", wanted, names)
        return Env(context, wanted)
    if project := find_project(context.cwd):
        if project.name not in names:
            raise StateError(
                f"the environment of {project.file} is not built yet", fix="Build it: devenv build"
            )
        return Env(context, project.name)
    if not names:
        raise StateError(
            "there is no environment yet",
            fix="Create one: devenv create neocortex; or, for your own MOD files: devenv init",
        )
    made_by_people = [one for one in names if DERIVED not in one] or names
    if len(made_by_people) > 1:
        raise UsageError(
            f"which environment? There are {', '.join(made_by_people)}",
            fix="Name it, or activate it first.",
        )
    return Env(context, made_by_people[0])
