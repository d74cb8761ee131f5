"""devenv models: what is in the store, and what is in a model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.names import unknown
from devenv.core.quantity import age, megabytes
from devenv.core.result import Result, Table
from devenv.engines.registry import engine
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.environment.mechanisms import find_mechanism, mechanism_names, translated_sources
from devenv.environment.named_models import compiled_model, model_name
from devenv.models.listing import StoredModel, stored_models
from devenv.models.stamp_file import stamp_of
from devenv.store.changing import changing


def list_models(context: Context) -> Result:
    """Every model of the store."""
    models = stored_models(context)
    if not models:
        return Result(("There is no model yet. Build one: devenv build",), data={"models": []})
    header = ("MODEL", "SIZE", "MECHANISMS", "NEURON", "AGE", "USED BY")
    rows = tuple(map(_row, models))
    return Result(table=Table(header, rows), data={"models": [model.data for model in models]})


def _row(model: StoredModel) -> tuple[str, ...]:
    return (
        model.key[:12],
        megabytes(model.size),
        str(len(model.mechanisms)),
        f"{model.neuron}{' +coreneuron' if model.coreneuron else ''}",
        age(model.age),
        ", ".join(model.users) or ("upstream" if model.upstream else "nobody"),
    )


def remove_model(env: Env, asked: str) -> Result:
    """An environment without one of its further models; `devenv prune` then frees the store of it.

    asked: its name or its variants. UsageError for the environment's own, and for one that it has not.
    """
    with changing(env.context, env.name):
        env = env.reopen()
        environment = env.request
        name = model_name(environment, template_of(env.context, environment), asked)
        if not name:
            raise UsageError(
                f"{asked!r} is the model of {env.name} itself",
                fix="Only further models can be removed.",
            )
        kept = tuple(one for one in environment.further if one.name != name)
        engine(environment.engine).switch(env, replace(environment, further=kept))
    return Result((f"{env.name} has no model {name} any more.",), data={"removed": name})


@dataclass(frozen=True)
class ShowRequest:
    """What was typed. mechanism: by its file's name or its own. model: a further one."""

    mechanism: str
    cpp: bool = False
    coreneuron: bool = False
    model: str = ""


def show_mechanism(env: Env, request: ShowRequest) -> Result:
    """Where a mechanism of an environment's model came from, or its translated source."""
    model = compiled_model(env, request.model)
    path = Path(model.path)
    found = find_mechanism(model, request.mechanism)
    if found is None:
        names = mechanism_names(model)
        raise unknown("mechanism", request.mechanism, names, f"the model {path.name}")
    sources = translated_sources(model, found)
    if request.cpp or request.coreneuron:
        half = "CoreNEURON" if request.coreneuron else "NEURON"
        if half not in sources:
            raise StateError(
                f"the model {model.key} has no {half} source of {found.name}",
                fix="Build it with +coreneuron." if request.coreneuron else "Build it again.",
            )
        text = sources[half].read_text(encoding="utf-8", errors="replace")
        return Result(tuple(text.splitlines()), data={"path": str(sources[half])})
    rows = (
        ("mechanism", found.inserted_as or f"{found.name} (no SUFFIX)"),
        ("from", f"{found.source}  ({found.entry['origin']})"),
        ("in the model", str(path / "mod" / f"{found.name}.mod")),
        *((half, str(file)) for half, file in sources.items()),
        ("flags", " ".join([*stamp_of(path)["flags"], *found.entry["flags"]])),
        ("object", found.entry["object"]),
    )
    return Result(table=Table(("", ""), rows), data=dict(rows))


def compile_commands(env: Env, model: str) -> Result:
    """The path of compile_commands.json, which clangd and editors read."""
    built = compiled_model(env, model)
    path = str(Path(built.path, "compile_commands.json"))
    return Result((path,), data={"path": path})
