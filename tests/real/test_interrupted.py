"""Ctrl-C and failures of every command that works for long, at a terminal."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conda_parts import assemble, channel_records, write
from small_models import Small, make_small, mod
from terminal import Terminal, terminal
from wheel_samples import simple

pytestmark = pytest.mark.real
HIDE, SHOW = "\033[?25l", "\033[?25h"
STALLED = "stalled-1-0.conda"
TAIL = "What was finished is kept. To go on: devenv "

RECIPE = """package: {name: slow, version: "1"}
build: {noarch: generic, script: "SCRIPT"}
tests: [{package_contents: {files: [share/slow]}}]
"""
SLOW_SETUP = "import time\nprint('slow set-up', flush=True)\ntime.sleep(600)\n"
BROKEN_SETUP = """from setuptools import Extension, setup
setup(ext_modules=[Extension("simple", ["broken.c"])])
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    made = make_small(tmp_path_factory.mktemp("interrupted") / "home", "kept", 4)
    made.build()
    return made


@pytest.fixture(scope="module")
def silent() -> Iterator[dict[str, str]]:
    """The variables with which uv asks an index that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/simple"
        yield {"UV_DEFAULT_INDEX": url, "UV_HTTP_TIMEOUT": "600", "UV_NO_CACHE": "1"}


@contextmanager
def stalled(small: Small, asked: str) -> Iterator[None]:
    """Within the block the compiler does not end where its arguments contain `asked`."""
    small.first.write_text(f'case "$*" in *"{asked}"*) sleep 600;; esac\n')
    try:
        yield
    finally:
        small.first.write_text("")


@pytest.fixture(scope="module")
def words(small: Small) -> dict[str, Path]:
    """The words in the commands below."""
    root = small.devenv.home.parent
    slow, broken = simple(root / "slow"), simple(root / "broken")
    (slow / "setup.py").write_text(SLOW_SETUP)
    (broken / "setup.py").write_text(BROKEN_SETUP)
    (broken / "broken.c").write_text("int answer(void) { return no_such_name; }\n")
    assemble(root / "channel", root / "files", *({"name": f"p{number}"} for number in range(20)))
    # A package that is never read to its end, so that an index of them is not done before Ctrl-C.
    os.mkfifo(root / "channel" / "linux-64" / STALLED)
    fails = "echo 'share.c:1: error: no such name' && false"
    return {
        "template": small.folder / "small.yaml",
        "folder": small.folder,
        "slow": slow,
        "broken": broken,
        "channel": root / "channel",
        "recipe": write(root / "recipe", {"recipe.yaml": RECIPE.replace("SCRIPT", "sleep 600")}),
        "wrong": write(root / "wrong", {"recipe.yaml": RECIPE.replace("SCRIPT", fails)}),
    }


def typed(small: Small, words: dict[str, Path], command: str, **variables: str) -> Terminal:
    return terminal(small.devenv, *command.format(**words).split(), **variables)


def check_screen(person: Terminal) -> None:
    """Nothing of a display is left: the cursor is shown, and no line waits to be overwritten."""
    assert person.text.rfind(SHOW) >= person.text.rfind(HIDE)
    assert "Traceback" not in person.text
    last = person.text.rpartition("\n")[2]
    assert not last or last.endswith("\033[K"), repr(last)


@pytest.mark.parametrize(
    ("command", "when"),
    [
        ("create another --template {template} --models {folder} --neuron neuron==9.0.1", "devenv"),
        ("build kept --force", "compile"),
        ("build kept --force --live", "compile"),
        ("add scipy --env kept", "uv"),
        ("develop slow --path {slow} --env kept", "devenv"),
        ("wheel build {slow} --output {folder}/wheels --python 3.11", "wheel"),
        ("conda build {recipe} --output {folder}/channel", "building"),
        ("conda index {channel}", "devenv conda index"),
        ("doctor kept", "devenv doctor"),
    ],
)
def test_an_interrupt_leaves_one_line(
    small: Small, words: dict[str, Path], silent: dict[str, str], command: str, when: str
) -> None:
    """Each of them works for minutes at least, so that none is done before."""
    if "--force" in command:  # so that there is something to compile
        small.path("small0").write_text(mod("small0", 0.1 + len(command)))
    variables = silent if command.startswith(("create", "add")) else {}
    with stalled(small, "--version" if command.startswith("doctor") else "-c small0"):
        person = typed(small, words, command, **variables)
        person.until(when)
        person.watch(2)
        person.interrupt()
        assert person.end() == 130, person.text
    said = [line for line in person.text.splitlines() if "devenv: interrupted" in line]
    line = " ".join(command.format(**words).split())
    assert said == [f"devenv: interrupted. {TAIL}{line}"]
    assert said[0] in person.text.splitlines()[-1]
    check_screen(person)
    assert re.search("4 mechanisms|up to date", small.devenv("build", "kept").stdout)


def test_an_interrupted_index_is_whole_the_next_time(small: Small, words: dict[str, Path]) -> None:
    channel = words["channel"]
    assert not list(channel.glob("*/repodata.json*"))
    assert [path.name for path in channel.iterdir()] == ["linux-64"], "nothing half made"
    (channel / "linux-64" / STALLED).unlink()
    small.devenv("conda", "index", channel)
    assert len(channel_records(channel)) == 20
    small.devenv("conda", "verify", channel)


def test_an_interrupted_command_of_the_user_has_its_own_words(small: Small) -> None:
    # Not the word itself: devenv shows a command that it takes long to start.
    code = "import time; print('star' + 'ted', flush=True); time.sleep(600)"
    person = terminal(small.devenv, "run", "kept", "python", "-c", code)
    person.until("started")
    person.interrupt()
    assert person.end() == -signal.SIGINT, "it is the command itself"
    assert "KeyboardInterrupt" in person.text
    assert "What was finished" not in person.text
    assert person.text.rfind(SHOW) >= person.text.rfind(HIDE)


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("wheel build {broken} --output {folder}/wheels --python 3.11", "no_such_name"),
        ("conda build {wrong} --output {folder}/channel", "share.c:1: error: no such name"),
        ("add no-such-package-of-devenv --env kept", "no-such-package-of-devenv"),
        ("create wrong --template {template} --models {folder} --neuron neuron==0.0", "neuron"),
    ],
)
def test_a_failure_has_its_first_error_and_its_log(
    small: Small, words: dict[str, Path], command: str, first: str
) -> None:
    person = typed(small, words, command)
    assert person.end() not in (0, 130)
    check_screen(person)
    plain = re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", person.text)
    error = plain[plain.index("error: " if "build" not in command else first) :]
    assert first in error
    if "build" in command:
        logs = re.findall(r"/[^\s:,]+\.(?:log|txt)", plain)
        assert logs, plain
        assert first in Path(logs[0]).read_text()
