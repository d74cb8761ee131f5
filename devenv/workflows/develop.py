"""devenv develop, devenv undevelop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from devenv.config.catalogue import known_name
from devenv.core.environment import Generation, Overlay
from devenv.core.names import unknown
from devenv.core.result import Result
from devenv.core.spec import format_variants, parse_variants
from devenv.engines.registry import engine as engine_of
from devenv.environment.dev_source import DevelopRequest, acquire_source, require_one_origin
from devenv.environment.handle import Env
from devenv.sources.undo import all_or_nothing
from devenv.store.changing import changing

_WITH_PATH = "Name a folder of your own: --path DIR"


def develop(env: Env, request: DevelopRequest) -> Result:
    """Use a package's source live. The source is found, cloned or unpacked, and never changed."""
    context, name = env.context, env.name
    require_one_origin(request)
    engine = engine_of(env.request.engine)
    placed = bool(request.path or request.git or request.release)
    package = engine.package(env, env.request, request.package, placed=placed)
    with changing(context, name):
        env = env.reopen()
        environment = env.request
        path = context.layout.source(name, package.name)
        with all_or_nothing(context, name, path, repeat=_WITH_PATH) as acquired:
            source, notes = acquire_source(env, package, request)
            acquired.sources, acquired.notes = (source,), notes
            source = engine.take(context, source)
            others = tuple(s for s in environment.develop if s.package != source.package)
            variants = {**parse_variants(environment.variants), **parse_variants(request.variants)}
            environment = replace(
                environment, develop=(*others, source), variants=format_variants(variants)
            )
            generation = engine.switch(env, environment)
    overlay = next((o for o in generation.overlays if o.package == source.package), None)
    version = f" {overlay.version}" if overlay else ""
    notes_on_it = (*engine.notes(env, environment, source), *_shared_modules(generation, overlay))
    lines = (*notes, f"{name} uses {source.package}{version} from {source.path}", *notes_on_it)
    return Result(
        lines, data={"package": source.package, "path": source.path, "origin": source.origin}
    )


def _shared_modules(generation: Generation, overlay: Overlay | None) -> Iterator[str]:
    """Notes on the modules of an overlay that another dev source brings as well: one has no effect."""
    own = {*overlay.modules} if overlay else set()
    for other in (one for one in generation.overlays if one != overlay):
        for module in sorted(own & {*other.modules}):
            yield (
                f"note: the dev source of {other.package} brings {module} as well, and only one of the"
                f" two is imported; to use one: devenv undevelop {other.package}"
                f" --env {generation.name}"
            )


def undevelop(env: Env, package: str) -> Result:
    """Use the released package again; the source stays as it is."""
    context, name = env.context, env.name
    with changing(context, name):
        env = env.reopen()
        environment = env.request
        wanted = known_name(package)
        sources = {s.package: s for s in environment.develop}
        source = sources.get(wanted) or sources.get(wanted.removeprefix("py-"))
        if source is None:
            raise unknown("dev source", package, [s.package for s in environment.develop], name)
        others = tuple(s for s in environment.develop if s is not source)
        engine_of(environment.engine).switch(env, replace(environment, develop=others))
    return Result(
        (f"{name} uses the released {wanted} again.", f"Your source stays: {source.path}")
    )
