"""Spack's folders as they are found: versions, recipes, installs, and whether they are whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from devenv.core.errors import StateError
from devenv.system import files, git
from devenv.system.process import capture

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?\S*")


def version(argv: Iterable[str], environ: Mapping[str, str]) -> str:
    """What ``spack --version`` says, without the commit."""
    argv = tuple(argv)
    said = capture(argv, environ=environ)
    found = _VERSION.match(said.strip())
    if not found:
        raise StateError(f"no version in the output of {' '.join(argv)}: {said.strip()[:200]!r}")
    return found[0]


def first_repository(folders: Iterable[str]) -> str:
    """The first folder that is a repository of recipes; empty for none."""
    return next((folder for folder in folders if Path(folder, "repo.yaml").is_file()), "")


def damaged(root: Path, commit: str) -> str:
    """Why a clone of ours is not what its commit says; empty where it is."""
    if not root.is_dir():
        return f"{root} does not exist"
    state = git.state(root)
    if state.commit != commit:
        return f"{root} is at {state.commit[:12] or 'no commit'}, not at {commit[:12]}"
    return "" if state.clean else f"files in {root} were changed"


def installed(trees: Iterable[Path]) -> dict[str, str]:
    """Hash -> prefix of all that is installed in these trees; the first one wins."""
    found: dict[str, str] = {}
    for tree in trees:
        for hash_, entry in database(tree).items():
            found.setdefault(hash_, entry["path"])
    return found


def database(tree: Path) -> dict[str, dict[str, Any]]:
    """Hash -> record ("path", "spec") of all that is installed in a tree, externals too.

    From Spack's own database (opt/.spack-db/index.json), whose format is the same since 0.10. What was
    lost, indexed anew and installed again has no path in it.
    """
    records = _records(tree).items()
    there = {h: {**e, "path": e.get("path") or _prefix(tree, h)} for h, e in records}
    return {h: e for h, e in there.items() if e["path"]}


def _records(tree: Path) -> dict[str, dict[str, Any]]:
    path = tree / ".spack-db" / "index.json"
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["database"]["installs"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError) as error:
        raise StateError(
            f"{path} cannot be read: {error}", fix="devenv spack exec -- reindex"
        ) from None
    return {h: e for h, e in entries.items() if e.get("installed")}


def unplaced(tree: Path) -> tuple[str, ...]:
    """The hashes of what is installed in a tree, and has no path in its database."""
    return tuple(h for h, e in _records(tree).items() if not e.get("path") and _prefix(tree, h))


def lost(tree: Path) -> tuple[str, ...]:
    """What the database of a tree has as installed in it, and is not there."""
    paths = (entry["path"] for entry in database(tree).values())
    return tuple(p for p in paths if Path(p).is_relative_to(tree) and not Path(p).exists())


def backups(tree: Path) -> tuple[Path, ...]:
    """What Spack put away while it overwrote a package, and was killed before it took it back or removed
    it. To `spack reindex` it is that package.
    """
    places = (place for depth in ("*", "*/*") for place in tree.glob(f"{depth}/.backup*"))
    return tuple(sorted(place for place in places if place.is_dir()))


def _prefix(tree: Path, hash_: str) -> str:
    """Where a package stands by the name of its folder; empty where it does not.

    linux-x86_64/NAME-VERSION-HASH, and in 0.2x with a folder for the compiler between.
    """
    places = (place for depth in ("*", "*/*") for place in tree.glob(f"{depth}/*-{hash_}"))
    return str(next(places, ""))


def recipe(repositories: Iterable[str], name: str) -> str:
    """The text of the recipe of a package, from the first repository that has it; empty for none."""
    folders = (name.replace("-", "_"), f"_{name.replace('-', '_')}", name)
    paths = (Path(r, "packages", f, "package.py") for r in repositories for f in folders)
    path = next((path for path in paths if path.is_file()), None)
    return path.read_text(encoding="utf-8", errors="replace") if path else ""


def variants(text: str) -> frozenset[str]:
    """The names of the variants that a recipe offers."""
    return frozenset(re.findall(r"^\s+variant\(\s*[\"'](\w+)[\"']", text, re.MULTILINE))


_LITTER = ("build-linux-*", "build-darwin-*", "spack-build-*", "spack-configure-args.txt")


def hide_litter(source: Path) -> None:
    """What Spack leaves in a dev source is not to show in its git status, nor to be committed.

    In .git/info/exclude, which is the clone's own and no part of the repository.
    """
    if git.top_level(source) != source.resolve():
        return
    path = git.folders(source)[1] / "info" / "exclude"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    missing = [line for line in _LITTER if line not in text.splitlines()]
    if missing:
        lines = "".join(
            f"{line}\n" for line in ("# of Spack, which builds in a dev source:", *missing)
        )
        files.write_text(path, text + ("" if text.endswith("\n") or not text else "\n") + lines)
