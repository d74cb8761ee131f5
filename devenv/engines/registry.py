"""The engines by name. No other module imports one.

An engine is imported only when one of its environments is made or changed, so that `run` starts fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devenv.config.context import Context
from devenv.core.engines import checked_engine
from devenv.core.errors import UsageError
from devenv.core.template import Template
from devenv.engines.protocol import Engine


def _venv() -> Engine:
    from devenv.engines.venv.engine import VenvEngine

    return VenvEngine()


def _spack() -> Engine:
    from devenv.engines.spack.engine import SpackEngine

    return SpackEngine()


def _conda() -> Engine:
    from devenv.engines.conda.engine import CondaEngine

    return CondaEngine()


ENGINES: dict[str, Callable[[], Engine]] = {"spack": _spack, "conda": _conda, "venv": _venv}
"""In order of preference if none is named: the first one that suits is used."""


def engine(name: str) -> Engine:
    """The engine of that name; UsageError for an unknown name."""
    return ENGINES[checked_engine(name, known=ENGINES)]()


def every_engine() -> Iterator[Engine]:
    """An instance of each engine, in the order of `ENGINES`, imported when its turn comes."""
    return (load() for load in ENGINES.values())


def choose(context: Context, option: str, template: Template, base: str) -> tuple[str, str]:
    """(engine, reason). option: --engine. base: what the environment builds on.

    UsageError for an unknown name, or if no engine suits.
    """
    for name, where in ((option, "--engine"), (context.settings.engine, "the settings")):
        if name:
            checked_engine(name, where, ENGINES)
            return name, f"as {where} say" if where == "the settings" else "as requested"
    reasons: list[str] = []
    for name, load in ENGINES.items():
        suits, why = load().suits(context, template, base)
        reasons += [why] if why else []
        if suits:
            return name, ", ".join(reasons)
    raise UsageError(
        f"no engine can create it, {' and '.join(reasons)}",
        fix=f"Name one, which says what it lacks: --engine {' or '.join(ENGINES)}",
    )
