"""Commits of a repository and of its submodules, read from their object stores."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devenv.system import git
from devenv.system.process import Completed, run
from devenv.system.repository import environment


@dataclass(frozen=True)
class Checkout:
    """One repository of a checkout. path: of its work tree in the checkout; empty for the top.

    folder: a local git directory that has the commit; empty if it must be fetched from `url`.
    """

    path: str
    commit: str
    folder: str = ""
    url: str = ""


def find_commit(path: Path, ref: str) -> str:
    """The hash of the commit that `ref` names in the repository; empty for none."""
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return _git("-C", str(path), *words).stdout.strip()


def parts_of(top: Path, commit: str) -> tuple[Checkout, ...]:
    """The repository with the work tree `top` at a commit, and its submodules at the recorded ones.

    Submodules that are empty in `top` are left out.
    """
    common = git.folders(top)[1]
    return (Checkout("", commit, str(common)), *_submodules(top, common, commit, ""))


def _submodules(tree: Path, folder: Path, commit: str, front: str) -> Iterator[Checkout]:
    """The submodules of a commit in the git directory `folder`. tree: its work tree, if it exists."""
    names, urls = _modules(folder, commit)
    for path, recorded in _links(folder, commit):
        if path not in names:
            continue
        place, modules = tree / path, folder / "modules" / names[path]
        if repository := _repository(place, modules, recorded):
            yield Checkout(f"{front}{path}", recorded, str(repository))
            yield from _submodules(place, repository, recorded, f"{front}{path}/")
        elif not place.exists() or (place / ".git").exists() or modules.exists():
            yield Checkout(f"{front}{path}", recorded, url=_absolute(urls[path], folder))


def _repository(place: Path, modules: Path, commit: str) -> Path | None:
    """The git directory of a submodule that has the commit, even without a work tree; None for none."""
    folders = [git.folders(place)[1]] if (place / ".git").exists() else []
    for folder in (*folders, modules):
        if folder.is_dir() and not _in(folder, "cat-file", "-e", f"{commit}^{{commit}}").returncode:
            return folder
    return None


def _links(folder: Path, commit: str) -> Iterator[tuple[str, str]]:
    """(path, commit) of each submodule that the commit records."""
    for entry in _in(folder, "ls-tree", "-r", "-z", commit).stdout.split("\0"):
        facts, _, path = entry.partition("\t")
        if facts.startswith("160000 "):
            yield path, facts.split()[2]


def _modules(folder: Path, commit: str) -> tuple[dict[str, str], dict[str, str]]:
    """Path -> name, and path -> URL, from .gitmodules in the commit."""
    words = ("config", "-z", "--blob", f"{commit}:.gitmodules", "--get-regexp", r"^submodule\.")
    entries: dict[str, dict[str, str]] = {"path": {}, "url": {}}
    for entry in _in(folder, *words).stdout.split("\0"):
        key, _, value = entry.partition("\n")
        name, _, what = key.removeprefix("submodule.").rpartition(".")
        if what in entries:
            entries[what][name] = value
    urls = {path: entries["url"].get(name, "") for name, path in entries["path"].items()}
    return {path: name for name, path in entries["path"].items()}, urls


def _absolute(url: str, folder: Path) -> str:
    """The absolute form of a URL in .gitmodules: a leading dot is relative to the repository."""
    if not url.startswith(("./", "../")):
        return url
    base = _in(folder, "config", "--get", "remote.origin.url").stdout.strip().rstrip("/")
    while url.startswith("../"):
        base, url = base.rpartition("/")[0], url.removeprefix("../")
    return f"{base}/{url.removeprefix('./')}"


def _in(folder: Path, *words: str) -> Completed:
    return _git("--git-dir", str(folder), *words)


def _git(*words: str) -> Completed:
    return run(["git", *words], environ=environment(os.environ))
