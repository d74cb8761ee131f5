"""The first error in the output of a build: of a compiler, Cython, CMake, meson, the linker. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_PLACED = re.compile(
    r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+)(?::\d+)?: (?:fatal error|[Ee]rror|ERROR): (?P<what>.+)$"
    r"(?:\n\s*\d+ \|(?P<code>.*))?",
    re.MULTILINE,
)
"""gcc, clang and gfortran; meson writes ERROR."""
_CYTHON = re.compile(
    r"^(?P<file>\S[^:\n]*\.(?:pyx|pxd|pxi|py)):(?P<line>\d+):\d+: (?P<what>.+)$", re.M
)
_CMAKE = re.compile(
    r"^CMake Error at (?P<file>[^:\n]+):(?P<line>\d+)[^\n]*:\n\s*(?P<what>\S[^\n]*)", re.MULTILINE
)
_RUST = re.compile(
    r"^error(?:\[\w+\])?: (?P<what>.+)\n\s*--> (?P<file>[^:\n]+):(?P<line>\d+):\d+", re.MULTILINE
)
_LINKER = re.compile(
    r"^(?P<file>\S[^:\n]*?):(?:[^:\n]*:)? (?P<what>undefined reference to .+)$", re.M
)
_PYTHON = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+).*\n(?P<code>.*)', re.MULTILINE)
_RAISED = re.compile(r"^(?P<what>\w*(?:Error|Exception|Exit)\b.*)$", re.MULTILINE)
_COLOURS = re.compile(r"\x1b\[[\d;]*[A-Za-z]")


@dataclass(frozen=True)
class CompilerError:
    """file: as in the output. line: 0 if it is not known. code: that line."""

    file: str
    line: int
    what: str
    code: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}" + (f"\n    {self.code.strip()}" if self.code.strip() else "")


def first_error(output: str, known: Callable[[str], str]) -> CompilerError | None:
    """The first error of the output; None if there is none in a known form.

    known: the path of a file for people, from the path in the output.
    """
    text = _COLOURS.sub("", output)
    for form in (_CYTHON, _RUST, _PLACED, _CMAKE, _LINKER):
        if match := form.search(text):
            parts = {"line": "0", "code": "", **match.groupdict(default="")}
            return CompilerError(
                known(parts["file"]), int(parts["line"]), parts["what"].strip(), parts["code"]
            )
    return _raised(text, known)


def _raised(text: str, known: Callable[[str], str]) -> CompilerError | None:
    """The last exception of Python: of setup.py, or of the backend itself."""
    raised, frames = _RAISED.findall(text), list(_PYTHON.finditer(text))
    if not raised or not frames:
        return None
    own = next((f for f in reversed(frames) if known(f["file"]) != f["file"]), frames[-1])
    code = own["code"] if own["code"].startswith("    ") else ""
    return CompilerError(known(own["file"]), int(own["line"]), raised[-1], code)
