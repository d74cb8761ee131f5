"""Making a generation: planned, made beside the current one, and switched to by one rename.

What is shared (packages, overlays, the model) is in stores; the generation itself is small. If it is
killed at any point, the one before is still in use, and the next call continues from the stores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import devenv
from devenv.config.environment_file import edited_text, environment_text
from devenv.config.generation_file import generation_text, lock_text
from devenv.core.activation import (
    LOADED_BY_PACKAGES,
    Contribution,
    Parts,
    activation_delta,
    model_edits,
)
from devenv.core.delta import EnvironmentDelta, Set, Unset
from devenv.core.environment import BuiltModel, Environment, Generation, NamedModel, Overlay
from devenv.core.follow import link_steps
from devenv.core.layout import EnvironmentLayout, GenerationLayout
from devenv.core.plan import Link, MakeFolder, Plan, RemovePath, Seal, Step, Write
from devenv.environment.foundation import Foundation
from devenv.environment.handle import Env
from devenv.environment.hoc import engine_hoc, hoc_edits, hoc_folders
from devenv.environment.intact import homes
from devenv.environment.mark import mark_built, mark_text
from devenv.environment.named_models import AdditionalModel, additional_models
from devenv.environment.recorded import file_states
from devenv.environment.special import has_programs, special_script
from devenv.environment.variables import checked_variables, no_special, proof_digest, proving
from devenv.models.make import ModelWork, build_model
from devenv.places.modules import with_environ
from devenv.shells.registry import DIALECTS
from devenv.sources.overlay import script_steps
from devenv.sources.overlays import SourceFacts
from devenv.store.carry import carry_out, stop_dry_run
from devenv.system.seals import damages


def make_generation(
    env: Env,
    foundation: Foundation,
    work: ModelWork | None,
    *,
    jobs: int = 0,
    current: Generation | None = None,
    kept: BuiltModel | None = None,
    further: tuple[AdditionalModel, ...] | None = None,
) -> Generation:
    """Build the model where `work` names one, and switch to a new generation with it.

    `current` itself where nothing would differ from it. kept: the model where `work` is None. further:
    the models beside it; None: those that `current` has, built again.
    """
    if further is None:
        names = {one.name for one in current.further} if current else set()
        further = additional_models(env.context, foundation, current, names)
    env = env.reopen(with_environ(env.context, foundation.environ))
    context, layout = env.context, env.layout
    number = _next_number(layout)
    folder = layout.generation(number)
    request = _request(layout, foundation.environment)
    if folder.root.exists():
        carry_out(context, Plan("an interrupted generation", (RemovePath(str(folder.root)),)))
    works = filter(None, (work, *(model.work for model in further)))
    plans = [build_model(context, one.build, one.mods, folder.log, jobs) for one in works]
    if any(plans):
        stop_dry_run(context, f"generation {number} is written with it, and comes into use")
    built = work.built if work else kept
    stamp = _stamp(env, foundation, built, further)
    if current and current.stamp == stamp:
        return _as_before(env, foundation, current, request)
    generation, steps = _describe(env, foundation, built, folder, number, stamp)
    named, more = _named(env, foundation, further, folder)
    generation = replace(generation, further=named)
    switch = _switch(layout, number, stamp, request)
    steps = (*steps, *more, *_files(env, foundation, generation, folder), *switch)
    carry_out(context, Plan(f"generation {number}", steps))
    return generation


def _switch(layout: EnvironmentLayout, number: int, stamp: str, request: Write) -> tuple[Step, ...]:
    """The steps after which the generation is the current one, and what was requested."""
    link = Link(str(layout.current), f"generations/{number}")
    return (request, link, Write(str(layout.built), mark_text(stamp, request.text)))


def _as_before(env: Env, foundation: Foundation, current: Generation, request: Write) -> Generation:
    """The generation in use: nothing would differ from it. What of it is lost is written again."""
    steps = (request, *_mended(foundation, env.folder_of(current)))
    carry_out(env.context, Plan("request", steps))
    mark_built(env.context, current)
    return current


def _files(
    env: Env, foundation: Foundation, generation: Generation, folder: GenerationLayout
) -> tuple[Step, ...]:
    """What a generation holds beside its programs; the manifest, which says that it is whole, and last
    what all of it is."""
    states = tuple(file_states(env.context, foundation.environment))
    key = generation.model.key if generation.model else ""
    lock = replace(foundation.lock, model=key, files=states)
    return (
        Write(str(folder.lock), lock_text(lock)),
        *(Write(str(folder.root / name), text) for name, text in foundation.files.items()),
        *_activation_scripts(generation, folder),
        *_models_scripts(generation, folder),
        Write(str(folder.manifest), generation_text(generation)),
        _seal(folder),
    )


def _seal(folder: GenerationLayout) -> Seal:
    return Seal(str(folder.root), ("bin", "bin/special"), read_only=False, without=("log",))


def _mended(foundation: Foundation, folder: GenerationLayout) -> Iterator[Step]:
    """What the engine keeps there, where it was damaged or lost, or means the same in other words.

    It is sealed again unless something else is damaged.
    """
    paths = {folder.root / name: text for name, text in foundation.files.items()}
    writes = [
        Write(str(path), text)
        for path, text in paths.items()
        if not path.is_file() or path.read_bytes() != text.encode()
    ]
    yield from writes
    if writes and {one.path for one in damages(folder.root)} <= foundation.files.keys():
        yield _seal(folder)


def _next_number(layout: EnvironmentLayout) -> int:
    """One more than the newest that is whole: an interrupted one is made again."""
    folder = layout.generations
    found = [p for p in folder.iterdir() if p.name.isdigit()] if folder.is_dir() else []
    whole = [int(p.name) for p in found if GenerationLayout(p).manifest.exists()]
    return max(whole, default=0) + 1


def _stamp(
    env: Env, foundation: Foundation, model: BuiltModel | None, further: tuple[AdditionalModel, ...]
) -> str:
    """The hash of all that makes a generation differ from another."""
    parts = [
        devenv.__version__,
        str(foundation.installed.venv),
        str(foundation.installed.neuron),
        [(s.package, s.folder) for s in foundation.sources],
        [asdict(s) for s in foundation.environment.develop],
        [p.path for p in foundation.places("hoc")],
        foundation.lock.repository,
        asdict(foundation.base),
        [(type(e).__name__, asdict(e)) for e in foundation.engine_delta.edits],
        asdict(model) if model else None,
        [(one.name, asdict(one.built)) for one in further if one.built],
        proof_digest(env),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


def _describe(
    env: Env,
    foundation: Foundation,
    model: BuiltModel | None,
    folder: GenerationLayout,
    number: int,
    stamp: str,
) -> tuple[Generation, tuple[Step, ...]]:
    """The generation, and the steps that make its folder (but for the files written last)."""
    installed = foundation.installed
    hoc, links = hoc_folders(foundation, folder)
    contributed, proof = _proved(env, foundation, model, folder, folder.bin)
    parts = _parts(foundation, model, folder, number, hoc, contributed)
    generation = Generation(
        name=parts.name,
        number=number,
        engine=foundation.environment.engine,
        python=installed.python,
        site=str(installed.site),
        neuron=str(installed.neuron_site),
        delta=activation_delta(parts),
        overlays=parts.overlays,
        wants_model=foundation.template.model is not None,
        model=model,
        hoc=(*(h.value for h in hoc), *engine_hoc(foundation)),
        no_special=no_special(foundation),
        missing=(foundation.missing,) if foundation.missing else (),
        stamp=stamp,
        base=foundation.base,
        proves=proving(env, foundation),
        compiled=foundation.compiled,
    )
    shim = special_script(env.context, foundation, model, folder.bin)
    scripts = _scripts(foundation, folder)
    follow = link_steps(generation, homes(env.context), str(folder.root))
    return generation, (MakeFolder(str(folder.bin)), *shim, *links, *proof, *scripts, *follow)


def _parts(
    foundation: Foundation,
    model: BuiltModel | None,
    folder: GenerationLayout,
    number: int,
    hoc: tuple[Contribution, ...],
    contributed: tuple[Contribution, ...],
) -> Parts:
    """What an activation is made of."""
    return Parts(
        name=foundation.environment.name,
        number=number,
        shims=str(folder.bin) if model or has_programs(foundation) else "",
        bins=foundation.bins,
        sites=foundation.sites,
        overlays=tuple(_overlay(source, folder) for source in foundation.sources),
        hoc=hoc,
        variables=contributed,
        model=model,
        own_neuron=foundation.own_neuron,
        engine=foundation.engine_delta,
    )


def _scripts(foundation: Foundation, folder: GenerationLayout) -> Iterator[Step]:
    """The console scripts of the dev sources."""
    for source in foundation.sources:
        place = str(folder.scripts(source.package))
        yield from script_steps(source.entry_points, place, foundation.installed.python)


def _overlay(source: SourceFacts, folder: GenerationLayout) -> Overlay:
    scripts = str(folder.scripts(source.package))
    return Overlay(
        source.package, source.folder, scripts, source.root, source.modules, source.version
    )


def _named(
    env: Env, foundation: Foundation, further: tuple[AdditionalModel, ...], folder: GenerationLayout
) -> tuple[tuple[NamedModel, ...], tuple[Step, ...]]:
    """The further models: what each changes beside the generation's own delta, and its special."""
    models: list[NamedModel] = []
    steps: list[Step] = []
    for one in further:
        if one.built is None:
            continue
        place = folder.model(len(models)).bin
        contributed, proof = _proved(env, one.foundation, one.built, folder, place)
        steps += (*special_script(env.context, one.foundation, one.built, place), *proof)
        delta = EnvironmentDelta(
            (
                Unset("CORENEURONLIB", f"model {one.built.key}"),
                *hoc_edits(foundation, one.foundation, folder),
                *libraries(foundation.engine_delta, one.built),
                *model_edits(one.built, str(place)),
                *(Set(v.name, v.value, v.origin) for v in contributed),
            )
        )
        models.append(NamedModel(one.name, one.built, delta))
    return tuple(models), tuple(steps)


def libraries(engine_delta: EnvironmentDelta, model: BuiltModel) -> tuple[Set, ...]:
    """Edits after which variables that an engine set to its model's library name that of `model`."""
    edits = (
        e for e in engine_delta.edits if isinstance(e, Set) and e.value.endswith("/libnrnmech.so")
    )
    names = (e.name for e in edits if e.name not in LOADED_BY_PACKAGES)
    return tuple(Set(name, model.library, f"model {model.key}") for name in names)


def _proved(
    env: Env,
    foundation: Foundation,
    model: BuiltModel | None,
    folder: GenerationLayout,
    place: Path,
) -> tuple[tuple[Contribution, ...], tuple[Step, ...]]:
    """The packages' variables with the proof of a model whose special stands in `place`."""
    hoc = tuple(one.value for one in hoc_folders(foundation, folder)[0])
    rank = folder.rank(model.key if model else "no-model")
    return checked_variables(env, foundation, model, hoc, place / "special", rank)


def _activation_scripts(generation: Generation, folder: GenerationLayout) -> tuple[Step, ...]:
    """For each shell its script, and what `devenv shell` starts it with."""
    steps: list[Step] = []
    for dialect in DIALECTS.values():
        path = str(folder.activation(dialect.suffix))
        session = dialect.session(str(folder.root), path, {})
        steps.append(Write(path, dialect.activation_script(generation, path)))
        steps += [Write(name, text) for name, text in session.files]
    return tuple(steps)


def _models_scripts(generation: Generation, folder: GenerationLayout) -> Iterator[Step]:
    for number, one in enumerate(generation.further):
        yield from _activation_scripts(generation.with_model(one.name), folder.model(number))


def _request(layout: EnvironmentLayout, environment: Environment) -> Write:
    """environment.yaml says what is then so; what a person wrote there stays."""
    path = layout.request
    if path.exists():
        text = edited_text(path.read_text(encoding="utf-8"), environment, str(path))
    else:
        text = environment_text(environment)
    return Write(str(path), text)
