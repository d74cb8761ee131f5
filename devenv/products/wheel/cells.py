"""A cell of the matrix: one wheel to build, and the key of all its inputs. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from devenv.core.content import digest
from devenv.core.errors import UsageError
from devenv.core.names import did_you_mean
from devenv.core.product import Input, Inputs
from devenv.products.wheel.config import Config, WheelVariant
from devenv.products.wheel.matrix import TargetPython

RECIPE = "devenv wheel 4"
"""Part of every key. Change it if devenv builds wheels differently, so that they are rebuilt."""

Pairs = tuple[tuple[str, str], ...]
"""(name, value) of variables, or of inputs of a wheel, in order."""


_WORDS = {"source": "its files", "config": "its settings"}
"""Words for messages, instead of a hash."""
_SECRET = re.compile(r"config|CIBW_|.*(TOKEN|PASS|SECRET|CREDENTIAL|KEY)", re.IGNORECASE)
"""Inputs whose values may contain secrets: only their hash is recorded. Reports show the values."""


@dataclass(frozen=True)
class WheelCell:
    """A wheel to build. variant: its name, empty for the plain one. image: empty for none.

    environment: variables of the build. name: of the distribution, if it is not the project's own.
    more: further inputs of its key.
    """

    interpreter: TargetPython
    arch: str
    variant: str = ""
    image: str = ""
    environment: Pairs = ()
    name: str = ""
    more: Pairs = ()

    @property
    def key(self) -> str:
        """The key of the wheel in the store: the hash of its inputs."""
        # The names are part of the key, since cells have different variables.
        return digest(*(word for one in self.inputs for word in (one.name, *one.values)))

    @property
    def inputs(self) -> Inputs:
        """The inputs of the wheel."""
        own = (
            ("recipe", RECIPE),
            ("interpreter", self.interpreter.tag),
            ("machine", self.arch),
            ("variant", self.variant),
            ("image's name", self.image),
            ("name", self.name),
            *((f"variable {name}", value) for name, value in self.environment),
        )
        return tuple(
            Input(name, (_recorded(name, value),), _WORDS.get(name, ""))
            for name, value in (*own, *self.more)
        )

    @property
    def title(self) -> str:
        """The cell for people: the interpreter's tag, the machine, the variant."""
        return " ".join(filter(None, (self.interpreter.tag, self.arch, self.variant)))


def _recorded(name: str, value: str) -> str:
    return digest(value) if _SECRET.match(name) else value


def cells_of(
    interpreters: Sequence[TargetPython],
    arch: str,
    variants: Mapping[str, WheelVariant],
    project: str,
    config: Config,
) -> tuple[WheelCell, ...]:
    """A cell for every interpreter in every variant (``""``: the plain one), ordered by variant."""
    return tuple(
        WheelCell(
            interpreter,
            arch,
            name,
            variant.image,
            tuple(sorted({**config.environment, **variant.environment}.items())),
            variant.name.replace("{name}", project),
        )
        for name, variant in variants.items()
        for interpreter in interpreters
    )


def chosen_variants(names: Sequence[str], config: Config) -> dict[str, WheelVariant]:
    """The requested variants, or only the plain one if there are none. UsageError for an unknown one."""
    for name in names:
        if name not in config.variants and name != "plain":
            raise UsageError(
                f"--variant {name}: pyproject.toml has no such variant",
                fix=did_you_mean(name, (*config.variants, "plain"))
                or "Add [tool.devenv.wheel.variants.NAME].",
            )
    plain = {"plain": WheelVariant()}
    chosen = {name: {**plain, **config.variants}[name] for name in names} or plain
    return {("" if name == "plain" else name): variant for name, variant in chosen.items()}


_NAME = re.compile(r"^(\s*name\s*=\s*)(['\"])([^'\"\n]*)\2", re.MULTILINE)
_PROJECT = re.compile(r"^\[project\]\s*(?:#.*)?$", re.MULTILINE)
_TABLE = re.compile(r"^\[", re.MULTILINE)


def renamed(text: str, name: str) -> str:
    """The text of a pyproject.toml with another name of the distribution. UsageError if it has none.

    PEP 621 allows no dynamic name, so the text has to change.
    """
    start = _PROJECT.search(text)
    head = text[start.end() :] if start else ""
    end = _TABLE.search(head)
    table = head[: end.start()] if end else head
    if canonicalize_name(name) == "" or not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*\w)?", name):
        raise UsageError(f"{name!r} is not the name of a distribution", fix="Use letters and '-'.")
    if start is None or not _NAME.search(table):
        raise UsageError(
            f"the distribution cannot be built as {name}: pyproject.toml has no [project] name",
            fix="Give the project a name there, or remove the variant's name.",
        )
    changed = _NAME.sub(rf'\g<1>"{name}"', table, count=1)
    assert start is not None
    return text[: start.end()] + changed + head[len(table) :]
