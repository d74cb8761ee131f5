"""Is there anything to build at all? Told from files alone, with no process but git's.

A whole build looks at Pythons, compilers and every package's metadata, which takes a second. What it
went by is kept beside the environment; where all of it is the same, the build would do nothing. Where
what is kept is missing, or of another devenv, the build looks at everything as the first one did.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import devenv
from devenv.config.context import Context
from devenv.core.build_variants import REPORT_VARIABLES
from devenv.core.content import digest, module_entries
from devenv.core.environment import DevSource
from devenv.core.errors import DevenvError
from devenv.environment.handle import Env
from devenv.models.stale import changed_since, inputs_of
from devenv.sources.build_variables import build_variables
from devenv.sources.compiled import edited, files_of, tracked_in
from devenv.system import git

COMPILERS = ("c++", "g++", "clang++", "ccache")
VARIABLES = ("CXX", "CC", "CCACHE_DISABLE", "DEVENV_STORES", *REPORT_VARIABLES)


Facts = dict[str, Any]
"""How everything is that a build goes by: plain data, as JSON keeps it."""


def is_unchanged(env: Env) -> bool:
    """Whether all that the last build of `name` went by is as it was then."""
    facts = compare_facts(env)
    return facts is not None and facts[0] == facts[1]


def compare_facts(env: Env) -> tuple[Facts, Facts] | None:
    """What the last build of `name` went by, and how that is now; None where it is not known."""
    try:
        kept = _kept(env)
        now = look(
            env.context, tuple(kept["files"]), tuple(kept["trees"]), tuple(kept["variables"])
        )
        now |= {"outputs": kept.get("outputs", []), "new": _new(env, kept)}
        return kept, {**now, **_built(env, built=False)}
    except _UNKNOWN:
        return None


_UNKNOWN = (DevenvError, OSError, ValueError, TypeError, KeyError, AttributeError)
"""How it shows that what is kept is missing, damaged, or of another devenv."""


def _kept(env: Env) -> Facts:
    """What the last build went by. ValueError if that was not of the current generation."""
    kept: Facts = json.loads(_place(env).read_text(encoding="utf-8"))
    if kept["generation"] != str(env.current.root):
        raise ValueError(kept["generation"])
    return kept


def edited_files(env: Env) -> tuple[str, ...]:
    """The template, and the packaging files of dev sources (pyproject.toml, …), that were edited since
    the last build. Without sources of the kind `built`: `edited_built` tells those.
    """
    try:
        files, request = _kept(env)["files"], env.request
        sources = [one for one in request.develop if one.kind != "built"]
        path = request.template if "/" in request.template else f"/{request.template}.yaml"
        template = {file: hash_ for file, hash_ in files.items() if file.endswith(path)}
        edited_template = [file for file in template if _digest(Path(file)) != template[file]]
        return tuple(sorted({*edited_template, *_edited(files, sources)}))
    except _UNKNOWN:
        return ()


def built_edits(env: Env) -> frozenset[tuple[str, str]] | None:
    """The files of dev sources of the kind `built`, which the engine builds, that are not as the last
    build saw them, with their hashes now (empty: gone); new ones too, but not what builds put there.
    None where it is not known what the last build saw.
    """
    sources = _built_sources(env)
    if not sources:
        return frozenset()
    try:
        kept = _kept(env)
        found = (*_edited(kept["files"], sources), *_new(env, kept))
        return frozenset((file, _digest(Path(file))) for file in found)
    except _UNKNOWN:
        return None


def built_files(env: Env) -> frozenset[tuple[str, str]]:
    """All files of such sources, with their hashes."""
    return frozenset((file, _digest(Path(file))) for file in built_names(env))


def built_names(env: Env) -> set[str]:
    """All files of such sources."""
    return {file for one in _built_sources(env) for file in files_of(one.path)}


def edited_built(env: Env) -> str:
    """Why such a source is built again; empty where none is."""
    found = built_edits(env)
    return f"{min(found)[0]} changed" if found else ""


def _built_sources(env: Env) -> list[DevSource]:
    return [one for one in env.request.develop if one.kind == "built"]


def _edited(files: Mapping[str, str], sources: Sequence[DevSource]) -> Iterator[str]:
    """The files of these sources, of those that the last build went by, that are different now."""
    under = (f for f in files if any(Path(f).is_relative_to(one.path) for one in sources))
    return (file for file in under if _digest(Path(file)) != files[file])


def look(
    context: Context,
    files: Sequence[str],
    trees: Sequence[str],
    variables: Sequence[str] = VARIABLES,
) -> Facts:
    """How things are now, but for the models. files: their content counts, and whether they are there;
    of a folder, what is in it.

    trees: repositories and dev sources: their commit, their top levels, and the variables that a build
    of them sees.
    """
    environ = context.environ
    path = environ.get("PATH", os.defpath)
    named = [word for name in ("CXX", "CC") for word in environ.get(name, "").split()[:2]]
    return {
        "devenv": devenv.__version__,
        "variables": {name: environ.get(name, "") for name in variables},
        "compilers": [_program(shutil.which(name, path=path)) for name in (*COMPILERS, *named)],
        "stores": [str(store) for store in context.settings.stores],
        "site": context.settings.site,
        "files": file_hashes(files),
        "trees": {tree: list(_tree(Path(tree))) for tree in trees},
        "builds": {tree: _variables(Path(tree), environ) for tree in trees},
    }


def file_hashes(files: Iterable[str]) -> dict[str, str]:
    """File -> hash of its content; of a folder, what is in it; empty where there is nothing."""
    return {file: _digest(Path(file)) for file in files}


def remember(env: Env, facts: Facts) -> None:
    """Keep what the build of the current generation went by, as it was before: an edit since shows.

    facts: of `look`; the files alone where more is left to build, so that the next build looks at all.
    """
    from devenv.core.plan import Plan, Write
    from devenv.store.carry import carry_out

    if env.context.dry is not None:
        return  # there is no such generation
    env = env.reopen()
    outputs = _outputs(env, facts["files"])
    files = {file: hash_ for file, hash_ in facts["files"].items() if file not in outputs}
    made = {"files": files, "outputs": outputs, "new": []}
    kept = {**facts, **made, **_built(env, built=True)}
    step = Write(str(_place(env)), json.dumps(kept))
    carry_out(env.context, Plan("facts", (step,)))


def _outputs(env: Env, before: Collection[str]) -> list[str]:
    """What builds have put into the sources that the engine builds: files that an earlier build put
    there, or that were not there before this one; no file that git tracks.
    """
    now = built_names(env)
    earlier: Collection[str] = ()
    with suppress(*_UNKNOWN):
        earlier = json.loads(_place(env).read_text(encoding="utf-8"))["outputs"]
    return sorted(now & {*earlier, *(now - {*before})} - _tracked(env))


def _new(env: Env, kept: Facts) -> list[str]:
    """The files of the sources that the engine builds that the last build did not go by, but for what
    builds put there."""
    found = built_names(env) - {*kept["files"]}
    return sorted(found - ({*kept.get("outputs", [])} - _tracked(env))) if found else []


def _tracked(env: Env) -> set[str]:
    return {file for one in _built_sources(env) for file in tracked_in(one.path)}


def _built(env: Env, *, built: bool) -> Facts:
    """What was made: the content of the mods of each model, as it was built or as it is now; the lock,
    which a build mends where it is damaged; and what must be there."""
    generation, layout = env.generation, env.current
    models = generation.models
    mods = [one.inputs if built else inputs_of(one.folders) for one in models]
    paths = (generation.python, generation.neuron, generation.site)
    return {
        "generation": str(layout.root),
        "lock": [_digest(layout.lock), _digest(layout.root / "spack.lock")],
        "proof": env.settings.proof,
        "mods": mods,
        "compiled": built or not edited(generation.compiled),
        "there": [built or os.path.exists(path) for path in paths],
        "models": [built or (os.path.exists(m.path) and not changed_since(m)) for m in models],
    }


def _place(env: Env) -> Path:
    return env.layout.root / "looked.json"


def _program(path: str | None) -> list[str | int]:
    """A program as far as it is known without running it."""
    if path is None:
        return []
    found = os.stat(path)
    return [os.path.realpath(path), found.st_mtime_ns, found.st_size]


def _digest(path: Path) -> str:
    if path.is_dir():
        return ",".join(sorted(one.name for one in path.iterdir()))
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _variables(path: Path, environ: Mapping[str, str]) -> str:
    return digest(*(word for pair in build_variables(path, environ) for word in pair))


def _tree(path: Path) -> Iterator[object]:
    state = git.state(path)
    yield from (state.commit, state.clean, state.describe)
    for folder in (path, path / "src"):
        yield module_entries(one.name for one in folder.iterdir()) if folder.is_dir() else []
