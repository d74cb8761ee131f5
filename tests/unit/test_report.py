"""The report as data and as a page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.core.product import Input
from devenv.core.report import Report, parse_report, report_text, with_changes, with_outcome
from devenv.core.report_page import duration, page, size
from devenv.core.result import Finding, Result, Table
from devenv.core.trace import ProductRecord, StepRecord, Trace, lanes

EVIL = "</script><img src=x>"
STEPS = [
    StepRecord("compile a.mod", "cc a.c", "/log/a", 101.0, 104.0),
    StepRecord(EVIL, f"cc {EVIL}", "/log/b", 102.0, 103.0, "failed", [(102.5, EVIL)]),
]
MADE = ProductRecord(
    "objects", "mechanism a", "k" * 32, "/s/a", "made", (Input("flags", ("-O2",)),)
)
RESULT = Result(
    (EVIL,), Table(("cell",), ((EVIL,),)), (Finding("x", "error", EVIL, "why", "fix"),), code=4
)
EMPTY = Report("devenv build", "/here", "1.0", 100.0, 105.0, 2)


def whole() -> Report:
    report = with_outcome(EMPTY, Trace(list(STEPS), [MADE, replace(MADE, state="cached")]), RESULT)
    return replace(report, logs={"/log/a": EVIL, "/log/b": "b.c:1: error"})


def test_the_data_is_read_again() -> None:
    assert parse_report(report_text(whole())) == whole()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "devenv.report/0"}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_report(text)


def test_what_was_made_is_not_called_cached_where_it_is_used_again() -> None:
    assert [one.state for one in whole().products] == ["made"]


def test_no_text_becomes_markup() -> None:
    text = page(whole(), "", "")
    assert "<img" not in text
    assert text.count("</script>") == 2


def test_the_page_needs_nothing_from_elsewhere() -> None:
    assert not re.search(r"\b(src|href)=", page(whole(), "", "").replace("src=x", ""))


def test_the_log_of_a_failed_step_is_open_and_of_the_others_is_data() -> None:
    text = page(whole(), "", "")
    assert '<pre tabindex="0">b.c:1: error</pre>' in text
    assert 'data-log="/log/a"' in text
    assert text.index("step-1") < text.index('id="step-0"')


def test_what_changed_since_the_report_before() -> None:
    before = replace(MADE, inputs=(Input("flags", ("-O0",)),))
    other = replace(before, title="mechanism b")
    (now,) = with_changes((MADE,), (other, before))
    assert now.changes == ("flags: -O0 -> -O2",)
    assert "flags: -O0 -&gt; -O2" in page(replace(EMPTY, products=(now,)), "", "")
    assert with_changes((MADE,), (other,)) == (MADE,)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9))))
def test_no_two_steps_of_a_lane_overlap(spans: list[tuple[int, int]]) -> None:
    steps = [StepRecord("", "", begin=begin, end=begin + long) for begin, long in spans]
    rows = lanes(steps)
    for at, one in enumerate(steps):
        for other, row in zip(steps[:at], rows, strict=False):
            assert row != rows[at] or other.end <= one.begin or one.end <= other.begin
    most = max((sum(s.begin <= t < s.end for s in steps) for t in range(60)), default=0)
    assert max(rows, default=-1) + 1 == most


def test_what_people_read() -> None:
    assert [duration(s) for s in (0.04, 59.94, 125)] == ["0.0 s", "59.9 s", "2 min 5 s"]
    assert [size(n) for n in (0, 1500, 2_500_000)] == ["", "1.5 kB", "2.5 MB"]
