"""What devenv takes over plain CMake and ninja, for edits of NEURON's own source.

    python benchmarks/toolchain.py                        with the tests' stand-in for NEURON
    python benchmarks/toolchain.py ENVIRONMENT PLAIN      with NEURON itself

ENVIRONMENT, of the DEVENV_HOME that is set, develops NEURON and has a model. PLAIN is a build directory
of CMake and ninja with the same options, of another clone of the same commit. Each edit is made in both
clones, built by both in turn and taken back; the shortest of some times counts, and the spread is shown.
Plain is `ninja install`, devenv is `devenv build`, which also links the model again. The stand-in
compiles in less than a second, so of its rows the seconds between the two count, and not the ratios.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

EDITS = {
    "one .cpp": (("src/nrnoc/fadvance.cpp", "src/nrniv/answer.cpp"), "// {}\n"),
    "one header": (("src/nrncvode/netcvode.h", "src/nrniv/mech.h"), "// {}\n"),
    "one Python file": (("share/lib/python/neuron/units.py",), "# {}\n"),
}
"""Title -> the file, in NEURON or in the stand-in, and the line that is added to it."""
ROUNDS = int(os.environ.get("ROUNDS", "5"))


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


def row(title: str, found: dict[str, list[Cost]]) -> None:
    plain, devenv = least(found["plain"]), least(found["devenv"])
    spread = max(max(one.wall for one in costs) / least(costs).wall for costs in found.values())
    print(
        f"{title:16} plain {plain.wall:6.2f} s ({plain.cpu:5.1f} of processors)"
        f"  devenv {devenv.wall:6.2f} s ({devenv.cpu:5.1f})"
        f"  ratio {devenv.wall / plain.wall:.2f} ({devenv.cpu / plain.cpu:.2f})"
        f"  longest/shortest {spread:.1f}",
        flush=True,
    )


def measure(environment: str, plain: Path) -> None:
    commands = {
        "plain": ["ninja", "-C", str(plain), "install"],
        "devenv": [sys.executable, "-m", "devenv", "build", environment, "--quiet"],
    }
    clones = {"plain": source_of(plain), "devenv": clone_of(environment)}
    for title, (files, line) in EDITS.items():
        file = next(one for one in files if (clones["plain"] / one).is_file())
        found: dict[str, list[Cost]] = {name: [] for name in clones}
        for _ in range(ROUNDS):
            for name, clone in clones.items():
                cost(commands[name])
                with edited(clone / file, line):
                    found[name].append(cost(commands[name]))
        row(title, found)
    row("nothing", {n: [cost(command) for _ in range(ROUNDS)] for n, command in commands.items()})


def with_standin(folder: Path) -> None:
    """An environment that develops the stand-in, and a plain build of a copy of it."""
    from support import Devenv
    from toolchain_standin import develop_standin, make_standin

    clone = make_standin(folder / "nrn")
    shutil.copytree(clone, folder / "copy")
    os.environ["DEVENV_HOME"] = str(folder / "home")
    develop_standin(Devenv(folder / "home"), clone)
    (configured,) = (folder / "home/toolchains").glob("neuron@*/configured")
    front = str(configured.parent)
    moved = {f"{front}/src": folder / "copy", f"{front}/build": folder / "plain"}
    argv = configured.read_text(encoding="utf-8").split("\n")
    prefix = f"-DCMAKE_INSTALL_PREFIX={folder / 'installed'}"
    plain = [str(moved.get(word, word)) for word in argv]
    subprocess.run([*plain, prefix], check=True, capture_output=True)
    measure("nrn", folder / "plain")


def main() -> None:
    if len(sys.argv) > 1:
        return measure(sys.argv[1], Path(sys.argv[2]))
    with tempfile.TemporaryDirectory() as folder:
        return with_standin(Path(folder))


if __name__ == "__main__":
    main()
