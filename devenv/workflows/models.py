"""devenv models: what is in the store, and what is in a model."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import BuiltModel
from devenv.core.errors import StateError, UsageError
from devenv.core.names import unknown
from devenv.core.result import Result, Table
from devenv.engines.registry import engine
from devenv.environment.foundation import template_of
from devenv.environment.handle import Env
from devenv.environment.mechanisms import find_mechanism, mechanism_names
from devenv.environment.named_models import model_name
from devenv.models.listing import StoredModel, stored_models
from devenv.models.stamp_file import stamp_of
from devenv.store.changing import changing


def list_models(context: Context) -> Result:
    """Every model of the store."""
    found = stored_models(context)
    if not found:
        return Result(("There is no model yet. Build one: devenv build",), data={"models": []})
    now = time.time()
    rows = tuple(
        (
            model.key[:12],
            _bytes(model.size),
            str(len(model.stamp["mechanisms"])),
            f"{model.stamp['neuron']['version']}{' +coreneuron' if _core(model) else ''}",
            _age(now - model.path.stat().st_mtime),
            ", ".join(model.users) or ("upstream" if model.upstream else "nobody"),
        )
        for model in found
    )
    header = ("MODEL", "SIZE", "MECHANISMS", "NEURON", "AGE", "USED BY")
    data = [
        {
            "key": model.key,
            "path": str(model.path),
            "bytes": model.size,
            "mechanisms": [one["name"] for one in model.stamp["mechanisms"]],
            "neuron": model.stamp["neuron"]["version"],
            "coreneuron": _core(model),
            "age_s": round(now - model.path.stat().st_mtime),
            "users": list(model.users),
            "upstream": model.upstream,
        }
        for model in found
    ]
    return Result(table=Table(header, rows), data={"models": data})


def _core(model: StoredModel) -> bool:
    return bool(model.stamp.get("coreneuron"))


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
    model = _model_of(env, request.model)
    path = Path(model.path)
    found = find_mechanism(model, request.mechanism)
    if found is None:
        names = mechanism_names(model)
        raise unknown("mechanism", request.mechanism, names, f"the model {path.name}")
    sources = {
        "NEURON": next(iter(sorted((path / "cpp").glob(f"{found.name}.c*"))), None),
        "CoreNEURON": path / "cpp" / "coreneuron" / f"{found.name}.cpp",
    }
    existing = {half: file for half, file in sources.items() if file and file.is_file()}
    if request.cpp or request.coreneuron:
        half = "CoreNEURON" if request.coreneuron else "NEURON"
        if half not in existing:
            raise StateError(
                f"the model {model.key} has no {half} source of {found.name}",
                fix="Build it with +coreneuron." if request.coreneuron else "Build it again.",
            )
        text = existing[half].read_text(encoding="utf-8", errors="replace")
        return Result(tuple(text.splitlines()), data={"path": str(existing[half])})
    rows = (
        ("mechanism", found.inserted_as or f"{found.name} (no SUFFIX)"),
        ("from", f"{found.source}  ({found.entry['origin']})"),
        ("in the model", str(path / "mod" / f"{found.name}.mod")),
        *((half, str(file)) for half, file in existing.items()),
        ("flags", " ".join([*stamp_of(path)["flags"], *found.entry["flags"]])),
        ("object", found.entry["object"]),
    )
    return Result(table=Table(("", ""), rows), data=dict(rows))


def _model_of(env: Env, asked: str) -> BuiltModel:
    generation, name = env.generation, env.name
    model = generation.model
    if asked:
        environment = env.request
        further = model_name(environment, template_of(env.context, environment), asked)
        others = {"": model, **{m.name: m.model for m in generation.further}}
        model = others.get(further)
    if model is None and not asked and not generation.wants_model:
        raise StateError(f"{name} has no model: its packages bring the mechanisms")
    if model is None or not Path(model.path).exists():
        what = f"{name} has no built model{f' {asked}' if asked else ''}"
        raise StateError(what, fix=f"Build it: devenv build {f'{name} {asked}'.strip()}")
    if not Path(model.path, "compile_commands.json").exists():
        raise UsageError(
            f"the model of {name} is built by Spack: {model.path}",
            fix=f"Its mods are in {model.path}/share; how it was built: devenv spack exec --env {name}"
            f" -- logs /{_spack_hash(model)}",
        )
    return model


def _spack_hash(model: BuiltModel) -> str:
    """What Spack calls a model: of a copy that devenv keeps, as its stamp says."""
    path = Path(model.path)
    kept = (path / "model.json").is_file()
    return str(stamp_of(path)["spack"]["hash"]) if kept else model.key


def compile_commands(env: Env, model: str) -> Result:
    """The path of compile_commands.json, which clangd and editors read."""
    built = _model_of(env, model)
    path = str(Path(built.path, "compile_commands.json"))
    return Result((path,), data={"path": path})


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60))


def _age(seconds: float) -> str:
    found = ((int(seconds // size), unit) for unit, size in _UNITS if seconds >= 2 * size)
    return next((f"{count} {unit}" for count, unit in found), f"{int(seconds)} seconds")
