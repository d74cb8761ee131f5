"""What the variants of a model need, and whether it is here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from devenv.core.build_variants import REPORT_VARIABLES
from devenv.core.errors import PreconditionError
from devenv.models import OptionFacts, Options, Toolchain, options_unmet
from devenv.models.options import MPI_LIBRARIES
from devenv.system import host
from devenv.workflows.context import Context

_REPORTS = ("include/bbp/sonata/reports.h", "lib/libsonatareport.so")


def option_facts(context: Context, options: Options, tools: Toolchain) -> OptionFacts:
    """What is here of all that the options ask for. PreconditionError that names all that is not."""
    home = Path(tools.home)
    there = tuple(name for name, path in MPI_LIBRARIES.items() if (home / path).exists())
    facts = OptionFacts(
        reports=_reports(context.environ) if options.reportinglib else "",
        caliper=options.caliper and host.needs_library(home / "lib" / "libnrniv.so", "libcaliper"),
        asan=_asan(context, tools) if "address" in options.sanitizers else "",
        mpi=there or None,
    )
    unmet = tuple(options_unmet(options, facts))
    if unmet:
        raise PreconditionError.of(unmet)
    return facts


def _reports(environ: Mapping[str, str]) -> str:
    named = [part for name in REPORT_VARIABLES for part in environ.get(name, "").split(":")]
    prefixes = [*named, "/usr/local", "/usr"]
    return next((p for p in prefixes if p and all(Path(p, f).exists() for f in _REPORTS)), "")


def _asan(context: Context, tools: Toolchain) -> str:
    """Of gcc: it is a library of its own, which a Python that loads such a model loads first."""
    return host.compilers_library(tools.cxx, "libasan.so", context.environ)
