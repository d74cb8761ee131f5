"""devenv export."""

from __future__ import annotations

from devenv.core.follow import store_links, through_current
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.environment.intact import homes, require_intact
from devenv.exports import FORMATS, ExportRequest
from devenv.places.modules import based


def export(env: Env, kind: str) -> Result:
    """The environment as a file for another tool."""
    if kind not in FORMATS:
        raise unknown("format", kind, FORMATS)
    context, current, generation = env.context, env.layout.current, env.generation
    require_intact(context, generation)
    root = str(env.current.root)
    if kind != "json":  # which tells of one generation
        links = store_links(generation, homes(context), root)
        generation = through_current(generation, links, root, str(current))
    request = ExportRequest(generation, str(current), based(context.environ, generation.base))
    return Result((FORMATS[kind](request).removesuffix("\n"),))
