"""A real Slurm of two nodes for the tests: munge, slurmctld and two slurmd, started and stopped here.

Both nodes are this machine, under two names and ports (slurmd -N); a Slurm that was built without that
has one node here. The folders of daemons have to be 0755, which tmp_path's are not, so it stands in a
folder of its own below /tmp. Everything is ended by the numbers in the pid files, whatever became of
the tests.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ports import free_port
from support import plain_environ

PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sbatch", "salloc", "squeue", "sinfo")
CPUS = 8
"""Of each node; this machine may have fewer."""
_PATH = os.pathsep.join(("/usr/sbin", "/sbin"))

CONFIGURATION = """\
ClusterName=devenv
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/sock
CredType=cred/munge
SlurmctldPort={controller}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
TmpFS={folder}/tmp/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
GresTypes=gpu
MpiDefault=pmix
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
KillWait=3
SchedulerParameters=batch_sched_delay=0
MinJobAge=300
MaxArraySize=1001
SlurmdParameters=config_overrides
{nodes}
PartitionName=interactive Nodes=ALL MaxTime=60 State=UP OverSubscribe=FORCE:4
PartitionName=prod Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=FORCE:4
"""


NODE = """\
NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} Boards=1 \
SocketsPerBoard=1 CoresPerSocket={cpus} ThreadsPerCore=1 RealMemory=4000 {has} State=UNKNOWN
"""
HAS = {"one": "Feature=cpu,volta Gres=gpu:2", "two": "Feature=cpu"}
"""The nodes, and what each has."""

GPUS = "NodeName=one Name=gpu File=/dev/null\nNodeName=one Name=gpu File=/dev/zero\n"
"""Stand-ins for two GPUs: Slurm hands them out, and nothing can be computed on them."""


@dataclass(frozen=True)
class Cluster:
    """A running Slurm.

    environ: what a user of it has; add it to a command's variables. nodes: their names.
    """

    folder: Path
    environ: dict[str, str]
    nodes: tuple[str, ...] = tuple(HAS)

    def __call__(self, *argv: str, check: bool = True) -> str:
        """The standard output of one of Slurm's commands."""
        done = subprocess.run(
            argv, env=self._environ(), capture_output=True, text=True, check=False, timeout=120
        )
        assert not check or done.returncode == 0, f"{argv}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _environ(self) -> dict[str, str]:
        return {**plain_environ(), **self.environ}

    @property
    def cpus(self) -> int:
        """Of all nodes."""
        return CPUS * len(self.nodes)

    def queue(self) -> list[str]:
        """The ids of the jobs that are not over."""
        return self("squeue", "-h", "-o", "%i").split()

    def wait_empty(self, seconds: float = 120) -> None:
        """Until no job is left; an AssertionError that names them where some stay."""
        wait(lambda: not self.queue(), seconds, lambda: f"jobs are left: {self('squeue')}")

    def job(self, job: str) -> dict[str, str]:
        """What the controller knows of a job."""
        text = self("scontrol", "show", "job", "-o", job)
        return dict(re.findall(r"(\S+?)=(\S*)", text))


def wait(done: Callable[[], Any], seconds: float, why: Callable[[], str]) -> None:
    """Until `done()` is true; an AssertionError with `why()` after that many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


@contextmanager
def full(slurm: Cluster) -> Iterator[None]:
    """A cluster on which all CPUs are taken, as often as the partition gives them away."""
    submit = (
        "sbatch",
        "--parsable",
        "-o",
        "/dev/null",
        "-n",
        str(slurm.cpus),
        "--time=30",
        "--wrap",
        "sleep 300",
    )
    jobs = [slurm(*submit).strip() for _ in range(4)]
    try:
        running = ("squeue", "-h", "-t", "running", "-o", "%i")
        wait(lambda: len(slurm(*running).split()) == len(jobs), 120, lambda: slurm("squeue"))
        yield
    finally:
        slurm("scancel", *jobs)
        slurm.wait_empty()


def lacking() -> str:
    """Why there can be no Slurm here; empty: there can."""
    if os.geteuid() != 0:
        return "the tests' Slurm has to be started by root"
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), _PATH))
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        return f"no Slurm here: {', '.join(missing)} (Debian: apt-get install slurm-wlm munge)"
    return ""


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A Slurm, ready for jobs; look at `lacking` before."""
    folder = Path(tempfile.mkdtemp(prefix="devenv-slurm-", dir="/tmp"))
    try:
        nodes = tuple(HAS) if _several() else tuple(HAS)[:1]
        _prepare(folder, nodes)
        made = Cluster(folder, {"SLURM_CONF": str(folder / "slurm.conf")}, nodes)
        _start(made)
        yield made
    finally:
        _stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _several() -> bool:
    """Whether a slurmd takes the name of its node, so that several can be on one machine."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), _PATH))
    slurmd = shutil.which("slurmd", path=path) or "slurmd"
    told = subprocess.run([slurmd, "-h"], capture_output=True, text=True, check=False)
    return " -N node " in told.stdout + told.stderr


def _prepare(folder: Path, nodes: tuple[str, ...]) -> None:
    folder.chmod(0o755)
    own = [f"{of_all}/{node}" for of_all in ("spool", "tmp") for node in nodes]
    for name in ("munge", "state", "spool", "tmp", *own):
        (folder / name).mkdir(mode=0o755)
        (folder / name).chmod(0o755)
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    controller, *ports = _free_ports(1 + len(nodes))
    host = socket.gethostname().split(".")[0]
    described = [
        NODE.format(name=node, host=host, port=port, cpus=CPUS, has=HAS[node])
        for node, port in zip(nodes, ports, strict=True)
    ]
    text = CONFIGURATION.format(
        folder=folder, host=host, controller=controller, nodes="".join(described).rstrip()
    )
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    (folder / "gres.conf").write_text(GPUS, encoding="utf-8")


def _free_ports(count: int) -> set[int]:
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return ports


def _start(made: Cluster) -> None:
    folder = made.folder
    munge, configuration = folder / "munge", str(folder / "slurm.conf")
    files = (("key", "key"), ("socket", "sock"), ("log", "log"), ("seed", "seed"))
    options = [f"--{o}{'' if o == 'socket' else '-file'}={munge / name}" for o, name in files]
    _daemon(made, "munged", "--force", f"--pid-file={folder / 'munged.pid'}", *options)
    _daemon(made, "slurmctld", "-f", configuration, "-i")
    for node in made.nodes:
        _daemon(made, "slurmd", "-f", configuration, "-c", "-N", node)
    wait(lambda: _state(made) == "idle", 120, lambda: f"no node: {_state(made)}\n{_logs(folder)}")


def _daemon(made: Cluster, program: str, *arguments: str) -> None:
    environ = {**plain_environ(), **made.environ}
    environ["PATH"] = os.pathsep.join((environ.get("PATH", os.defpath), _PATH))
    log = made.folder / f"{program}.out"
    with log.open("wb") as out:
        # It goes to the background by itself; a pipe would be held open by it.
        code = subprocess.run(
            [program, *arguments], env=environ, stdout=out, stderr=out, check=False
        ).returncode
    assert code == 0, f"{program}: {log.read_text()}\n{_logs(made.folder)}"


def _state(made: Cluster) -> str:
    states = set(made("sinfo", "-h", "-o", "%T", check=False).split())
    return ",".join(sorted(states))


def _logs(folder: Path) -> str:
    return "\n".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))


def _stop(folder: Path) -> None:
    """Cancel what still runs, then end the daemons by the numbers in their pid files."""
    with contextlib.suppress(AssertionError, OSError, subprocess.TimeoutExpired):
        made = Cluster(folder, {"SLURM_CONF": str(folder / "slurm.conf")})
        jobs = made.queue() if [*folder.glob("slurmd-*.pid")] else []
        if jobs:
            made("scancel", *jobs)
            made.wait_empty()
    pids = []
    for path in folder.glob("*.pid"):
        with contextlib.suppress(OSError, ValueError):
            pids.append(int(path.read_text()))
    _end(pids)


def _end(pids: list[int]) -> None:
    """All at once: each takes its time."""
    left, deadline = _signalled(pids, signal.SIGTERM), time.monotonic() + 10
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = _signalled(left, 0)
    _signalled(left, signal.SIGKILL)


def _signalled(pids: list[int], number: int) -> list[int]:
    """Those that were still there."""
    there = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            there.append(pid)
    return there
