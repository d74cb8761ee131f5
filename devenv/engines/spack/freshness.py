"""Checks that Spack's installs are complete, and that packages built from dev sources are up to date.
For the latter, devenv keeps its own record of the sources of each model.

Broken or outdated packages are reinstalled by hash in a separate process, whatever Spack's records say,
while a lock keeps every other devenv from doing the same in this store.
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
    """A snapshot of the live folders of MOD files. folders: path -> digest. inputs: as in BuiltModel."""

    folders: Mapping[str, str]
    inputs: str


@dataclass(frozen=True)
class ModelCopy:
    """A model built from dev sources. prefix: where Spack overwrites it. path: its copy in the store.

    content: of its sources.
    """

    node: ConcreteSpec
    prefix: Path
    path: Path
    content: Content


@dataclass(frozen=True)
class SourceWatch:
    """The state before Spack runs. folders: live folders with MOD files. content: of these.

    installed: the hashes of all installed packages. signatures: of those that depend on dev sources, as
    far as these are known. alone: whether a lock keeps other devenvs from changing them.
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
        """The install tree in which devenv's Spack builds."""
        return self.context.layout.spack / "opt"

    def made(self, node: ConcreteSpec, prefix: Path) -> bool:
        """Whether this run of Spack installed the package, and thus built it from `content`."""
        if node.hash not in self.installed:
            return True
        return self.alone and self.signatures[node.hash] != signature(prefix, SPACKS)


@contextmanager
def watching(
    context: Context, folders: tuple[str, ...], lock: SpackLock | None
) -> Iterator[SourceWatch]:
    """Watch the sources while Spack runs. folders: live folders with MOD files. lock: of what Spack will
    install, if known.

    If all of that is installed already, Spack's run is short, and other devenvs are locked out.
    """
    nodes = developed(lock) if lock else ()
    prefixes = _own(context)
    alone = bool(nodes) and all(node.hash in prefixes for node in nodes)
    with ExitStack() as stack:
        if alone:
            stack.enter_context(_only_one(context))
        paths = {node.hash: Path(prefixes[node.hash]) for node in nodes if node.hash in prefixes}
        signatures = {hash_: signature(path, SPACKS) for hash_, path in paths.items()}
        yield SourceWatch(
            context, stack, folders, content_of(folders), {*prefixes}, signatures, alone
        )


def content_of(folders: Sequence[str]) -> Content:
    """The current content of the folders."""
    files = [(path, read_files(path)) for path in folders]
    return Content({path: folders_digest([(path, f)]) for path, f in files}, folders_digest(files))


def renew(
    watch: SourceWatch, lock: SpackLock, reinstall: Callable[[Sequence[ConcreteSpec]], None]
) -> ModelCopy | None:
    """Reinstall incomplete and outdated packages. Returns the model if it depends on a dev source.

    StateError if a package that depends on a dev source is in an upstream, which is read-only, or if a
    package is still incomplete afterwards.
    """
    context, content, nodes = watch.context, watch.content, developed(lock)
    if nodes and not watch.alone:
        watch.stack.enter_context(_only_one(context))
    _require_own(context, lock)
    stale_nodes, current = _outdated(watch, lock), content
    if stale_nodes:
        current = content_of(watch.folders)
        reinstall(stale_nodes)
        _require_whole(watch, lock)
    one = _model(context, lock)
    if one is None:
        return None
    copy = ModelCopy(*one, keep(context, *one), current if one[0] in stale_nodes else content)
    _write_record(context, copy)
    return copy


def _outdated(watch: SourceWatch, lock: SpackLock) -> tuple[ConcreteSpec, ...]:
    one = _model(watch.context, lock)
    known = one is None or watch.made(*one) or _matches_record(watch.context, *one, watch.content)
    stale = () if known or one is None else (one[0].hash,)
    return outdated(lock, _installed(watch.context, lock), stale)


def _require_whole(watch: SourceWatch, lock: SpackLock) -> None:
    broken = outdated(lock, _installed(watch.context, lock))
    if broken:
        name = broken[0].name
        raise StateError(
            f"Spack says that {name} is installed, and {watch.store} does not hold all of it",
            fix=f"Remove it, and build again: devenv spack exec -- uninstall -fy /{broken[0].hash}",
        )


def _require_own(context: Context, lock: SpackLock) -> None:
    """StateError for a package of a dev source in an upstream: its sources are unknown, and devenv
    cannot rebuild it there.
    """
    prefixes, nodes = _own(context), developed(lock)
    other = next((n for n in lock.running() if n in nodes and n.hash not in prefixes), None)
    if other:
        raise StateError(
            f"{other.name}, which depends on a dev source, is installed in a Spack upstream:"
            " the sources it was built from are not known",
            fix="Develop a clone of your own, or leave the upstream out of the site's file.",
        )


def _own(context: Context) -> dict[str, str]:
    return observed.installed((context.layout.spack / "opt",))


def _installed(context: Context, lock: SpackLock) -> dict[str, int | None]:
    """Hash -> time of install of the packages in our own store; None if one is incomplete. For packages
    with a special, every file is checked.
    """
    prefixes = {hash_: Path(path) for hash_, path in _own(context).items() if hash_ in lock.nodes}
    return {
        hash_: None
        if spack_prefix.holds(path, "bin/special") and spack_prefix.damaged(path)
        else spack_prefix.completion_time(path)
        for hash_, path in prefixes.items()
        if not lock.nodes[hash_].external
    }


def _model(context: Context, lock: SpackLock) -> tuple[ConcreteSpec, Path] | None:
    """The model if it depends on a dev source."""
    one = model_prefix(lock, _own(context))
    return one if one and one[0] in developed(lock) else None


def _only_one(context: Context) -> Any:
    return locked(context.layout.lock("spack-models"), "what Spack builds from dev sources")


def record_file(context: Context, node: ConcreteSpec) -> Path:
    """The file in which devenv records the sources of an installed model."""
    return context.layout.spack / "models" / f"{node.hash}.json"


def _write_record(context: Context, copy: ModelCopy) -> None:
    """Record the sources of the model, and the signature of its files."""
    data = {"folders": copy.content.folders, "files": signature(copy.prefix, SPACKS)}
    write = Write(str(record_file(context, copy.node)), json.dumps(data))
    carry_out(context, Plan("record", (write,)))


def _matches_record(context: Context, node: ConcreteSpec, prefix: Path, content: Content) -> bool:
    """Whether the model is unchanged since devenv recorded it, and was built from `content`."""
    try:
        data = json.loads(record_file(context, node).read_text(encoding="utf-8"))
        same = all(data["folders"].get(path) == one for path, one in content.folders.items())
        return same and bool(data["files"] == signature(prefix, SPACKS))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
