"""The variants that every compiled model takes, whatever its template: how it is built.

Named as Spack's CMake packages and the recipes neuron and neurodamus-models name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devenv.core.errors import UsageError
from devenv.core.mpi import FLAVOURS
from devenv.core.spec import Variant

BUILD_VARIANTS: Mapping[str, Variant] = {
    "build_type": Variant(
        "Release",
        "Release: as NEURON itself is compiled; RelWithDebInfo: and -g; Debug: -O0 -g",
        ("Release", "RelWithDebInfo", "Debug"),
    ),
    "sanitizers": Variant(
        "none",
        "the compiler's checks at run time, in the mechanisms and in special",
        ("none", "address", "undefined", "address,undefined"),
    ),
    "sympy": Variant(help="CoreNEURON's equations solved and optimised by sympy"),
    "caliper": Variant(help="with a NEURON that measures itself by Caliper"),
    "reportinglib": Variant(help="reports written in parallel, by libsonatareport"),
    "mpi": Variant(
        "any",
        "the MPI that the model is for; any: what NEURON finds when it runs",
        ("any", *FLAVOURS),
    ),
}


REPORT_VARIABLES = ("LIBSONATA_REPORT_ROOT", "sonata_ROOT", "CMAKE_PREFIX_PATH")
"""What names the prefix of libsonatareport, for +reportinglib: of Spack's modules, of CMake."""


def with_build_variants(declared: Mapping[str, Variant], where: str) -> dict[str, Variant]:
    """A template's own variants and these; where it declares one of these, its default counts.

    UsageError for a default that is none of the values.
    """
    found = {**BUILD_VARIANTS, **declared}
    for name in BUILD_VARIANTS.keys() & declared.keys():
        ours, default = BUILD_VARIANTS[name], declared[name].default
        if default not in (ours.values or (True, False)):
            allowed = ", ".join(ours.values) or "true, false"
            raise UsageError(
                f"{where}, at variants.{name}.default: {default!r} is not one of its values",
                fix=f"Write one of: {allowed}.",
            )
        found[name] = replace(ours, default=default)
    return found
