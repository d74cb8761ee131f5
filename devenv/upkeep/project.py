"""The environment of a project: made, and made again, so that it is what devenv.yaml asks for."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from devenv.config.context import Context
from devenv.core.errors import DevenvError, StateError
from devenv.core.names import DERIVED
from devenv.core.result import Result
from devenv.environment.handle import Env, open_env
from devenv.environment.project import (
    ProjectFolder,
    allowing,
    digest_of,
    find_project,
    is_allowed,
    is_current,
    recorded_project,
    recording,
)
from devenv.store.changing import editing, project_lock


def project_of(context: Context, name: str | None) -> ProjectFolder | None:
    """The project that a command is about: that of the working directory where nothing else is named."""
    if name is not None or context.environ.get("DEVENV_ENV"):
        return None
    return find_project(context.cwd)


def note_active(context: Context, name: str | None) -> None:
    """Say so where the active environment is used although the working directory is in a project."""
    active = context.environ.get("DEVENV_ENV")
    if name is not None or not active or _inside_job(context):
        return
    project = find_project(context.cwd)
    if project and project.name != active.partition(DERIVED)[0]:
        context.say(
            f"note: {active}, which is active, is used, and not the environment of {project.file};"
            " for that one: devenv deactivate"
        )


def ready(context: Context, name: str | None) -> Env:
    """The environment that a command works in: `open_env`, but a project's is made as its file says.

    StateError for a project file that the user has not allowed.
    """
    project = project_of(context, name)
    if project is None:
        note_active(context, name)
        return open_env(context, name)
    if not is_current(context, project):
        require_allowed(context, project)
        if context.dry is None and _inside_job(context):
            raise StateError(
                f"the environment of {project.file} is not what it asks for",
                fix="Build it before the job: devenv build",
            )
        _bring_allowed(context, project)
    return Env(context, project.name)


def _bring_allowed(context: Context, project: ProjectFolder) -> None:
    """As `bring`, for the files as they are when no other command edits them or makes the same."""
    with editing(context, project.name):
        project = project.reread()
        if not is_current(context, project):
            require_allowed_now(context, project)
            bring(context, project)


def ready_to_activate(context: Context, name: str | None) -> Env:
    """The same for a shell, which builds nothing later: a project's model is built as well."""
    env = ready(context, name)
    if project_of(context, name) and env.generation.wants_model and not env.generation.model:
        from devenv.upkeep.ready import fresh_generation

        fresh_generation(env, may_build=True)
    return env.reopen()


def _inside_job(context: Context) -> bool:
    from devenv.places.host import is_rank

    return is_rank(context)


def require_allowed(context: Context, project: ProjectFolder) -> None:
    """StateError with what the file asks for, where the user has not allowed it.

    Another command may be editing the file, which nobody reads in one piece with its lock: it is
    looked at again after that.
    """
    if is_allowed(context, project):
        return
    lock = context.layout.lock(project_lock(project.name))
    with editing(context, project.name) if lock.exists() else nullcontext():
        require_allowed_now(context, project.reread())


def require_allowed_now(context: Context, project: ProjectFolder) -> None:
    """As `require_allowed`, where no other command edits the file."""
    if is_allowed(context, project):
        return
    from devenv.environment.project_description import describe_project

    lines = "\n".join(f"    {line}" for line in describe_project(context, project))
    raise StateError(
        f"{project.file} is not allowed yet, or has changed since. It asks for:\n{lines}",
        fix="If you trust it: devenv allow",
    )


def bring(context: Context, project: ProjectFolder) -> None:
    """Make the environment what the file asks for, and write what it is into the lock."""
    from devenv.config.templates import load_project, template_folders
    from devenv.engines.registry import engine
    from devenv.upkeep.project_generation import create_generation

    found = load_project(project.file, template_folders(context.layout.home))
    context.say(f"{project.name}: making what {project.file} asks for")
    create_generation(context, project, found)
    env = Env(context, project.name)
    if context.dry is None:
        engine(env.request.engine).complete(env)
    keep_lock(env.reopen(), project)


def keep_lock(env: Env, project: ProjectFolder | None = None) -> None:
    """Write devenv.lock as the environment is now. For an environment that is no project's: nothing."""
    context = env.context
    project = project or recorded_project(env.layout.root)
    if project is None or context.dry is not None:
        return
    from devenv.config.project_lock import project_lock_text
    from devenv.core.plan import Plan, Write
    from devenv.store.carry import carry_out
    from devenv.upkeep.project_generation import lock_of

    text = project_lock_text(lock_of(env.reopen(), project))
    was = project.lock.read_text("utf-8") if project.lock.is_file() else ""
    if text != was:
        # First, so that nobody who reads meanwhile finds a lock that is not allowed.
        after = digest_of(project.content[0], text.encode())
        carry_out(context, Plan("allow", (allowing(context, project, after),)))
        try:
            carry_out(context, Plan("lock", (Write(str(project.lock), text),)))
        except DevenvError as error:  # a clone that is somebody else's can be used, too
            context.say(f"note: {project.lock} is not written: {error.what}")
    project = project.reread()
    carry_out(context, Plan("project", (allowing(context, project), recording(context, project))))


def planned(context: Context, name: str | None) -> Result | None:
    """In a dry run: what making the project's environment takes; None where it is made already."""
    from devenv.store.carry import rehearse

    project = project_of(context, name)
    if project is None or is_current(context, project):
        return None
    found = rehearse(context, lambda dry: ready(dry, name))
    head = f"# {project.name}: the environment of {project.file}"
    return replace(found, lines=(head, *found.lines))
