"""The scope as Spack 0.2x wants it: compilers in a file of their own, repositories in a list.

From 1.0 on compilers are externals of packages.yaml, and languages virtual packages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devenv.core.site import External

_LANGUAGES = ("c", "cxx", "fortran")
_SPECS = {"gcc": "gcc", "llvm": "clang", "nvhpc": "nvhpc"}


def legacy_sections(
    sections: Mapping[str, Any],
    externals: Sequence[External],
    repositories: Mapping[str, str],
    system: str,
    target: str,
) -> dict[str, Any]:
    """`sections` of a scope for 1.x (without repos) as they were before, with repos and compilers.

    system: the operating system as Spack calls it (``debian12``).
    """
    packages = {
        name: _plain(entry)
        for name, entry in sections["packages"].items()
        if name not in (*_LANGUAGES, *_SPECS)
    }
    mirrors = {
        name: {key: value for key, value in mirror.items() if key != "signed"}
        for name, mirror in sections["mirrors"].items()
    }
    return {
        **sections,
        "packages": packages,
        "mirrors": mirrors,
        "repos": list(repositories.values()),
        "compilers": [_compiler(e, system, target) for e in externals if e.compilers],
    }


def _plain(entry: Any) -> Any:
    """Without what is said of the Python of an external, which 0.2x finds out by itself."""
    if "externals" not in entry:
        return entry
    externals = [
        {k: v for k, v in e.items() if k != "extra_attributes"} for e in entry["externals"]
    ]
    return {**entry, "externals": externals}


def _compiler(external: External, system: str, target: str) -> dict[str, Any]:
    found, version = external.compilers, external.spec.partition("@")[2].split(" ")[0]
    fortran = found.get("fortran")
    return {
        "compiler": {
            "spec": f"{_SPECS[external.package]}@={version}",
            "paths": {"cc": found.get("c"), "cxx": found.get("cxx"), "f77": fortran, "fc": fortran},
            "flags": {},
            "operating_system": system,
            "target": target,
            "modules": list(external.modules),
            "environment": {},
            "extra_rpaths": [],
        }
    }
