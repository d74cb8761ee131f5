"""GPUs of this machine: observes what it has for them, and reports what is missing."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import DevenvError, PreconditionError
from devenv.core.plan import Plan
from devenv.core.template import Model
from devenv.models import GpuFacts, gpu_planned, gpu_unmet
from devenv.models.gpu import CUDA_LIBRARY
from devenv.system import process


def gpu_facts(context: Context, home: Path, neuron: str) -> GpuFacts:
    """The facts about this machine. home: of the environment's NEURON. neuron: its version."""
    path = context.environ.get("PATH", os.defpath)
    answered = _nvidia_smi(context)
    return GpuFacts(
        nvcxx=shutil.which("nvc++", path=path) or "",
        driver=answered[0][1] if answered else "",
        capabilities=tuple(
            dict.fromkeys(one[0] for one in answered if _CAPABILITY.fullmatch(one[0]))
        ),
        neuron=neuron,
        built_for_gpu=(home / CUDA_LIBRARY).exists(),
        spack=shutil.which("spack", path=path) or "",
    )


_CAPABILITY = re.compile(r"\d+\.\d+")


def _nvidia_smi(context: Context) -> list[tuple[str, str]]:
    """(compute capability, version of the driver) of each GPU; none where there is none."""
    argv = ("nvidia-smi", "--query-gpu=compute_cap,driver_version", "--format=csv,noheader")
    try:
        done = process.run(argv, environ=context.environ)
    except DevenvError:
        return []
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    pairs = (line.partition(",") for line in lines if "," in line)
    return [(first.strip(), last.strip()) for first, _, last in pairs]


def require_gpu(facts: GpuFacts) -> None:
    """PreconditionError that names everything that is missing at once."""
    missing = gpu_unmet(facts)
    if missing:
        raise PreconditionError.of(missing)


def gpu_plan(facts: GpuFacts, model: Model, home: Path) -> Plan:
    """What a build would do, for a dry run. It begins with what is missing."""
    missing = tuple(f"missing: {what}" for what, _ in gpu_unmet(facts))
    return Plan("GPU", tuple(gpu_planned(facts, model.flags, str(home))), missing)
