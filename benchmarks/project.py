"""The time from a clone to its first simulation: the plain way, and devenv init + run, in one run.

    python benchmarks/project.py [NAME...]

The plain way: python -m venv, pip install neuron, nrnivmodl, python. Cold: neither has anything but the
downloads of pip and uv. Again: the same with nothing to be made; the plain way's is nrnivmodl and
python, since nobody knows by heart whether a mod was edited.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from published_projects import PUBLISHED, clone, traces
from support import plain_environ

NEURON = "neuron==9.0.2"


def timed(commands: list[list[str]], cwd: Path, environ: dict[str, str]) -> tuple[float, str]:
    """Seconds of the commands, one after the other, and what the last one said."""
    start = time.perf_counter()
    for command in commands:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environ,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            sys.exit(f"{command} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start, done.stdout


def plainly(folder: Path, mods: str) -> tuple[float, float, str]:
    python, pip, nrnivmodl = (str(folder / "venv/bin" / n) for n in ("python", "pip", "nrnivmodl"))
    run = [[nrnivmodl, mods], [python, "first_simulation.py"]]
    make = [[sys.executable, "-m", "venv", "venv"], [pip, "install", "-q", NEURON], *run]
    environ = {**plain_environ(), "PATH": f"{folder}/venv/bin:{os.environ['PATH']}"}
    cold, said = timed(make, folder, environ)
    Path(folder, "x86_64/special").unlink(missing_ok=True)
    again, _ = timed(run, folder, environ)
    return cold, again, said


def with_devenv(folder: Path, home: Path) -> tuple[float, float, str]:
    environ = {**plain_environ(), "DEVENV_HOME": str(home)}
    devenv = [sys.executable, "-m", "devenv"]
    init, _ = timed([[*devenv, "init"]], folder, environ)
    file = folder / "devenv.yaml"
    lines = [line for line in file.read_text().splitlines() if "  # imported by" not in line]
    text = "\n".join(lines).replace("\npackages:\nmodel", "\npackages: []\nmodel") + "\n"
    file.write_text(text)  # as the plain way: NEURON and nothing else
    timed([[*devenv, "allow"]], folder, environ)
    run = [[*devenv, "run", "--", "python", "first_simulation.py"]]
    cold, said = timed(run, folder, environ)
    again, _ = timed(run, folder, environ)
    return init + cold, again, said


def main() -> None:
    wanted = sys.argv[1:]
    for one in PUBLISHED:
        if wanted and one.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            plain = plainly(clone(one, Path(scratch, "plain")), one.mods)
            ours = with_devenv(clone(one, Path(scratch, "ours")), Path(scratch, "home"))
        same = "the same traces" if traces(plain[2]) == traces(ours[2]) else "OTHER TRACES"
        print(
            f"{one.name:14} cold {plain[0]:6.1f} s -> {ours[0]:6.1f} s ({ours[0] / plain[0]:.2f})"
            f"   again {plain[1]:5.1f} s -> {ours[1]:5.1f} s ({ours[1] / plain[1]:.2f})   {same}",
            flush=True,
        )


if __name__ == "__main__":
    main()
