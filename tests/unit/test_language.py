"""Names and docstrings of the package: one meaning for a name, and no quaint words."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import devenv

PACKAGE = Path(devenv.__file__).parent

ROOMS = sorted(path.name for path in PACKAGE.iterdir() if any(path.rglob("*.py")))

QUAINT = {
    r"anew": "again",
    r"asked for": "requested",
    r"as it is to be": "the new …",
    r"be had": "is available",
    r"beneath": "below",
    r"in vain": "timed out",
    r"is told": "is reported",
    r"stood": "was",
    r"the way out": "the fix",
    r"told": "reported",
    r"weighs? up|weighed up": "considers",
    r"what came of": "the result of",
}
"""Words of docstrings and comments -> better ones."""

VAGUE = {"again", "beneath", "had", "settled", "taken", "there", "there_", "told"}
"""Names that say nothing about a value. A noun does: `prefixes`, `missing_sources`."""


def test_no_two_classes_share_a_name():
    places = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(PACKAGE)))
    assert len(places) > 200
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_and_comments_use_the_usual_words(room: str):
    files = sorted((PACKAGE / room).rglob("*.py"))
    assert files
    quaint = [
        f"{path.relative_to(PACKAGE)}: {match[0]!r}, better: {better}"
        for path in files
        for text in prose(path.read_text())
        for words, better in QUAINT.items()
        if (match := re.search(rf"\b(?:{words})\b", text))
    ]
    assert quaint == []


@pytest.mark.parametrize("room", ROOMS)
def test_names_are_nouns_and_verbs(room: str):
    vague = [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in sorted((PACKAGE / room).rglob("*.py"))
        for name in names(ast.parse(path.read_text()))
        if name.lstrip("_") in VAGUE
    ]
    assert vague == []


def prose(source: str) -> Iterator[str]:
    """The docstrings and comments of a module, each on one line."""
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield " ".join(value.value.split())
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def names(tree: ast.AST) -> Iterator[str]:
    """The functions, parameters and variables that a module defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def test_prose_and_names_are_found():
    source = 'def told(had):\n    """Made\n    anew."""\n    there = 1  # in vain\n'
    assert list(prose(source)) == ["Made anew.", "# in vain"]
    assert list(names(ast.parse(source))) == ["told", "had", "there"]
