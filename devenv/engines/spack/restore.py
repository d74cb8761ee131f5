"""What a generation kept of Spack, put back: by a rollback, or for another environment."""

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
    """spack.yaml as that generation was asked for. StateError where edits would be lost."""
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
    """The view, and what stands outside of Spack's folder, where it is gone.

    The view may hold nothing of Python's, and there is none as long as nothing was built.
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


def manifest_of(beside: Path) -> str:
    """What was asked of Spack, kept beside a lock; StateError where it is not there."""
    path = beside / "spack.yaml"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise StateError(
            f"{path} cannot be read, which the lock of an environment of Spack's needs beside it",
            fix="Name the lock.json in the folder of a generation, with all that stands there.",
        ) from None


def keep_lock(context: Context, found: SpackRequest, folder: Path, path: Path) -> None:
    """Have `folder` install exactly what the spack.lock at `path` says; why not, is told.

    A lock names places: of externals, and of dev sources. Where they are others here, Spack chooses anew
    for what is asked for.
    """
    if not path.exists():
        context.say(f"note: {path} is not there: it was never built; Spack concretizes the request")
        return
    text = path.read_text(encoding="utf-8")
    sources = {source.path for source in found.environment.develop}
    why = elsewhere(read_spack_lock(text, str(path)), sources)
    if why:
        context.say(f"note: {why}; Spack concretizes the request")
        return
    steps = (
        Write(str(folder / "spack.yaml"), generation_text(found, str(folder / "view"))),
        Write(str(folder / "spack.lock"), text),
    )
    carry_out(context, Plan("spack.lock", steps))
