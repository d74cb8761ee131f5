"""Reads the directories of Spack: versions, recipes, installed packages, and damage."""

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
    """The output of ``spack --version``, without the commit."""
    argv = tuple(argv)
    output = capture(argv, environ=environ).strip()
    match = _VERSION.match(output)
    if not match:
        raise StateError(f"no version in the output of {' '.join(argv)}: {output[:200]!r}")
    return match[0]


def first_repository(folders: Iterable[str]) -> str:
    """The first directory that is a repository of recipes; empty for none."""
    return next((folder for folder in folders if Path(folder, "repo.yaml").is_file()), "")


def damaged(root: Path, commit: str) -> str:
    """How a clone of ours differs from its commit; empty if it does not."""
    if not root.is_dir():
        return f"{root} does not exist"
    state = git.state(root)
    if state.commit != commit:
        return f"{root} is at {state.commit[:12] or 'no commit'}, not at {commit[:12]}"
    return "" if state.clean else f"files in {root} were changed"


def installed(trees: Iterable[Path]) -> dict[str, str]:
    """Hash -> prefix of all packages installed in these trees; the first tree has precedence."""
    prefixes: dict[str, str] = {}
    for tree in trees:
        for hash_, entry in database(tree).items():
            prefixes.setdefault(hash_, entry["path"])
    return prefixes


def database(tree: Path) -> dict[str, dict[str, Any]]:
    """Hash -> record ("path", "spec") of all packages installed in a tree, including externals.

    It reads Spack's database (opt/.spack-db/index.json), whose format has not changed since 0.10.
    Packages that were lost, reindexed and installed again have no path in it.
    """
    records = _records(tree).items()
    placed = {h: {**e, "path": e.get("path") or _prefix(tree, h)} for h, e in records}
    return {h: e for h, e in placed.items() if e["path"]}


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
    """The hashes of packages that are installed in a tree without a path in its database."""
    return tuple(h for h, e in _records(tree).items() if not e.get("path") and _prefix(tree, h))


def missing_prefixes(tree: Path) -> tuple[str, ...]:
    """The prefixes in the database of a tree that do not exist."""
    paths = (entry["path"] for entry in database(tree).values())
    return tuple(p for p in paths if Path(p).is_relative_to(tree) and not Path(p).exists())


def backups(tree: Path) -> tuple[Path, ...]:
    """Directories that Spack moved away to overwrite a package, and left behind because it was killed.
    `spack reindex` would mistake them for the package.
    """
    places = (place for depth in ("*", "*/*") for place in tree.glob(f"{depth}/.backup*"))
    return tuple(sorted(place for place in places if place.is_dir()))


def _prefix(tree: Path, hash_: str) -> str:
    """The prefix of a package, found by the name of its directory; empty for none.

    linux-x86_64/NAME-VERSION-HASH; Spack 0.2x has a directory for the compiler in between.
    """
    places = (place for depth in ("*", "*/*") for place in tree.glob(f"{depth}/*-{hash_}"))
    return str(next(places, ""))


def recipe(repositories: Iterable[str], name: str) -> str:
    """The text of a package's recipe, from the first repository that has it; empty for none."""
    folders = (name.replace("-", "_"), f"_{name.replace('-', '_')}", name)
    paths = (Path(r, "packages", f, "package.py") for r in repositories for f in folders)
    path = next((path for path in paths if path.is_file()), None)
    return path.read_text(encoding="utf-8", errors="replace") if path else ""


def variants(text: str) -> frozenset[str]:
    """The names of the variants that a recipe offers."""
    return frozenset(re.findall(r"^\s+variant\(\s*[\"'](\w+)[\"']", text, re.MULTILINE))


_LITTER = ("build-linux-*", "build-darwin-*", "spack-build-*", "spack-configure-args.txt")


def hide_litter(source: Path) -> None:
    """Hide the files that Spack leaves in a dev source from git.

    They are added to .git/info/exclude, which belongs to the clone and not to the repository.
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
