"""The number of cores that this process may use."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")


def cores(environ: Mapping[str, str] | None = None) -> int:
    """The number of cores that this process may use, limited by affinity, control groups and the job.

    environ: the variables of a job, if this process is in one.
    """
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no affinity
        allowed = os.cpu_count() or 1
    quotas = _quotas(Path("/proc/self/cgroup"), _CGROUPS)
    share = _share(environ or {})
    return max(1, min([allowed, *(math.floor(quota) for quota in quotas), *share]))


def _share(environ: Mapping[str, str]) -> tuple[int, ...]:
    """The cores that Slurm allocated to this process; empty outside of jobs.

    Some sites do not bind processes to cores (task/none): then only the variables of srun(1) and
    sbatch(1) show the allocation.
    """
    on_node = _leading(environ.get("SLURM_CPUS_ON_NODE", ""))
    if not on_node:
        return ()
    if "SLURM_STEP_ID" not in environ:
        return (on_node,)
    per_task = _leading(environ.get("SLURM_CPUS_PER_TASK", ""))
    tasks = _leading(environ.get("SLURM_STEP_TASKS_PER_NODE", ""))
    return (per_task or max(1, on_node // (tasks or 1)),)


def _leading(text: str) -> int:
    """The leading number of a text such as ``4(x2),3``; 0 if there is none."""
    match = re.match("[0-9]+", text)
    return int(match[0]) if match else 0


def _quotas(membership: Path, mount: Path) -> Iterator[float]:
    """The limits of our control groups and their parents, in cores.

    membership: lines ``id:controllers:path`` (cgroups(7)); version 2 has a file cpu.max, version 1
    two files in the hierarchy of the controller cpu.
    """
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = mount / controllers if controllers else mount
        folder = root / path.lstrip("/")
        for place in [folder, *folder.parents]:
            yield from _quota(place)
            if place == root:
                break


def _quota(folder: Path) -> Iterator[float]:
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        if quota != "max" and int(quota) > 0:
            yield int(quota) / int(period)
    except (OSError, ValueError):
        return
