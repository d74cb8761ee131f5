"""Python packages that Spack need not build: wheels in a virtual environment, told to it as externals.

A solver takes an external in the place of a build, with its version and nothing below it. At run time
Spack puts the site-packages of the environment on PYTHONPATH once a package in it takes part; it never
links them into a view. So they stand behind the view's own packages only where devenv orders them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devenv.core.names import normalised
from devenv.core.requirements import distributions
from devenv.core.site import External

# What neurodamus needs, and what building it, or NEURON, needs beside.
REQUIREMENTS = (
    *("docopt-ng", "h5py", "libsonata>=0.2.2", "morphio", "numpy", "packaging", "psutil", "scipy"),
    *("hatch-vcs", "hatchling", "jinja2", "pip", "pyyaml", "setuptools<81", "wheel"),
)

# Distributions that are no Python packages for Spack: what it calls them, with what wheels have.
_OTHER = {
    "neuron": "neuron@{version}+coreneuron+mpi+python~caliper~rx3d",
    "neuron-nightly": "neuron@{version}+coreneuron+mpi+python~caliper~rx3d",
    "h5py": "py-h5py@{version}~mpi",
}

# Their places are the dev sources' and the recipes' own, whatever a virtual environment holds.
_NEVER = frozenset({"neurodamus"})


def pins_of(lines: Sequence[str]) -> frozenset[str]:
    """NAME==VERSION of each package in the lines of a requirements file."""
    pins = (head.partition("==") for head in distributions(lines))
    return frozenset(f"{normalised(name.strip())}=={version.strip()}" for name, _, version in pins)


@dataclass(frozen=True)
class Dist:
    """An installed distribution: its name as its metadata has it, and its version."""

    name: str
    version: str


def wheel_externals(
    dists: Iterable[Dist], prefix: str, python: str, *, release: tuple[int, int] = (1, 1)
) -> tuple[External, ...]:
    """The externals that a virtual environment at `prefix` offers, sorted by name.

    python: the full version of its Python, which must be an external as well. release: of Spack. From
    1.1 on each package says which Python it belongs to; before, Spack finds that out by itself. 0.2x
    knows no python-venv.
    """
    belongs = f" %python@{python}" if release >= (1, 1) else ""
    found = [
        External(_spec(dist) + (belongs if _spec(dist).startswith("py-") else ""), prefix)
        for dist in dists
        if normalised(dist.name) not in _NEVER
    ]
    venv = () if release < (1, 0) else (External("python-venv@1.0", prefix),)
    return (*venv, *sorted(found, key=lambda external: external.package))


def _spec(dist: Dist) -> str:
    name = normalised(dist.name)
    # A local version (+cpu) is no part of a version for Spack.
    version = dist.version.partition("+")[0]
    return _OTHER.get(name, f"py-{name}@{{version}}").format(version=version)
