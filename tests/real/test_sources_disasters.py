"""Builds of dev sources that are killed, run out of disk, or read from a disk that cannot be written."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from extension_samples import NAME, sample, set_answer
from support import Devenv, plain_environ, small_disk
from tiny import template
from toolchain_standin import TEMPLATE, everything, git, make_standin
from traced import traced

pytestmark = pytest.mark.real

ENV = "both"
SAY = "import fast, neuron; print('found', fast.answer(), neuron.answer())"


@dataclass(frozen=True)
class Sources:
    """The stand-in for NEURON and a compiled package, each in a folder with blanks; developed in ENV."""

    devenv: Devenv
    clone: Path
    package: Path

    def develop(self) -> None:
        template(self.devenv, ENV, TEMPLATE)
        self.devenv("create", ENV, "--template", ENV)
        self.devenv("develop", "neuron", "--path", self.clone, "--env", ENV)
        self.devenv("develop", NAME, "--path", self.package, "--env", ENV)

    def edit(self, value: int) -> None:
        """What both answer from now on."""
        file = self.clone / "src/nrniv/answer.cpp"
        lines = file.read_text(encoding="utf-8").splitlines()
        lines[1] = f'extern "C" int answer() {{ return {value}; }}'
        file.write_text("\n".join([*lines, ""]), encoding="utf-8")
        set_answer(self.package, value)

    def found(self) -> str:
        said = self.devenv("run", ENV, "--", "python", "-c", SAY).stdout
        return said.splitlines()[-1].removeprefix("found ")

    @property
    def edited(self) -> list[str]:
        """What git says of both."""
        words = ("status", "--porcelain", "--ignored")
        return [
            line for one in (self.clone, self.package) for line in git(one, *words).splitlines()
        ]

    def products(self, pattern: str = "[!.]*") -> list[Path]:
        kinds = ("neuron", "extensions", "overlays", "models")
        return [entry for kind in kinds for entry in (self.devenv.home / kind).glob(pattern)]

    @property
    def half_made(self) -> list[Path]:
        """Products without a record of what they were made from."""
        return [one for one in self.products() if not (one / "inputs.json").is_file()]


def make_sources(devenv: Devenv, folder: Path) -> Sources:
    clone = make_standin(folder / "my nrn")
    package = sample(folder / "my 'fast'", "scikit-build-core")
    return Sources(devenv, clone, package)


@pytest.fixture(scope="module")
def sources(
    make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory
) -> Sources:
    made = make_sources(make_devenv("disasters"), tmp_path_factory.mktemp("sources"))
    made.develop()
    return made


EDITED = [" M src/nrniv/answer.cpp", " M src/answer.h"]


def test_killed_at_fifty_moments(sources: Sources) -> None:
    """Spread over the time that a build takes; DEVENV_KILL_ROUNDS says how many."""
    rounds = int(os.environ.get("DEVENV_KILL_ROUNDS", "50"))
    sources.edit(99)
    begin = time.monotonic()
    assert sources.found() == "99 99"
    whole = time.monotonic() - begin
    moments = [whole * (n + 0.5) / rounds for n in range(rounds)]
    random.Random(1).shuffle(moments)  # noqa: S311 - an order, no secret
    argv = [sys.executable, "-m", "devenv", "build", ENV, "--quiet"]
    environ = {**plain_environ(), "DEVENV_HOME": str(sources.devenv.home)}
    for number, moment in enumerate(moments, 100):
        sources.edit(number)
        process = subprocess.Popen(argv, env=environ, start_new_session=True)
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert sources.edited == EDITED
        if number % 10 == 9 or number == 99 + rounds:
            assert sources.found() == f"{number} {number}"
            assert sources.half_made == []
    # The staging folder of a killed build has a name that nobody uses.
    sources.devenv("prune")
    assert sources.products(".*") == []
    assert sources.found() == f"{number} {number}"


def test_interrupted_in_a_build(sources: Sources, tmp_path: Path) -> None:
    """Ctrl-C while NEURON is compiled: one line, nothing half made, and the next run compiles it."""
    sources.edit(77)
    begun, slow = tmp_path / "begun", tmp_path / "slow-c++"
    wait = f"case \"$*\" in *answer.cpp*) touch '{begun}'; sleep 100;; esac"
    slow.write_text(f'#!/bin/sh\n{wait}\nexec c++ "$@"\n', encoding="utf-8")
    slow.chmod(0o755)
    argv = [sys.executable, "-m", "devenv", "build", ENV]
    environ = {**plain_environ(), "DEVENV_HOME": str(sources.devenv.home)}
    environ |= {"CC": "cc", "CXX": str(slow)}
    process = subprocess.Popen(
        argv, env=environ, stdout=-1, stderr=-2, start_new_session=True, text=True
    )
    while not begun.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in output, output
    assert sources.half_made == sources.products(".*") == []
    assert sources.found() == "77 77"
    assert sources.edited == EDITED


def test_unchanged_starts_no_compiler_and_no_backend(sources: Sources, tmp_path: Path) -> None:
    """By strace: of a run and of a build, with both sources developed."""
    sources.devenv("build", ENV)
    log = tmp_path / "processes"
    watched = traced(sources.devenv, log)
    for words in (("run", ENV, "--", "true"), ("build", ENV)):
        watched(*words)
        started = log.read_text(encoding="utf-8", errors="replace")
        assert 'execve("' in started
        found = re.findall(r'execve\("([^"]*)".*= 0$', started, re.MULTILINE)
        programs = {Path(one).name for one in found}
        assert "python" in "".join(programs)
        assert not programs & {"cmake", "ninja", "cc", "c++", "gcc", "g++", "cc1plus", "uv", "make"}
        assert not [one for one in found if "/builders/" in one]


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """At several moments of a build; with more room it goes on."""
    with small_disk(tmp_path / "disk", "1g") as disk:
        sources = make_sources(Devenv(disk / "home"), tmp_path)
        sources.develop()
        assert sources.found() == "1 41"
        sources.edit(7)
        for room in (4, 24, 96):
            with full(disk, room):
                said = sources.devenv("run", ENV, "--", "python", "-c", SAY, code=None)
            assert said.returncode in (4, 6), said.stdout
            assert re.search("the disk is full|No space left on device", said.stdout), said.stdout
            assert "found" not in said.stdout
            assert sources.edited == EDITED
        assert sources.found() == "7 7"
        assert sources.half_made == sources.products(".*") == []


@contextmanager
def full(disk: Path, room: int) -> Iterator[None]:
    """The disk has only so many more KiB."""
    used = os.statvfs(disk)
    blocks = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024
    remount = ["mount", "-o"]
    subprocess.run([*remount, f"remount,size={blocks + room}k", disk], check=True)
    try:
        yield
    finally:
        subprocess.run([*remount, "remount,size=1g", disk], check=True)


def test_clones_that_cannot_be_written(sources: Sources, tmp_path: Path) -> None:
    """Mounted read-only: developed, edited elsewhere, built, and run at a commit."""
    made = make_sources(sources.devenv, tmp_path)
    before = {**everything(made.clone), **everything(made.package)}
    devenv = replace(sources.devenv, under=read_only(tmp_path))
    devenv("create", "ro", "--template", ENV)
    devenv("develop", "neuron", "--path", made.clone, "--env", "ro")
    devenv("develop", NAME, "--path", made.package, "--env", "ro")
    run = ("run", "ro", "--", "python", "-c", SAY)
    assert devenv(*run).stdout.splitlines()[-1] == "found 1 41"
    made.edit(8)
    changed = {**everything(made.clone), **everything(made.package)}
    assert devenv(*run).stdout.splitlines()[-1] == "found 8 8"
    commits = ("--ref", "neuron=HEAD", "--ref", f"{NAME}=HEAD")
    said = devenv("run", "ro", *commits, "--", "python", "-c", SAY).stdout
    assert said.splitlines()[-1] == "found 1 41"
    assert {**everything(made.clone), **everything(made.package)} == changed
    assert before.keys() == changed.keys()


def read_only(folder: Path) -> tuple[str, ...]:
    """What starts a command for which the folder cannot be written."""
    code = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    argv = ("unshare", "--mount", "sh", "-c", code, "sh", str(folder))
    if subprocess.run([*argv, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a read-only mount needs root here")
    assert subprocess.run([*argv, "touch", folder / "x"], check=False).returncode
    return argv
