"""Converts a meta.yaml to a readable recipe.yaml: one text for all variants, with its variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from devenv.core.errors import UsageError
from devenv.products.conda.meta import configuration_of, render_one
from devenv.products.conda.recipe import Host, Note, RecipeSource, Rendered
from devenv.products.conda.template import set_literals, with_literal
from devenv.products.conda.variants import VariantConfiguration, combinations, used_keys

_START, _END = "\ue002", "\ue003"
_ABSENT = object()

Case = tuple[Mapping[str, str], Any]
"""A variant, with its platform, and the value of a part of the recipe in it."""


@dataclass(frozen=True)
class Converted:
    """A converted recipe. notes: on entries that were changed, or not understood."""

    text: str
    notes: tuple[Note, ...]


def convert(
    source: RecipeSource, host: Host, chosen: VariantConfiguration, platforms: Sequence[str]
) -> Converted:
    """Convert a recipe for all variants on all platforms. Skipped variants become `skip` conditions."""
    rendered = _rendered(source, host, chosen, platforms)
    built = [(key, one) for key, one in rendered if not one.skipped]
    if not built:
        reasons = "; ".join(dict.fromkeys(one.skipped for _, one in rendered))
        raise UsageError(
            f"{source.path}: every variant is skipped: {reasons}", fix="Name others: --python 3.12"
        )
    context, cases = _with_context(source, host, chosen, platforms, built)
    recipe = {"schema_version": 1, **({"context": context} if context else {}), **merge(cases)}
    skips = [_condition(key) for key, one in rendered if one.skipped]
    if skips:
        recipe.setdefault("build", {})["skip"] = skips
    notes = tuple(dict.fromkeys(note for _, one in rendered for note in one.notes))
    return Converted(_text(recipe, source, notes), notes)


def _rendered(
    source: RecipeSource, host: Host, chosen: VariantConfiguration, platforms: Sequence[str]
) -> list[tuple[Mapping[str, str], Rendered]]:
    rendered: list[tuple[Mapping[str, str], Rendered]] = []
    for platform in platforms:
        target = replace(host, platform=platform)
        configuration = configuration_of(source, target, chosen)
        for variant in combinations(configuration, used_keys(source.text, configuration)):
            one = render_one(source, target, configuration, variant)
            rendered.append(({**variant, "target_platform": platform}, one))
    return rendered


def _with_context(
    source: RecipeSource,
    host: Host,
    chosen: VariantConfiguration,
    platforms: Sequence[str],
    built: Sequence[tuple[Mapping[str, str], Rendered]],
) -> tuple[dict[str, str], list[Case]]:
    """The variables that are kept, and the recipes that refer to them.

    A variable is kept if the recipe is the same when its value is inserted after rendering, which is not
    so for ``name[0]``.
    """
    text = source.text
    context: dict[str, str] = {}
    cases: list[Case] = [(key, one.recipe) for key, one in built]
    for name, value in set_literals(source.text).items():
        trial = with_literal(text, name, f"{_START}{name}{_END}")
        try:
            rendered = _rendered(replace(source, text=trial), host, chosen, platforms)
        except UsageError:
            continue
        marked: list[Case] = [(k, one.recipe) for k, one in rendered if not one.skipped]
        values = {**context, name: value}
        plain = [(k, _put_in(data, values)) for k, data in marked]
        if plain == [(k, _put_in(data, context)) for k, data in cases] and marked != cases:
            text, context, cases = trial, values, marked
    return context, [(key, _expressions(data, context)) for key, data in cases]


def _put_in(data: Any, values: Mapping[str, str]) -> Any:
    return _replaced(data, {f"{_START}{k}{_END}": v for k, v in values.items()})


def _expressions(data: Any, context: Mapping[str, str]) -> Any:
    return _replaced(data, {f"{_START}{k}{_END}": "${{ " + k + " }}" for k in context})


def _replaced(data: Any, words: Mapping[str, str]) -> Any:
    if isinstance(data, str):
        for old, new in words.items():
            data = data.replace(old, new)
        return data
    if isinstance(data, list):
        return [_replaced(one, words) for one in data]
    if isinstance(data, dict):
        return {key: _replaced(one, words) for key, one in data.items()}
    return data


def merge(cases: Sequence[Case]) -> Any:
    """One value, with conditions, that equals the value of each variant."""
    values = [value for _, value in cases if value is not _ABSENT]
    if all(one == values[0] for one in values) and len(values) == len(cases):
        return values[0]
    if all(isinstance(one, dict) for one in values):
        keys = dict.fromkeys(key for one in values for key in one)
        return {
            key: merge(
                [(v, _ABSENT if one is _ABSENT else one.get(key, _ABSENT)) for v, one in cases]
            )
            for key in keys
        }
    if all(isinstance(one, list) for one in values):
        return _merged_lists(cases)
    return _merged_scalars(cases)


def _merged_lists(cases: Sequence[Case]) -> list[Any]:
    """A list with conditions for the entries that some variants lack."""
    entries: list[Any] = []
    for _, value in cases:
        entries += [one for one in (value if value is not _ABSENT else []) if one not in entries]
    merged = []
    for entry in entries:
        with_it = [v for v, value in cases if value is not _ABSENT and entry in value]
        everywhere = len(with_it) == len(cases)
        merged.append(entry if everywhere else {"if": _any(with_it, cases), "then": entry})
    return merged


def _merged_scalars(cases: Sequence[Case]) -> str:
    """An expression that chooses by variant. A number that some variants lack is 0 for them."""
    values = [value for _, value in cases]
    if all(isinstance(one, int) or one is _ABSENT for one in values):
        values = [0 if one is _ABSENT else one for one in values]
    if _ABSENT in values:
        lost = next(str(one) for one in values if one is not _ABSENT)
        raise UsageError(
            f"only some variants have {lost!r}, which one recipe.yaml cannot express",
            fix="Convert fewer variants at once: --variant KEY=VALUE, or one --platform.",
        )
    words = ""
    distinct = list(dict.fromkeys(map(_literal, values)))
    for one in distinct[:-1]:
        chosen = [v for (v, _), value in zip(cases, values, strict=True) if _literal(value) == one]
        words += f"{one} if {_any(chosen, cases)} else "
    return "${{ " + words + distinct[-1] + " }}"


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else f'"{value}"'


def _any(chosen: Sequence[Mapping[str, str]], cases: Sequence[Case]) -> str:
    """A condition that holds only in the chosen variants. It uses one key if that is enough."""
    for key in chosen[0]:
        values = dict.fromkeys(one[key] for one in chosen if key in one)
        if [v for v, _ in cases if v.get(key) in values] == list(chosen):
            return " or ".join(_condition({key: one}) for one in values)
    return " or ".join(f"({_condition(one)})" for one in chosen)


def _condition(variant: Mapping[str, str]) -> str:
    words = []
    for key, value in variant.items():
        name = key.replace("-", "_")
        words.append(f'match({name}, "{value}.*")' if key == "python" else f'{name} == "{value}"')
    return " and ".join(words)


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and writes multi-line strings as blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", value, style="|" if "\n" in value else None
    )


_Dumper.add_representer(str, _string)


def _text(recipe: Mapping[str, Any], source: RecipeSource, notes: Sequence[Note]) -> str:
    """The text of the recipe. A comment at its top lists entries that were not understood."""
    head = [f"# Converted from {source.path.rsplit('/', 1)[-1]}."]
    head += [f"# TODO, line {n.line}: {n.text}" for n in notes if n.kind == "unknown"]
    body = yaml.dump(dict(recipe), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return "\n".join(head) + "\n\n" + body
