"""A Spack on this machine, and how to call it isolated from the user's configuration."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spack:
    """An installed Spack. Paths are absolute.

    core: its root. recipes: the folder of the repository "builtin". python: its interpreter, with
    clingo. commit, packages_commit: verified; empty for a folder of the user's. version: as Spack prints
    it.
    """

    core: str
    recipes: str
    python: str
    commit: str
    packages_commit: str
    version: str

    @property
    def legacy(self) -> bool:
        """Whether this is Spack 0.2x, which includes the recipes."""
        return self.release < (1, 0)

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version, on which the supported features depend."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


def repositories(root: str) -> tuple[str, ...]:
    """Possible folders of the repository "builtin" in a clone, the likeliest first: of spack-packages,
    of a separate repository, of a Spack 1.x that a site completed, of 0.2x.
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
"""Variables of an activated environment or another Spack, which Spack and its builds must not see."""


def scrubbed(environ: Mapping[str, str], cache: str, ours: Sequence[str]) -> dict[str, str]:
    """The variables for Spack's process. cache: its SPACK_USER_CACHE_PATH.

    ours: devenv's folders. Entries of PATH below them belong to an activated environment and are
    dropped.
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
    """Only the variables that Spack cannot run without.

    The variables of recipes are found by comparing values before and after an activation. With the
    variables of a shell where the environment is active, there would be no difference.
    """
    kept = ("PATH", "HOME", "USER", "TMPDIR", "LC_ALL", "PYTHONNOUSERSITE")
    return {n: v for n, v in environ.items() if n in kept or n.startswith("SPACK_")}


SHOWS = (
    r"^==> (?:Installing (\S+)-\w{32} (\[\d+/\d+\])|(\S+): Executing phase: '(\w+)'"
    r"|Extracting (\S+)-\w{32} (from binary cache)|(Concretized \d+ specs?))"
)
"""Lines of Spack's output that show its progress: package, phase, n of m, from a cache."""


def command(spack: Spack, scopes: Sequence[str], *arguments: str, env: str = "") -> tuple[str, ...]:
    """The argv of Spack. scopes: configuration folders in increasing precedence. env: its folder.

    Python's -E keeps a PYTHONPATH set by a recipe's build away from Spack itself. Its -u keeps the lines
    of output in order.
    """
    configured = tuple(word for scope in scopes for word in ("-C", scope))
    # Spack 0.2x misreads -E when it activates an environment.
    none = () if arguments[:2] == ("env", "activate") else ("-E",)
    where = ("-D", env) if env else none
    program = posixpath.join(spack.core, "bin", "spack")
    return (spack.python, "-u", "-E", program, "--color=never", *configured, *where, *arguments)
