"""Variant configurations (conda_build_config.yaml), and the resulting variants of recipes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devenv.core.errors import UsageError
from devenv.products.conda.document import load
from devenv.products.conda.recipe import Note
from devenv.products.conda.selectors import namespace, select

_NOT_VARIANTS = (
    "channel_sources", "channel_targets", "docker_image", "extend_keys", "ignore_build_only_deps",
    "ignore_version", "pin_run_as_build", "zip_keys",
)  # fmt: skip
"""Keys of a configuration that are settings of conda-build, not variant values."""

_COMPILER = re.compile(r"\b(compiler|stdlib)\s*\(\s*['\"](\w+)['\"]")


@dataclass(frozen=True)
class VariantConfiguration:
    """A configuration. values: key -> its values. zips: keys whose values go together. pins:
    pin_run_as_build."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zips: tuple[tuple[str, ...], ...] = ()
    pins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    def over(self, weaker: VariantConfiguration) -> VariantConfiguration:
        """This configuration merged over a weaker one. A zip is dropped if one of its keys is
        overridden.
        """
        kept = tuple(z for z in weaker.zips if not set(z) & self.values.keys())
        return VariantConfiguration(
            {**weaker.values, **self.values},
            tuple(dict.fromkeys((*kept, *self.zips))),
            {**weaker.pins, **self.pins},
            (*weaker.notes, *self.notes),
        )


def read_configuration(text: str, path: str, platform: str) -> VariantConfiguration:
    """Read a conda_build_config.yaml. UsageError for zipped keys with different numbers of values."""
    lines = list(enumerate(text.splitlines(), 1))
    kept, notes = select(lines, namespace(platform, {}), path)
    data, where = load(kept, path)
    values = {
        key: _texts(value) for key, value in data.items() if key not in _NOT_VARIANTS and value
    }
    zips = _zips(data.get("zip_keys") or [])
    _check_zips(values, zips, path)
    notes += [
        Note(where[(key,)], "ignored", f"{key}: a setting of conda-build without effect here", path)
        for key in data
        if key in _NOT_VARIANTS and key not in ("zip_keys", "pin_run_as_build")
    ]
    pins = data.get("pin_run_as_build") or {}
    return VariantConfiguration(values, zips, pins if isinstance(pins, dict) else {}, tuple(notes))


def overrides(choices: Iterable[str]) -> VariantConfiguration:
    """Parse ``KEY=V1,V2`` from the command line; ``A:B=1:2,3:4`` for keys that go together.

    UsageError for another form.
    """
    values: dict[str, tuple[str, ...]] = {}
    zips: list[tuple[str, ...]] = []
    for choice in choices:
        keys, equals, rows = choice.partition("=")
        names = tuple(key.strip() for key in keys.split(":"))
        split = [
            row.strip().split(":") if len(names) > 1 else [row.strip()] for row in rows.split(",")
        ]
        bad = not equals or not all(names) or any(len(r) != len(names) or not all(r) for r in split)
        if bad:
            raise UsageError(
                f"invalid variant: {choice!r}",
                fix="Write KEY=VALUE[,VALUE], or KEY:KEY=V:V[,V:V] for keys that go together.",
            )
        values |= {name: tuple(row[i] for row in split) for i, name in enumerate(names)}
        zips += [names] if len(names) > 1 else []
    return VariantConfiguration(values, tuple(zips))


def used_keys(text: str, configuration: VariantConfiguration) -> frozenset[str]:
    """The keys that a recipe depends on: those that it names, and those of compilers that it uses."""
    words = set(re.findall(r"[A-Za-z_][\w\-]*", text))
    words |= {word.replace("-", "_") for word in words}
    for function, language in _COMPILER.findall(text):
        name = f"{language}_{function}"
        words |= {name, f"{name}_version"}
    words |= {"cdt_name"} if re.search(r"\bcdt\s*\(", text) else set()
    words |= {"python"} if words & {"py", "PY_VER", "CONDA_PY", "py3k", "py2k"} else set()
    words |= {"numpy"} if words & {"np", "NPY_VER"} else set()
    return frozenset(key for key in configuration.values if key.replace("-", "_") in words)


def combinations(configuration: VariantConfiguration, keys: frozenset[str]) -> list[dict[str, str]]:
    """Every variant over the keys, each once, in the order of the values."""
    axes: list[Sequence[Mapping[str, str]]] = []
    done: set[str] = set()
    for key in sorted(keys):
        if key in done:
            continue
        group = next((z for z in configuration.zips if key in z), (key,))
        used = [one for one in group if one in keys]
        done |= set(used)
        rows = zip(*(configuration.values[one] for one in used), strict=True)
        axes.append([dict(zip(used, row, strict=True)) for row in dict.fromkeys(rows)])
    return [
        {key: value for part in parts for key, value in part.items()}
        for parts in itertools.product(*axes)
    ]


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple("None" if one is None else str(one) for one in values)


def _zips(value: Any) -> tuple[tuple[str, ...], ...]:
    groups = value if value and isinstance(value[0], list) else [value] if value else []
    return tuple(tuple(map(str, group)) for group in groups)


def _check_zips(
    values: Mapping[str, tuple[str, ...]], zips: Iterable[tuple[str, ...]], path: str
) -> None:
    for group in zips:
        counts = {key: len(values[key]) for key in group if key in values}
        if len(set(counts.values())) > 1:
            lengths = ", ".join(f"{key} has {count}" for key, count in counts.items())
            raise UsageError(
                f"{path}: the zip_keys {', '.join(group)} need as many values each: {lengths}",
                fix="Give each of them one value for each row.",
            )
