"""Finds the NMODL in the text of a MOD file, and the mechanism that it defines."""

from __future__ import annotations

import re

NOT_NMODL = re.compile(
    r"\bCOMMENT\b.*?\bENDCOMMENT\b|\bVERBATIM\b.*?\bENDVERBATIM\b|[:?][^\n]*", re.DOTALL
)
"""Comments and C."""
NAME = re.compile(r"\b(?:SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)")
_NEURON = re.compile(r"\bNEURON\s*\{")


def nmodl_only(text: str) -> str:
    """The NMODL of a MOD file, in its place: everything else becomes blanks, except newlines."""
    return NOT_NMODL.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def has_neuron_block(text: str) -> bool:
    """Whether the text is NMODL for NEURON: other programs use the suffix ``.mod`` too."""
    return bool(_NEURON.search(nmodl_only(text)))


def mechanism(text: str) -> str:
    """The mechanism that a MOD file defines; empty for ``SUFFIX nothing``, and if it defines none."""
    match = NAME.search(nmodl_only(text))
    return match[1] if match and match[1] != "nothing" else ""
