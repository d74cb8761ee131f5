"""The scope for Spack 0.2x: compilers in a separate file, repositories in a list.

Since 1.0, compilers are externals in packages.yaml, and languages are virtual packages.
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
    """Convert the `sections` of a scope for 1.x (without repos) to 0.2x, with repos and compilers.

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
    """The entry without the Python of an external, which 0.2x detects itself."""
    if "externals" not in entry:
        return entry
    externals = [
        {k: v for k, v in e.items() if k != "extra_attributes"} for e in entry["externals"]
    ]
    return {**entry, "externals": externals}


def _compiler(external: External, system: str, target: str) -> dict[str, Any]:
    paths, version = external.compilers, external.spec.partition("@")[2].split(" ")[0]
    fortran = paths.get("fortran")
    return {
        "compiler": {
            "spec": f"{_SPECS[external.package]}@={version}",
            "paths": {"cc": paths.get("c"), "cxx": paths.get("cxx"), "f77": fortran, "fc": fortran},
            "flags": {},
            "operating_system": system,
            "target": target,
            "modules": list(external.modules),
            "environment": {},
            "extra_rpaths": [],
        }
    }
