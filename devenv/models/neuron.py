"""The NEURON and the Python that a model is made for, as they are installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.core.interpreter import Interpreter


@dataclass(frozen=True)
class Installed:
    """The directories of the packages.

    neuron, venv: the virtual environments of NEURON and of the packages, or the directories that
    take their places. program: the Python to run programs with, if it is not that of `venv`.
    developed: whether NEURON is a dev source, compiled from a clone.
    """

    interpreter: Interpreter
    neuron: Path
    venv: Path
    program: str = ""
    developed: bool = False

    @property
    def python(self) -> str:
        """The path of the Python to run programs with."""
        return self.program or str(self.venv / "bin" / "python")

    @property
    def site(self) -> Path:
        """The site-packages of the environment's own packages."""
        return self.venv / self.interpreter.site

    @property
    def neuron_site(self) -> Path:
        """The directory in which Python finds NEURON. A build from source has one of its own."""
        built = self.neuron / "lib" / "python"
        return built if (built / "neuron").is_dir() else self.neuron / self.interpreter.site


def neuron_home(installed: Installed) -> str:
    """The root of NEURON's own files, in a wheel or an installation; empty if there is none."""
    return home_at(installed.neuron_site)


def home_at(site: Path) -> str:
    """The same for a directory in which Python finds NEURON."""
    homes = (site / "neuron" / ".data", *site.parents[1:2])
    return next((str(home) for home in homes if (home / "share" / "nrn").is_dir()), "")
