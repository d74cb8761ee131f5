"""What Spack installed is whole, and what it built from dev sources is what they say now: checked by
devenv, which records itself what each model was made of.

What is wrong is installed again by its hash, in a process of its own, whatever Spack's records say.
Meanwhile no other devenv does the same in this store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.core.content import folders_digest
from devenv.core.errors import StateError
from devenv.core.plan import Plan, Write
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.engines.spack.model_copy import SPACKS, keep
from devenv.engines.spack.outdated import developed, outdated
from devenv.engines.spack.recipe_model import model_prefix
from devenv.models.stale import read_files
from devenv.store.carry import carry_out
from devenv.system import spack as observed
from devenv.system import spack_prefix
from devenv.system.locks import locked
from devenv.system.relocation import signature


@dataclass(frozen=True)
class Content:
    """The live folders of mods at one moment. folders: path -> digest. inputs: as BuiltModel has it."""

    folders: Mapping[str, str]
    inputs: str


@dataclass(frozen=True)
class ModelCopy:
    """A model built from dev sources. prefix: where Spack overwrites it. path: its copy in the store.

    content: what it was made of.
    """

    node: ConcreteSpec
    prefix: Path
    path: Path
    content: Content


@dataclass(frozen=True)
class SourceWatch:
    """How things are before Spack works. folders: the live ones with mods. content: what is in them.

    installed: the hashes of all that is there. signatures: of those that stand on dev sources, as far as
    it is known which do. alone: whether no other devenv can change one of these meanwhile.
    """

    context: Context
    stack: ExitStack
    folders: tuple[str, ...]
    content: Content
    installed: Collection[str]
    signatures: Mapping[str, Mapping[str, Any]]
    alone: bool

    @property
    def store(self) -> Path:
        return self.context.layout.spack / "opt"

    def made(self, node: ConcreteSpec, prefix: Path) -> bool:
        """Whether Spack has just made it, and of `content`: nobody else can have."""
        if node.hash not in self.installed:
            return True
        return self.alone and self.signatures[node.hash] != signature(prefix, SPACKS)


@contextmanager
def watching(
    context: Context, folders: tuple[str, ...], lock: SpackLock | None
) -> Iterator[SourceWatch]:
    """Around Spack's work. folders: the live ones with mods. lock: what it will install, where known.

    Where all is there already, what Spack does is short, and nobody else does it meanwhile.
    """
    nodes = developed(lock) if lock else ()
    there = _own(context)
    alone = bool(nodes) and all(node.hash in there for node in nodes)
    with ExitStack() as stack:
        if alone:
            stack.enter_context(_only_one(context))
        paths = {node.hash: Path(there[node.hash]) for node in nodes if node.hash in there}
        signatures = {hash_: signature(path, SPACKS) for hash_, path in paths.items()}
        yield SourceWatch(context, stack, folders, content_of(folders), {*there}, signatures, alone)


def content_of(folders: Sequence[str]) -> Content:
    """What is in the folders now."""
    files = [(path, read_files(path)) for path in folders]
    return Content({path: folders_digest([(path, f)]) for path, f in files}, folders_digest(files))


def renew(
    watch: SourceWatch, lock: SpackLock, install_again: Callable[[Sequence[ConcreteSpec]], None]
) -> ModelCopy | None:
    """Install again what is not whole, or not as its dev sources say. The model, where it stands on one.

    StateError where what stands on a dev source is in an upstream, where nobody can install it again,
    and where something is not whole even now.
    """
    context, content, nodes = watch.context, watch.content, developed(lock)
    if nodes and not watch.alone:
        watch.stack.enter_context(_only_one(context))
    _require_own(context, lock)
    wrong, now = _outdated(watch, lock), content
    if wrong:
        now = content_of(watch.folders)
        install_again(wrong)
        _require_whole(watch, lock)
    one = _model(context, lock)
    if one is None:
        return None
    copy = ModelCopy(*one, keep(context, *one), now if one[0] in wrong else content)
    _write_record(context, copy)
    return copy


def _outdated(watch: SourceWatch, lock: SpackLock) -> tuple[ConcreteSpec, ...]:
    one = _model(watch.context, lock)
    known = one is None or watch.made(*one) or _matches_record(watch.context, *one, watch.content)
    stale = () if known or one is None else (one[0].hash,)
    return outdated(lock, _installed(watch.context, lock), stale)


def _require_whole(watch: SourceWatch, lock: SpackLock) -> None:
    left = outdated(lock, _installed(watch.context, lock))
    if left:
        name = left[0].name
        raise StateError(
            f"Spack says that {name} is installed, and {watch.store} does not hold all of it",
            fix=f"Remove it, and build again: devenv spack exec -- uninstall -fy /{left[0].hash}",
        )


def _require_own(context: Context, lock: SpackLock) -> None:
    """What an upstream has of a dev source was made of it at some time, and is not ours to make anew."""
    there, nodes = _own(context), developed(lock)
    other = next((n for n in lock.running() if n in nodes and n.hash not in there), None)
    if other:
        raise StateError(
            f"{other.name}, which stands on a dev source, is installed in an upstream of Spack's:"
            " nothing tells what it was made of",
            fix="Develop a clone of your own, or leave the upstream out of the site's file.",
        )


def _own(context: Context) -> dict[str, str]:
    return observed.installed((context.layout.spack / "opt",))


def _installed(context: Context, lock: SpackLock) -> dict[str, int | None]:
    """When each package was installed in our own store; None where it is not whole. Of what brings a
    special every file is looked at.
    """
    there = {hash_: Path(path) for hash_, path in _own(context).items() if hash_ in lock.nodes}
    return {
        hash_: None
        if spack_prefix.holds(path, "bin/special") and spack_prefix.damaged(path)
        else spack_prefix.completion_time(path)
        for hash_, path in there.items()
        if not lock.nodes[hash_].external
    }


def _model(context: Context, lock: SpackLock) -> tuple[ConcreteSpec, Path] | None:
    """The model, where it stands on a dev source."""
    one = model_prefix(lock, _own(context))
    return one if one and one[0] in developed(lock) else None


def _only_one(context: Context) -> Any:
    return locked(context.layout.lock("spack-models"), "what Spack builds from dev sources")


def record_file(context: Context, node: ConcreteSpec) -> Path:
    """The file in which devenv records what an installed model was made of."""
    return context.layout.spack / "models" / f"{node.hash}.json"


def _write_record(context: Context, copy: ModelCopy) -> None:
    """What the model was made of, and how its files look."""
    data = {"folders": copy.content.folders, "files": signature(copy.prefix, SPACKS)}
    write = Write(str(record_file(context, copy.node)), json.dumps(data))
    carry_out(context, Plan("record", (write,)))


def _matches_record(context: Context, node: ConcreteSpec, prefix: Path, content: Content) -> bool:
    """Whether it is what devenv recorded, and was made of what is in these folders now."""
    try:
        data = json.loads(record_file(context, node).read_text(encoding="utf-8"))
        same = all(data["folders"].get(path) == one for path, one in content.folders.items())
        return same and bool(data["files"] == signature(prefix, SPACKS))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
