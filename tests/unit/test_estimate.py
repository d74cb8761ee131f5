"""How long a plan takes, from what its steps took."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.core.estimate import Estimate, duration_key, in_words, makespan
from devenv.core.plan import Clone, Parallel, Plan, Run, Write
from devenv.system.durations import add_durations, read_durations

A, B, C = (Run((f"/bin/{name}",), title=f"step {name}") for name in "abc")
PLAN = Plan("p", (A, Parallel("both", ((B,), (C, Write("w", "t"))))))
KNOWN = {"step a": 2.0, "step b": 4.0, "step c": 6.0}


def test_chains_share_the_threads() -> None:
    seconds = {id(A): 1.0, id(B): 2.0, id(C): 3.0}
    chains = Parallel("all", ((A, B), (C,), (B,)))
    for jobs, wanted in ((1, 8.0), (2, 5.0), (3, 3.0)):
        assert makespan((chains,), lambda step: seconds[id(step)], jobs) == wanted
    assert makespan((A, Parallel("none", ())), lambda step: seconds[id(step)], 2) == 1.0


def test_what_is_left_as_the_plan_goes_on() -> None:
    estimate = Estimate(PLAN, KNOWN, jobs=2)
    assert estimate.left(0) is None, "nothing has begun"
    estimate.begin(A, 100)
    assert estimate.left(100) == 8.0
    estimate.end(A, 102)
    assert estimate.done(102) == 2.0
    estimate.begin(B, 102)
    estimate.begin(C, 102)
    assert estimate.left(104) == pytest.approx(8 * (1 - 6 / 12), rel=0.01)
    estimate.end(B, 106)
    assert estimate.done(110) == pytest.approx(2 + 4 + 6 * 0.95)
    estimate.end(C, 110)
    assert estimate.left(110) == 0
    assert estimate.seconds_of("p") == {"step a": 2, "step b": 4, "step c": 8}


def test_a_slower_machine_is_noticed() -> None:
    estimate = Estimate(PLAN, KNOWN, jobs=1)
    estimate.begin(A, 0)
    estimate.end(A, 4)
    estimate.begin(B, 4)
    estimate.end(B, 12)
    assert estimate.left(12) == pytest.approx(12)


def test_without_knowledge_there_is_no_time_but_a_bar() -> None:
    estimate = Estimate(PLAN, {"step a": 2.0}, jobs=2)
    estimate.begin(A, 0)
    assert estimate.left(1) is None
    assert estimate.total == 6.0
    assert estimate.done(1) == 1.0


def test_words_and_keys() -> None:
    assert (in_words(None), in_words(12.4)) == ("", "about 12 s left")
    assert in_words(600) == "about 10 min left"
    assert duration_key("p", Run(("/usr/bin/uv", "sync"))) == "p: uv"
    assert duration_key("p", Clone("url", "/path")) == "clone url"


def test_durations_are_kept_and_a_damaged_file_is_none(tmp_path: Path) -> None:
    file = tmp_path / "log" / "durations.json"
    assert read_durations(file) == read_durations(None) == {}
    add_durations(file, {"a": 1.0, "b": 2})
    add_durations(file, {"a": 3.0})
    assert read_durations(file) == {"b": 2.0, "a": 3.0}
    add_durations(file, {str(n): 1.0 for n in range(6000)})
    assert len(read_durations(file)) == 5000
    for text in ("", "[]", '{"a": "x"}', "{"):
        file.write_text(text)
        assert read_durations(file) == {}
    assert [one.name for one in file.parent.iterdir()] == ["durations.json"]
