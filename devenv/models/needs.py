"""Checks that this machine has what the variants of a model need."""

from __future__ import annotations

from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import PreconditionError
from devenv.models import OptionFacts, Options, Toolchain, options_unmet
from devenv.models.options import MPI_LIBRARIES
from devenv.models.report_headers import reports_prefix, with_reports
from devenv.system import host


def option_facts(context: Context, options: Options, tools: Toolchain) -> OptionFacts:
    """What this machine has of everything that the options need.

    PreconditionError that names all that is missing.
    """
    home = Path(tools.home)
    flavours = tuple(name for name, path in MPI_LIBRARIES.items() if (home / path).exists())
    facts = OptionFacts(
        caliper=options.caliper and host.needs_library(home / "lib" / "libnrniv.so", "libcaliper"),
        asan=_asan(context, tools) if "address" in options.sanitizers else "",
        mpi=flavours or None,
    )
    if options.reportinglib:
        prefix = reports_prefix(context.environ)
        facts = with_reports(facts, prefix, context.layout, context.environ)
    unmet = tuple(options_unmet(options, facts))
    if unmet:
        raise PreconditionError.of(unmet)
    return facts


def _asan(context: Context, tools: Toolchain) -> str:
    """Of gcc: it is a library of its own, which a Python that loads such a model loads first."""
    return host.compilers_library(tools.cxx, "libasan.so", context.environ)
