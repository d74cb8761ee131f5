"""What can make an environment: each engine by its name, and which one is taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from devenv.core.names import unknown


@dataclass(frozen=True)
class Engine:
    """An engine. summary: what it makes an environment of, for people."""

    name: str
    summary: str


ENGINES: Mapping[str, Engine] = {
    one.name: one
    for one in (
        Engine("venv", "wheels from the package index, and models that devenv compiles"),
        Engine("spack", "real Spack, with models built from recipes"),
    )
}


def choose(asked: str, setting: str, *, spack_ready: bool, specs: Sequence[str]) -> tuple[str, str]:
    """(engine, why it is that). asked: --engine; setting: of config.yaml or $DEVENV_ENGINE.

    spack_ready: whether `devenv spack setup` was done; specs: what the template says for it. UsageError
    for a name that is none.
    """
    for name, where in ((asked, "--engine"), (setting, "the settings")):
        if name and name not in ENGINES:
            raise unknown("engine", name, ENGINES, where)
        if name:
            return name, f"as {where} say" if where == "the settings" else "as --engine says"
    if spack_ready and specs:
        return "spack", "since Spack is set up"
    why = (
        "since the template says nothing for Spack" if spack_ready else "since Spack is not set up"
    )
    return "venv", why
