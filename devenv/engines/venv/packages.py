"""The packages of an environment: resolved to a lock, and installed from it once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Lock
from devenv.core.errors import UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.layout import Layout
from devenv.core.names import normalise_name
from devenv.core.plan import Plan, Run
from devenv.core.product import Product
from devenv.core.requirements import distributions, requirement_name
from devenv.engines.venv.spec import Installer, VenvSpec, own_programs, venv_product
from devenv.models.neuron import Installed
from devenv.store.carry import announce
from devenv.store.realise import realise
from devenv.system import index
from devenv.system.distributions import misrecorded
from devenv.system.index_address import with_index
from devenv.system.uv import uv_argv


@dataclass(frozen=True)
class Wanted:
    """The requirements that an environment's packages are resolved from.

    absent: distributions that are not installed, since a dev source replaces them. provided: (name,
    version) of those among them that other packages may require.
    """

    interpreter: Interpreter
    neuron: str
    requirements: tuple[str, ...]
    absent: tuple[str, ...] = ()
    provided: tuple[tuple[str, str], ...] = ()

    @property
    def inputs(self) -> str:
        """The hash of the requirements. A lock with an equal hash is kept."""
        # Major and minor version only: another patch release uses the same packages.
        python = self.interpreter.version.split(".")[:2]
        parts: list[object] = [python, self.neuron, self.requirements, self.absent]
        parts += [self.provided] if self.provided else []
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:20]


Pins = tuple[tuple[str, ...], tuple[str, ...]]
"""The lines of the requirements files of NEURON and of the packages."""


def locked_packages(context: Context, wanted: Wanted, before: Lock | None, update: bool) -> Pins:
    """The exact packages, those of `before` if its inputs are the same.

    Versions in the previous lock are kept where they are still allowed, unless `update` is set.
    """
    if before and before.inputs == wanted.inputs and not update:
        return before.neuron, before.packages
    keep = () if update or before is None else (before.neuron, before.packages)
    python = wanted.interpreter.path
    own = (wanted.neuron,) if wanted.neuron else ()
    names = tuple(map(_neuron_name, own))
    announce(context, _resolution(own, wanted.requirements), "what they resolve to is installed")
    neuron = own and index.resolve(
        own, python, environ=context.environ, prefer=keep[0] if keep else ()
    )
    provided = {**_provided(names, neuron), **dict(wanted.provided)}
    try:
        packages = index.resolve(
            wanted.requirements,
            python,
            excludes=(
                *(n for n in names if n not in provided),
                *map(normalise_name, wanted.absent),
            ),
            environ=context.environ,
            prefer=keep[1] if keep else (),
            provided=provided,
        )
    except index.ConflictError as error:
        raise UsageError(
            f"the environment's NEURON is {wanted.neuron or provided['neuron']}, and a package requires"
            f" another: {error.what}",
            fix="Choose a NEURON that fits (devenv create --neuron …, or neuron: in environment.yaml),"
            " or another version of the package.",
        ) from None
    return neuron, packages


def _resolution(*groups: tuple[str, ...]) -> Plan:
    """The plan for a dry run, which does not query the index: what would be resolved."""
    argv = ("uv", "pip", "compile", "--generate-hashes")
    return Plan("resolve", tuple(Run((*argv, *group)) for group in groups if group))


def _provided(names: Sequence[str], neuron: Sequence[str]) -> dict[str, str]:
    """NEURON's distribution -> its version, also by the name `neuron`, which other packages require.

    One from a URL (``neuron @ file:…``) is not included, since its version is unknown.
    """
    heads = (head.partition("==") for head in distributions(neuron))
    pins = {name: version.partition("+")[0] for name, _, version in heads if version}
    return {name: pins[own] for own in names if own in pins for name in (own, "neuron")}


def _neuron_name(requirement: str) -> str:
    """The distribution of NEURON: neuron, neuron-nightly, …"""
    name = requirement_name(requirement)
    if name.split("-")[0] != "neuron":
        raise UsageError(
            f"{requirement!r} is not a distribution of NEURON",
            fix="Name one, such as neuron==9.0.2 or neuron-nightly.",
        )
    return name


def install(
    context: Context,
    interpreter: Interpreter,
    neuron_lines: tuple[str, ...],
    lines: tuple[str, ...],
    stores: Sequence[Layout] = (),
    built: Path | None = None,
) -> Installed:
    """Install the packages in the lines of the lock, if they are missing. A NEURON in `stores` is
    preferred.

    built: a NEURON that is a dev source. Like all dev sources, it is found by PYTHONPATH, so the
    packages do not change when it is edited.
    """
    if built:
        path = os.pathsep.join([str(built / "bin"), context.environ.get("PATH", os.defpath)])
        venv = make_venv(context, VenvSpec(interpreter, lines), "the packages", path=path)
        return Installed(interpreter, built, venv, developed=True)
    if not neuron_lines:  # NEURON comes from the base
        spec = VenvSpec(interpreter, lines, system=True)
        venv = make_venv(context, spec, "the packages")
        return Installed(interpreter, venv, venv)
    neuron = make_venv(
        context, VenvSpec(interpreter, neuron_lines), "NEURON", kind="neuron", stores=stores
    )
    # A package that compiles mechanisms during its build (hnn-core) needs nrnivmodl on PATH.
    path = os.pathsep.join([str(neuron / "bin"), context.environ.get("PATH", os.defpath)])
    spec = VenvSpec(interpreter, lines, (str(neuron / interpreter.site),))
    venv = make_venv(context, spec, "the packages", path=path)
    return Installed(interpreter, neuron, venv)


def make_venv(
    context: Context,
    spec: VenvSpec,
    title: str,
    *,
    kind: str = "venvs",
    path: str = "",
    stores: Sequence[Layout] = (),
) -> Path:
    """The virtual environment, made if it is missing. title: for messages. path: of `Installer`."""
    log = str(context.layout.home / "log" / f"{kind}-{spec.key}.log")
    installer = Installer(uv_argv(), log, path)

    def without_cache(staging: Path) -> Product | None:
        damaged = misrecorded(staging, own_programs(spec.interpreter))
        if not damaged:
            return None
        context.say(f"uv's cache holds a damaged {damaged[0]}; installing again without the cache")
        return venv_product(kind, title, spec, replace(installer, cached=False))

    return realise(
        context,
        venv_product(kind, title, spec, installer),
        stores=stores,
        environ=lambda: with_index(context.environ),
        retry=without_cache,
        then="the rest follows from what the packages are",
    )
