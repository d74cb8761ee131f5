"""The packages of an environment: solved to a lock, and installed from it once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devenv.config.context import Context
from devenv.config.yaml_text import parse_yaml
from devenv.core.content import digest
from devenv.core.environment import Environment, Lock
from devenv.core.errors import StateError, UsageError
from devenv.core.plan import MakeFolder, Plan, Run, Step, Write
from devenv.core.product import Product, key_of
from devenv.core.quantity import quantity
from devenv.core.template import Template
from devenv.engines.conda.lockfile import LOCK, LockedPackage, inputs_of, locked_packages
from devenv.environment.handle import Env
from devenv.products.conda import engine
from devenv.products.conda.observe import this_platform
from devenv.products.conda.publishing import address
from devenv.products.conda.silence import silence_reported
from devenv.products.conda.solution import ask_channels
from devenv.products.conda.specs import canonical_spec, package_name
from devenv.store.carry import announce
from devenv.store.realise import realise

KIND = "conda-envs"
"""The folder of the installations below $DEVENV_HOME."""
_REQUEST, _ANSWER = ".devenv-request.json", ".devenv-answer.json"


@dataclass(frozen=True)
class CondaRequest:
    """What an environment's packages are solved from. channels: addresses, the first one first."""

    specs: tuple[str, ...]
    channels: tuple[str, ...]

    @property
    def inputs(self) -> str:
        """The hash of the request and this platform. A lock with an equal hash is kept."""
        return digest(json.dumps([self.specs, self.channels, this_platform()]))


def wanted_packages(context: Context, environment: Environment, template: Template) -> CondaRequest:
    """The request of an environment. UsageError for an invalid package, or if it has no channel."""
    named = environment.channels or template.channels
    if not named:
        raise UsageError(
            f"{environment.name}: the packages come from conda channels, and none is named",
            fix="Name one or more in order: --channel CHANNEL (channels: in environment.yaml).",
        )
    for one in (*template.conda, *environment.packages):
        checked_name(one, environment.name)
    channels = tuple(address(one, context.cwd) for one in named)
    return CondaRequest(tuple(_specs(environment, template)), channels)


def checked_name(spec: str, where: str) -> str:
    """The name of the package in a spec. UsageError, with `where`, if it is not valid."""
    name = package_name(spec)
    if not name:
        raise UsageError(
            f"{where}: invalid package {spec!r}", fix="Write it as conda does: 'numpy=2.1'"
        )
    return name


def _specs(environment: Environment, template: Template) -> Iterator[str]:
    yield from map(canonical_spec, (*template.conda, *environment.packages))
    version = environment.python
    if version[:1].isdigit():
        version = f"{version}.*"
    yield f"python {version}".strip()


def locked(env: Env, wanted: CondaRequest, before: Lock | None, update: bool) -> str:
    """The text of the lock. The existing one, of the project or the generation in use, is returned
    unchanged if it was made from the same request.

    Otherwise the channels are solved. The solution keeps the versions of the existing lock where they
    fit, unless `update` is set.
    """
    text = (before.conda or kept_lock(env.current.root)) if before else ""
    if text and before and before.inputs == wanted.inputs and not update:
        return text
    context, home = env.context, env.context.layout.home / "conda"
    engine.require()
    request: dict[str, Any] = {
        "specs": wanted.specs,
        "channels": wanted.channels,
        "platform": this_platform(),
    }
    request["priority"] = "strict"
    if text and not update:
        request["prefer"] = text
    step = Run(engine.argv("solve", Path("request.json"), Path("answer.json")))
    words = f"solve {', '.join(wanted.specs)} from {', '.join(wanted.channels)}"
    announce(context, Plan(words, (step,)), "what they resolve to is installed")
    return str(ask_channels("solve", request, home, context.environ)["lock"])


def kept_lock(folder: Path) -> str:
    """The text of the lock in the folder of a generation; empty if it has none."""
    path = folder / LOCK
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def packages_in(text: str, where: str) -> tuple[LockedPackage, ...]:
    """The packages of a lock's text. StateError if it is damaged."""
    try:
        return locked_packages(parse_yaml(text, where), where)
    except UsageError as error:
        raise StateError(error.what, fix="Rebuild it: devenv build --update") from None


def install(context: Context, text: str, packages: tuple[LockedPackage, ...]) -> Path:
    """Install the packages of a lock, unless that is done already. Returns their folder."""
    inputs = inputs_of(packages)
    key = key_of(inputs)
    place = context.layout.product(KIND, key)
    log = context.layout.home / "log" / f"{KIND}-{key}.log"

    def steps(staging: str) -> tuple[Step, ...]:
        asked, answer = Path(staging, _REQUEST), Path(staging, _ANSWER)
        request = {"lock": text, "prefix": staging, "final": str(place)}
        title = f"installing {quantity(packages, 'package')}"
        return (
            MakeFolder(staging),
            Write(str(asked), json.dumps(request)),
            engine.step("install", asked, answer, title=title, log=log),
        )

    marks = ("bin", "bin/python", "conda-meta")
    product = Product(KIND, key, "the packages", inputs, steps, marks)
    with silence_reported():
        return realise(context, product, then="the rest follows from what the packages are")
