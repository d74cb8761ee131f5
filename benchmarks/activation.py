"""How long an activation takes, against what sets a limit to it, and against what people have.

    python benchmarks/activation.py [RUNS]

Whole processes, the best of RUNS (default 15) of each, run in turns: `SHELL -c 'source FILE'` with
  hand     a minimal file written by hand that exports the same variables: the limit
  devenv   the generation's script
  again    the script where the environment is active already, which undoes it first
  whole    the script where a variable is set already, so that its short cut does not apply
and for bash, within the shell, the function of `devenv shell-init` and the file written by hand.
With 10, 100 and 1,000 entries that are on PATH already and 10 of ours, which is usual, and with 100
of ours, to show the growth. Beside them `python -c pass`, and `spack env activate --sh` of an
environment with nothing in it, by a Spack that is cloned for it where it can be had
(spack_activation.py). Exit code 1 where an aim is missed, with 10 of ours: a ratio of 2, 20 ms, and
the function in bash 200 times as fast as Spack.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from spack_activation import spack_activate

from devenv.core.delta import EnvironmentDelta, Prepend, Set, apply
from devenv.core.environment import Generation, Overlay
from devenv.shells.registry import DIALECTS

SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "-c"),
    "zsh": ("zsh", "-fc"),
    "sh": ("dash", "-c"),
    "fish": ("fish", "-Nc"),
    "tcsh": ("tcsh", "-fc"),
}
COLUMNS = ((10, 10), (100, 10), (1000, 10), (1000, 100))
"""Entries that are on PATH, and of ours."""
RATIO, SECONDS, SPACKS = 2.0, 0.020, 200
SPACK, FUNCTION = "spack env activate", "bash within devenv"
Spack = tuple[tuple[str, ...], dict[str, str]]
"""Its argv and variables."""


def generation(root: Path, ours: int) -> Generation:
    """Of the usual kind: one dev source, five scalars, three lists with `ours` entries in all."""
    edits = [Prepend("PATH", f"{root}/env/bin/{i}", "model") for i in range(max(ours - 4, 1))]
    edits += [Prepend("PYTHONPATH", f"{root}/overlay/{i}", "dev source") for i in range(2)]
    edits += [Prepend("HOC_LIBRARY_PATH", f"{root}/hoc/{i}", "package") for i in range(2)]
    names = ("NEURODAMUS_PYTHON", "NRNMECH_LIB_PATH", "CORENEURONLIB", "DEVENV_ENV")
    sets = [Set(name, str(root), "package") for name in names]
    overlay = Overlay(
        "neurodamus", f"{root}/overlay", f"{root}/scripts", str(root), ("neurodamus",)
    )
    return Generation(
        "bench", 1, "venv", "/bin/sh", "", "", EnvironmentDelta((*edits, *sets)), (overlay,)
    )


def best(commands: dict[str, Callable[[], float]], runs: int) -> dict[str, float]:
    """The shortest of `runs` of each, in seconds; a first round warms the caches."""
    rounds = [{name: call() for name, call in commands.items()} for _ in range(runs + 1)]
    return {name: min(times[name] for times in rounds[1:]) for name in commands}


def process(argv: tuple[str, ...], environ: dict[str, str]) -> Callable[[], float]:
    """Seconds of a whole process."""

    def run() -> float:
        started = time.perf_counter()
        subprocess.run(argv, env=environ, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - started

    return run


def within(code: str, timed: str, environ: dict[str, str]) -> Callable[[], float]:
    """Seconds that `timed` takes in a bash that has done `code`."""
    script = f"{code}\nt=${{EPOCHREALTIME/[.,]/}}; {timed}; echo $((${{EPOCHREALTIME/[.,]/}} - t))"

    def run() -> float:
        argv = ["bash", "--norc", "--noprofile", "-c", script]
        done = subprocess.run(argv, env=environ, check=True, capture_output=True, text=True)
        return int(done.stdout) / 1e6

    return run


def written(root: Path, ours: int, environ: dict[str, str]) -> dict[str, tuple[Path, Path]]:
    """For each shell the generation's script, and the file written by hand."""
    made = generation(root, ours)
    after = apply(made.delta, environ)
    changed = [(name, after[name]) for name in made.delta.names()]
    found = {}
    for name, dialect in DIALECTS.items():
        path = root / f"envs/bench/current/activate.{dialect.suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dialect.activation_script(made, str(path)))
        hand = root / f"hand.{dialect.suffix}"
        hand.write_text(dialect.assignments(changed))
        found[name] = (path, hand)
    (root / "envs/bench/built").write_text("")
    return found


def commands(
    root: Path, entries: int, ours: int, spack: Spack | None
) -> dict[str, Callable[[], float]]:
    """What is timed with so many entries there and of ours."""
    here = os.environ["PATH"].split(":")
    path = ":".join([*here, *(f"/another/folder/{i}/bin" for i in range(entries))])
    environ = {"PATH": path, "HOME": str(root), "DEVENV_HOME": str(root), "LANG": "C.UTF-8"}
    found: dict[str, Callable[[], float]] = {}
    for name, (script, hand) in written(root, ours, environ).items():
        shell = SHELLS[name]
        if not shutil.which(shell[0]):
            continue
        source, by_hand = (DIALECTS[name].source(str(p)).strip() for p in (script, hand))
        found[f"{name} hand"] = process((*shell, by_hand), environ)
        found[f"{name} devenv"] = process((*shell, source), environ)
        found[f"{name} again"] = process((*shell, f"{source}; {source}"), environ)
        found[f"{name} whole"] = process((*shell, source), {**environ, "CORENEURONLIB": "/x"})
        if name == "bash":
            init = DIALECTS["bash"].shell_init(str(root))
            found["bash within hand"] = within("", by_hand, environ)
            found[FUNCTION] = within(init, "devenv activate bench", environ)
    found["python -c pass"] = process((sys.executable, "-c", "pass"), environ)
    if spack:
        argv, own = spack
        found[SPACK] = process(argv, {**own, "PATH": f"{path}:{own.get('PATH', '')}"})
    return found


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print(f"{'ms, x: the limit':20}" + "".join(f"{t:>12} + {o:<4}" for t, o in COLUMNS))
    with tempfile.TemporaryDirectory() as folder:
        spack = spack_activate(Path(folder, "spack"))
        times = {
            c: best(commands(Path(folder, f"{c[0]}-{c[1]}"), *c, spack), runs) for c in COLUMNS
        }
    for name in times[COLUMNS[0]]:
        print(f"{name:20}" + "".join(_cell(name, times[column]) for column in COLUMNS))
    if spack is None:
        print("no Spack here to compare with")
    missed = [line for column in COLUMNS[:3] for line in _missed(column[0], times[column])]
    print("\n".join(f"MISSED: {line}" for line in missed) or "all aims are met")
    return int(bool(missed))


def _missed(entries: int, times: dict[str, float]) -> Iterator[str]:
    for name, seconds in times.items():
        shell, _, what = name.partition(" ")
        ratio = seconds / times.get(f"{shell} hand", seconds)
        if what == "devenv" and (ratio > RATIO or seconds > SECONDS):
            yield f"{name} with {entries} entries: {ratio:.2f} times the limit"
    if SPACK in times:
        faster = times[SPACK] / times[FUNCTION]
        print(f"with {entries} entries {faster:.0f} times as fast as Spack")
        if faster < SPACKS:
            yield f"{faster:.0f} times as fast as Spack with {entries} entries"


def _cell(name: str, times: dict[str, float]) -> str:
    base = f"{name.rpartition(' ')[0]} hand"
    ratio = f" x{times[name] / times[base]:5.2f}" if base in times else " " * 7
    return f"{times[name] * 1000:11.3f}{ratio}"


if __name__ == "__main__":
    sys.exit(main())
