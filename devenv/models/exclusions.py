"""Mods that a template leaves out: by name, or where another file defines the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from devenv.models.clashes import clashes
from devenv.models.mods import Mod, ModFolder, select


@dataclass(frozen=True)
class LeftOut:
    """A MOD file that the model leaves out. file: its name, with ``.mod``. why: in words."""

    file: str
    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.file} ({self.path}): {self.why}"


def chosen_mods(
    folders: Sequence[ModFolder], exclude: Mapping[str, str], duplicates: Mapping[str, str]
) -> tuple[tuple[Mod, ...], tuple[LeftOut, ...]]:
    """The mods of a model, and those left out of it.

    exclude: file -> why it is never wanted. duplicates: file -> the file in whose favour it is left out
    where that one takes part and defines the same. What the user named by hand is never left out.
    """
    mods = {mod.name: mod for mod in select(folders, exclude)}
    doubles = {_stem(file): mods.get(_stem(other)) for file, other in duplicates.items()}
    double = tuple(_duplicates(mods, doubles))
    dropped = {_stem(one.file) for one in double}
    left_out = (*_excluded(folders, exclude, mods), *double, *_shadowed(folders, mods))
    return tuple(mod for name, mod in mods.items() if name not in dropped), left_out


def _stem(file: str) -> str:
    return file.removesuffix(".mod")


def _excluded(
    folders: Sequence[ModFolder], exclude: Mapping[str, str], mods: Mapping[str, Mod]
) -> Iterator[LeftOut]:
    for excluded, why in exclude.items():
        name = _stem(excluded)
        if name in mods:  # the user's own file of that name
            continue
        for folder in folders:
            file = folder.mod_files.get(name.removeprefix(folder.prefix))
            if file and name.startswith(folder.prefix):
                yield LeftOut(f"{name}.mod", f"{folder.path}/{file}", " ".join(why.split()))
                break


def _shadowed(folders: Sequence[ModFolder], mods: Mapping[str, Mod]) -> Iterator[LeftOut]:
    """The user's own files behind others of the user's own of the same name."""
    for folder in folders:
        for stem, file in folder.mod_files.items() if folder.asked else ():
            path, first = f"{folder.path}/{file}", mods[folder.prefix + stem].path
            if path != first:
                yield LeftOut(file, path, f"{first} comes first")


def _duplicates(mods: Mapping[str, Mod], doubles: Mapping[str, Mod | None]) -> Iterator[LeftOut]:
    for name, other in doubles.items():
        mod = mods.get(name)
        shared = clashes((other, mod)) if mod and other and not mod.own else ()
        if mod and other and shared:
            why = f"{other.path} defines the same {shared[0].kind} {shared[0].name}"
            yield LeftOut(f"{name}.mod", mod.path, why)
