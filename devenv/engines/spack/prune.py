"""Finds Spack's folders and installed packages that nothing refers to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from devenv.config.context import Context, read_text
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Run
from devenv.core.quantity import quantity
from devenv.engines.protocol import Prunable
from devenv.engines.spack.exec import outside, with_setting
from devenv.engines.spack.folder import RUN, SETTING, kept_setting
from devenv.engines.spack.freshness import record_file
from devenv.engines.spack.lockfile import ConcreteSpec, read_records, read_spack_lock, unused
from devenv.engines.spack.setup import installation, require
from devenv.environment.handle import Env
from devenv.system import spack as observed
from devenv.system.leases import holders, unheld


def prunable(
    context: Context, locks: ExitStack, names: Sequence[str], gone: Collection[Path], packages: bool
) -> Prunable:
    """What can be removed while `locks` are held; nothing if Spack is running.

    names: of environments that are locked against builds. gone: folders of generations that are about to
    be removed. packages: also remove packages that are in no environment's lock.
    """
    file = installation(context)
    if not locks.enter_context(unheld(file)):
        who = ", ".join(holders(file)) or "another process"
        return Prunable(notes=(f"In use: what Spack made ({who})",))
    if not names:  # no environment uses Spack; `devenv spack setup` restores it
        return Prunable(tuple(sorted(context.layout.spack.glob("*"))))
    unused_folders = [one for name in names for one in _unused_folders(Env(context, name), gone)]
    interrupted = [folder for folder in unused_folders if _can_continue(context, folder)]
    folders = tuple(folder for folder in unused_folders if folder not in interrupted)
    notes = tuple(f"Kept: {folder}, where a build was interrupted" for folder in interrupted)
    nodes = _unused_packages(context, {*gone, *folders}) if packages else {}
    # devenv's record of a model is removed with it.
    records = (record_file(context, node) for node in nodes.values())
    folders += tuple(path for path in records if path.exists())
    if not nodes:
        return Prunable(folders, notes=notes)
    run, variables = _uninstall(context, tuple(nodes.values()))
    return Prunable(folders, tuple(nodes), run, variables, notes)


def _unused_folders(env: Env, gone: Collection[Path]) -> Iterator[Path]:
    """The folders of an environment that no generation refers to, except those in `gone`."""
    layout = env.layout
    folders = layout.generations.iterdir() if layout.generations.is_dir() else ()
    kept = [GenerationLayout(folder) for folder in folders if folder not in gone]
    # Search the text, to include damaged generations and those of another format.
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for one in kept
        for path in (one.manifest, one.lock)
        if path.exists()
    ]
    for folder in sorted(layout.spack.glob("*/")):
        words = (f"/spack/{folder.name}/", f'"{folder.name}"')
        if not any(word in text for text in texts for word in words):
            yield folder


def _can_continue(context: Context, folder: Path) -> bool:
    """Whether the next build may continue there: it was interrupted, and nothing was built since."""
    built, lock = context.layout.env(folder.parents[1].name).built, folder / "spack.lock"
    if (folder / RUN).exists() or not lock.exists():
        return False
    return not built.exists() or built.stat().st_mtime < (folder / SETTING).stat().st_mtime


def _unused_packages(context: Context, gone: Collection[Path]) -> dict[Path, ConcreteSpec]:
    """Prefix -> package, for packages in our own store that are in no lock. StateError if a lock is
    damaged."""
    if not installation(context).exists():
        return {}
    store = context.layout.spack / "opt"
    records = observed.database(store)
    locks = (p for p in context.layout.envs.glob("*/*/*/spack.lock") if p.parent not in gone)
    needed = {
        hash_
        for path in locks
        for hash_ in read_spack_lock(
            read_text(path, "Remove its folder, or `devenv remove` its environment."), str(path)
        ).nodes
    }
    nodes = unused(read_records(records, str(store / ".spack-db" / "index.json")), needed)
    prefixes = {Path(records[node.hash]["path"]): node for node in nodes}
    return {path: node for path, node in prefixes.items() if store in path.parents}


def _uninstall(context: Context, nodes: tuple[ConcreteSpec, ...]) -> tuple[Run, Mapping[str, str]]:
    """The call that uninstalls packages by hash, with the settings of an existing environment if there
    is one. Otherwise Spack would index all recipes, which takes minutes.
    """
    spack = require(context)
    arguments = ("uninstall", "--yes-to-all", *(f"/{node.hash}" for node in nodes))
    settings = (kept_setting(folder) for folder in context.layout.envs.glob("*/spack/*/"))
    current = next((setting for setting in settings if setting), None)
    if current:
        argv, variables = with_setting(context, spack, current, *arguments)
    else:
        argv, variables = outside(context, spack, *arguments)
    return Run(argv, title=f"spack uninstall {quantity(nodes, 'package')}"), variables
