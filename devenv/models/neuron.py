"""The NEURON and the Python that a model is made for, as they are installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.core.interpreter import Interpreter


@dataclass(frozen=True)
class Installed:
    """Where the packages stand. neuron, venv: the two virtual environments, or what stands for them.

    program: the Python to run things with, where it is not the virtual environment's. developed: whether
    NEURON is a dev source, compiled from a clone.
    """

    interpreter: Interpreter
    neuron: Path
    venv: Path
    program: str = ""
    developed: bool = False

    @property
    def python(self) -> str:
        return self.program or str(self.venv / "bin" / "python")

    @property
    def site(self) -> Path:
        return self.venv / self.interpreter.site

    @property
    def neuron_site(self) -> Path:
        """What Python finds NEURON in: an installation from source has it in a folder of its own."""
        built = self.neuron / "lib" / "python"
        return built if (built / "neuron").is_dir() else self.neuron / self.interpreter.site


def neuron_home(installed: Installed) -> str:
    """The root of NEURON's own files: of a wheel, or of an installation; empty where there is none."""
    return home_at(installed.neuron_site)


def home_at(site: Path) -> str:
    """The same for the directory in which Python finds NEURON."""
    homes = (site / "neuron" / ".data", *site.parents[1:2])
    return next((str(home) for home in homes if (home / "share" / "nrn").is_dir()), "")
