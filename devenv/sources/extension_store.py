"""Finds compiled dev sources in the store, by their content."""

from __future__ import annotations

import json
import posixpath
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.product import changes
from devenv.sources.extension import FILES, KIND, ExtensionBuild, edited, same_settings
from devenv.store.realise import is_whole, recorded_inputs


def _products(build: ExtensionBuild) -> list[Path]:
    """The products of the package, the newest first."""
    found = Path(build.home, KIND).glob(f"{build.package}@*/{FILES}")
    return [path.parent for path in sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)]


def find_compiled(context: Context, build: ExtensionBuild) -> Path | None:
    """The product compiled from the source's present content; its Python files may differ. None if there
    is none."""
    for place in _products(build):
        made_from = recorded_inputs(place)
        same = made_from is not None and same_settings(made_from, build)
        if not (made_from and same and is_whole(place, context.suspects)):
            continue
        if not edited(made_from, originals(place), build.files):
            return place
    return None


def reasons(build: ExtensionBuild) -> tuple[str, ...]:
    """Why the source must be compiled, in words."""
    title = f"compile {build.package}"
    known = {one.name: one for one in build.settings}
    for place in _products(build):
        made_from = recorded_inputs(place) or ()
        before = tuple(one for one in made_from if one.name in known)
        if known["source"] not in before:
            continue
        names = edited(made_from, originals(place), build.files)
        files = (f"{posixpath.join(build.source, name)} changed" for name in names)
        return tuple(f"{title}: {one}" for one in (*changes(before, build.settings), *files))
    return (f"{title}: it was never compiled here",)


def originals(place: Path) -> dict[str, str]:
    """files.json of a product: each file of its wheel -> its original in the source."""
    try:
        found: dict[str, str] = json.loads((place / FILES).read_text(encoding="utf-8"))
        return found
    except (OSError, ValueError) as error:
        raise StateError(f"{place} is damaged: {error}", fix=f"Remove it: rm -r {place}") from None
