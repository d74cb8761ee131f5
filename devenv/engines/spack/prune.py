"""What Spack left that nothing refers to: folders that it worked in, and packages that it installed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from devenv.config.context import Context, read_text
from devenv.core.layout import GenerationLayout
from devenv.core.plan import Run
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
    """What can go as long as `locks` are held: nothing where Spack is at work.

    names: of environments that nobody builds meanwhile. gone: folders of generations that are about to
    be removed. packages: those too that no environment has in its lock.
    """
    file = installation(context)
    if not locks.enter_context(unheld(file)):
        who = ", ".join(holders(file)) or "another process"
        return Prunable(notes=(f"In use: what Spack made ({who})",))
    if not names:  # nobody has anything that Spack made; `devenv spack setup` restores it
        return Prunable(tuple(sorted(context.layout.spack.glob("*"))))
    found = [one for name in names for one in _unused_folders(Env(context, name), gone)]
    broken_off = [folder for folder in found if _goes_on(context, folder)]
    folders = tuple(folder for folder in found if folder not in broken_off)
    notes = tuple(f"Stays: {folder}, where a build was broken off" for folder in broken_off)
    nodes = _unused_packages(context, {*gone, *folders}) if packages else {}
    # What devenv records of a model goes with it.
    records = (record_file(context, node) for node in nodes.values())
    folders += tuple(path for path in records if path.exists())
    if not nodes:
        return Prunable(folders, notes=notes)
    run, variables = _uninstall(context, tuple(nodes.values()))
    return Prunable(folders, tuple(nodes), run, variables, notes)


def _unused_folders(env: Env, gone: Collection[Path]) -> Iterator[Path]:
    """The folders of an environment that no generation refers to but those `gone`."""
    layout = env.layout
    folders = layout.generations.iterdir() if layout.generations.is_dir() else ()
    kept = [GenerationLayout(folder) for folder in folders if folder not in gone]
    # As text: a generation of another format, or a damaged one, refers to what it names as well.
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


def _goes_on(context: Context, folder: Path) -> bool:
    """Whether the next build may go on there: it was broken off, and nothing was built since."""
    built, lock = context.layout.env(folder.parents[1].name).built, folder / "spack.lock"
    if (folder / RUN).exists() or not lock.exists():
        return False
    return not built.exists() or built.stat().st_mtime < (folder / SETTING).stat().st_mtime


def _unused_packages(context: Context, gone: Collection[Path]) -> dict[Path, ConcreteSpec]:
    """Prefix -> package of those in our own store that no lock has. StateError where one is damaged."""
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
    found = unused(read_records(records, str(store / ".spack-db" / "index.json")), needed)
    prefixes = {Path(records[node.hash]["path"]): node for node in found}
    return {path: node for path, node in prefixes.items() if store in path.parents}


def _uninstall(context: Context, nodes: tuple[ConcreteSpec, ...]) -> tuple[Run, Mapping[str, str]]:
    """As an environment calls Spack, if there is any, and by hashes alone: else Spack would index all
    of its recipes, which takes minutes.
    """
    spack = require(context)
    arguments = ("uninstall", "--yes-to-all", *(f"/{node.hash}" for node in nodes))
    settings = (kept_setting(folder) for folder in context.layout.envs.glob("*/spack/*/"))
    current = next((setting for setting in settings if setting), None)
    if current:
        argv, variables = with_setting(context, spack, current, *arguments)
    else:
        argv, variables = outside(context, spack, *arguments)
    return Run(argv, title=f"spack uninstall {len(nodes)} packages"), variables
