"""The spack.lock of an adopted environment, whose choices Spack keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import read_text
from devenv.engines.spack.lockfile import SpackLock, read_spack_lock


@dataclass(frozen=True)
class Seed:
    """A lock that Spack starts with. text: empty if there is none. packages: those in it. unfit: why an
    existing lock is not used.
    """

    text: str = ""
    packages: tuple[str, ...] = ()
    unfit: str = ""


def seed_beside(manifest: Path, develop: Mapping[str, Mapping[str, str]]) -> Seed:
    """The lock next to a spack.yaml. develop: its dev sources, with absolute paths.

    StateError if it is damaged.
    """
    path = manifest.with_name("spack.lock")
    if not path.is_file():
        return Seed()
    text = read_text(path, "Concretize it again: spack concretize --force")
    lock = read_spack_lock(text, str(path))
    names = tuple(sorted({node.name for node in lock.nodes.values()}))
    sources = {name: entry["path"] for name, entry in develop.items()}
    why = elsewhere(lock, set(sources.values())) or _not_developed(lock, sources)
    return Seed(unfit=f"{path} is not used: {why}") if why else Seed(text, names)


def elsewhere(lock: SpackLock, sources: Collection[str]) -> str:
    """The first package in the lock whose path differs here, in words; empty for none. sources: the
    paths of the dev sources here.
    """
    for node in lock.nodes.values():
        if node.dev and node.dev not in sources:
            return f"the lock builds {node.name} from {node.dev}, and its source is another here"
        if node.external and not Path(node.external).is_dir():
            return f"the lock has {node.name} in {node.external}, which does not exist here"
    return ""


def _not_developed(lock: SpackLock, sources: Mapping[str, str]) -> str:
    """The first package that is a release in the lock but developed now, in words; empty for none."""
    released = (n.name for n in lock.nodes.values() if not n.dev and n.name in sources)
    return next((f"{name} is developed since" for name in released), "")
