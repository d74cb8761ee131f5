"""A model built into a folder by devenv's own steps: what a recipe calls, as a module.

What is in the store of objects is not compiled again: an edit of one MOD file costs one compilation,
with Spack as without it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import make_context
from devenv.core.errors import DevenvError, PreconditionError
from devenv.core.layout import Layout
from devenv.core.plan import Copy, Plan, Step
from devenv.core.quantity import quantity
from devenv.models import (
    MAKEFILE,
    Build,
    CoreNeuron,
    OptionFacts,
    Options,
    check_clashes,
    core_with,
    describe_build,
    flags_with,
    options_unmet,
    parse_core_makefile,
    select,
    tools_with,
)
from devenv.models.make import build_model, read_mods, toolchain_at
from devenv.models.report_headers import with_reports
from devenv.store.carry import carry_out
from devenv.system import host


@dataclass(frozen=True)
class PrefixRequest:
    """What the recipe says. home: $DEVENV_HOME. neuron: the folder with NEURON's bin, lib and share.

    version: NEURON's. python: that it runs with, of python_version ("3.11"); packages: the folder in
    which that finds sympy. mods: a folder with them, or with links to them. into: the prefix. flags:
    of the compiler, for all mods. reports: the prefix of libsonatareport, empty for a model without it.
    """

    home: Path
    neuron: str
    version: str
    python: str
    python_version: str
    packages: str
    mods: Path
    into: Path
    flags: tuple[str, ...]
    coreneuron: bool
    reports: str = ""


def build_prefix(request: PrefixRequest, environ: Mapping[str, str], jobs: int) -> Build:
    """Build what the store lacks, and copy the model's bin, lib and stamp into the prefix.

    UsageError for clashing mechanisms, StepError with the MOD file and the line for one that does not
    compile, PreconditionError without a compiler.
    """
    layout = Layout(request.home)
    found = select([read_mods(path, "the recipe") for path in _targets(request.mods)])
    # These may be links as well: messages name the file that a person edits.
    mods = tuple(replace(mod, path=str(Path(mod.path).resolve())) for mod in found)
    check_clashes(mods)
    options, facts = _options(request, layout, environ)
    tools = toolchain_at(
        request.neuron,
        environ,
        neuron=request.version,
        identity=request.neuron,
        python=request.python_version,
    )
    tools = tools_with(options, tools)
    core = core_with(options, _core(request, environ)) if request.coreneuron else None
    flags = flags_with(options, request.flags, facts)
    build = describe_build(
        mods, tools, layout, flags, core, mpi=facts.reports_mpi, needs=facts.needs
    )
    home = {**environ, "DEVENV_HOME": str(request.home)}
    context = make_context(home, request.mods.parent)
    build_model(context, build, mods, request.mods.parent / "log", jobs)
    carry_out(context, Plan("install", _copies(build, request.into)))
    return build


def _targets(folder: Path) -> tuple[str, ...]:
    """The MOD files that the recipe put into a folder, by links: beside them is what they include."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".mod")
    return tuple(str(path.readlink() if path.is_symlink() else path) for path in paths)


def _options(
    request: PrefixRequest, layout: Layout, environ: Mapping[str, str]
) -> tuple[Options, OptionFacts]:
    options = Options(coreneuron=request.coreneuron, reportinglib=bool(request.reports))
    if not request.reports:
        return options, OptionFacts()
    facts = with_reports(OptionFacts(), request.reports, layout, environ)
    unmet = tuple(options_unmet(options, facts))
    if unmet:
        raise PreconditionError.of(unmet)
    return options, facts


def _copies(build: Build, into: Path) -> tuple[Step, ...]:
    made = (build.library, build.special, build.core_library, build.special_core)
    stamp = Copy(f"{build.path}/model.json", str(into / "share" / "devenv" / "model.json"))
    copies = (Copy(path, str(into / Path(path).relative_to(build.path))) for path in made if path)
    return (*copies, stamp)


def _core(request: PrefixRequest, environ: Mapping[str, str]) -> CoreNeuron:
    text = Path(request.neuron, MAKEFILE).read_text(encoding="utf-8")
    own = read_mods(str(Path(request.neuron, "share", "modfile")), "CoreNEURON")
    return CoreNeuron(
        flags=parse_core_makefile(text, request.neuron),
        mods=select([own]),
        libpython=host.libpython(request.python, environ),
        packages=request.packages,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the error, with its text, as from the command line of devenv itself."""
    parser = argparse.ArgumentParser(
        prog="model_prefix", description="Build a model into a prefix."
    )
    for name in (
        "home",
        "neuron",
        "version",
        "python",
        "python-version",
        "packages",
        "mods",
        "into",
    ):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--flags", default="")
    parser.add_argument("--reports", default="")
    parser.add_argument("--coreneuron", action="store_true")
    parser.add_argument("--jobs", type=int, default=0)
    given = parser.parse_args(argv)
    request = PrefixRequest(
        *(Path(given.home), given.neuron, given.version, given.python, given.python_version),
        *(given.packages, Path(given.mods), Path(given.into), tuple(given.flags.split())),
        given.coreneuron,
        given.reports,
    )
    try:
        build = build_prefix(request, os.environ, given.jobs)
    except DevenvError as error:
        print(error, file=sys.stderr)
        return error.code
    print(f"{quantity(build.mechanisms, 'mechanism')}, model {build.key}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
