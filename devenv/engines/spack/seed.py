"""The spack.lock of an environment that was adopted: what Spack chose for it before, and stays with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import read_text
from devenv.engines.spack.lockfile import SpackLock, read_spack_lock


@dataclass(frozen=True)
class Seed:
    """text: of the lock; empty where there is none to begin with. unfit: why the one that is there is
    not taken, in words. packages: those in it.
    """

    text: str = ""
    packages: tuple[str, ...] = ()
    unfit: str = ""


def seed_beside(manifest: Path, develop: Mapping[str, Mapping[str, str]]) -> Seed:
    """The lock beside a spack.yaml. develop: its dev sources, with absolute paths.

    StateError where it is damaged.
    """
    path = manifest.with_name("spack.lock")
    if not path.is_file():
        return Seed()
    text = read_text(path, "Concretize it anew: spack concretize --force")
    lock = read_spack_lock(text, str(path))
    names = tuple(sorted({node.name for node in lock.nodes.values()}))
    sources = {name: entry["path"] for name, entry in develop.items()}
    why = elsewhere(lock, set(sources.values())) or _not_developed(lock, sources)
    return Seed(unfit=f"{path} is not used: {why}") if why else Seed(text, names)


def elsewhere(lock: SpackLock, sources: Collection[str]) -> str:
    """What in the lock stands elsewhere; empty for nothing. sources: where the dev sources are here."""
    for node in lock.nodes.values():
        if node.dev and node.dev not in sources:
            return f"the lock builds {node.name} from {node.dev}, and its source is another here"
        if node.external and not Path(node.external).is_dir():
            return f"the lock has {node.name} in {node.external}, which does not exist here"
    return ""


def _not_developed(lock: SpackLock, sources: Mapping[str, str]) -> str:
    """What the lock has of a release and is developed now; empty for nothing."""
    released = (n.name for n in lock.nodes.values() if not n.dev and n.name in sources)
    return next((f"{name} is developed since" for name in released), "")
