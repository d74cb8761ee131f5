"""A Spack on this machine, and how it is called so that nothing of the user's leaks in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spack:
    """A Spack that stands ready. Paths are absolute.

    core: its root. recipes: the folder of the repository "builtin". python: what runs it, with clingo.
    commit, packages_commit: verified; empty where a folder of the user's is used. version: as it says.
    """

    core: str
    recipes: str
    python: str
    commit: str
    packages_commit: str
    version: str

    @property
    def legacy(self) -> bool:
        """Of the time before recipes stood in a repository of their own (0.2x)."""
        return self.release < (1, 0)

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version: what a version knows changes with these."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


def repositories(root: str) -> tuple[str, ...]:
    """Where a clone may have the repository "builtin", the likeliest first.

    Of spack-packages, of a repository by itself, of Spack 1.x that a site completed, of 0.2x.
    """
    below = (
        "repos/spack_repo/builtin",
        "spack_repo/builtin",
        "var/spack/repos/spack_repo/builtin",
        "var/spack/repos/builtin",
    )
    return tuple(posixpath.join(root, folder) for folder in below)


_THEIRS = re.compile(
    r"SPACK_.*|PYTHON.*|VIRTUAL_ENV|CONDA_.*|LD_PRELOAD|DEVENV_ENV|DEVENV_GENERATION|NEURON.*"
    r"|NRN.*|HOC_LIBRARY_PATH|CORENEURONLIB|NEURODAMUS_.*|NMODL.*"
)
"""Of an activated environment or another Spack: builds and Spack itself must not see them."""


def scrubbed(environ: Mapping[str, str], cache: str, ours: Sequence[str]) -> dict[str, str]:
    """The variables that Spack gets. cache: its SPACK_USER_CACHE_PATH.

    ours: folders of devenv's, whose entries in PATH are an activated environment's and are dropped.
    """
    kept = {name: value for name, value in environ.items() if not _THEIRS.fullmatch(name)}
    entries = kept.get("PATH", "/usr/bin:/bin").split(":")
    path = [
        e for e in entries if e.startswith("/") and not e.startswith(tuple(f"{o}/" for o in ours))
    ]
    return {
        **kept,
        "PATH": ":".join(path),
        "LC_ALL": "C.UTF-8",
        "SPACK_DISABLE_LOCAL_CONFIG": "1",
        "SPACK_USER_CACHE_PATH": cache,
        "SPACK_USER_CONFIG_PATH": posixpath.join(cache, "no-user-scope"),
        "PYTHONNOUSERSITE": "1",
    }


def bare(environ: Mapping[str, str]) -> dict[str, str]:
    """Of the variables that Spack gets those that it cannot do without.

    What recipes set is told by how it differs from what was there: in a shell where the environment is
    active that would be nothing.
    """
    kept = ("PATH", "HOME", "USER", "TMPDIR", "LC_ALL", "PYTHONNOUSERSITE")
    return {n: v for n, v in environ.items() if n in kept or n.startswith("SPACK_")}


SHOWS = (
    r"^==> (?:Installing (\S+)-\w{32} (\[\d+/\d+\])|(\S+): Executing phase: '(\w+)'"
    r"|Extracting (\S+)-\w{32} (from binary cache)|(Concretized \d+ specs?))"
)
"""Of what Spack prints that which tells a person where it is: package, phase, n of m, from a cache."""


def command(spack: Spack, scopes: Sequence[str], *arguments: str, env: str = "") -> tuple[str, ...]:
    """The argv of Spack. scopes: folders of configuration, the stronger later. env: its folder.

    Python with -E: a PYTHONPATH in what a recipe's build leaves behind does not reach Spack itself; with
    -u: lines come in their order.
    """
    configured = tuple(word for scope in scopes for word in ("-C", scope))
    # 0.2x takes -E for an environment of its own where one is activated.
    none = () if arguments[:2] == ("env", "activate") else ("-E",)
    where = ("-D", env) if env else none
    program = posixpath.join(spack.core, "bin", "spack")
    return (spack.python, "-u", "-E", program, "--color=never", *configured, *where, *arguments)
