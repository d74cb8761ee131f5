"""devenv export."""

from __future__ import annotations

from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.exports import FORMATS, Request
from devenv.workflows.context import Context, chosen, load_generation
from devenv.workflows.modules import based


def export(context: Context, name: str | None, kind: str) -> Result:
    """The environment as a file for another tool."""
    if kind not in FORMATS:
        raise unknown("format", kind, FORMATS)
    name = chosen(context, name)
    current = context.layout.env(name).current
    generation = load_generation(context, name)
    request = Request(generation, str(current), based(context.environ, generation.base))
    return Result((FORMATS[kind](request).removesuffix("\n"),))
