"""The texts that go into a model: the list of its mechanisms, its stamp, its compilation database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

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


def model_stamp(build: Build) -> str:
    """model.json: what the model was made of."""
    tools = build.tools
    stamp = {
        "key": build.key,
        "neuron": {"version": tools.neuron, "identity": tools.identity, "home": tools.home},
        "python": tools.python,
        "compiler": tools.compiler,
        "flags": [*tools.flags.mechanism, *build.flags],
        "link": [*tools.flags.shared, *tools.flags.library],
        "mechanisms": [
            {
                "name": part.mod.name,
                "digest": part.mod.digest,
                "object": part.stored.key,
                "origin": part.mod.origin,
                "flags": list(part.mod.flags),
            }
            for part in build.parts
        ],
    }
    return json.dumps(stamp, indent=2) + "\n"


def compile_commands(build: Build) -> str:
    """compile_commands.json for the translated sources where they will stand."""
    tools = build.tools
    compiler = tools.cc if tools.flags.language == "c" else tools.cxx
    commands = []
    for part in build.parts:
        file = f"{part.mod.name}{tools.suffix}"
        flags = (*tools.flags.mechanism, "-I../mod", *part.flags, *tools.flags.include)
        arguments = [*compiler, *flags, "-fPIC", "-c", file]
        folder = f"{build.path}/cpp"
        commands.append({"directory": folder, "file": file, "arguments": arguments})
    return json.dumps(commands, indent=2) + "\n"
