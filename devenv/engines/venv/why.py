"""devenv build --why: what changed since a model was built, and what a build would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from devenv.core.environment import BuiltModel, Generation
from devenv.core.plan import Run, simple_steps
from devenv.core.product import Product, changes
from devenv.core.quantity import quantity
from devenv.core.result import Result
from devenv.core.stage import AheadError, DryRun
from devenv.engines.venv.engine import Observed, observe
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env
from devenv.environment.intact import pending
from devenv.models import model_inputs
from devenv.models.make import ModelWork, plan_model
from devenv.store.realise import recorded_inputs


def why(env: Env, request: BuildRequest) -> Result:
    """Report what a build would do, and why. Builds nothing."""
    name, context = env.name, env.context
    current, dry = env.in_use[0], DryRun()
    try:
        observed = observe(env.reopen(replace(context, dry=dry)), request)
    except AheadError as error:
        sources = _compiled(name, current, dry.products)
        first = (*pending(env), *sources, f"{name}: first", *dry.lines(error.then))
        return Result(first, data={"models": {}})
    lines, data = [], {}
    for model, work in observed.works.items():
        reasons = _reasons(current, model, work)
        counts = _counts(work)
        title = f"{name} {model}".strip()
        lines += [
            f"{title}: {'; '.join(count_words(counts))}",
            *(f"  {reason}" for reason in reasons),
        ]
        lines += [f"  left out: {line}" for line in work.left_out]
        lines += [f"  note: {note}" for note in work.notes]
        data[model or name] = {"reasons": list(reasons), **counts}
    return Result((*pending(env), *(lines or _no_model(observed, name))), data={"models": data})


def _compiled(name: str, current: Generation | None, products: Sequence[Product]) -> Iterator[str]:
    """Lines on the dev sources that are recompiled, and on what changed in them."""
    for one in current.compiled if current else ():
        before = recorded_inputs(Path(one.built))
        kind = Path(one.built).parent.name
        for product in (product for product in products if product.kind == kind):
            yield f"{name}: {one.package} is compiled again"
            yield from (f"  {line}" for line in changes(before or (), product.inputs))


def _no_model(observed: Observed, name: str) -> list[str]:
    has_model = observed.foundation.template.model
    return [name if has_model else f"{name}: its template has no model"]


def _reasons(current: Generation | None, name: str, work: ModelWork) -> tuple[str, ...]:
    if current is None:
        return ("the generation in use cannot be read",)
    before = _before(current, name)
    if before is None:
        return ("it was never built",)
    if not Path(before.path, "model.json").is_file():
        return (f"the model {before.key} is not in the store any more",)
    if before.key == work.build.key:
        return (f"nothing changed since {before.key[:12]} was built",)
    made_from = recorded_inputs(Path(before.path))
    if made_from is None:
        return (
            f"{before.key[:12]} was built by an earlier devenv, which did not record its inputs",
        )
    return changes(made_from, model_inputs(work.build)) or ("how devenv makes a model changed",)


def _before(current: Generation, name: str) -> BuiltModel | None:
    if not name:
        return current.model
    return next((one.model for one in current.further if one.name == name), None)


_TITLES = {
    "translate": "translation",
    "compile": "compilation",
    "precompile": "precompiled header",
    "link": "link",
}


def _counts(work: ModelWork) -> dict[str, int]:
    runs = [
        s for s in simple_steps(plan_model(work.build, Path("log")).steps) if isinstance(s, Run)
    ]
    return {word: sum(step.title.split(" ")[0] == word for step in runs) for word in _TITLES}


def count_words(counts: dict[str, int]) -> Sequence[str]:
    """The counts in words: ``1 translation``, ``1 compilation``, ``1 link``."""
    if not any(counts.values()):
        return ("nothing to do",)
    return tuple(quantity(counts[word], title) for word, title in _TITLES.items() if counts[word])
