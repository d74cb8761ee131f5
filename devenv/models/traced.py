"""Records for the report what a build finds in the store, and what it makes."""

from __future__ import annotations

from collections.abc import Collection

from devenv.config.context import Context
from devenv.core.trace import ProductRecord
from devenv.models.build import Build
from devenv.models.stamp import model_inputs


def trace_build(context: Context, build: Build, have: Collection[str]) -> None:
    """Record the model, and the mechanisms where it is to be linked. have: the paths that exist."""
    stored = [(part.mod.name, part.stored) for part in build.parts if build.path not in have]
    needed = [("models", "model", build.key, build.path, model_inputs(build))]
    needed += [("objects", f"mechanism {name}", o.key, o.path, o.inputs) for name, o in stored]
    keys = {"models": tuple(one.key for _, one in stored)}
    context.trace.products += [
        ProductRecord(
            kind,
            title,
            key,
            path,
            "cached" if path in have else "made",
            inputs,
            needs=keys.get(kind, ()),
        )
        for kind, title, key, path, inputs in needed
    ]
