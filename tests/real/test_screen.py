"""What a person sees while devenv works: at every moment something, and at the end nothing left over."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from small_models import Small, make_small, mod
from support import plain_environ
from terminal import Load, Terminal, in_terminal, measured_load, terminal

from devenv.core.events import EVENT

pytestmark = pytest.mark.real

SILENCE = 1.5
"""Seconds, times the load that is measured meanwhile."""
HIDE, SHOW = "\033[?25l", "\033[?25h"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    return make_small(tmp_path_factory.mktemp("screen") / "home", "seen", 6)


def silences(person: Terminal, load: Load) -> list[float]:
    """The seconds between two changes of the screen, divided by the load at that time."""
    times = [person.started, *(person.started + when for when, _ in person.seen)]
    return [(end - begin) / load.factor(begin, end) for begin, end in pairwise(times)]


def screens(person: Terminal, every: float = 0.1) -> list[str]:
    """The last line of the screen at each moment: what is after the last newline or return."""
    found, text, at = [], "", 0.0
    for when, piece in person.seen:
        while when > at:
            found.append(_last_line(text))
            at += every
        text += piece
    return found


def without_codes(text: str) -> str:
    return re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", text)


def _last_line(text: str) -> str:
    plain = without_codes(text)
    return next((x for x in reversed(re.split(r"[\r\n]", plain)) if x.strip()), "")


def check(person: Terminal, load: Load, columns: int = 80) -> None:
    """No long silence, no line over the width, no cursor that stays hidden."""
    assert max(silences(person, load), default=0) < SILENCE, person.seen
    assert [line for line in screens(person) if len(line) > columns] == []
    assert person.text.rfind(SHOW) >= person.text.rfind(HIDE)


def test_a_silence_is_seen_and_the_load_counts() -> None:
    person = Terminal(0, cast("Any", None), 10.0, [(0.5, "a"), (2.0, "b")])
    with pytest.raises(AssertionError):
        check(person, Load())
    with pytest.raises(AssertionError):
        check(person, Load([(9.0, 9.4, 3.0)]))
    check(person, Load([(11.0, 11.1, 3.0)]))


@pytest.mark.parametrize("columns", [80, 50])
def test_something_moves_while_an_environment_is_created_and_built(
    small: Small, columns: int
) -> None:
    name = f"wide{columns}"
    asked = ("--template", small.folder / "small.yaml", "--models", small.folder)
    with measured_load() as load:
        created = terminal(small.devenv, "create", name, *asked, columns=columns)
        assert created.end() == 0, created.text
        small.path("small0").write_text(mod("small0", columns / 1000))
        built = terminal(small.devenv, "build", name, columns=columns)
        assert built.end() == 0, built.text
    check(created, load, columns)
    check(built, load, columns)
    assert "mechanisms" in built.text.splitlines()[-1]


@pytest.mark.parametrize(
    "command",
    [
        *("list", "show seen", "doctor seen", "du", "templates", "which special", "test --list"),
        *("build seen --force", "add six --env seen", "rollback seen", "undevelop nothing"),
        "export jupyter seen --install --dry-run",
    ],
)
def test_no_command_is_silent(small: Small, command: str) -> None:
    with measured_load() as load:
        person = terminal(small.devenv, *command.split())
        person.end()
    check(person, load)
    assert "Traceback" not in person.text
    left = person.text.rpartition("\n")[2]
    assert not left or left.endswith("\r\033[K"), "the line is not cleared at the end"


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
        with measured_load() as load:
            person = terminal(small.devenv, "build", "seen")
            assert person.end() == 4
        check(person, load)
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


SLEEPS = """
import sys
from pathlib import Path
from devenv.core.plan import Parallel, Plan, Run
from devenv.system.executor import execute
times = (0.3, 2.5, 0.8, 1.7, 0.2, 1.1, 2.0, 0.5)
steps = [Run(("sleep", str(t)), f"wait {n}") for n, t in enumerate(times)]
plan = Plan("wait", (steps[0], Parallel("all", tuple((step,) for step in steps[1:]))))
environ, file = {"PATH": "/bin:/usr/bin"}, Path(sys.argv[1])
execute(plan, environ=environ, jobs=2, live="live" in sys.argv, durations=file)
"""


def waited(tmp_path: Path, *more: str) -> Terminal:
    command = [sys.executable, "-c", SLEEPS, str(tmp_path / "durations.json"), *more]
    person = in_terminal(command, plain_environ(), columns=100)
    assert person.end() == 0, person.text
    return person


def test_the_second_run_says_how_long_it_takes(tmp_path: Path) -> None:
    """Within a third, once a second or more is left; the steps wait, so that load changes little."""
    assert "left" not in waited(tmp_path).text
    person = waited(tmp_path)
    end = person.seen[-1][0]
    said = [
        (end - when, int(seconds))
        for when, text in person.seen
        for seconds in re.findall(r"about (\d+) s left", text)[-1:]
    ]
    assert len(said) > 10
    wrong = [(left, s) for left, s in said if abs(s - left) > max(left / 3, 2) and left > 1]
    assert wrong == []


def test_the_live_view_has_a_row_for_each_step(tmp_path: Path) -> None:
    text = waited(tmp_path, "live").text
    plain = without_codes(text)
    assert re.search(r"runs\s+wait 1\s+\d\.\d s", plain)
    left = plain.rpartition("wait: 8 of 8")[2]
    rows = re.findall(r"(ok)\s+(wait \d)\s+(\d\.\d) s", left)
    assert len(rows) == 8
    assert rows[0][1] == "wait 1", "the longest is the first"
    assert text.rfind(SHOW) >= text.rfind(HIDE)


def test_a_live_build(small: Small) -> None:
    small.path("small3").write_text(mod("small3", 0.99))
    person = terminal(small.devenv, "build", "seen", "--live")
    assert person.end() == 0, person.text
    assert re.search(r"ok\s.*compile small3.mod", without_codes(person.text))
