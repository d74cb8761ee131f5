"""The overlays of an environment's dev sources: found in the store, or made."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from devenv.config.catalogue import known_name
from devenv.config.context import Context
from devenv.core.content import seen
from devenv.core.environment import DevSource
from devenv.core.errors import StateError, StepError, UsageError
from devenv.core.plan import Plan, Run, Step, Write
from devenv.sources.overlay import ROOTS, Wheel, find_root, overlay_steps
from devenv.store.carry import announce, make_once
from devenv.system import files, git, index
from devenv.system.completion import dangling_links
from devenv.system.snapshot import snapshot

PACKAGING = ("pyproject.toml", "setup.py", "setup.cfg", "PKG-INFO", "requirements.txt")
"""Files of which a change can change what a package's wheel holds beside its modules' content."""

FACTS = "overlay.json"


@dataclass(frozen=True)
class SourceFacts:
    """What is known of a dev source's package.

    folder: its overlay. root: the folder in the source that holds `modules`. requires: its
    requirements. entry_points: the text of that file. mods: folders whose MOD files its build compiles.
    """

    package: str
    folder: str
    root: str
    modules: tuple[str, ...]
    version: str
    requires: tuple[str, ...]
    entry_points: str
    mods: tuple[str, ...] = ()


def overlay_of(context: Context, source: DevSource, state: git.GitState) -> SourceFacts:
    """The overlay of a Python source; made where its packaging changed since it was last made."""
    folder = context.layout.overlay(_key(source, state))
    if not (folder / FACTS).exists():
        _make(context, source, folder)
    return _facts(folder)


def _key(source: DevSource, state: git.GitState) -> str:
    """The hash of what the overlay is made from: the packaging files, the commit, the top levels."""
    path = Path(source.path)
    packaging = {n: files.digest(path / n) for n in PACKAGING if (path / n).is_file()}
    listing = {root: seen(names) for root, names in _listings(path).items()}
    parts = [source.package, source.path, packaging, state.commit, state.describe, listing]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def _listings(path: Path) -> dict[str, frozenset[str]]:
    folders = {root: path / root for root in ROOTS}
    return {
        root: frozenset(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
        for root, folder in folders.items()
        if folder.is_dir()
    }


def _make(context: Context, source: DevSource, folder: Path) -> None:
    build = Run(("uv", "build", "--wheel", source.path))
    announce(
        context, Plan("wheel", (build,)), f"what {source.package} requires is known from its wheel"
    )
    with files.temporary_folder(context.layout.home / "tmp") as scratch:
        copy = snapshot(Path(source.path), scratch / "source")
        path = Path(source.path)
        try:
            built = index.build_wheel(copy, scratch / "wheel", context.environ, known_as=path)
        except StepError:
            _check_links(path)
            raise
        wheel = _read_wheel(built)
    _check_name(source, wheel)
    root = find_root(wheel, source.path, _listings(Path(source.path)))
    facts = {
        "package": source.package,
        "root": str(Path(source.path, root)),
        "modules": [PurePosixPath(top).stem for top in wheel.top_levels],
        "version": wheel.version,
        "requires": wheel.metadata("Requires-Dist"),
        "entry_points": wheel.texts.get("entry_points.txt", ""),
        "mods": [str(Path(source.path, root, folder)) for folder in wheel.mods],
    }

    def steps(staging: str) -> list[Step]:
        overlay = overlay_steps(source.path, root, wheel, staging)
        return [*overlay, Write(f"{staging}/{FACTS}", json.dumps(facts))]

    make_once(context, folder, f"the overlay of {source.package}", steps)


def _check_links(path: Path) -> None:
    """StateError where the source has links to files that are not there, which no build can pack."""
    links = dangling_links(path)
    if links:
        update = f"git -C {shlex.quote(str(path))} submodule update --init --recursive"
        modules = (path / ".gitmodules").is_file()
        raise StateError(
            f"{path} has {len(links)} links to files that are not there, such as {links[0]}"
            f" -> {os.readlink(path / links[0])}",
            fix=f"Get its submodules: {update}"
            if modules
            else "Put the files there, or the links away.",
        )


def _check_name(source: DevSource, wheel: Wheel) -> None:
    name = known_name(next(iter(wheel.metadata("Name")), ""))
    if name != source.package:
        raise UsageError(
            f"{source.path} holds the package {name}, not {source.package}",
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


def _facts(folder: Path) -> SourceFacts:
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
