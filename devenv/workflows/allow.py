"""devenv allow: whether a project file that came from elsewhere may be used."""

from __future__ import annotations

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.plan import Plan
from devenv.core.result import Result
from devenv.environment.project import allowing, find_project, is_allowed
from devenv.environment.project_description import describe_project
from devenv.store.carry import carry_out


def allow(context: Context) -> Result:
    """Allow the project file of the working directory, as it is now. Nothing is made or run."""
    project = find_project(context.cwd)
    if project is None:
        raise StateError(
            f"no devenv.yaml in {context.cwd}, nor in a folder above it",
            fix="Write one: devenv init",
        )
    known = is_allowed(context, project)
    lines = describe_project(context, project)
    carry_out(context, Plan("allow", (allowing(context, project),)))
    head = f"{project.file} was allowed already." if known else f"Allowed {project.file}:"
    return Result(
        (head, *(f"  {line}" for line in lines)),
        data={"file": str(project.file), "digest": project.digest, "asks": list(lines)},
    )
