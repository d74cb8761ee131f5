"""spack.yaml: what the user asks Spack for. It is the user's file; devenv keeps a few entries of it."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from devenv.core.errors import UsageError
from devenv.core.site import External
from devenv.core.spec import Value, format_variants

_SETTINGS = ("packages", "concretizer", "config", "include")

HEAD = """\
# What Spack is asked for. It is yours to edit, as Spack documents it: devenv changes the specs and the
# dev sources that a command of its own names and nothing else. `devenv build` makes it so.
"""

VARIANTS = "{variants}"
"""In a template's spec: what stands for the variants that are asked for."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_VERSION = re.compile(r"^@(=?[^\s+~%^@]+)")


@dataclass(frozen=True)
class DevelopSpec:
    """A package that Spack builds from a source tree. path: absolute. written: the spec of it that a
    person wrote; empty for none.
    """

    package: str
    path: str
    version: str = "develop"
    written: str = ""

    @property
    def spec(self) -> str:
        return self.written or f"{self.package}@={self.version}"


def package_of(spec: Any) -> str:
    """The package that a spec names; empty for an anonymous one, a matrix, and a list's name."""
    match = _NAME.match(spec.strip()) if isinstance(spec, str) else None
    return match[0] if match else ""


def built_roots(
    manifest: Mapping[str, Any], externals: Sequence[External]
) -> tuple[str, ...] | None:
    """The packages of the roots that Spack builds, where others are externals; None where none is.

    manifest: what stands below ``spack:``. What it says of a package counts before the externals of
    the machine and the site.
    """
    packages = manifest.get("packages")
    said = packages if isinstance(packages, Mapping) else {}
    own = {name.removesuffix(":"): entry for name, entry in said.items()}
    there = {one.package for one in externals} - set(own)
    there |= {name for name, entry in own.items() if is_external(entry)}
    roots = [package_of(spec) for spec in manifest.get("specs") or ()]
    return tuple(n for n in roots if n and n not in there) if there & set(roots) else None


def is_external(entry: Any) -> bool:
    """What the user's file says of a package: that it is there, and is not built."""
    return (
        isinstance(entry, Mapping)
        and bool(entry.get("externals"))
        and not entry.get("buildable", True)
    )


def spec_of(spec: str, version: str) -> str:
    """`spec` with its version replaced: ``py-x@4.2+a`` and ``develop`` -> ``py-x@develop+a``.

    An empty version: without any.
    """
    name = package_of(spec)
    rest = _VERSION.sub("", spec[len(name) :], count=1)
    return f"{name}@{version}{rest}" if version else f"{name}{rest}"


def version_of(spec: str) -> str:
    """The version that a spec names; empty for none."""
    match = _VERSION.match(spec[len(package_of(spec)) :])
    return match[1] if match else ""


def new_manifest(specs: Sequence[str]) -> str:
    """The text of a new spack.yaml."""
    return HEAD + yaml.safe_dump({"spack": {"specs": list(specs)}}, sort_keys=False)


def read_manifest(data: Any, where: str) -> dict[str, Any]:
    """What stands below ``spack:``, checked as far as devenv goes by it; Spack checks the rest."""
    top = data.get("spack") if isinstance(data, dict) else None
    if not isinstance(top, dict):
        raise UsageError(
            f"{where} has no key 'spack'", fix="Begin it with 'spack:', as Spack's own."
        )
    specs, develop = top.get("specs") or [], top.get("develop") or {}
    if not isinstance(specs, list) or not isinstance(develop, dict):
        raise UsageError(f"{where}: 'specs' must be a list, and 'develop' a mapping", fix="Fix it.")
    for spec in specs:
        if not isinstance(spec, (str, Mapping)):
            raise UsageError(
                f"{where}, at specs: {spec!r} is not a spec",
                fix="Write a package, such as zlib@1.3.",
            )
    for name, entry in develop.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("spec"), str):
            raise UsageError(
                f"{where}, at develop.{name}: a dev source has a 'spec' and a 'path'",
                fix="Fix it.",
            )
    return {**top, "specs": specs, "develop": develop}


def roots(specs: Sequence[str], variants: Mapping[str, Value]) -> tuple[str, ...]:
    """A template's specs with its {variants} filled in, in place of what they say of one."""
    return tuple(_filled(spec, variants) for spec in specs)


def _filled(spec: str, variants: Mapping[str, Value]) -> str:
    if VARIANTS in spec:
        for name in variants:
            spec = re.sub(rf"[+~]{name}(?![\w-])", "", spec)
        spec = spec.replace(VARIANTS, format_variants(variants))
    return " ".join(spec.split())


def released(
    specs: Sequence[Any], gone: Collection[str], template: Sequence[str]
) -> tuple[Any, ...]:
    """The roots where these packages are developed no more: as in the template, or not at all."""
    versions = {package_of(spec): version_of(spec) for spec in template}
    return tuple(
        spec_of(spec, versions[name]) if name in gone else spec
        for spec in specs
        if (name := package_of(spec)) not in gone or name in versions
    )


def with_developed(specs: Sequence[Any], developed: Sequence[DevelopSpec]) -> tuple[Any, ...]:
    """The roots for these dev sources: a developed package is a root, or nothing might use it."""
    versions = {one.package: one.version for one in developed}
    found = [
        spec_of(spec, versions[package_of(spec)]) if package_of(spec) in versions else spec
        for spec in specs
    ]
    there = {package_of(spec) for spec in found}
    return (*found, *(f"{n}@{v}" for n, v in versions.items() if n not in there))


DEVELOPMENT = ("develop", "main", "master")
"""Versions that name a branch: those of a source that is developed."""


def exact_versions(specs: Sequence[Any]) -> dict[str, str]:
    """Package -> the one version that a root asks for."""
    said = {package_of(spec): version_of(spec).lstrip("=") for spec in specs if package_of(spec)}
    return {name: one for name, one in said.items() if one and not re.search("[:,]", one)}


def own_roots(
    specs: Sequence[Any], gone: Mapping[str, str], new: Sequence[DevelopSpec]
) -> tuple[Any, ...]:
    """The roots that a person wrote. gone: package -> the version of a dev source that is one no more:
    that of a branch was written for it. new: dev sources whose version nothing says as yet.
    """
    branches = {n: v.lstrip("=") for n, v in gone.items() if v.lstrip("=") in DEVELOPMENT}

    def released_root(spec: Any) -> Any:
        branch = branches.get(package_of(spec))
        return spec_of(spec, "") if branch and version_of(spec).lstrip("=") == branch else spec

    return with_developed([released_root(spec) for spec in specs], new)


def texts_in(value: Any) -> Iterator[str]:
    """The texts in lists and mappings, as those of a matrix."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, Mapping) else ():
        yield from texts_in(one)
    for one in value if isinstance(value, list) else ():
        yield from texts_in(one)


def may_repeat(top: Mapping[str, Any]) -> bool:
    """Whether Spack may choose several packages of one name: as it is told to, or perhaps is."""
    concretizer = top.get("concretizer")
    said = concretizer.get("unify", True) if isinstance(concretizer, Mapping) else True
    return said is not True or bool(top.get("include"))


def generation_manifest(
    top: Mapping[str, Any], folder: str, view: str, views: str = "", repeated: Sequence[str] = ()
) -> str:
    """The spack.yaml of one generation: the user's, with a view of its own.

    top: as `with_absolute_paths` has it. folder: of the user's file, which paths of views start at.
    views: the folder for the views that the user's file names, in place of where it puts them; empty:
    where it puts them. repeated: specs of packages that the view cannot hold beside others.
    """
    data: dict[str, Any] = dict(top)
    if not data["develop"]:
        del data["develop"]
    data["view"] = _views(data.get("view"), folder, view, views, repeated)
    return _text({"spack": data})


def own_scope(top: Mapping[str, Any], store: Mapping[str, Any]) -> dict[str, str]:
    """Name -> text of the files of a scope with what the user's spack.yaml says of packages and so on.

    To Spack an environment is weaker than a scope on its command line, as that of devenv is. store: what
    `config` says of where devenv installs, which no file of the user's changes.
    """
    said = {name: top[name] for name in _SETTINGS if top.get(name)}
    cloned = {n: one for n, one in _repositories(top).items() if not isinstance(one, str)}
    if cloned:
        said["repos"] = cloned
    if "config" in said or "include" in said:
        said["config"] = {**(said.get("config") or {}), **store}
    return {f"{name}.yaml": _text({name: value}) for name, value in said.items()}


def repositories_in(top: Mapping[str, Any]) -> dict[str, str]:
    """Name -> folder of the recipes that a manifest brings; those in git are Spack's to clone."""
    return {n: str(one) for n, one in _repositories(top).items() if isinstance(one, str)}


def _repositories(top: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> folder, or what is said of a clone; a list, as Spack 0.2x has it, has no names."""
    said = top.get("repos") or {}
    if isinstance(said, Mapping):
        return {str(name).rstrip(":"): one for name, one in said.items()}
    return {posixpath.basename(str(one).rstrip("/")): one for one in said}


def with_absolute_paths(top: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """What stands below ``spack:`` in a file in `folder`, so that it means the same elsewhere."""
    found = dict(top)
    if isinstance(found.get("include"), list):
        found["include"] = [_absolute(one, folder) for one in found["include"]]
    repos = found.get("repos")
    if isinstance(repos, list):
        found["repos"] = [_absolute(one, folder) for one in repos]
    if isinstance(repos, Mapping):
        found["repos"] = {name: _absolute(one, folder) for name, one in repos.items()}
    return found


def _text(data: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=False)
    # `neuron::`, in place of what other scopes say of it, means nothing to Spack in quotes.
    return re.sub(r"^( *)'([^'\n]+):':", r"\1\2::", text, flags=re.MULTILINE)


def _views(asked: Any, folder: str, own: str, beside: str, repeated: Sequence[str]) -> Any:
    """The view that activations go by, which is always there; those that a person asks for stand beside
    it. Of what is said of the default one it takes what to leave out: all else would break it.
    """
    if isinstance(asked, str):
        asked = {"default": asked}
    named = asked if isinstance(asked, Mapping) else {}
    views = {
        n: dict(one) if isinstance(one, Mapping) else {"root": one} for n, one in named.items()
    }
    for name, one in views.items():
        root = posixpath.join(folder, str(one.get("root") or ".spack-env/view"))
        one["root"] = posixpath.join(beside, name) if beside else root
    excluded = [*views.get("default", {}).get("exclude", ()), *repeated]
    if "default" in views:
        views["named"] = views["default"]
    if not (views or excluded):
        return own
    exclude = {"exclude": excluded} if excluded else {}
    return {**views, "default": {**exclude, "root": own}}


def _absolute(path: Any, folder: str) -> Any:
    """A path as it is written in a file that stands in `folder`, or what is said of one."""
    if isinstance(path, Mapping) and "path" in path:
        return {**path, "path": _absolute(path["path"], folder)}
    if not isinstance(path, str):
        return path
    path = re.sub(r"^\$(env\b|\{env\})", lambda _: folder, path)
    if re.match(r"[~$]|\w+://", path):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def inputs(manifest: str, view: str, *more: str) -> str:
    """The hash of all that a concretization goes by; where the view stands is no part of it."""
    return hashlib.sha256(json.dumps([manifest.replace(view, ""), *more]).encode()).hexdigest()[:20]
