"""The overlay of a package with compiled modules: links to its source, and to the modules. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from devenv.core.plan import Link, MakeFolder, Step
from devenv.sources.extension import is_library


def entries(originals: Mapping[str, str], dist_info: str) -> dict[str, str]:
    """What an overlay consists of: path -> the original in the source; empty for the product's own.

    A directory of which every file has its original in one directory of the source is one entry.
    originals: files.json. dist_info: the directory that is left out.
    """
    kept = {
        name: "" if is_library(name) else original
        for name, original in originals.items()
        if not name.startswith(f"{dist_info}/") and ".data" not in name.split("/")[0]
    }
    return _folded(kept, "")


def _folded(files: Mapping[str, str], folder: str) -> dict[str, str]:
    """The entries below `folder` (empty: the top)."""
    front = f"{folder}/" if folder else ""
    heads = dict.fromkeys(name[len(front) :].split("/")[0] for name in files)
    found: dict[str, str] = {}
    for head in heads:
        path = f"{front}{head}"
        if path in files:
            found[path] = files[path]
            continue
        inner = {name: o for name, o in files.items() if name.startswith(f"{path}/")}
        places = {o.removesuffix(name.removeprefix(path)) for name, o in inner.items() if o}
        whole = all(o and o.endswith(name.removeprefix(path)) for name, o in inner.items())
        found |= {path: places.pop()} if whole and len(places) == 1 else _folded(inner, path)
    return found


def link_steps(entries: Mapping[str, str], source: str, product: str, folder: str) -> list[Step]:
    """Steps that make the links of the entries in `folder`. product: the place of the extension."""
    steps: list[Step] = []
    for path, original in entries.items():
        place = posixpath.join(folder, path)
        target = (source, original) if original else (product, "files", path)
        if "/" in path:
            steps.append(MakeFolder(posixpath.dirname(place)))
        steps.append(Link(place, posixpath.join(*target)))
    return steps


def root_of(originals: Mapping[str, str]) -> str:
    """The directory of the source that its top-level modules are in, as most of the files say."""
    found = [o.removesuffix(name).rstrip("/") for name, o in originals.items() if o.endswith(name)]
    return max(dict.fromkeys(found), key=found.count, default="")
