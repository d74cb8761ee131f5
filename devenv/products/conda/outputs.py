"""Converts the section `outputs` of a meta.yaml, which makes several packages."""

from __future__ import annotations

from devenv.products.conda.build_section import build
from devenv.products.conda.document import Path
from devenv.products.conda.mapping import (
    Data,
    Mapper,
    about,
    extra,
    listed,
    requirements,
    sources,
    tests,
)

_OUTPUT = (
    "name", "version", "build", "requirements", "test", "about", "script", "files", "number", "string",
    "noarch", "type", "run_exports", "script_interpreter",
)  # fmt: skip
_IN_BUILD = ("number", "string", "noarch", "run_exports")
STAGING = "build"
"""The name of the staging output of build.sh, from which packages take their files."""


def outputs(mapper: Mapper, data: Data) -> Data:
    """A recipe.yaml with outputs.

    The recipe's build.sh runs once, in a staging output. Outputs without their own script take their
    files from there.
    """
    package = data["package"]
    common = build(mapper, data)
    script = common.pop("script", None)
    needs = requirements(mapper, data)
    staged = script is not None and any("files" in one for one in data["outputs"])
    made = [_output(mapper, one, i, common, staged, data) for i, one in enumerate(data["outputs"])]
    if staged:
        staging_needs = {key: needs[key] for key in ("build", "host") if key in needs}
        staging = {"staging": {"name": STAGING}, "build": {"script": script}}
        made.insert(0, {**staging, **({"requirements": staging_needs} if staging_needs else {})})
    recipe = {
        "recipe": {"name": str(package["name"]).lower(), "version": str(package["version"])},
        "source": sources(mapper, data.get("source")),
        "build": {"number": common["number"]} if "number" in common else {},
        "outputs": made,
        "about": about(mapper, data),
        "extra": extra(mapper, data),
    }
    return {key: one for key, one in recipe.items() if one}


def _output(
    mapper: Mapper, given: Data, index: int, common: Data, staged: bool, data: Data
) -> Data:
    at: Path = ("outputs", index)
    inner = Mapper(
        mapper.lines, mapper.files, mapper.environ, mapper.pins, mapper.secrets, mapper.notes, at
    )
    inner.unknown(given, dict.fromkeys(_OUTPUT))
    moved = {key: given[key] for key in _IN_BUILD if key in given}
    part = {**given, "build": {**(given.get("build") or {}), **moved}}
    made = {**common, **build(inner, part, script=False)}
    if given.get("script"):
        made["script"] = {"file": str(given["script"])}
    package = {
        "name": str(given["name"]).lower(),
        "version": str(given.get("version") or data["package"]["version"]),
    }
    output: Data = {"package": package}
    if staged and "files" in given and "script" not in given:
        output["inherit"] = STAGING
        made["files"] = [_glob(one) for one in listed(given["files"])]
    output |= {
        "build": made,
        "requirements": requirements(inner, part),
        "tests": tests(inner, part, scripts=False),
        "about": about(inner, part),
    }
    return {key: one for key, one in output.items() if one}


def _glob(name: str) -> str:
    """The pattern for a file name; a folder includes everything in it."""
    last = name.rstrip("/").rsplit("/", 1)[-1]
    return name if "*" in name or "." in last else f"{name.rstrip('/')}/**"
