"""devenv gpu."""

from __future__ import annotations

from pathlib import Path

from devenv.core.errors import PreconditionError
from devenv.core.result import Result
from devenv.environment.handle import Env
from devenv.models import gpu_device_unmet, gpu_unmet
from devenv.models.gpu_host import gpu_facts
from devenv.models.neuron import home_at
from devenv.places.preflight import for_gpu
from devenv.system.host import neuron_version


def gpu(env: Env) -> Result:
    """Whether this machine can do an environment's work on a GPU; PreconditionError where it cannot.

    What is only needed to build the GPU variant is looked at only for that, and else said to be skipped.
    """
    generation = env.generation
    site = Path(generation.neuron)
    wanted = for_gpu(generation)
    facts = gpu_facts(env.context, Path(home_at(site)), neuron_version(site) if wanted else "")
    missing = gpu_unmet(facts) if wanted else gpu_device_unmet(facts)
    if missing:
        raise PreconditionError.of(missing)
    skipped = f"not looked at: {generation.name} has no model with +gpu"
    checks = (
        ("driver", facts.driver),
        ("compute capability", ", ".join(facts.capabilities)),
        ("nvc++", facts.nvcxx if wanted else skipped),
        ("NEURON for GPUs", facts.neuron if wanted else skipped),
    )
    return Result(tuple(f"{what}: {found}" for what, found in checks), data={"gpu": dict(checks)})
