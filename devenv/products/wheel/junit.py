"""Writes the outcomes of a wheel's test as a JUnit report. Pure."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from devenv.products.wheel.trial import StepOutcome


def junit(suites: Sequence[tuple[str, Sequence[StepOutcome]]]) -> str:
    """The XML of a report with one suite for each (name, outcomes)."""
    root = ElementTree.Element("testsuites")
    for name, outcomes in suites:
        counts = {state: sum(o.state == state for o in outcomes) for state in ("failed", "skipped")}
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=name,
            tests=str(len(outcomes)),
            failures=str(counts["failed"]),
            skipped=str(counts["skipped"]),
            time=f"{sum(o.seconds for o in outcomes):.2f}",
        )
        for one in outcomes:
            _case(suite, name, one)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, name: str, one: StepOutcome) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=name, name=one.name, time=f"{one.seconds:.2f}"
    )
    if one.state == "skipped":
        ElementTree.SubElement(case, "skipped", message=one.reason)
    elif one.state == "failed":
        failure = ElementTree.SubElement(case, "failure", message=one.reason)
        failure.text = "".join(c if c >= " " or c in "\n\t" else "?" for c in one.tail)
