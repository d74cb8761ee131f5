"""The virtual environments of the venv engine, which needs only a package index and, for models, a C++
compiler.

There are two stores of virtual environments, each made once for a key and never changed: one for NEURON,
so that models do not depend on an environment, and one for the packages of an environment, which finds
NEURON through a ``.pth`` file.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from devenv.core.content import digest
from devenv.core.interpreter import Interpreter
from devenv.core.plan import RemovePath, Run, Step, Write
from devenv.core.product import Input, Inputs, Product
from devenv.core.requirements import distributions
from devenv.sources.address import without_secret

NEURON_PTH = "neuron.pth"
OWN_PTH = "devenv.pth"
_OWN = "devenv"
_PIP = """\
#!/bin/sh
# Whatever pip is among the packages: this one says why nothing is installed here, and the way out.
exec "${0%/*}/python" "${0%/*}/../lib/devenv/pip/__main__.py" "$@"
"""
_LAYOUT = 2
"""The version of the files that devenv adds to a virtual environment."""


@dataclass(frozen=True)
class VenvSpec:
    """A virtual environment to make. sees: folders whose packages it finds as well.

    lock: the lines of a requirements file with hashes. system: whether it also finds the interpreter's
    own packages, after those of the lock.
    """

    interpreter: Interpreter
    lock: tuple[str, ...]
    sees: tuple[str, ...] = ()
    system: bool = False

    @property
    def key(self) -> str:
        """The hash of all inputs."""
        parts = [self.interpreter.path, self.interpreter.version, self.lock, self.sees]
        parts += ["system"] if self.system else []
        parts += [f"layout {_LAYOUT}"]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]

    @property
    def inputs(self) -> Inputs:
        """The inputs, for messages."""
        return (
            Input("Python", (self.interpreter.version,)),
            Input("interpreter", (self.interpreter.path,)),
            Input("packages", tuple(map(without_secret, distributions(self.lock)))),
            Input("lock", (digest(*self.lock),), f"{len(self.lock)} lines with hashes"),
            Input("packages beside", self.sees),
            Input("the interpreter's own packages", ("seen" if self.system else "not seen",)),
            Input("layout", (str(_LAYOUT),)),
        )


@dataclass(frozen=True)
class Installer:
    """How packages are installed. uv: its argv. log: the file for its output. path: PATH for packages
    that are built from source; empty: unchanged. cached: whether uv may use its cache.
    """

    uv: tuple[str, ...]
    log: str = ""
    path: str = ""
    cached: bool = True


def venv_product(kind: str, title: str, spec: VenvSpec, installer: Installer) -> Product:
    """The virtual environment as a product. kind: its store. title: for messages ("the packages")."""
    return Product(
        kind,
        spec.key,
        title,
        spec.inputs,
        lambda staging: venv_steps(spec, installer, staging),
        _marks(spec.interpreter.site),
    )


def venv_steps(spec: VenvSpec, installer: Installer, staging: str) -> tuple[Step, ...]:
    """The steps that make the virtual environment in `staging`.

    Files are copied: with links into uv's cache, damage here would affect everything that uses it.
    """
    python = posixpath.join(staging, "bin", "python")
    requirements = posixpath.join(staging, "requirements.txt")
    env = (("PATH", installer.path),) if installer.path else ()
    cache = () if installer.cached else ("--no-cache",)
    sync = ("pip", "sync", "--quiet", *cache, "--link-mode", "copy", "--python", python)
    options = ("--quiet", "--relocatable", *(("--system-site-packages",) if spec.system else ()))
    venv = (*installer.uv, "venv", *options, "--python", spec.interpreter.path, staging)
    install = (*installer.uv, *sync, "--require-hashes", requirements)
    pth = posixpath.join(staging, spec.interpreter.site, NEURON_PTH)
    sees = (Write(pth, "".join(f"{folder}\n" for folder in spec.sees)),) if spec.sees else ()
    return (
        Run(venv, log=installer.log),
        Write(requirements, "".join(f"{line}\n" for line in spec.lock)),
        Run(install, title="Installing packages", env=env, log=installer.log),
        *sees,
        RemovePath(requirements),
        *_managed(staging, spec.interpreter),
    )


def _marks(site: str) -> tuple[str, ...]:
    """The entries that every use checks: folders that change when a package is added or removed, and
    NEURON's library."""
    neuron = posixpath.join(site, "neuron")
    library = posixpath.join(neuron, ".data/lib")
    return (
        *("bin", "bin/python", "pyvenv.cfg", site),
        *(neuron, posixpath.join(neuron, "__init__.py")),
        *(library, posixpath.join(library, "libnrniv.so")),
    )


def _managed(staging: str, interpreter: Interpreter) -> Iterator[Write]:
    """A pip that refuses to change this environment, as a program and as ``python -m pip``.

    The module is outside site-packages, so that only this interpreter finds it, even if others have
    these packages on PYTHONPATH. It comes last, so that a real pip takes precedence.
    """
    for name in own_programs(interpreter):
        yield Write(posixpath.join(staging, name), _PIP, executable=True)
    module = (files("devenv.resources") / "pip" / "__main__.py").read_text(encoding="utf-8")
    yield Write(posixpath.join(staging, "lib", _OWN, "pip", "__main__.py"), module)
    yield Write(posixpath.join(staging, interpreter.site, OWN_PTH), f"../../{_OWN}\n")


def own_programs(interpreter: Interpreter) -> tuple[str, ...]:
    """The programs of ours that replace those of a package, relative to a virtual environment."""
    version = ".".join(interpreter.version.split(".")[:2])
    return tuple(posixpath.join("bin", name) for name in ("pip", "pip3", f"pip{version}"))
