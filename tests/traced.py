"""The processes that a command of devenv's starts, by strace; and which of them a command that only
reads, or prints a plan, may start.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support import Devenv

# Of a command's words, joined by blanks -> why it may be started.
ALLOWED = {
    r"git (rev-parse|status|describe|config --get) .*": "the state of a source tree",
    r"\S*(\+\+|cc|clang)[-\d.]* (--version|-dumpmachine)": "which compiler it is",
    r"\S*/mpi(run|exec)\S* --version": "which MPI ranks would be started with",
    r"\S*/python\S* -I -S -c \nimport .*": "what an interpreter, or its loader, says of itself",
    r"/bin/sh -c \nexec 3<&0\n.*": "our guardian: it ends the others if devenv is killed",
}
# The same, where what it starts in turn is its own business.
WITH_CHILDREN = {
    r"\S*/uv python (find|list) .*": "uv looks at every Python that there is",
    r"\S*/python\S* -I -m tox .* (list|config) .*": "which tests a package has of its own",
}
DOCTOR = {
    r"sh -c \. \"\$0\" && exec \"\$@\" \S+/activate\.sh .*": "doctor proves the environment inside it",
    r"(python|special|nrniv) .*-c \"\"\"Run by python, special and nrniv .*": "and each of its programs",
}

_CALL = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?: resumed>|\()(.*)")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SEEN = "execve,clone,clone3,fork,vfork"


def traced(devenv: Devenv, log: Path) -> Devenv:
    """The program, with its processes written to `log`. Skips where strace may not trace."""
    strace = shutil.which("strace")
    if not strace:
        pytest.skip("strace is not installed")
    quiet = ("-f", "-qq", "-s", "200", "--seccomp-bpf", "-e", "signal=none", "-e", f"trace={_SEEN}")
    return replace(devenv, under=(strace, *quiet, "-o", str(log)))


def unexpected(log: Path, *, doctor: bool = False) -> list[str]:
    """The commands in the log that no rule allows, with their arguments; devenv itself is left out."""
    parents: dict[str, str] = {}
    commands: dict[str, list[str]] = {}
    for process, call, rest in _calls(log):
        if call == "execve":
            commands.setdefault(process, []).append(rest)
        else:
            parents[rest] = process
    free = [*WITH_CHILDREN, *(DOCTOR if doctor else ())]
    own = [process for process, argvs in commands.items() if any(_one_of(a, free) for a in argvs)]
    first = next(iter(commands))
    commands[first] = commands[first][1:]
    return [
        argv
        for process, argvs in commands.items()
        for argv in argvs
        if not _one_of(argv, [*ALLOWED]) and not any(one in own for one in _line(process, parents))
    ]


def _one_of(argv: str, rules: list[str]) -> bool:
    return any(re.fullmatch(rule, argv, re.DOTALL) for rule in rules)


def _line(process: str, parents: dict[str, str]) -> Iterator[str]:
    """A process, its parent, and so on."""
    while process:
        yield process
        process = parents.get(process, "")


def _calls(log: Path) -> Iterator[tuple[str, str, str]]:
    """(process, call, argv or the new process) of what succeeded, in order."""
    begun: dict[str, str] = {}
    for line in log.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if not match:
            continue
        process, call, rest = match.groups()
        if rest.endswith("<unfinished ...>"):
            begun[process] = rest
            continue
        rest = begun.pop(process, "") + rest
        result = rest.rpartition("= ")[2].split()[0]
        if call == "execve" and result == "0":
            words = _STRING.findall(rest.partition(", [")[2].rpartition("], 0x")[0])
            yield process, call, " ".join(_plain(word) for word in words)
        elif call != "execve" and result.isdigit():
            yield process, call, result


def _plain(word: str) -> str:
    return word.encode("latin-1", "replace").decode("unicode_escape")
