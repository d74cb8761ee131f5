"""Renders a meta.yaml for every variant as conda-build does, and maps it to recipe.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce
from typing import Any

from devenv.core.errors import UsageError
from devenv.products.conda.build_section import build
from devenv.products.conda.document import Lines, load
from devenv.products.conda.mapping import Data, Mapper, about, extra, requirements, sources, tests
from devenv.products.conda.outputs import outputs
from devenv.products.conda.recipe import Host, Note, RecipeSource, Rendered
from devenv.products.conda.selectors import Line, namespace, select, selector
from devenv.products.conda.template import Expressions, render
from devenv.products.conda.variants import (
    VariantConfiguration,
    combinations,
    read_configuration,
    used_keys,
)

_STDLIBS = {"linux": "sysroot", "osx": "macosx_deployment_target", "win": "vs"}
"""conda-build's default of ``stdlib('c')``."""
_SECTIONS = ("package", "source", "build", "requirements", "test", "about", "extra", "outputs")


def configuration_of(
    source: RecipeSource, host: Host, chosen: VariantConfiguration
) -> VariantConfiguration:
    """The merged configuration for a recipe: the files in increasing precedence, then `chosen`."""
    read = [read_configuration(text, path, host.platform) for path, text in source.configs]
    values = {"python": (host.python,), "c_stdlib": (_STDLIBS[host.platform.split("-")[0]],)}
    default = VariantConfiguration(values)
    return reduce(lambda weaker, stronger: stronger.over(weaker), (default, *read, chosen))


def render_all(source: RecipeSource, host: Host, chosen: VariantConfiguration) -> list[Rendered]:
    """The recipe for each of its variants. UsageError if it cannot be rendered."""
    configuration = configuration_of(source, host, chosen)
    keys = used_keys(source.text, configuration)
    return [
        _pinned(render_one(source, host, configuration, variant))
        for variant in combinations(configuration, keys)
    ]


def render_one(
    source: RecipeSource,
    host: Host,
    configuration: VariantConfiguration,
    variant: Mapping[str, str],
) -> Rendered:
    """The recipe for one variant."""
    environ = {**host.environ, **variant}
    data, lines, notes = _document(source, host, variant, environ)
    mapper = Mapper(lines, source.files, environ, configuration.pins, host.secrets)
    mapper.notes += (*configuration.notes, *notes)
    mapper.unknown(data, dict.fromkeys(_SECTIONS))
    recipe = outputs(mapper, data) if data.get("outputs") else _single(mapper, data)
    skipped = _skip(source, data, lines)
    unique = tuple(sorted(dict.fromkeys(mapper.notes), key=lambda note: note.line))
    return Rendered(variant, recipe, unique, skipped)


def _pinned(rendered: Rendered) -> Rendered:
    for part in rendered.recipe.get("outputs", [rendered.recipe]):
        _pin_to_variant(part, rendered.variant)
    return rendered


def _pin_to_variant(part: Data, variant: Mapping[str, str]) -> None:
    """Add the variant keys that the template uses to the build string, and pin the variant's Python.

    A recipe with a range of Pythons is built with the variant's.
    """
    build = part.setdefault("build", {})
    keys = [k for k in variant if k != "python" or "noarch" not in build]
    if keys and "staging" not in part:
        build.setdefault("variant", {})["use_keys"] = sorted(keys)
    for specs in (part.get("requirements") or {}).values():
        ranged = isinstance(specs, list) and any(re.match(r"python [^=\d]", one) for one in specs)
        if ranged and specs is not part["requirements"].get("run") and "python" in keys:
            specs.append(f"python {variant['python']}.*")


def _single(mapper: Mapper, data: Data) -> Data:
    package = data.get("package") or {}
    mapper.unknown(package, {"name": "", "version": ""}, "package")
    recipe = {
        "package": {"name": str(package["name"]).lower(), "version": str(package["version"])},
        "source": sources(mapper, data.get("source")),
        "build": build(mapper, data),
        "requirements": requirements(mapper, data),
        "tests": tests(mapper, data),
        "about": about(mapper, data),
        "extra": extra(mapper, data),
    }
    return {key: one for key, one in recipe.items() if one}


def _document(
    source: RecipeSource, host: Host, variant: Mapping[str, str], environ: Mapping[str, str]
) -> tuple[Data, Lines, list[Note]]:
    """The document. It is read again if PKG_BUILDNUM was wrong, since the build number is in it."""
    number = "0"
    while True:
        lines, expressions, notes = _lines(source, host, variant, environ, number)
        data, where = load(lines, source.path)
        package = data.get("package") or {}
        for key in ("name", "version"):
            if not package.get(key):
                raise UsageError(
                    f"{source.path}: package/{key} is missing", fix=f"Write package: {key}: …"
                )
        read = _number(source, data, where)
        if read == number:
            return expressions.restore(data), where, notes
        number = read


def _number(source: RecipeSource, data: Data, where: Lines) -> str:
    value = (data.get("build") or {}).get("number")
    if value in (None, ""):
        return "0"
    if not str(value).isdigit():
        line = where[("build", "number")]
        raise UsageError(
            f"{source.path}, line {line}: invalid build number: {value!r}",
            fix="Write a number from 0 up.",
        )
    return str(int(value))


def _lines(
    source: RecipeSource,
    host: Host,
    variant: Mapping[str, str],
    environ: Mapping[str, str],
    number: str,
) -> tuple[list[Line], Expressions, list[Note]]:
    names = {key.replace("-", "_"): value for key, value in variant.items()}
    names |= _versions(variant)
    names |= {
        "PKG_BUILDNUM": number,
        "target_platform": host.platform,
        "build_platform": host.platform,
    }
    rendered, expressions = render(source.text, names, environ, source.path)
    kept, notes = select(rendered, namespace(host.platform, variant), source.path)
    return kept, expressions, notes


def _versions(variant: Mapping[str, str]) -> dict[str, str]:
    result = {}
    for key, name in (
        ("python", "PY_VER"),
        ("numpy", "NPY_VER"),
        ("perl", "PERL_VER"),
        ("r_base", "R_VER"),
    ):
        if key in variant:
            result[name] = ".".join(variant[key].split(" ")[0].split(".")[:2])
    if "PY_VER" in result:
        result["CONDA_PY"] = result["PY_VER"].replace(".", "")
    return result


def _skip(source: RecipeSource, data: Data, lines: Lines) -> str:
    """The selector that skips the recipe, with its line; empty if it is not skipped."""
    value: Any = (data.get("build") or {}).get("skip")
    if str(value).lower() not in ("true", "1"):
        return ""
    number = lines[("build", "skip")]
    result = selector(source.text.splitlines()[number - 1])
    return f"build/skip [{result[1]}], line {number}" if result else f"build/skip, line {number}"
