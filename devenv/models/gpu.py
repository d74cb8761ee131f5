"""CoreNEURON on a GPU: what it needs, and how it is built. Planned in full, never run by the project.

Sources: NEURON's ``cmake/coreneuron/OpenAccHelper.cmake`` (the offload flags of nvc++), the branch for
GPUs of its ``nrnivmodl_core_makefile`` (NMODL's arguments), the variants of the Spack recipe neuron.
"""

from __future__ import annotations

from dataclasses import dataclass

from devenv.core.plan import Run

CUDA_LIBRARY = "lib/libcoreneuron-cuda.so"
"""Below NEURON's home, where that was built for GPUs."""
NMODL = ("host", "--c", "acc", "--oacc", "passes", "--inline")


@dataclass(frozen=True)
class GpuFacts:
    """What this machine has for GPUs. Empty: it does not have it.

    nvcxx: the path of nvc++. driver: the version of NVIDIA's driver. capabilities: of the GPUs, as
    "9.0". neuron: the version of the environment's NEURON. built_for_gpu: whether that was built
    for GPUs. spack: the path of Spack.
    """

    nvcxx: str = ""
    driver: str = ""
    capabilities: tuple[str, ...] = ()
    neuron: str = ""
    built_for_gpu: bool = False
    spack: str = ""


def unmet(facts: GpuFacts) -> tuple[tuple[str, str], ...]:
    """Everything that prevents the GPU variant on this machine, as (what, fix)."""
    return (*_compiler(facts), *device_unmet(facts), *_neuron(facts))


def device_unmet(facts: GpuFacts) -> tuple[tuple[str, str], ...]:
    """Everything that prevents running anything on a GPU of this machine, as (what, fix)."""
    if not facts.driver:
        what = "no NVIDIA driver answers (nvidia-smi)"
        fix = "Take a node with a GPU: --gpus 1, -C volta, or as your site names it."
        return ((what, fix),)
    if not facts.capabilities:
        what = "the driver does not tell the GPU's compute capability"
        return ((what, "Update it; nvidia-smi --query-gpu=compute_cap must answer."),)
    return ()


def _compiler(facts: GpuFacts) -> tuple[tuple[str, str], ...]:
    if facts.nvcxx:
        return ()
    what = "nvc++ was not found, the one compiler that CoreNEURON's GPU code is built with"
    return ((what, "Install the NVIDIA HPC SDK (nvhpc), or load the site's module."),)


def _neuron(facts: GpuFacts) -> tuple[tuple[str, str], ...]:
    if facts.built_for_gpu:
        return ()
    what = f"NEURON {facts.neuron} is built for CPUs: the wheels have no GPU code"
    missing = [(what, f"Build one with nvhpc: {' '.join(neuron_spec(facts))}")]
    if not facts.spack:
        what = "Spack was not found, which builds that NEURON from its source"
        missing.append((what, "Put a spack on PATH, or load its module."))
    return tuple(missing)


def neuron_spec(facts: GpuFacts) -> tuple[str, ...]:
    """The command that builds NEURON for these GPUs."""
    arch = ",".join(name.replace(".", "") for name in facts.capabilities) or "CAPABILITY"
    spec = ("neuron+coreneuron+gpu+python+mpi", f"cuda_arch={arch}", "%nvhpc")
    return ("spack", "install", *spec)


def offload_flags(capabilities: tuple[str, ...]) -> tuple[str, ...]:
    """For nvc++, to compile and to link: OpenACC for each of the capabilities ("7.0" -> cc70).

    NEURON's CMake also names its CUDA's version (-gpu=cudaX.Y), which nvhpc has a default for.
    """
    kinds = [f"cc{name.replace('.', '')}" for name in capabilities] or ["ccCAPABILITY"]
    return ("-cuda", f"-gpu=lineinfo,{','.join(kinds)}", "-acc")


def gpu_steps(facts: GpuFacts, flags: tuple[str, ...], home: str) -> tuple[Run, ...]:
    """The commands, for one mechanism where there is one for each: for a dry run to show.

    flags: those of the model. home: NEURON's.
    """
    nvcxx = facts.nvcxx or "nvc++"
    offload = offload_flags(facts.capabilities)
    common = (
        "-O2",
        "-std=c++17",
        "-DCORENEURON_BUILD",
        "-DCORENEURON_ENABLE_GPU",
        *offload,
        "-fPIC",
    )
    libraries = (f"-L{home}/lib", "-lcoreneuron-core", "-lcoreneuron-cuda")
    build = () if facts.built_for_gpu else (Run(neuron_spec(facts)),)
    return (
        *build,
        Run((f"{home}/bin/nmodl", "MECHANISM.mod", "-o", ".", *NMODL)),
        Run(
            (
                nvcxx,
                *common,
                *flags,
                f"-I{home}/include",
                "-c",
                "MECHANISM.cpp",
                "-o",
                "MECHANISM.o",
            )
        ),
        Run((nvcxx, *common, "-shared", "-o", "lib/libcorenrnmech.so", "OBJECTS", *libraries)),
    )
