"""devenv's configuration scope for Spack: a folder of YAML files, named by the hash of its text."""

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

NAMESPACE = "devenv"
"""Of devenv's own recipes."""

MPI = ("openmpi", "mpich", "hpe-mpi", "cray-mpich", "mvapich", "intel-oneapi-mpi")
_COMPILERS = ("gcc", "llvm", "nvhpc")


@dataclass(frozen=True)
class ScopeConfiguration:
    """The contents of the scope. repositories: namespace -> folder; the first one wins.

    store: the folder of installs, stages and source archives. externals: those of the site and the
    machine. mirrors: of sources, name -> address. buildable: packages that Spack may build even if there
    is an external. release: of Spack. legacy: for Spack 0.2x, its name for the operating system, else
    empty. built_roots: if some roots are externals, the packages of the other roots, else None.
    own_recipes: the folder that the repository of NAMESPACE is a copy of; empty if it is not known.
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
    own_recipes: str = ""

    @property
    def readable(self) -> dict[str, str]:
        """Namespace -> folder to read recipes from: a dry run does not make the copy of our own."""
        own = {NAMESPACE: self.own_recipes} if self.own_recipes else {}
        return {**self.repositories, **own}


def scope_files(configuration: ScopeConfiguration) -> dict[str, str]:
    """Name -> text of each file of the scope."""
    sections: dict[str, Any] = {
        "bootstrap": {"enable": False},
        "config": install_config(configuration.store),
        "concretizer": _concretizer(configuration),
        "packages": _packages(configuration),
        "mirrors": _mirrors(configuration),
        "upstreams": {
            n: {"install_tree": path} for n, path in configuration.site.upstreams.items()
        },
    }
    if configuration.legacy:
        target = configuration.machine
        sections = legacy_sections(
            sections,
            configuration.externals,
            configuration.repositories,
            configuration.legacy,
            target,
        )
        files = {f"{name}.yaml": _text({name: value}) for name, value in sections.items() if value}
        return {**files, "repos.yaml": _HEAD + _overriding("repos", sections["repos"])}
    # Two colons override Spack's default, which would clone Spack's own recipes.
    files = {f"{name}.yaml": _text({name: value}) for name, value in sections.items() if value}
    return {**files, "repos.yaml": _HEAD + _overriding("repos", dict(configuration.repositories))}


CACHE = "devenv-cache"
"""The name of the mirror for a build cache given on the command line."""


def cache_files(address: str, variables: tuple[str, ...], *, legacy: bool) -> dict[str, str]:
    """Name -> text of a scope with one build cache, which is trusted and whose index is not cached.

    variables: the names of the variables with the user and the password, or none. No secret is written.
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


def text_key(files: Mapping[str, str]) -> str:
    """The hash of all the files, name -> text."""
    text = "\0".join(part for name in sorted(files) for part in (name, files[name]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _concretizer(configuration: ScopeConfiguration) -> dict[str, Any]:
    # The concretizer has this setting for its cache of solutions since Spack 1.1.
    cache = {"concretization_cache": {"enable": True}} if configuration.release >= (1, 1) else {}
    return {
        "unify": True,
        "reuse": _reuse(configuration),
        "targets": {"granularity": "generic"},
        **cache,
    }


def _reuse(configuration: ScopeConfiguration) -> Any:
    """Reuse installed dependencies, but not roots, whose variants would then differ from the defaults.

    Since 1.1, "dependencies" also excludes externals that are roots, and with them the only Python. So
    the same is expressed here in a form that does not affect externals.
    """
    if configuration.built_roots is None or configuration.release < (1, 1):
        return "dependencies"
    roots = [spec for name in configuration.built_roots for spec in (name, f"^{name}")]
    kinds = ("local", "buildcache", "environment")
    return {"roots": True, "from": [{"type": kind, "exclude": roots} for kind in kinds]}


_WORDS = {
    "compilers.yaml": "the compilers",
    "mirrors.yaml": "the mirrors",
    "repos.yaml": "the recipes beside Spack's own, or their folders",
    "upstreams.yaml": "the upstreams of the site",
}
"""File of a scope -> words for messages."""


def scope_changes(
    packages: Collection[str], before: Mapping[str, str], now: Mapping[str, str]
) -> tuple[str, ...]:
    """The differences of two scopes (file name -> text) that affect a solution of these packages.

    They are in words; none: the scopes are equivalent. Externals, and providers of virtuals, that are
    not in the solution may differ.
    """
    name = "packages.yaml"
    files = sorted({*before, *now} - {name})
    changed = [_WORDS.get(one, one) for one in files if before.get(one) != now.get(one)]
    old, new = (_relevant(packages, one.get(name, "")) for one in (before, now))
    for package in sorted({*old, *new}):
        if old.get(package) != new.get(package):
            changed.append(_change(package, old.get(package), new.get(package)))
    return tuple(changed)


def _change(package: str, old: Any, new: Any) -> str:
    """In words, the difference of two entries of packages.yaml as `_relevant` returns them."""
    words = tuple(map(_shown, (old, new)))
    if words[0] == words[1]:
        return f"the settings of {package}"
    return f"{package}: {words[0]} -> {words[1]}"


def _shown(entry: Any) -> str:
    """The externals of a package, or the providers of a virtual, in words."""
    if isinstance(entry, Mapping):
        externals = entry.get("externals", ())
        entry = [f"{e['spec'].split()[0]} in {e.get('prefix', 'a module')}" for e in externals]
    return ", ".join(entry or ()) or "none"


def _relevant(packages: Collection[str], text: str) -> dict[str, Any]:
    """The entries of packages.yaml that can affect a solution of these packages."""
    entries: dict[str, Any] = (yaml.safe_load(text) or {}).get("packages", {})
    # Externals of other packages do not matter. The entry of a virtual has no externals.
    kept = {n: e for n, e in entries.items() if n in packages or "externals" not in e}
    return {n: e if n in (*packages, "all") else _providing(e, packages) for n, e in kept.items()}


def _providing(entry: Mapping[str, Any], packages: Collection[str]) -> Any:
    """The providers that the entry of a virtual requires and that are in the solution."""
    required = [one for r in entry.get("require", ()) for one in _alternatives(r)]
    return [one for one in required if re.split(r"[@+~%= ]", one)[0] in packages]


def _alternatives(requirement: Any) -> list[str]:
    return requirement["one_of"] if isinstance(requirement, Mapping) else [requirement]


def install_config(store: str) -> dict[str, Any]:
    """The `config` entries for where Spack installs, builds and keeps archives."""
    return {
        "install_tree": {"root": posixpath.join(store, "opt")},
        "build_stage": posixpath.join(store, "stage"),
        "test_stage": posixpath.join(store, "test"),
        "source_cache": posixpath.join(store, "archives"),
        "license_dir": posixpath.join(store, "licenses"),
        "connect_timeout": 10,
    }


def _packages(configuration: ScopeConfiguration) -> dict[str, Any]:
    site = configuration.site
    packages: dict[str, Any] = {
        "all": {"require": [f"target={site.target or configuration.machine}"]}
    }
    for external in configuration.externals:
        entry = packages.setdefault(external.package, {"externals": [], "buildable": False})
        entry["externals"].append(_entry(external))
    for virtual, providers in fixed_providers(configuration).items():
        packages.setdefault(virtual, {})["require"] = (
            [" ".join(providers)] if len(providers) == 1 else [{"one_of": list(providers)}]
        )
    for name in configuration.buildable:
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


def fixed_providers(configuration: ScopeConfiguration) -> dict[str, tuple[str, ...]]:
    """Virtual -> its only providers, where the machine or the site determines them."""
    compilers = [one for one in configuration.externals if one.package in _COMPILERS]
    languages = {
        language: tuple(one.package for one in compilers if language in one.compilers)
        for language in ("c", "cxx", "fortran")
    }
    mpi = tuple(one.package for one in configuration.externals if one.package in MPI)
    detected = {**languages, "mpi": mpi[:1]}
    return {**{n: p for n, p in detected.items() if p}, **configuration.site.providers}


def _mirrors(configuration: ScopeConfiguration) -> dict[str, Any]:
    sources = {**configuration.site.mirrors, **configuration.mirrors}
    return {
        **{n: {"url": url, "source": True, "binary": False} for n, url in sources.items()},
        **{
            n: {"url": url, "source": False, "binary": True, "signed": False}
            for n, url in configuration.site.caches.items()
        },
    }


def _text(data: Mapping[str, Any]) -> str:
    return _HEAD + yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=False)


def _overriding(name: str, data: Mapping[str, Any] | Sequence[str]) -> str:
    """The YAML text with Spack's ``name::``, which overrides other scopes and which YAML would quote."""
    body = _text({name: data}).removeprefix(_HEAD)
    return body.replace(f"{name}:", f"{name}::", 1)
