"""The texts that go into a model: the list of its mechanisms, its stamp, its compilation database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from devenv.core.product import Input, Inputs

if TYPE_CHECKING:
    from devenv.models.build import Build


def list_of_mechanisms(names: Sequence[str]) -> str:
    """mod_func.cpp: what NEURON calls to register the mechanisms (after nrnivmodl's own)."""
    declared = "".join(f'extern "C" void _{name}_reg(void);\n' for name in names)
    printed = "".join(f'        fprintf(stderr, " \\"{name}.mod\\"");\n' for name in names)
    called = "".join(f"    _{name}_reg();\n" for name in names)
    return f"""#include <stdio.h>
#include "hocdec.h"
extern int nrnmpi_myid;
extern int nrn_nobanner_;
{declared}
extern "C" void modl_reg() {{
    if (!nrn_nobanner_ && nrnmpi_myid < 1) {{
        fprintf(stderr, "Additional mechanisms from files\\n");
{printed}        fprintf(stderr, "\\n");
    }}
{called}}}
"""


def list_of_core_mechanisms(names: Sequence[str]) -> str:
    """_mod_func.cpp: what CoreNEURON calls to register them (after NEURON's mod_func.c.sh)."""
    declared = "".join(f"extern int _{name}_reg(void);\n" for name in names)
    printed = "".join(f'        fprintf(stderr, " {name}.mod");\n' for name in names)
    called = "".join(f"    _{name}_reg();\n" for name in names)
    return f"""#include <cstdio>
namespace coreneuron {{
extern int nrnmpi_myid;
extern int nrn_nobanner_;
{declared}
void modl_reg() {{
    if (!nrn_nobanner_ && nrnmpi_myid < 1) {{
        fprintf(stderr, " Additional mechanisms from files\\n");
{printed}        fprintf(stderr, "\\n\\n");
    }}
{called}}}
}}
"""


def model_stamp(build: Build) -> str:
    """model.json: what the model was made of."""
    tools = build.tools
    halves = (build.neuron, build.core) if build.core else (build.neuron,)
    stamp = {
        "key": build.key,
        "neuron": {
            "version": tools.neuron,
            "identity": tools.identity,
            "home": tools.home,
            **({"headers": tools.headers} if tools.headers else {}),
        },
        "python": tools.python,
        "coreneuron": build.core is not None,
        "compiler": tools.compiler,
        "machine": tools.machine,
        "flags": [*tools.cxx[1:], *tools.flags.mechanism, *build.flags],
        "link": [*tools.flags.shared, *tools.flags.library],
        "nmodl": list(build.core.tools.flags.nmodl) if build.core else [],
        "mpi": build.mpi,
        "mechanisms": [
            {
                "name": part.mod.name,
                "digest": part.mod.digest,
                "object": part.stored.key,
                "origin": part.mod.origin,
                "flags": list(part.mod.flags),
                "path": part.mod.path,
            }
            for part in build.parts
        ],
        "objects": [one.key for half in halves for one in half.stored],
    }
    return json.dumps(stamp, indent=2) + "\n"


def model_inputs(build: Build) -> Inputs:
    """What the model was made from, as a person compares it with another one."""
    tools, core = build.tools, build.core
    mods = (
        Input(f"{mod.name}.mod", (mod.digest, *mod.flags), mod.path or mod.origin)
        for mod in (part.mod for part in build.parts)
    )
    return (
        Input("NEURON", (tools.neuron,)),
        Input("build of NEURON", (tools.identity, tools.home), tools.home),
        Input("compiler", (tools.compiler,)),
        Input("python", (tools.python,)),
        Input("flags", (*tools.cxx[1:], *tools.flags.mechanism, *build.flags)),
        Input("flags of the link", (*tools.flags.shared, *tools.flags.library)),
        Input("MPI", (build.mpi or "any",)),
        Input(
            "CoreNEURON",
            (f"with it ({' '.join(core.tools.flags.nmodl)})" if core else "without it",),
        ),
        *mods,
    )


def compile_commands(build: Build) -> str:
    """compile_commands.json for the translated sources where they will stand."""
    tools = build.tools
    compiler = tools.cc if tools.flags.language == "c" else tools.cxx
    commands = [
        _command(
            f"{build.path}/cpp",
            f"{part.mod.name}{tools.suffix}",
            (*compiler, *tools.flags.mechanism, "-I../mod", *part.flags, *tools.flags.include),
        )
        for part in build.parts
    ]
    if build.core:
        flags = build.core.tools.flags
        include = [w.replace(build.compiler.home, tools.home) for w in flags.include]
        commands += [
            _command(
                f"{build.path}/cpp/coreneuron",
                f"{part.mod.name}.cpp",
                (*tools.cxx, *flags.compile, "-I../../mod", *part.flags, *include),
            )
            for part in build.core.parts
        ]
    return json.dumps(commands, indent=2) + "\n"


def _command(folder: str, file: str, argv: Sequence[str]) -> dict[str, object]:
    return {"directory": folder, "file": file, "arguments": [*argv, "-fPIC", "-c", file]}
