"""The embedded engine: needs a package index and, for models, a C++ compiler; nothing else.

Two stores of virtual environments, each made once for a key and never changed: NEURON in one of its
own, so that a model is bound to no environment, and the packages of an environment, whose interpreter
sees NEURON through a ``.pth`` file.
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
"""Counts what a virtual environment of ours holds beside its packages."""


@dataclass(frozen=True)
class VenvSpec:
    """A virtual environment to be: its interpreter, its lock and folders that it sees beside.

    lock: the lines of a requirements file with hashes. system: the packages that the interpreter has by
    itself are seen too, behind those of the lock.
    """

    interpreter: Interpreter
    lock: tuple[str, ...]
    sees: tuple[str, ...] = ()
    system: bool = False

    @property
    def key(self) -> str:
        """The hash of all that goes in."""
        parts = [self.interpreter.path, self.interpreter.version, self.lock, self.sees]
        parts += ["system"] if self.system else []
        parts += [f"layout {_LAYOUT}"]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]

    @property
    def inputs(self) -> Inputs:
        """The same, for people."""
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
    """How a virtual environment is filled. uv: its argv. log: the file of its output. path: PATH for
    packages that are built from source; empty: as it is. cached: what uv's cache holds may be taken.
    """

    uv: tuple[str, ...]
    log: str = ""
    path: str = ""
    cached: bool = True


def venv_product(kind: str, title: str, spec: VenvSpec, installer: Installer) -> Product:
    """The virtual environment as a product. kind: its store. title: for people ("the packages")."""
    return Product(
        kind,
        spec.key,
        title,
        spec.inputs,
        lambda staging: venv_steps(spec, installer, staging),
        _marks(spec.interpreter.site),
    )


def venv_steps(spec: VenvSpec, installer: Installer, staging: str) -> tuple[Step, ...]:
    """Steps that make the virtual environment in `staging`.

    Files are copied: a link into uv's cache would make of every damage here one for all that uses it.
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
    """What every use looks at: the folders that a package comes to or goes from, and NEURON's heart."""
    neuron = posixpath.join(site, "neuron")
    library = posixpath.join(neuron, ".data/lib")
    return (
        *("bin", "bin/python", "pyvenv.cfg", site),
        *(neuron, posixpath.join(neuron, "__init__.py")),
        *(library, posixpath.join(library, "libnrniv.so")),
    )


def _managed(staging: str, interpreter: Interpreter) -> Iterator[Write]:
    """A pip that refuses to change what it stands in: as a program, and as ``python -m pip``.

    The module stands beside the packages, where this interpreter alone finds it, and last: a PYTHONPATH
    with these packages on it does not bring it to others, and a real pip comes first.
    """
    for name in own_programs(interpreter):
        yield Write(posixpath.join(staging, name), _PIP, executable=True)
    module = (files("devenv.resources") / "pip" / "__main__.py").read_text(encoding="utf-8")
    yield Write(posixpath.join(staging, "lib", _OWN, "pip", "__main__.py"), module)
    yield Write(posixpath.join(staging, interpreter.site, OWN_PTH), f"../../{_OWN}\n")


def own_programs(interpreter: Interpreter) -> tuple[str, ...]:
    """Relative to a virtual environment: those of ours that stand in place of a package's."""
    version = ".".join(interpreter.version.split(".")[:2])
    return tuple(posixpath.join("bin", name) for name in ("pip", "pip3", f"pip{version}"))
