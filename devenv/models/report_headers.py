"""libsonatareport as a model is given it: devenv's header for it, and MPI's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from devenv.core.build_variants import REPORT_VARIABLES
from devenv.core.content import digest
from devenv.core.layout import Layout
from devenv.core.plan import Write
from devenv.core.product import Input, Product
from devenv.models import OptionFacts
from devenv.models.reports import HEADER, private_header
from devenv.system import host, mpi

_LIBRARY = "lib/libsonatareport.so"


def reports_prefix(environ: Mapping[str, str]) -> str:
    """The prefix of the libsonatareport that the variables name, or the system's; empty for none."""
    named = [part for name in REPORT_VARIABLES for part in environ.get(name, "").split(":")]
    needed = (f"include/{HEADER}", _LIBRARY)
    for prefix in (*named, "/usr/local", "/usr"):
        if prefix and all(Path(prefix, file).exists() for file in needed):
            return str(Path(prefix).absolute())
    return ""


def with_reports(
    facts: OptionFacts, prefix: str, layout: Layout, environ: Mapping[str, str]
) -> OptionFacts:
    """`facts` with the library at `prefix`, and devenv's header for it, a product that a build makes."""
    include = mpi.include_folders(environ)
    if not prefix or include is None:
        return replace(facts, reports=(prefix,) if prefix else (), mpi_header=include is not None)
    library = Path(prefix, _LIBRARY)
    text = Path(prefix, "include", HEADER).read_text(encoding="utf-8")
    ours = private_header(prefix, text, host.exported(library))
    header = Product(
        "reports",
        digest(ours)[:16],
        "the header for reports",
        (Input("libsonatareport", (digest(text),), prefix),),
        lambda staging: (Write(f"{staging}/{HEADER}", ours),),
    )
    return replace(
        facts,
        reports=(str(layout.product(header.kind, header.name)), *include),
        reports_mpi=mpi.linked_flavour(library),
        needs=(header,),
    )
