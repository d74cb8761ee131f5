"""What a person sees while devenv works: at every moment something, and at the end nothing left over."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from small_models import Small, make_small, mod
from support import plain_environ
from terminal import Terminal, terminal

from devenv.core.events import EVENT

pytestmark = pytest.mark.real

SILENCE = 2.5
"""Seconds: one is the aim on an idle machine; tests run on busy ones."""
HIDE, SHOW = "\033[?25l", "\033[?25h"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return make_small(tmp_path_factory.mktemp("screen") / "home", "seen", 6)


def silences(person: Terminal) -> list[float]:
    """The seconds between two changes of the screen, after the program has begun."""
    times = [when for when, _ in person.seen]
    return [later - earlier for earlier, later in pairwise(times)]


def screens(person: Terminal, every: float = 0.5) -> list[str]:
    """The last line of the screen at each moment: what is after the last newline or return."""
    found, text, at = [], "", 0.0
    for when, piece in person.seen:
        while when > at:
            found.append(_last_line(text))
            at += every
        text += piece
    return found


def _last_line(text: str) -> str:
    plain = re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", text)
    return next((x for x in reversed(re.split(r"[\r\n]", plain)) if x.strip()), "")


def check(person: Terminal, columns: int = 80) -> None:
    """No long silence, no line over the width, no cursor that stays hidden."""
    assert max(silences(person), default=0) < SILENCE, person.seen
    assert [line for line in screens(person) if len(line) > columns] == []
    assert person.text.rfind(SHOW) >= person.text.rfind(HIDE)


@pytest.mark.parametrize("columns", [80, 50])
def test_something_moves_while_an_environment_is_created_and_built(
    small: Small, columns: int
) -> None:
    name = f"wide{columns}"
    asked = ("--template", small.folder / "small.yaml", "--models", small.folder)
    person = terminal(small.devenv, "create", name, *asked, columns=columns)
    assert person.end() == 0, person.text
    check(person, columns)
    small.path("small0").write_text(mod("small0", columns / 1000))
    person = terminal(small.devenv, "build", name, columns=columns)
    assert person.end() == 0, person.text
    check(person, columns)
    assert "mechanisms" in person.text.splitlines()[-1]


def test_an_interrupt_says_how_to_go_on_and_the_next_build_continues(small: Small) -> None:
    for at in range(6):
        small.path(f"small{at}").write_text(mod(f"small{at}", 0.5 + at))
    person = terminal(small.devenv, "build", "seen")
    person.until("compile")
    person.interrupt()
    assert person.end() == 130
    lines = [line for line in person.text.splitlines() if "interrupted" in line]
    assert lines == ["devenv: interrupted. What was finished is kept. To go on: devenv build seen"]
    assert person.text.rfind(SHOW) >= person.text.rfind(HIDE)
    assert "Traceback" not in person.text
    small.build()
    assert small.answer() == "ANSWER 7.5 False"


def test_a_failure_shows_the_first_error_and_the_log(small: Small) -> None:
    path = small.path("small0")
    written = path.read_text()
    path.write_text(written.replace("BREAKPOINT {", "BREAKPOINT { nonsense ="))
    try:
        person = terminal(small.devenv, "build", "seen")
        assert person.end() == 4
        check(person)
        assert "small0.mod" in person.text
        (log,) = re.findall(r"/\S+\.log", person.text)[:1]
        assert Path(log).is_file()
    finally:
        path.write_text(written)


def streams(small: Small, *arguments: str) -> tuple[str, str]:
    """Standard output and standard error, as pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "devenv", *arguments], capture_output=True, text=True, check=True,
        env={**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ},
        cwd=small.devenv.home.parent,
    )  # fmt: skip
    return done.stdout, done.stderr


def test_one_plain_line_a_step_in_a_pipe(small: Small) -> None:
    small.path("small1").write_text(mod("small1", 0.77))
    _, lines = streams(small, "build", "seen")
    assert "\033" not in lines
    assert "\r" not in lines
    assert lines.count("compile small1.mod") == 1
    assert [line for line in lines.splitlines() if not line.startswith("devenv: ")] == []
    small.path("small1").write_text(mod("small1", 0.78))
    assert streams(small, "build", "seen", "-q")[1] == ""


def test_progress_as_events(small: Small) -> None:
    small.path("small2").write_text(mod("small2", 0.77))
    output, lines = streams(small, "build", "seen", "--json", "--json-events")
    events = [json.loads(line) for line in lines.splitlines()]
    assert {event["schema"] for event in events} == {EVENT}
    assert [e["event"] for e in events].count("plan") == [e["event"] for e in events].count("end")
    assert "compile small2.mod" in [event["title"] for event in events]
    assert [e["time"] for e in events] == sorted(e["time"] for e in events)
    assert json.loads(output)["schema"] == "devenv.build/1"
