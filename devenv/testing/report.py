"""Reads the results of a run from pytest's JUnit reports."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class SuiteOutcome:
    """The results of tests. failures: the names of failed tests, including errors.

    lost: the processes that ended before their tests and wrote no report, in words.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def ran(self) -> int:
        return self.passed + self.failed

    def __add__(self, other: SuiteOutcome) -> SuiteOutcome:
        return SuiteOutcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
            self.lost + other.lost,
        )


def read_junit(text: str) -> SuiteOutcome | None:
    """The results in a JUnit report; None if the text is empty or incomplete."""
    try:
        cases = list(ElementTree.fromstring(text).iter("testcase"))  # noqa: S314 - our own file
    except ElementTree.ParseError:
        return None
    failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    skipped = [c for c in cases if c.find("skipped") is not None]
    names = tuple(f"{case.get('classname')}::{case.get('name')}" for case in failed)
    return SuiteOutcome(len(cases) - len(failed) - len(skipped), len(failed), len(skipped), names)


def outcome_of(part: str, reports: Sequence[str]) -> SuiteOutcome:
    """The results of one part of a run, from the text of each rank's report (a single one: no ranks).

    A test has failed if it failed on any rank.
    """
    read = [read_junit(text) for text in reports]
    names = [f"rank {i} of {len(read)}" if len(read) > 1 else part for i in range(len(read))]
    lost = tuple(f"{who} wrote no report" for who, one in zip(names, read, strict=True) if not one)
    complete = [one for one in read if one]
    if not complete:
        return SuiteOutcome(lost=lost)
    failures = tuple(dict.fromkeys(name for one in complete for name in one.failures))
    first = complete[0]
    passed = max(first.ran - len(failures), 0)
    return replace(first, passed=passed, failed=len(failures), failures=failures, lost=lost)
