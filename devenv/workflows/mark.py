"""The mark of the last build, by which a shell tells that nothing was asked for since."""

from __future__ import annotations

from devenv.core.environment import Generation
from devenv.core.layout import EnvironmentLayout
from devenv.workflows.context import Context


def edited_since(layout: EnvironmentLayout) -> bool:
    """Whether the request is newer than the last build, as `test request -nt built` has it."""
    if not layout.request.exists():
        return False
    then = layout.built.stat().st_mtime_ns if layout.built.exists() else 0
    return layout.request.stat().st_mtime_ns > then


def mark_built(context: Context, generation: Generation) -> None:
    """Note that the generation is what the request asks for now."""
    layout = context.layout.env(generation.name)
    if edited_since(layout):
        # Nearly always it was not, and nothing is to be done.
        from devenv.core.plan import Plan, Write
        from devenv.system.executor import execute

        mark = Write(str(layout.built), f"{generation.stamp}\n")
        execute(Plan("mark", (mark,)), environ=context.environ)
