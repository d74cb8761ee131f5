"""Restores the Spack files that a generation keeps: for a rollback, or in another environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from devenv.config.context import Context, read_text
from devenv.core.errors import StateError
from devenv.core.layout import EnvironmentLayout
from devenv.core.plan import Plan, Step, Write
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.observe import SpackRequest, generation_text
from devenv.engines.spack.seed import elsewhere
from devenv.engines.spack.user_manifest import manifest_path
from devenv.environment.handle import Env
from devenv.environment.history import GenerationRecord
from devenv.store.carry import carry_out
from devenv.system import files


def restore(env: Env, one: GenerationRecord) -> tuple[Step, ...]:
    """Steps that restore spack.yaml from a generation. StateError if edits would be lost."""
    kept, path = one.folder.root / "spack.yaml", manifest_path(env, one.lock.environment)
    current = env.layout.current / kept.name
    keep = f"devenv rollback {env.name} {one.number} --keep-request"
    fix = f"Move it away, or: {keep}"
    text = read_text(path, fix) if path.exists() else ""
    if path.exists() and current.exists() and text != read_text(current, fix):
        raise StateError(
            f"{path} requests what was never built, which a rollback would lose",
            fix=f"Build it: devenv build {env.name}, or: {keep}",
        )
    return (Write(str(path), read_text(kept, fix)),) if kept.exists() else ()


def missing(one: GenerationRecord) -> Iterator[tuple[str, str]]:
    """(what, path) of the view, and of parts outside Spack's folder, if they do not exist.

    There is no view before the first build, and it may contain no Python packages.
    """
    folder = EnvironmentLayout(one.folder.root.parents[1]).spack / one.lock.inputs
    view = str(folder / "view") if (one.folder.root / "spack.lock").exists() else ""
    places = (
        ("the folder of its packages", one.generation.site),
        ("its NEURON", one.generation.neuron),
    )
    for what, path in places:
        needed = view if path.startswith(f"{folder}/") else path
        if needed and not files.exists(needed):
            yield what, needed


def manifest_of(folder: Path) -> str:
    """The text of the spack.yaml in the folder of a lock; StateError if it cannot be read."""
    path = folder / "spack.yaml"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise StateError(
            f"{path} cannot be read, which the lock of an environment of Spack's needs beside it",
            fix="Name the lock.json in the folder of a generation, with the other files in it.",
        ) from None


def keep_lock(context: Context, request: SpackRequest, folder: Path, path: Path) -> None:
    """Copy the spack.lock at `path` into `folder`, to install exactly that. If not, a note says why.

    A lock contains the paths of externals and dev sources. If they differ here, Spack concretizes again.
    """
    if not path.exists():
        context.say(f"note: {path} is not there: it was never built; Spack concretizes the request")
        return
    text = path.read_text(encoding="utf-8")
    sources = {source.path for source in request.environment.develop}
    why = elsewhere(read_spack_lock(text, str(path)), sources)
    if why:
        context.say(f"note: {why}; Spack concretizes the request")
        return
    steps = (
        Write(str(folder / "spack.yaml"), generation_text(request, str(folder / "view"))),
        Write(str(folder / "spack.lock"), text),
    )
    carry_out(context, Plan("spack.lock", steps))
