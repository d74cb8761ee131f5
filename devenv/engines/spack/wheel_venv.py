"""Wheels in a Spack environment: Python packages, including NEURON, that need not be built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Environment, Lock
from devenv.core.interpreter import Interpreter
from devenv.core.names import normalise_name
from devenv.core.requirements import satisfies
from devenv.core.site import External, Site
from devenv.core.template import Template
from devenv.engines.spack.site import site_of
from devenv.engines.spack.wheels import REQUIREMENTS, Dist, pins_of, wheel_externals
from devenv.engines.venv.packages import make_venv
from devenv.engines.venv.spec import VenvSpec
from devenv.system import index
from devenv.system import spack as observed


@dataclass(frozen=True)
class Wheels:
    """Resolved wheels. lines: of a requirements file with hashes, for the lock. externals: for Spack."""

    lines: tuple[str, ...] = ()
    externals: tuple[External, ...] = ()


def requirements(environment: Environment, template: Template) -> tuple[str, ...]:
    """The requirements to install from wheels: NEURON and packages that use it; empty if not wanted."""
    neuron = environment.neuron or template.neuron
    return (neuron, *REQUIREMENTS) if environment.wheels and neuron else ()


def wheels_of(
    context: Context,
    environment: Environment,
    template: Template,
    interpreter: Interpreter,
    before: Lock | None,
    *,
    update: bool,
    release: tuple[int, int],
) -> Wheels:
    """The wheels of an environment, in a virtual environment that is made if it is missing.

    Locked packages are kept without a query of the index, unless `update` is set or they do not satisfy
    the requirements any more. Virtual environments of the site's upstreams are preferred, since the
    upstreams' packages depend on them and can be reused with no other.
    """
    required = requirements(environment, template)
    if not required:
        return Wheels()
    others = _of_upstreams(site_of(context), interpreter)
    keep = before.packages if before and not update else ()
    if (
        before
        and before.python == interpreter.version
        and satisfies(keep, required, interpreter.version)
    ):
        lines = keep
    else:
        fitting = (
            tuple(sorted(pins))
            for pins in others.values()
            if satisfies(tuple(pins), required, interpreter.version)
        )
        prefer = keep or (() if update else next(fitting, ()))
        lines = index.resolve(required, interpreter.path, environ=context.environ, prefer=prefer)
    venv = next((path for path, pins in others.items() if pins == pins_of(lines)), None)
    if venv is None:
        venv = make_venv(context, VenvSpec(interpreter, lines), "the wheels for Spack")
    dists = [Dist(name, version) for name, version in index.installed(venv / interpreter.site)]
    externals = wheel_externals(dists, str(venv), interpreter.version, release=release)
    return Wheels(lines, externals)


def _of_upstreams(site: Site, interpreter: Interpreter) -> dict[Path, frozenset[str]]:
    """The virtual environments of this Python that packages in the site's upstreams depend on, each with
    NAME==VERSION of its packages.
    """
    records = (
        r for tree in site.upstreams.values() for r in observed.database(Path(tree)).values()
    )
    externals = (record["spec"].get("external") or {} for record in records)
    places = {Path(one["path"]) for one in externals if one.get("path")}
    fitting = (
        place
        for place in sorted(places)
        if (place / "pyvenv.cfg").is_file()
        and (place / "bin" / "python").resolve() == Path(interpreter.path).resolve()
    )
    return {
        place: frozenset(
            f"{normalise_name(name)}=={version}"
            for name, version in index.installed(place / interpreter.site)
        )
        for place in fitting
    }
