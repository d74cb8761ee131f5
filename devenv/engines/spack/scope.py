"""Spack's configuration as devenv writes it: a folder of YAML files, known by the hash of its text."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from devenv.core.site import External, Site
from devenv.engines.spack.legacy import legacy_sections

_HEAD = (
    "# Written by devenv from what this machine has; changes are lost. Spack's own: spack.yaml.\n"
)

MPI = ("openmpi", "mpich", "hpe-mpi", "cray-mpich", "mvapich", "intel-oneapi-mpi")
_COMPILERS = ("gcc", "llvm", "nvhpc")


@dataclass(frozen=True)
class ScopeConfiguration:
    """What goes into the files. repositories: namespace -> folder, the first one wins.

    store: where installs, stages and archives of sources stand. externals: those of the site and the
    machine. mirrors: of sources, name -> address. buildable: packages that Spack may build all the same.
    release: of the Spack that reads them. legacy: for Spack 0.2x the operating system as it calls it,
    else empty. built_roots: None, or, where others of the specs that are asked for are externals, the
    packages of those that are not.
    """

    repositories: Mapping[str, str]
    store: str
    machine: str
    externals: tuple[External, ...] = ()
    site: Site = field(default_factory=Site)
    mirrors: Mapping[str, str] = field(default_factory=dict)
    buildable: tuple[str, ...] = ()
    legacy: str = ""
    release: tuple[int, int] = (1, 1)
    built_roots: tuple[str, ...] | None = None


def scope_files(wanted: ScopeConfiguration) -> dict[str, str]:
    """Name -> text of each file of the scope."""
    sections: dict[str, Any] = {
        "bootstrap": {"enable": False},
        "config": install_config(wanted.store),
        "concretizer": _concretizer(wanted),
        "packages": _packages(wanted),
        "mirrors": _mirrors(wanted),
        "upstreams": {n: {"install_tree": path} for n, path in wanted.site.upstreams.items()},
    }
    if wanted.legacy:
        target = wanted.machine
        sections = legacy_sections(
            sections, wanted.externals, wanted.repositories, wanted.legacy, target
        )
        files = {f"{name}.yaml": _text({name: value}) for name, value in sections.items() if value}
        return {**files, "repos.yaml": _HEAD + _overriding("repos", sections["repos"])}
    # Two colons: in place of what Spack brings, whose own recipes would have to be cloned.
    files = {f"{name}.yaml": _text({name: value}) for name, value in sections.items() if value}
    return {**files, "repos.yaml": _HEAD + _overriding("repos", dict(wanted.repositories))}


CACHE = "devenv-cache"
"""The name of the mirror that a person typed the address of."""


def cache_files(address: str, variables: tuple[str, ...], *, legacy: bool) -> dict[str, str]:
    """Name -> text of a scope with one build cache, which is trusted and looked at anew.

    variables: the names of those with the user and the password, or none: no secret is written.
    """
    entry: dict[str, Any] = {"url": address, "source": False, "binary": True}
    if not legacy:
        entry["signed"] = False
    if variables and not legacy:
        user, password = variables
        entry["access_pair"] = {"id_variable": user, "secret_variable": password}
    return {
        "mirrors.yaml": _text({"mirrors": {CACHE: entry}}),
        "config.yaml": _text({"config": {"binary_index_ttl": 0}}),
    }


def scope_key(files: Mapping[str, str]) -> str:
    """The hash of all the files."""
    text = "\0".join(part for name in sorted(files) for part in (name, files[name]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _concretizer(wanted: ScopeConfiguration) -> dict[str, Any]:
    # Since 1.1 the cache of solutions is a setting of the concretizer, before it was none, or another.
    cache = {"concretization_cache": {"enable": True}} if wanted.release >= (1, 1) else {}
    return {
        "unify": True,
        "reuse": _reuse(wanted),
        "targets": {"granularity": "generic"},
        **cache,
    }


def _reuse(wanted: ScopeConfiguration) -> Any:
    """Of what is asked for: its variants at their defaults, whatever was built for others.

    Since 1.1 "dependencies" takes from Spack all that has a root in it, the externals too: where one of
    them is a root, there is no Python any more. So the same is said without externals.
    """
    if wanted.built_roots is None or wanted.release < (1, 1):
        return "dependencies"
    roots = [spec for name in wanted.built_roots for spec in (name, f"^{name}")]
    kinds = ("local", "buildcache", "environment")
    return {"roots": True, "from": [{"type": kind, "exclude": roots} for kind in kinds]}


def same_for(packages: Collection[str], before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether two scopes (name -> text of a file) say the same of a solution of these packages.

    An external, or the provider of a virtual, that takes no part in the solution may come and go.
    """
    name = "packages.yaml"
    others = [{n: text for n, text in one.items() if n != name} for one in (before, now)]
    said = [_said_of(packages, one.get(name, "")) for one in (before, now)]
    return others[0] == others[1] and said[0] == said[1]


def _said_of(packages: Collection[str], text: str) -> dict[str, Any]:
    """What packages.yaml says that can matter to a solution of these packages."""
    entries: dict[str, Any] = (yaml.safe_load(text) or {}).get("packages", {})
    # Of a package that takes no part what is there does not matter; the entry of a virtual has none.
    kept = {n: e for n, e in entries.items() if n in packages or "externals" not in e}
    return {n: e if n in (*packages, "all") else _providing(e, packages) for n, e in kept.items()}


def _providing(entry: Mapping[str, Any], packages: Collection[str]) -> Any:
    """Of the providers that the entry of a virtual requires those that take part."""
    required = [one for r in entry.get("require", ()) for one in _alternatives(r)]
    return [one for one in required if re.split(r"[@+~%= ]", one)[0] in packages]


def _alternatives(requirement: Any) -> list[str]:
    return requirement["one_of"] if isinstance(requirement, Mapping) else [requirement]


def install_config(store: str) -> dict[str, Any]:
    """What `config` says of where Spack installs, builds and keeps archives."""
    return {
        "install_tree": {"root": posixpath.join(store, "opt")},
        "build_stage": posixpath.join(store, "stage"),
        "test_stage": posixpath.join(store, "test"),
        "source_cache": posixpath.join(store, "archives"),
        "license_dir": posixpath.join(store, "licenses"),
        "connect_timeout": 10,
    }


def _packages(wanted: ScopeConfiguration) -> dict[str, Any]:
    site = wanted.site
    packages: dict[str, Any] = {"all": {"require": [f"target={site.target or wanted.machine}"]}}
    for external in wanted.externals:
        entry = packages.setdefault(external.package, {"externals": [], "buildable": False})
        entry["externals"].append(_entry(external))
    for virtual, providers in fixed_providers(wanted).items():
        packages.setdefault(virtual, {})["require"] = (
            [" ".join(providers)] if len(providers) == 1 else [{"one_of": list(providers)}]
        )
    for name in wanted.buildable:
        packages.setdefault(name, {})["buildable"] = True
    return packages


def _entry(external: External) -> dict[str, Any]:
    entry: dict[str, Any] = {"spec": external.spec}
    if external.prefix:
        entry["prefix"] = external.prefix
    if external.modules:
        entry["modules"] = list(external.modules)
    if external.compilers:
        entry["extra_attributes"] = {"compilers": dict(external.compilers)}
    return entry


def fixed_providers(wanted: ScopeConfiguration) -> dict[str, tuple[str, ...]]:
    """Virtuals whose providers the machine settles: what is not there is not weighed up either."""
    compilers = [one for one in wanted.externals if one.package in _COMPILERS]
    languages = {
        language: tuple(one.package for one in compilers if language in one.compilers)
        for language in ("c", "cxx", "fortran")
    }
    mpi = tuple(one.package for one in wanted.externals if one.package in MPI)
    found = {**languages, "mpi": mpi[:1]}
    return {**{n: p for n, p in found.items() if p}, **wanted.site.providers}


def _mirrors(wanted: ScopeConfiguration) -> dict[str, Any]:
    sources = {**wanted.site.mirrors, **wanted.mirrors}
    return {
        **{n: {"url": url, "source": True, "binary": False} for n, url in sources.items()},
        **{
            n: {"url": url, "source": False, "binary": True, "signed": False}
            for n, url in wanted.site.caches.items()
        },
    }


def _text(data: Mapping[str, Any]) -> str:
    return _HEAD + yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=False)


def _overriding(name: str, data: Mapping[str, Any] | Sequence[str]) -> str:
    """With Spack's own ``name::``, which YAML would put in quotes."""
    body = _text({name: data}).removeprefix(_HEAD)
    return body.replace(f"{name}:", f"{name}::", 1)
