"""A small stand-in for PBS: qsub, qstat, qdel and a site's qcmd, in one file of the standard library.

It is no PBS. It keeps jobs as files in $PBS_STANDIN, runs them here at once, and knows of `select` only
how many CPUs it may ask for. What it prints is in the form of PBS Professional's commands.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

CPUS = 8


def install(folder: Path) -> dict[str, str]:
    """Put the commands into `folder`; the variables with which they are found."""
    bin_ = folder / "bin"
    bin_.mkdir(parents=True)
    for name in ("qsub", "qstat", "qdel", "qcmd"):
        command = bin_ / name
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" {name} "$@"\n')
        command.chmod(0o755)
    path = os.pathsep.join((str(bin_), os.environ["PATH"]))
    return {"PATH": path, "PBS_STANDIN": str(folder), "SLURM_CONF": "/nowhere"}


def _folder() -> Path:
    return Path(os.environ["PBS_STANDIN"])


def _keep(record: Path, facts: object) -> None:
    """By one rename: qstat may read it in that moment."""
    new = record.with_name(f".{record.name}-{os.getpid()}")
    new.write_text(json.dumps(facts))
    new.replace(record)


def _options(script: str) -> dict[str, list[str]]:
    """The #PBS lines: option -> its values."""
    found: dict[str, list[str]] = {}
    for option, value in re.findall(r"^#PBS (-\w+) ?(.*)$", script, re.MULTILINE):
        found.setdefault(option, []).append(value)
    return found


def _asked(resources: list[str]) -> int:
    text = " ".join(resources)
    chunks, each = re.search(r"select=(\d+)", text), re.search(r"ncpus=(\d+)", text)
    return int(chunks[1] if chunks else 1) * int(each[1] if each else 1)


def qsub(arguments: list[str]) -> int:
    script = Path(arguments[-1])
    options = _options(script.read_text(encoding="utf-8"))
    if options.get("-q", [""])[0] not in ("", "main"):
        print("qsub: Unknown queue", file=sys.stderr)
        return 170
    array = options.get("-J", [""])[0]
    number = 1 + len(list(_folder().glob("*.job")))
    job = f"{number}{'[]' if array else ''}.standin"
    record = _folder() / f"{number}.job"
    facts: dict[str, object] = {"id": job, "options": options, "job_state": "R"}
    if _asked(options.get("-l", [])) > CPUS:
        comment = "Can Never Run: Insufficient amount of resource: ncpus"
        _keep(record, {**facts, "job_state": "Q", "comment": comment})
        print(job)
        return 0
    _keep(record, facts)
    runner = [sys.executable, __file__, "run", str(record), str(script), array]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        runner, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    (_folder() / f"{number}.pid").write_text(str(process.pid))
    print(job)
    return 0


def run(arguments: list[str]) -> int:
    """In the background: the script once, or for each task."""
    record, script, array = Path(arguments[0]), arguments[1], arguments[2]
    facts = json.loads(record.read_text())
    first, last = (int(end) for end in array.split("-")) if array else (0, 0)
    code = 0
    for task in range(first, last + 1):
        environ = {**os.environ, "PBS_JOBID": facts["id"]}
        log = facts["options"]["-o"][0]
        if array:
            environ["PBS_ARRAY_INDEX"] = str(task)
            log = log.replace("^array_index^", str(task))
        with Path(log).open("wb") as out:
            done = subprocess.run(["sh", script], env=environ, stdout=out, stderr=out, check=False)
        code = code or done.returncode
    _keep(record, {**facts, "job_state": "F", "Exit_status": code})
    return 0


def qstat(arguments: list[str]) -> int:
    assert arguments == ["-x", "-f", "-F", "json"], arguments
    jobs = [json.loads(path.read_text()) for path in sorted(_folder().glob("*.job"))]
    print(json.dumps({"pbs_version": "stand-in", "Jobs": {job.pop("id"): job for job in jobs}}))
    return 0


def qdel(arguments: list[str]) -> int:
    number = re.split(r"[.\[]", arguments[0])[0]
    record = _folder() / f"{number}.job"
    facts = json.loads(record.read_text())
    if (_folder() / f"{number}.pid").exists() and facts["job_state"] == "R":
        os.killpg(int((_folder() / f"{number}.pid").read_text()), signal.SIGTERM)
    _keep(record, {**facts, "job_state": "F", "Exit_status": 271})
    return 0


def qcmd(arguments: list[str]) -> int:
    """Runs what stands behind ``--`` in a job and waits; only its own options are kept."""
    at = arguments.index("--")
    (_folder() / "qcmd").write_text(json.dumps(arguments[:at]))
    environ = {**os.environ, "PBS_JOBID": "qcmd.standin"}
    return subprocess.run(arguments[at + 1 :], env=environ, check=False).returncode


if __name__ == "__main__":
    commands = {"qsub": qsub, "qstat": qstat, "qdel": qdel, "qcmd": qcmd, "run": run}
    sys.exit(commands[sys.argv[1]](sys.argv[2:]))
