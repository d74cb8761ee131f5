"""A project's settings for wheels, ``[tool.devenv.wheel]``: building, repair, tests, checks."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.products.wheel.rules import Allowed, Opened, Policy


@dataclass(frozen=True)
class Mount:
    """A directory of this machine, mounted read-only in the container at `target`.

    optional: build even if `source` does not exist.
    """

    source: str
    target: str
    optional: bool = False


@dataclass(frozen=True)
class Repair:
    """Options of auditwheel. exclude: libraries that are not grafted. platform: the tag to set.

    tool: a requirement on auditwheel itself, with a version or a commit (``auditwheel==6.4``,
    ``auditwheel @ git+https://host/auditwheel@COMMIT``); empty: the installed one.
    """

    exclude: tuple[str, ...] = ()
    platform: str = ""
    tool: str = ""


@dataclass(frozen=True)
class WheelVariant:
    """Another build of the project. environment: variables of the build. image: instead of ``--in``.

    name: of its distribution; ``{name}`` stands for the project's own (``{name}-gpu``).
    gpu: whether a GPU is needed to use it.
    """

    environment: dict[str, str] = field(default_factory=dict)
    image: str = ""
    name: str = ""
    gpu: bool = False


@dataclass(frozen=True)
class Index:
    """A package index with a short name. url: of its simple API. publish: the upload address."""

    name: str
    url: str
    publish: str


@dataclass(frozen=True)
class Trial:
    """A step of a wheel's test. command: words in which ``{python}`` and ``{project}`` are replaced.

    expect: a regular expression that its output must match. ranks: run under every MPI on so many ranks.
    """

    name: str
    command: tuple[str, ...]
    expect: str = ""
    ranks: int = 0


@dataclass(frozen=True)
class Config:
    """``[tool.devenv.wheel]``. python: the default of --python (``3.11,3.12``, ``all``).

    environment: variables of every build. before: a shell command that runs in the container first.
    packages: of the distribution in the image, installed before that. mounts: see `Mount`.
    patches: files that `git apply` applies to the copy of the source, relative to the file of settings.
    requires: installed with the wheel for its tests. allow, opens, host: see `Policy`.
    """

    python: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    before: str = ""
    packages: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    patches: tuple[str, ...] = ()
    repair: Repair = field(default_factory=Repair)
    variants: dict[str, WheelVariant] = field(default_factory=dict)
    index: tuple[Index, ...] = ()
    tests: tuple[Trial, ...] = ()
    requires: tuple[str, ...] = ()
    allow: tuple[Allowed, ...] = ()
    opens: tuple[Opened, ...] = ()
    host: tuple[str, ...] = ()

    @property
    def policy(self) -> Policy:
        """`allow`, `opens` and `host`, as the checks of a wheel take them."""
        return Policy(self.allow, self.opens, self.host)
