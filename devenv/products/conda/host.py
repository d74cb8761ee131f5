"""Checks that this host has the libraries that the packages of a prefix need from it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from devenv.core.errors import StateError
from devenv.core.result import Finding
from devenv.products.conda.needs import NOTES, located

ID = "conda-host"


def host_findings(prefix: Path, environ: Mapping[str, str]) -> Iterator[Finding]:
    """A finding for each library that a package recorded at its build, and that this host lacks."""
    for note in sorted(prefix.glob(f"{NOTES}/*.json")):
        for library, place in _libraries(note).items():
            folder = (str(Path(place).parent),) if place else ()
            if not located(library, folder, environ):
                yield Finding(
                    ID,
                    "error",
                    f"{note.stem} needs {library} from the host, which does not have it",
                    f"It was built with {place}."
                    if place
                    else "It was not there at the build either.",
                    "Load the site's modules that bring it, or install a package for this host.",
                )


def _libraries(note: Path) -> dict[str, str]:
    try:
        collected: dict[str, str] = json.loads(note.read_text(encoding="utf-8"))["libraries"]
    except (OSError, ValueError, KeyError) as error:
        raise StateError(f"{note} is damaged: {error}", fix="Install the package again.") from None
    return collected
