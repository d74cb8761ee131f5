"""spack.yaml, the user's request to Spack. It is the user's file; devenv maintains a few entries."""

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
# The request to Spack. You may edit it as Spack documents it: devenv changes only the specs and the dev
# sources that a command is about. Apply your changes: devenv build
"""

VARIANTS = "{variants}"
"""Placeholder in a template's spec for the requested variants."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_VERSION = re.compile(r"^@(=?[^\s+~%^@]+)")


@dataclass(frozen=True)
class DevelopSpec:
    """A package that Spack builds from a source tree. path: absolute. written: the spec that a user
    wrote for it, or empty.
    """

    package: str
    path: str
    version: str = "develop"
    written: str = ""

    @property
    def spec(self) -> str:
        return self.written or f"{self.package}@={self.version}"


def package_of(spec: Any) -> str:
    """The package that a spec names; empty for an anonymous spec, a matrix, or the name of a list."""
    match = _NAME.match(spec.strip()) if isinstance(spec, str) else None
    return match[0] if match else ""


def built_roots(
    manifest: Mapping[str, Any], externals: Sequence[External]
) -> tuple[str, ...] | None:
    """The roots that Spack builds if others are externals; None if no root is an external.

    manifest: the contents of ``spack:``. Its entry for a package takes precedence over the externals of
    the machine and the site.
    """
    packages = manifest.get("packages")
    entries = packages if isinstance(packages, Mapping) else {}
    own = {name.removesuffix(":"): entry for name, entry in entries.items()}
    external = {one.package for one in externals} - set(own)
    external |= {name for name, entry in own.items() if is_external(entry)}
    roots = [package_of(spec) for spec in manifest.get("specs") or ()]
    return tuple(n for n in roots if n and n not in external) if external & set(roots) else None


def is_external(entry: Any) -> bool:
    """Whether an entry of ``packages:`` makes the package an external that is never built."""
    return (
        isinstance(entry, Mapping)
        and bool(entry.get("externals"))
        and not entry.get("buildable", True)
    )


def spec_of(spec: str, version: str) -> str:
    """`spec` with its version replaced: ``py-x@4.2+a`` and ``develop`` -> ``py-x@develop+a``.

    An empty `version` removes it.
    """
    name = package_of(spec)
    rest = _VERSION.sub("", spec[len(name) :], count=1)
    return f"{name}@{version}{rest}" if version else f"{name}{rest}"


def version_of(spec: str) -> str:
    """The version in a spec, or empty."""
    match = _VERSION.match(spec[len(package_of(spec)) :])
    return match[1] if match else ""


def new_manifest(specs: Sequence[str]) -> str:
    """The text of a new spack.yaml."""
    return HEAD + yaml.safe_dump({"spack": {"specs": list(specs)}}, sort_keys=False)


def read_manifest(data: Any, where: str) -> dict[str, Any]:
    """The contents of ``spack:``. Checks the entries that devenv uses; Spack checks the rest."""
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
    """A template's specs with {variants} filled in. The variants replace those in the spec."""
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
    """The roots after the packages `gone` are no longer developed: as in the template, or removed."""
    versions = {package_of(spec): version_of(spec) for spec in template}
    return tuple(
        spec_of(spec, versions[name]) if name in gone else spec
        for spec in specs
        if (name := package_of(spec)) not in gone or name in versions
    )


def with_developed(specs: Sequence[Any], developed: Sequence[DevelopSpec]) -> tuple[Any, ...]:
    """The roots with these dev sources. Each becomes a root, since otherwise nothing might use it."""
    versions = {one.package: one.version for one in developed}
    roots = [
        spec_of(spec, versions[package_of(spec)]) if package_of(spec) in versions else spec
        for spec in specs
    ]
    names = {package_of(spec) for spec in roots}
    return (*roots, *(f"{n}@{v}" for n, v in versions.items() if n not in names))


DEVELOPMENT = ("develop", "main", "master")
"""Versions that name a branch, as dev sources have them."""


def exact_versions(specs: Sequence[Any]) -> dict[str, str]:
    """Package -> version, for roots that request a single version."""
    versions = {
        package_of(spec): version_of(spec).lstrip("=") for spec in specs if package_of(spec)
    }
    return {name: one for name, one in versions.items() if one and not re.search("[:,]", one)}


def own_roots(
    specs: Sequence[Any], gone: Mapping[str, str], new: Sequence[DevelopSpec]
) -> tuple[Any, ...]:
    """The roots of a manifest that a user wrote. gone: package -> version, of former dev sources; a
    branch version was written for the dev source and is removed. new: dev sources without a version so
    far.
    """
    branches = {n: v.lstrip("=") for n, v in gone.items() if v.lstrip("=") in DEVELOPMENT}

    def released_root(spec: Any) -> Any:
        branch = branches.get(package_of(spec))
        return spec_of(spec, "") if branch and version_of(spec).lstrip("=") == branch else spec

    return with_developed([released_root(spec) for spec in specs], new)


def texts_in(value: Any) -> Iterator[str]:
    """All strings in nested lists and mappings, such as a matrix."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, Mapping) else ():
        yield from texts_in(one)
    for one in value if isinstance(value, list) else ():
        yield from texts_in(one)


def may_repeat(top: Mapping[str, Any]) -> bool:
    """Whether Spack may choose several packages of one name: if `unify` is off, or an included file may
    turn it off."""
    concretizer = top.get("concretizer")
    unify = concretizer.get("unify", True) if isinstance(concretizer, Mapping) else True
    return unify is not True or bool(top.get("include"))


def generation_manifest(
    top: Mapping[str, Any], folder: str, view: str, views: str = "", repeated: Sequence[str] = ()
) -> str:
    """The spack.yaml of one generation: the user's, with a view of its own.

    top: from `with_absolute_paths`. folder: of the user's file; relative paths of views start there.
    views: the folder for the views in the user's file; empty: where that file puts them. repeated: specs
    that the view excludes, since it has another package of that name.
    """
    data: dict[str, Any] = dict(top)
    if not data["develop"]:
        del data["develop"]
    data["view"] = _views(data.get("view"), folder, view, views, repeated)
    return _text({"spack": data})


def own_scope(top: Mapping[str, Any], store: Mapping[str, Any]) -> dict[str, str]:
    """Name -> text of the files of a scope with the settings in the user's spack.yaml.

    In Spack, an environment has lower precedence than a scope on the command line, such as devenv's.
    store: devenv's `config` entries for install locations, which the user's file cannot change.
    """
    sections = {name: top[name] for name in _SETTINGS if top.get(name)}
    cloned = {n: one for n, one in _repositories(top).items() if not isinstance(one, str)}
    if cloned:
        sections["repos"] = cloned
    if "config" in sections or "include" in sections:
        sections["config"] = {**(sections.get("config") or {}), **store}
    return {f"{name}.yaml": _text({name: value}) for name, value in sections.items()}


def repositories_in(top: Mapping[str, Any]) -> dict[str, str]:
    """Name -> folder of the recipe repositories in a manifest, except those that Spack clones."""
    return {n: str(one) for n, one in _repositories(top).items() if isinstance(one, str)}


def _repositories(top: Mapping[str, Any]) -> dict[str, Any]:
    """Name -> folder, or the entry of a git repository. Lists, as in Spack 0.2x, have no names."""
    repos = top.get("repos") or {}
    if isinstance(repos, Mapping):
        return {str(name).rstrip(":"): one for name, one in repos.items()}
    return {posixpath.basename(str(one).rstrip("/")): one for one in repos}


def with_absolute_paths(top: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The contents of ``spack:`` in a file in `folder`, with absolute paths."""
    result = dict(top)
    if isinstance(result.get("include"), list):
        result["include"] = [_absolute(one, folder) for one in result["include"]]
    repos = result.get("repos")
    if isinstance(repos, list):
        result["repos"] = [_absolute(one, folder) for one in repos]
    if isinstance(repos, Mapping):
        result["repos"] = {name: _absolute(one, folder) for name, one in repos.items()}
    return result


def _text(data: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=False)
    # Spack ignores a key such as `neuron::`, which overrides other scopes, if it is quoted.
    return re.sub(r"^( *)'([^'\n]+):':", r"\1\2::", text, flags=re.MULTILINE)


def _views(entry: Any, folder: str, own: str, others: str, repeated: Sequence[str]) -> Any:
    """The default view, which activations use, and the views in the user's file.

    The default view takes only `exclude` from the user's entry: anything else would break activations.
    """
    if isinstance(entry, str):
        entry = {"default": entry}
    named = entry if isinstance(entry, Mapping) else {}
    views = {
        n: dict(one) if isinstance(one, Mapping) else {"root": one} for n, one in named.items()
    }
    for name, one in views.items():
        root = posixpath.join(folder, str(one.get("root") or ".spack-env/view"))
        one["root"] = posixpath.join(others, name) if others else root
    excluded = [*views.get("default", {}).get("exclude", ()), *repeated]
    if "default" in views:
        views["named"] = views["default"]
    if not (views or excluded):
        return own
    exclude = {"exclude": excluded} if excluded else {}
    return {**views, "default": {**exclude, "root": own}}


def _absolute(path: Any, folder: str) -> Any:
    """The path, or entry with a path, in a file in `folder`, made absolute."""
    if isinstance(path, Mapping) and "path" in path:
        return {**path, "path": _absolute(path["path"], folder)}
    if not isinstance(path, str):
        return path
    path = re.sub(r"^\$(env\b|\{env\})", lambda _: folder, path)
    if re.match(r"[~$]|\w+://", path):
        return path
    return posixpath.normpath(posixpath.join(folder, path))


def inputs(manifest: str, view: str, *more: str) -> str:
    """The hash of everything that determines a concretization. The location of the view does not."""
    return hashlib.sha256(json.dumps([manifest.replace(view, ""), *more]).encode()).hexdigest()[:20]
