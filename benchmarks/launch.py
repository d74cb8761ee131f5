"""What ``devenv run`` costs over the bare line that it makes of itself: srun under Slurm, else mpirun.

    python benchmarks/launch.py ENVIRONMENT [RANKS] [RUNS]

Both in turns, so that a busy moment hits both; the median of RUNS (default 11). The bare line is the
one of ``devenv run --dry-run``, in the environment's own variables. The aim is 100 ms at most; the
exit code is 1 where it is missed.
"""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import time

from compiled import compile_all

AIM_MS = 100.0


def main() -> int:
    """Print the medians, their difference and their ratio."""
    compile_all()
    environment = sys.argv[1]
    ranks = sys.argv[2] if len(sys.argv) > 2 else "2"
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 11
    ours = [sys.executable, "-m", "devenv", "run", environment, "--no-build", "-n", ranks]
    dry = subprocess.run(
        [*ours, "--dry-run", "--", "true"], capture_output=True, text=True, check=True
    )
    words = shlex.split(dry.stdout.splitlines()[0])
    sets = dict(
        word.split("=", 1) for word in words if not word.startswith(("-", "/")) and "=" in word
    )
    bare = [word for word in words if word not in {f"{k}={v}" for k, v in sets.items()}]
    environ = {**os.environ, **sets}
    lines = {"bare": bare, "devenv": [*ours, "--", "true"], "empty": [sys.executable, "-c", ""]}
    times: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(runs + 1):
        for name, argv in lines.items():
            started = time.perf_counter()
            subprocess.run(argv, env=environ, check=True, capture_output=True)
            times[name].append(time.perf_counter() - started)
    median = {name: statistics.median(each[1:]) * 1000 for name, each in times.items()}
    over = median["devenv"] - median["bare"]
    print(f"{shlex.join(bare)}")
    print(f"bare {median['bare']:.0f} ms, devenv run {median['devenv']:.0f} ms")
    print(f"over: {over:.0f} ms, {median['devenv'] / median['bare']:.2f} x")
    print(f"of that an empty Python: {median['empty']:.0f} ms")
    return int(over > AIM_MS)


if __name__ == "__main__":
    sys.exit(main())
