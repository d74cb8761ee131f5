"""What devenv takes over plain CMake and ninja, for edits of NEURON's own source.

    python benchmarks/toolchain.py ENVIRONMENT PLAIN

ENVIRONMENT, of the DEVENV_HOME that is set, develops NEURON and has a model. PLAIN is a build directory
of CMake and ninja with the same options, of another clone of the same commit. Each edit is made in both
clones, built by both in turn and taken back; the shorter of two times counts. Plain is `ninja install`,
devenv is `devenv build`, which also links the model again.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

EDITS = {
    "one .cpp": ("src/nrnoc/fadvance.cpp", "// {}\n"),
    "one header": ("src/nrncvode/netcvode.h", "// {}\n"),
    "one Python file": ("share/lib/python/neuron/units.py", "# {}\n"),
}
ROUNDS = 2


@contextmanager
def edited(path: Path, line: str) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(before + line.format(time.time_ns()).encode())
    try:
        yield
    finally:
        path.write_bytes(before)


@dataclass(frozen=True)
class Cost:
    """Seconds: by the clock, and of all processes."""

    wall: float
    cpu: float


def cost(argv: list[str]) -> Cost:
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, check=True, capture_output=True)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def source_of(plain: Path) -> Path:
    cache = (plain / "CMakeCache.txt").read_text(encoding="utf-8")
    line = next(one for one in cache.splitlines() if one.startswith("CMAKE_HOME_DIRECTORY"))
    return Path(line.partition("=")[2])


def clone_of(environment: str) -> Path:
    """The clone that an environment develops."""
    request = Path(os.environ["DEVENV_HOME"], "envs", environment, "environment.yaml")
    found = yaml.safe_load(request.read_text(encoding="utf-8"))["develop"]
    return next(Path(one["path"]) for one in found if one["kind"] == "toolchain")


def least(costs: list[Cost]) -> Cost:
    return Cost(min(one.wall for one in costs), min(one.cpu for one in costs))


def row(title: str, plain: Cost, devenv: Cost) -> None:
    wall, cpu = devenv.wall / plain.wall, devenv.cpu / plain.cpu
    print(
        f"{title:16} plain {plain.wall:6.1f} s ({plain.cpu:5.1f} of processors)"
        f"  devenv {devenv.wall:6.1f} s ({devenv.cpu:5.1f})  ratio {wall:.2f} ({cpu:.2f})",
        flush=True,
    )


def main() -> None:
    environment, plain = sys.argv[1], Path(sys.argv[2])
    commands = {
        "plain": ["ninja", "-C", str(plain), "install"],
        "devenv": [sys.executable, "-m", "devenv", "build", environment, "--quiet"],
    }
    clones = {"plain": source_of(plain), "devenv": clone_of(environment)}
    for title, (file, line) in EDITS.items():
        found: dict[str, list[Cost]] = {name: [] for name in clones}
        for _ in range(ROUNDS):
            for name, clone in clones.items():
                cost(commands[name])
                with edited(clone / file, line):
                    found[name].append(cost(commands[name]))
        row(title, *map(least, found.values()))
    row("nothing", *(cost(command) for command in commands.values()))


if __name__ == "__main__":
    main()
