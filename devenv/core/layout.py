"""The directory layout of $DEVENV_HOME: paths only, without reading or writing anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The directories of one $DEVENV_HOME."""

    home: Path

    @property
    def envs(self) -> Path:
        """The directories of all environments, by name."""
        return self.home / "envs"

    def env(self, name: str) -> EnvironmentLayout:
        """The directory of one environment."""
        return EnvironmentLayout(self.envs / name)

    def product(self, kind: str, name: str) -> Path:
        """The directory of a product (`devenv.core.product`)."""
        return self.home / kind / name

    @property
    def models(self) -> Path:
        """The compiled models, by key."""
        return self.home / "models"

    def model(self, key: str) -> Path:
        """The compiled model with this key."""
        return self.models / key

    def objects(self, key: str) -> Path:
        """One translated and compiled mechanism."""
        return self.home / "objects" / key[:2] / key

    def source(self, environment: str, package: str) -> Path:
        """A clone that devenv made for the user. devenv does not change it afterwards."""
        return self.home / "sources" / environment / package

    def trash(self, name: str) -> Path:
        """The directories of removed environments with this name."""
        return self.home / "trash" / name

    @property
    def spack(self) -> Path:
        """Spack itself, by commit, and the packages that it built."""
        return self.home / "spack"

    @property
    def wheels(self) -> WheelLayout:
        """The directories for wheels."""
        return WheelLayout(self.home / "wheels")

    @property
    def durations(self) -> Path:
        """The file with the durations of steps, for estimates."""
        return self.home / "log" / "durations.json"

    @property
    def locks(self) -> Path:
        """The lock files, which processes hold while they change something."""
        return self.home / "locks"

    @property
    def store_lock(self) -> Path:
        """The lock on all stores: shared by commands that make something, exclusive for `prune`."""
        return self.locks / "store"

    def lock(self, name: str) -> Path:
        """The lock file of this name, such as ``env-NAME`` or ``models``."""
        return self.locks / f"{name}.lock"


@dataclass(frozen=True)
class WheelLayout:
    """Where wheels are built and kept."""

    root: Path

    @property
    def ccache(self) -> Path:
        """One cache of compiled objects for all interpreters, containers and runs."""
        return self.root / "ccache"

    def log(self, key: str) -> Path:
        """The log of the build with this key."""
        return self.root / "logs" / f"{key}.log"

    def work(self, source: str) -> Path:
        """Where the copy of one source is built, by one process at a time."""
        return self.root / "work" / source


@dataclass(frozen=True)
class EnvironmentLayout:
    """The directory of one environment."""

    root: Path

    @property
    def request(self) -> Path:
        """The user's request: environment.yaml."""
        return self.root / "environment.yaml"

    @property
    def built(self) -> Path:
        """Written by each build. If the request is newer, it was edited. Shells compare them too."""
        return self.root / "built"

    @property
    def current(self) -> Path:
        """A link to the current generation."""
        return self.root / "current"

    @property
    def generations(self) -> Path:
        """The directories of all generations, by number."""
        return self.root / "generations"

    @property
    def spack(self) -> Path:
        """Spack's working directories, one for each request, named by its hash."""
        return self.root / "spack"

    def generation(self, number: int) -> GenerationLayout:
        """The directory of one generation."""
        return GenerationLayout(self.generations / str(number))


@dataclass(frozen=True)
class GenerationLayout:
    """The directory of one generation."""

    root: Path

    @property
    def manifest(self) -> Path:
        """The facts of the generation. Written last: without it, the generation is incomplete."""
        return self.root / "environment.json"

    @property
    def lock(self) -> Path:
        """The exact inputs of the generation (`devenv.core.environment.Lock`)."""
        return self.root / "lock.json"

    @property
    def log(self) -> Path:
        """The directory with the logs of the build."""
        return self.root / "log"

    @property
    def bin(self) -> Path:
        """The directory of its shims: special, nrniv and nrngui."""
        return self.root / "bin"

    def model(self, number: int) -> GenerationLayout:
        """The special shim and the scripts of an additional model, by its index."""
        return GenerationLayout(self.root / "models" / str(number))

    def rank(self, key: str) -> Path:
        """The script that every rank of a model runs first, and the facts that it checks."""
        return self.root / "rank" / key

    def scripts(self, package: str) -> Path:
        """The console scripts of one dev source."""
        return self.root / "scripts" / package

    def hoc(self, package: str) -> Path:
        """A link to a HOC directory whose own path contains a blank."""
        return self.root / "hoc" / package

    def activation(self, suffix: str) -> Path:
        """The script that a shell sources."""
        return self.root / f"activate.{suffix}"
