"""What came of a run, read from pytest's JUnit report."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """How many tests did what. failures: their names; errors among them."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()

    @property
    def ran(self) -> int:
        return self.passed + self.failed

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )


def read_junit(text: str) -> Outcome:
    """The Outcome in a JUnit report; none ran where the text is empty or broken off."""
    try:
        cases = list(ElementTree.fromstring(text).iter("testcase"))  # noqa: S314 - our own file
    except ElementTree.ParseError:
        return Outcome()
    failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    skipped = [c for c in cases if c.find("skipped") is not None]
    names = tuple(f"{case.get('classname')}::{case.get('name')}" for case in failed)
    return Outcome(len(cases) - len(failed) - len(skipped), len(failed), len(skipped), names)
