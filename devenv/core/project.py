"""A project: the environment that the `devenv.yaml` in a folder describes."""

from __future__ import annotations

from dataclasses import dataclass, field

from devenv.core.template import Template


@dataclass(frozen=True)
class DevelopedPackage:
    """A package whose source is used live by everybody who works on the project.

    path: its source, below the project's folder. git, branch: else what is cloned.
    """

    package: str
    path: str = ""
    git: str = ""
    branch: str = ""


@dataclass(frozen=True)
class ProjectKeys:
    """The keys that a project has beside those of a template.

    template: the template that it starts from; its own keys add to that one's. variant: the chosen
    variants, such as +coreneuron. develop: packages whose source is used live.
    """

    template: str = ""
    variant: str = ""
    develop: tuple[DevelopedPackage, ...] = ()


@dataclass(frozen=True)
class ProjectLock:
    """devenv.lock: the exact packages and commits of a project's environment.

    python: a version (3.11). inputs: the hash of the requirements that were resolved. neuron,
    packages: lines of a requirements file with hashes. commits: of repositories, by ``URL@REF`` or
    by the name of the models repository. conda: the text of conda.lock, for conda packages.
    """

    python: str
    inputs: str = ""
    neuron: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    commits: dict[str, str] = field(default_factory=dict)
    conda: str = ""


@dataclass(frozen=True)
class Project:
    """The project in a devenv.yaml. path: of that file. template: the environment that it
    describes.

    locked: the same template, with each repository at the commit in the lock.
    """

    path: str
    keys: ProjectKeys
    template: Template
    locked: Template
    lock: ProjectLock | None = None
