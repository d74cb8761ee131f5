"""Where things stand below $DEVENV_HOME. Paths only; nothing is looked at or made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folders of one $DEVENV_HOME."""

    home: Path

    @property
    def envs(self) -> Path:
        return self.home / "envs"

    def env(self, name: str) -> EnvironmentLayout:
        return EnvironmentLayout(self.envs / name)

    def product(self, kind: str, name: str) -> Path:
        """A product of any kind (`devenv.core.product`)."""
        return self.home / kind / name

    @property
    def models(self) -> Path:
        return self.home / "models"

    def model(self, key: str) -> Path:
        return self.models / key

    def objects(self, key: str) -> Path:
        """One translated and compiled mechanism."""
        return self.home / "objects" / key[:2] / key

    def source(self, environment: str, package: str) -> Path:
        """A clone that devenv made for the user; from then on it is the user's."""
        return self.home / "sources" / environment / package

    @property
    def spack(self) -> Path:
        """Spack itself, by its commits, and what it built."""
        return self.home / "spack"

    @property
    def locks(self) -> Path:
        return self.home / "locks"

    @property
    def store_lock(self) -> Path:
        """Whoever makes something shares it; whoever removes what nobody uses is alone with it."""
        return self.locks / "store"

    def lock(self, name: str) -> Path:
        return self.locks / f"{name}.lock"


@dataclass(frozen=True)
class EnvironmentLayout:
    """The folder of one environment."""

    root: Path

    @property
    def request(self) -> Path:
        """What the user asked for."""
        return self.root / "environment.yaml"

    @property
    def built(self) -> Path:
        """Written by each build: a request that is newer was edited since, as a shell can tell too."""
        return self.root / "built"

    @property
    def current(self) -> Path:
        """A link to the generation in use."""
        return self.root / "current"

    @property
    def generations(self) -> Path:
        return self.root / "generations"

    @property
    def spack(self) -> Path:
        """Where Spack works: a folder for each thing that was asked for, named by its hash."""
        return self.root / "spack"

    def generation(self, number: int) -> GenerationLayout:
        return GenerationLayout(self.generations / str(number))


@dataclass(frozen=True)
class GenerationLayout:
    """The folder of one generation."""

    root: Path

    @property
    def manifest(self) -> Path:
        """Written last: a generation without it is not whole."""
        return self.root / "environment.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock.json"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def bin(self) -> Path:
        """The special shim."""
        return self.root / "bin"

    def model(self, number: int) -> GenerationLayout:
        """The special shim and the scripts of a further model, by its place among them."""
        return GenerationLayout(self.root / "models" / str(number))

    def rank(self, key: str) -> Path:
        """What every rank of a model runs first, and what it is to prove."""
        return self.root / "rank" / key

    def scripts(self, package: str) -> Path:
        """The console scripts of one dev source."""
        return self.root / "scripts" / package

    def hoc(self, package: str) -> Path:
        """A link to a HOC folder whose own path has a blank."""
        return self.root / "hoc" / package

    def activation(self, suffix: str) -> Path:
        """The script that a shell sources."""
        return self.root / f"activate.{suffix}"
