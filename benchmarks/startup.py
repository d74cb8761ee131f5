"""How long the program takes to start, against what it cannot do without: ``import typer``.

    python benchmarks/startup.py [RUNS]

The best of RUNS (default 15) of each, run in turns, so that a busy moment hits all alike. The aim
is a ratio of 1.5 at most; the exit code is 1 where it is missed.
"""

from __future__ import annotations

import subprocess
import sys
import time

from compiled import compile_all

AIM = 1.5
BASE = "python -c 'import typer'"
COMMANDS = {
    BASE: ("-c", "import typer"),
    "devenv --version": ("-m", "devenv", "--version"),
    "devenv --help": ("-m", "devenv", "--help"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """Wall clock of one run."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def best_of(runs: int) -> dict[str, float]:
    """The shortest of `runs` of each command, in seconds; a first round warms the caches."""
    rounds = [{name: seconds(args) for name, args in COMMANDS.items()} for _ in range(runs + 1)]
    return {name: min(times[name] for times in rounds[1:]) for name in COMMANDS}


def main() -> int:
    """Print the table; 1 where a ratio is over the aim."""
    compile_all()
    best = best_of(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
    print(f"{'':26}{'ms':>6}{'ratio':>8}")
    for name, time_ in best.items():
        print(f"{name:26}{time_ * 1000:6.0f}{time_ / best[BASE]:8.2f}")
    return int(max(best.values()) > AIM * best[BASE])


if __name__ == "__main__":
    sys.exit(main())
