"""The order in which test files begin names files that exist."""

from __future__ import annotations

from pathlib import Path

from longest import LONGEST

TESTS = Path(__file__).parents[1]


def test_the_longest_files_exist_and_are_named_once() -> None:
    names = [path.stem for path in TESTS.glob("*/test_*.py")]
    assert [name for name in LONGEST if names.count(name) != 1] == []
    assert len(set(LONGEST)) == len(LONGEST)
