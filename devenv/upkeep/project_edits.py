"""Edits of a project's file, after each of which its environment is what the file asks for."""

from __future__ import annotations

from collections.abc import Callable

from devenv.config.context import Context
from devenv.config.project import inside
from devenv.config.templates import load_project, template_folders
from devenv.core.errors import UsageError
from devenv.core.plan import Plan, Write
from devenv.core.text_edit import keeping_line_ends
from devenv.engines.registry import choose, engine
from devenv.environment.handle import Env
from devenv.environment.project import ProjectFolder, allowing, digest_of, recorded_project
from devenv.store.carry import carry_out, stop_dry_run
from devenv.store.changing import editing
from devenv.system import files
from devenv.upkeep.project import bring, note_active, project_of, require_allowed_now

Edit = Callable[[str], str]
"""The text of devenv.yaml -> the text that is to take its place."""


def project_meant(context: Context, name: str | None) -> ProjectFolder | None:
    """The project that is meant: that of the folder, or the one whose environment is active or named."""
    note_active(context, name)
    found = project_of(context, name)
    active = name or context.environ.get("DEVENV_ENV")
    return found or (recorded_project(Env(context, active).layout.root) if active else None)


def package_namer(
    context: Context, project: ProjectFolder, verb: str
) -> Callable[[str], str] | None:
    """Gives the name of the package in a spec, for a project of conda packages; None for another."""
    found = load_project(project.file, template_folders(context.layout.home)).template
    name, _ = choose(context, "", found, found.base)
    own = engine(name)
    return (lambda text: own.package_name(text, verb)) if own.project_key() == "conda" else None


def folder_of_mods(
    context: Context, project: ProjectFolder, typed: str, *, must_exist: bool = True
) -> str:
    """A folder that was typed, as the file names it. must_exist: UsageError if it has no MOD files."""
    path = (context.cwd / typed).resolve()
    inside(project.file, str(path))
    if must_exist and not (path.is_dir() and any(path.glob("*.mod"))):
        raise UsageError(f"{typed} contains no MOD files", fix="Name a folder with *.mod in it.")
    return path.relative_to(project.folder).as_posix()


def edit_project(context: Context, project: ProjectFolder, change: Edit) -> None:
    """Change the file and make the environment what it then asks for. On failure it is as before.

    StateError where the file is not allowed: what others wrote does not come along unseen.
    """
    with editing(context, project.name):
        project = project.reread()
        require_allowed_now(context, project)
        before = project.file.read_bytes().decode("utf-8")
        after = keeping_line_ends(before, change)
        if after != before:
            _edit(context, project, before, after)


def _edit(context: Context, project: ProjectFolder, before: str, after: str) -> None:
    if context.dry is None:
        # First, so that nobody who reads meanwhile finds a file that is not allowed.
        digest = digest_of(after.encode(), project.content[1])
        carry_out(context, Plan("allow", (allowing(context, project, digest),)))
    carry_out(context, Plan("devenv.yaml", (Write(str(project.file), after),)))
    stop_dry_run(context, "the environment is built again from the file")
    try:
        load_project(project.file, template_folders(context.layout.home))
        bring(context, project.reread())
    except BaseException:
        files.write_text(project.file, before)
        raise
