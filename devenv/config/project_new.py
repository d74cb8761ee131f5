"""The text of a new devenv.yaml, with comments that explain each finding in the folder."""

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


def new_project_text(findings: Findings) -> str:
    """The text of a project file with a comment for each finding."""
    return _HEAD + "\n" + "\n".join(_lines(findings)) + "\n"


def _lines(findings: Findings) -> Iterator[str]:
    yield from _comment(findings.python)
    yield f"python: {_text(findings.python.what)}"
    yield from _comment(findings.neuron)
    yield f"neuron: {_text(findings.neuron.what)}"
    yield from _packages(findings)
    if findings.develop:
        yield f"# {_words(findings.develop.why)}: its source is used live."
        yield "develop:"
        yield f"  - {{package: {_text(findings.develop.what)}, path: .}}"
    yield from _model(findings)
    if findings.mpi:
        yield f"# {_words(findings.mpi)} uses MPI. On 4 ranks: devenv run -n 4 -- COMMAND"
    for one in findings.left_out:
        yield f"# Left out: {_words(one.what)} ({_words(one.why)})"
    for one in findings.unknown:
        yield f"# {_words(one.what)} is {_words(one.why)}: if a package brings it, add that one."


def _packages(findings: Findings) -> Iterator[str]:
    if not findings.packages:
        yield "packages: []"
        return
    yield "packages:"
    yield from (f"  - {_text(one.what)}  # {_words(one.why)}" for one in findings.packages)


def _model(findings: Findings) -> Iterator[str]:
    if not (findings.mods or findings.hoc):
        return
    yield "model:"
    yield (
        "  # Folders with MOD files; the first file of a name wins."
        if findings.mods
        else "  mods: []"
    )
    if findings.mods:
        yield "  mods:"
        yield from (f"    - path: {_text(one.what)}  # {_words(one.why)}" for one in findings.mods)
    if findings.hoc:
        yield "  # Folders for HOC_LIBRARY_PATH."
        yield "  hoc:"
        yield from (f"    - path: {_text(one.what)}  # {_words(one.why)}" for one in findings.hoc)


def _comment(seen: Seen) -> Iterator[str]:
    if seen.why:
        yield f"# {_words(seen.why)}"


def _text(value: str) -> str:
    """A string in YAML, quoted if necessary. JSON's quotes are valid in YAML."""
    plain = _PLAIN.fullmatch(value) and not _LIKE_OTHER.fullmatch(value)
    return value if plain or value == "." else json.dumps(value)


def _words(text: str) -> str:
    """Text for a comment: on one line, without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)
