"""What a cluster has, as its site file says (envs/sites/*.yaml)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class External:
    """A package that is on the machine already.

    spec: as Spack writes it, with its version. prefix: its folder; empty where modules give it.
    modules: loaded before it is used. compilers: language -> executable, of a compiler.
    """

    spec: str
    prefix: str = ""
    modules: tuple[str, ...] = ()
    compilers: dict[str, str] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The package's name, which the spec begins with."""
        end = next((i for i, c in enumerate(self.spec) if c in "@+~%= "), len(self.spec))
        return self.spec[:end]


@dataclass(frozen=True)
class Site:
    """A site. target: what is compiled for, empty for the processor's family. upstreams: name -> the
    root of a tree of installs that are used and not compiled again. providers: virtual -> packages.
    repositories: of recipes, namespace -> folder, in front of all others.
    externals: beside what devenv finds, and in place of it. mirrors, caches: name -> address of
    sources, and of builds.
    """

    name: str = ""
    summary: str = ""
    target: str = ""
    upstreams: dict[str, str] = field(default_factory=dict)
    providers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    externals: tuple[External, ...] = ()
    mirrors: dict[str, str] = field(default_factory=dict)
    caches: dict[str, str] = field(default_factory=dict)
    repositories: dict[str, str] = field(default_factory=dict)
