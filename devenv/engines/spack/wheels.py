"""Declares the wheels in a virtual environment as Spack externals, so that Spack need not build them.

The solver uses an external instead of a build, with its version and without dependencies. At run time,
Spack adds the site-packages of the virtual environment to PYTHONPATH if a package in it is used. It
never links them into a view, so devenv has to put them after the view's own packages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from devenv.core.names import normalise_name
from devenv.core.requirements import distributions
from devenv.core.site import External

# Dependencies of neurodamus, and build dependencies of neurodamus and NEURON.
REQUIREMENTS = (
    *("docopt-ng", "h5py", "libsonata>=0.2.2", "morphio", "numpy", "packaging", "psutil", "scipy"),
    *("hatch-vcs", "hatchling", "jinja2", "pip", "pyyaml", "setuptools<81", "wheel"),
)

# Distributions with another name in Spack, or with variants: their spec.
_OTHER = {
    "neuron": "neuron@{version}+coreneuron+mpi+python~caliper~rx3d",
    "neuron-nightly": "neuron@{version}+coreneuron+mpi+python~caliper~rx3d",
    "h5py": "py-h5py@{version}~mpi",
}

# Packages that come from dev sources or recipes, even if the virtual environment contains them.
_NEVER = frozenset({"neurodamus"})


def pins_of(lines: Sequence[str]) -> frozenset[str]:
    """NAME==VERSION of each package in the lines of a requirements file."""
    pins = (head.partition("==") for head in distributions(lines))
    return frozenset(
        f"{normalise_name(name.strip())}=={version.strip()}" for name, _, version in pins
    )


@dataclass(frozen=True)
class Dist:
    """An installed distribution: the name in its metadata, and its version."""

    name: str
    version: str


def wheel_externals(
    dists: Iterable[Dist], prefix: str, python: str, *, release: tuple[int, int] = (1, 1)
) -> tuple[External, ...]:
    """The externals that a virtual environment at `prefix` offers, sorted by name.

    python: the full version of its Python, which must be an external as well. release: of Spack. Since
    1.1, each package must name its Python, which earlier versions detect. Spack 0.2x has no python-venv.
    """
    belongs = f" %python@{python}" if release >= (1, 1) else ""
    externals = [
        External(_spec(dist) + (belongs if _spec(dist).startswith("py-") else ""), prefix)
        for dist in dists
        if normalise_name(dist.name) not in _NEVER
    ]
    venv = () if release < (1, 0) else (External("python-venv@1.0", prefix),)
    return (*venv, *sorted(externals, key=lambda external: external.package))


def _spec(dist: Dist) -> str:
    name = normalise_name(dist.name)
    # Spack's versions have no local part (+cpu).
    version = dist.version.partition("+")[0]
    return _OTHER.get(name, f"py-{name}@{{version}}").format(version=version)
