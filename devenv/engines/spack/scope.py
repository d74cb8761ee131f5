"""Spack's configuration as devenv writes it: a folder of YAML files, known by the hash of its text."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from devenv.core.site import External, Site
from devenv.engines.spack.legacy import legacy_sections

_HEAD = (
    "# Written by devenv from what this machine has; changes are lost. Spack's own: spack.yaml.\n"
)

_MPI = ("openmpi", "mpich", "hpe-mpi", "cray-mpich", "mvapich", "intel-oneapi-mpi")
_COMPILERS = ("gcc", "llvm", "nvhpc")


@dataclass(frozen=True)
class Configuration:
    """What goes into the files. repositories: namespace -> folder, the first one wins.

    store: where installs, stages and archives of sources stand. externals: those of the site and the
    machine. mirrors: of sources, name -> address. buildable: packages that Spack may build all the same.
    legacy: for Spack 0.2x the operating system as it calls it, else empty.
    """

    repositories: Mapping[str, str]
    store: str
    machine: str
    externals: tuple[External, ...] = ()
    site: Site = field(default_factory=Site)
    mirrors: Mapping[str, str] = field(default_factory=dict)
    buildable: tuple[str, ...] = ()
    legacy: str = ""


def scope_files(wanted: Configuration) -> dict[str, str]:
    """Name -> text of each file of the scope."""
    sections: dict[str, Any] = {
        "bootstrap": {"enable": False},
        "config": _config(wanted.store),
        "concretizer": {
            "unify": True,
            # Of what is asked for: its variants at their defaults, whatever was built for others.
            "reuse": "dependencies",
            "targets": {"granularity": "generic"},
            "concretization_cache": {"enable": True},
        },
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


def _config(store: str) -> dict[str, Any]:
    return {
        "install_tree": {"root": posixpath.join(store, "opt")},
        "build_stage": posixpath.join(store, "stage"),
        "test_stage": posixpath.join(store, "test"),
        "source_cache": posixpath.join(store, "archives"),
        "license_dir": posixpath.join(store, "licenses"),
        "connect_timeout": 10,
    }


def _packages(wanted: Configuration) -> dict[str, Any]:
    site = wanted.site
    packages: dict[str, Any] = {"all": {"require": [f"target={site.target or wanted.machine}"]}}
    for external in wanted.externals:
        entry = packages.setdefault(external.package, {"externals": [], "buildable": False})
        entry["externals"].append(_entry(external))
    for virtual, providers in settled_providers(wanted).items():
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


def settled_providers(wanted: Configuration) -> dict[str, tuple[str, ...]]:
    """Virtuals whose providers the machine settles: what is not there is not weighed up either."""
    there = [one for one in wanted.externals if one.package in _COMPILERS]
    languages = {
        language: tuple(one.package for one in there if language in one.compilers)
        for language in ("c", "cxx", "fortran")
    }
    mpi = tuple(one.package for one in wanted.externals if one.package in _MPI)
    found = {**languages, "mpi": mpi[:1]}
    return {**{n: p for n, p in found.items() if p}, **wanted.site.providers}


def _mirrors(wanted: Configuration) -> dict[str, Any]:
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
