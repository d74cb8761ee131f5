"""The text of a new devenv.yaml: what was seen in the folder, and why it is so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from devenv.core.findings import Findings, Seen

_HEAD = """\
# What the environment of this project is. `devenv run -- COMMAND` makes it and runs in it.
# All keys: devenv's reference, "Templates" and "Projects".
"""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+-]*")
_LIKE_OTHER = re.compile(r"(?i)[0-9.+_-]*|0[xob].*|y|n|yes|no|on|off|true|false|null")


def new_project_text(found: Findings) -> str:
    """A project file; each finding has its comment."""
    return _HEAD + "\n" + "\n".join(_lines(found)) + "\n"


def _lines(found: Findings) -> Iterator[str]:
    yield from _comment(found.python)
    yield f"python: {_text(found.python.what)}"
    yield from _comment(found.neuron)
    yield f"neuron: {_text(found.neuron.what)}"
    yield from _packages(found)
    if found.develop:
        yield f"# {_words(found.develop.why)}: its source is used live."
        yield "develop:"
        yield f"  - {{package: {_text(found.develop.what)}, path: .}}"
    yield from _model(found)
    if found.mpi:
        yield f"# {_words(found.mpi)} uses MPI. On 4 ranks: devenv run -n 4 -- COMMAND"
    for one in found.left_out:
        yield f"# Left out: {_words(one.what)} ({_words(one.why)})"
    for one in found.unknown:
        yield f"# {_words(one.what)} is {_words(one.why)}: if a package brings it, add that one."


def _packages(found: Findings) -> Iterator[str]:
    if not found.packages:
        yield "packages: []"
        return
    yield "packages:"
    yield from (f"  - {_text(one.what)}  # {_words(one.why)}" for one in found.packages)


def _model(found: Findings) -> Iterator[str]:
    if not (found.mods or found.hoc):
        return
    yield "model:"
    yield (
        "  # Folders with MOD files; the first file of a name wins." if found.mods else "  mods: []"
    )
    if found.mods:
        yield "  mods:"
        yield from (f"    - path: {_text(one.what)}  # {_words(one.why)}" for one in found.mods)
    if found.hoc:
        yield "  # Folders for HOC_LIBRARY_PATH."
        yield "  hoc:"
        yield from (f"    - path: {_text(one.what)}  # {_words(one.why)}" for one in found.hoc)


def _comment(seen: Seen) -> Iterator[str]:
    if seen.why:
        yield f"# {_words(seen.why)}"


def _text(value: str) -> str:
    """A text as YAML reads it back; JSON's quotes are YAML's, too."""
    plain = _PLAIN.fullmatch(value) and not _LIKE_OTHER.fullmatch(value)
    return value if plain or value == "." else json.dumps(value)


def _words(text: str) -> str:
    """What stands in a comment: on one line, and nothing that a terminal obeys."""
    return "".join(c if c.isprintable() else "?" for c in text)
