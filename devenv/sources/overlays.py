"""The overlays of an environment's dev sources: found in the store, or made."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from devenv.config.catalogue import known_name
from devenv.config.context import Context
from devenv.core.content import module_entries
from devenv.core.environment import CompiledSource, DevSource
from devenv.core.errors import StateError, StepError, UsageError
from devenv.core.plan import Plan, Run, Step, Write
from devenv.core.product import Input, Inputs, Product
from devenv.core.quantity import quantity
from devenv.sources.overlay import ROOTS, Wheel, find_root, overlay_steps
from devenv.store.carry import announce
from devenv.store.realise import is_whole, realise
from devenv.system import files, git, index
from devenv.system.completion import dangling_links
from devenv.system.snapshot import snapshot

PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO", "requirements.txt")
"""Files of which a change can change what a package's wheel holds beside its modules' content."""

KIND = "overlays"
FACTS = "overlay.json"


@dataclass(frozen=True)
class SourceFacts:
    """Facts about the package of a dev source.

    folder: its overlay. root: the folder in the source that contains `modules`. requires: its
    requirements. entry_points: the text of that file. mods: folders whose MOD files its build
    compiles. compiled: its compiled modules; None for a source without them.
    """

    package: str
    folder: str
    root: str
    modules: tuple[str, ...]
    version: str
    requires: tuple[str, ...]
    entry_points: str
    mods: tuple[str, ...] = ()
    compiled: CompiledSource | None = None


def overlay_of(context: Context, source: DevSource, state: git.GitState) -> SourceFacts:
    """The overlay of a Python source; made where its packaging changed since it was last made."""
    inputs, key = _inputs(source, state)
    folder = context.layout.product(KIND, key)
    if not is_whole(folder, context.suspects):
        build = Plan("wheel", (Run(("uv", "build", "--wheel", source.path)),))
        announce(context, build, f"what {source.package} requires is known from its wheel")
        steps = _steps(source, _wheel_of(context, source))
        title = f"the overlay of {source.package}"
        realise(context, Product(KIND, key, title, inputs, steps))
    return read_facts(folder)


def _inputs(source: DevSource, state: git.GitState) -> tuple[Inputs, str]:
    """What the overlay is made from, and its hash: packaging files, commit, top levels."""
    path = Path(source.path)
    packaging = {n: files.digest(path / n) for n in PACKAGING if (path / n).is_file()}
    listing = {root: module_entries(names) for root, names in _listings(path).items()}
    parts = [source.package, source.path, packaging, state.commit, state.describe, listing]
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]
    inputs = (
        Input("source", (source.package, source.path)),
        *(Input(name, (found,), str(path / name)) for name, found in packaging.items()),
        Input("commit", (state.commit,)),
        Input("version", (state.describe,)),
        *(Input(f"modules in {root or '.'}", tuple(names)) for root, names in listing.items()),
    )
    return inputs, key


def _listings(path: Path) -> dict[str, frozenset[str]]:
    folders = {root: path / root for root in ROOTS}
    return {
        root: frozenset(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
        for root, folder in folders.items()
        if folder.is_dir()
    }


def _wheel_of(context: Context, source: DevSource) -> Wheel:
    """The wheel that the source's own build makes of a copy of it."""
    path = Path(source.path)
    with files.temporary_folder(context.layout.home / "tmp") as scratch:
        copy = snapshot(path, scratch / "source")
        try:
            built = index.build_wheel(copy, scratch / "wheel", context.environ, known_as=path)
        except StepError:
            _check_links(path)
            raise
        wheel = _read_wheel(built)
    check_name(source, wheel)
    return wheel


def _steps(source: DevSource, wheel: Wheel) -> Callable[[str], tuple[Step, ...]]:
    """Staging folder -> the steps that make the overlay in it."""
    root = find_root(wheel, source.path, _listings(Path(source.path)))
    return lambda staging: (
        *overlay_steps(source.path, root, wheel, staging),
        facts_step(source, root, wheel, staging),
    )


def facts_step(source: DevSource, root: str, wheel: Wheel, folder: str) -> Step:
    """The step that writes into an overlay what `read_facts` reads. root: of the modules."""
    facts = {
        "package": source.package,
        "root": str(Path(source.path, root)),
        "modules": sorted({top.partition(".")[0] for top in wheel.top_levels}),
        "version": wheel.version,
        "requires": wheel.metadata("Requires-Dist"),
        "entry_points": wheel.texts.get("entry_points.txt", ""),
        "mods": [str(Path(source.path, root, folder)) for folder in wheel.mods],
    }
    return Write(f"{folder}/{FACTS}", json.dumps(facts))


def _check_links(path: Path) -> None:
    """StateError where the source has links to missing files, which no build can pack."""
    links = dangling_links(path)
    if links:
        update = git.submodule_command(str(path))
        modules = (path / ".gitmodules").is_file()
        raise StateError(
            f"{path} has {quantity(links, 'link')} to missing files, such as {links[0]}"
            f" -> {os.readlink(path / links[0])}",
            fix=f"Get its submodules: {update}"
            if modules
            else "Restore the files, or remove the links.",
        )


def check_name(source: DevSource, wheel: Wheel) -> None:
    """UsageError if the wheel belongs to another package."""
    name = known_name(next(iter(wheel.metadata("Name")), ""))
    if name != source.package:
        raise UsageError(
            f"{source.path} contains the package {name}, not {source.package}",
            fix=f"devenv develop {name} --path {shlex.quote(source.path)}",
        )


def _read_wheel(path: Path) -> Wheel:
    with zipfile.ZipFile(path) as archive:
        names = tuple(name for name in archive.namelist() if not name.endswith("/"))
        info = next(PurePosixPath(n).parts[0] for n in names if n.endswith(".dist-info/METADATA"))
        texts = {
            name.split("/", 1)[1]: archive.read(name).decode("utf-8", "replace")
            for name in names
            if name.startswith(info + "/")
        }
    return Wheel(names, info, texts)


def read_facts(folder: Path) -> SourceFacts:
    """The facts that are recorded in an overlay. StateError if it is damaged."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return SourceFacts(
            package=facts["package"],
            folder=str(folder),
            root=facts["root"],
            modules=tuple(facts["modules"]),
            version=facts["version"],
            requires=tuple(facts["requires"]),
            entry_points=facts["entry_points"],
            mods=tuple(facts.get("mods", ())),
        )
    except (OSError, ValueError, KeyError) as error:
        raise StateError(
            f"{folder} is damaged: {error}", fix=f"Remove it: rm -r {folder}"
        ) from None
