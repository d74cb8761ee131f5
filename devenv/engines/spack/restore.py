"""What a rollback needs of an environment of Spack: its request put back, and what is gone."""

from __future__ import annotations

from collections.abc import Iterator

from devenv.config.context import read_text
from devenv.core.errors import StateError
from devenv.core.layout import EnvironmentLayout
from devenv.core.plan import Step, Write
from devenv.environment.handle import Env
from devenv.environment.history import Recorded
from devenv.system import files


def restore(env: Env, one: Recorded) -> tuple[Step, ...]:
    """spack.yaml as that generation was asked for. StateError where edits would be lost."""
    kept, path = one.folder.root / "spack.yaml", env.layout.root / "spack.yaml"
    current = env.layout.current / kept.name
    keep = f"devenv rollback {env.name} {one.number} --keep-request"
    fix = f"Move it away, or: {keep}"
    text = read_text(path, fix) if path.exists() else ""
    if path.exists() and current.exists() and text != read_text(current, fix):
        raise StateError(
            f"{path} asks for what was never built, which a rollback would lose",
            fix=f"Build it: devenv build {env.name}, or: {keep}",
        )
    return (Write(str(path), read_text(kept, fix)),) if kept.exists() else ()


def missing(one: Recorded) -> Iterator[tuple[str, str]]:
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
