"""devenv init."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path

from devenv.config.context import Context
from devenv.config.project_file import name_exists
from devenv.config.project_new import new_project_text
from devenv.config.templates import load_project, template_folders
from devenv.core.errors import StateError, UsageError
from devenv.core.plan import Plan, Write
from devenv.core.result import Result
from devenv.environment.project import ProjectFolder, allowing
from devenv.sources.scan import scan
from devenv.store.carry import carry_out


def init(context: Context, folder: Path) -> Result:
    """Write the devenv.yaml of a folder, from what is in it. One that is there already stays."""
    root = (context.cwd / folder).resolve()
    if not root.is_dir():
        raise UsageError(f"{folder} is not a directory", fix="Name the folder of the project.")
    project = ProjectFolder(root)
    for path in (project.file, project.lock):
        if name_exists(path):
            raise StateError(
                f"{path} exists already", fix="Edit it, or move it away: init never overwrites."
            )
    found = scan(root)
    text = new_project_text(found)
    carry_out(context, Plan("init", (Write(str(project.file), text),)))
    if context.dry is None:
        load_project(project.file, template_folders(context.layout.home))
        carry_out(context, Plan("allow", (allowing(context, project),)))
    command = shlex.join(found.script or ("python", "SCRIPT"))
    lines = (f"Wrote {project.file}:", "", *text.splitlines(), "", f"Next: devenv run -- {command}")
    return Result(lines, data={"file": str(project.file), "found": asdict(found)})
