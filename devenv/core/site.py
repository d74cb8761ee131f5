"""Site files (envs/sites/*.yaml): what a cluster provides."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class External:
    """A package that is already installed on the machine.

    spec: in Spack's notation, with its version. prefix: its directory; empty if modules set it. modules:
    to load before use. compilers: language -> executable, of a compiler.
    """

    spec: str
    prefix: str = ""
    modules: tuple[str, ...] = ()
    compilers: dict[str, str] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The name of the package, the first part of the spec."""
        end = next((i for i, c in enumerate(self.spec) if c in "@+~%= "), len(self.spec))
        return self.spec[:end]


@dataclass(frozen=True)
class Site:
    """A site. target: the processor to compile for; empty for its generic family. upstreams: name ->
    root of an install tree that Spack uses instead of compiling. providers: virtual package -> packages.
    externals: in addition to those that devenv finds, and with precedence over them. mirrors, caches:
    name -> address of sources, and of builds. repositories: of recipes, namespace -> directory, in
    front of all others.
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
