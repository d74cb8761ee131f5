"""What a compiled model is: mods + NEURON + compiler + flags -> special and libnrnmech, under a key.

Pure: this room runs nothing and reads nothing. A workflow goes through it like this:

    flags   = parse_makefile(text of <home>/bin/nrnmech_makefile, home)       -> MakeFlags
    tools   = Toolchain(neuron, identity, home, python, cxx, cc, compiler, flags, ccache)
    folders = (ModFolder(path, origin, files={"Ih.mod": b"…"}, flags=()), …)  in order of precedence;
              files: all in the folder (not below it) whose suffix is in core.content.READ_SUFFIXES
    mods, left_out = chosen_mods(folders, exclude={}, duplicates={})
    check_clashes(mods)                                             UsageError, both files named
    core    = CoreNeuron(parse_core_makefile(text of <home>/MAKEFILE, home), its own mods, …), or None
    build   = describe_build(mods, tools, layout, flags=("-DDISABLE_REPORTINGLIB",), core=core) -> Build
              build.key, build.path (models/<key>), build.special, build.library,
              build.mechanisms, build.stored: every path to look for in the store
    plan    = plan_build(build, have={paths of build.stored that are there}, token, log)  -> Plan
              empty where build.path is in `have`; log: a folder, one file a mechanism;
              token: unique for this process (pid and time), for the names of staging folders
    special_shim(home, python, link, libpython, packages) -> str              the text of bin/special;
              link: a link of that name to build.special
    nrniv_shim, nrngui_shim: likewise, for build.library

Run plan_build under one lock for the whole store of objects (`Layout.lock("models")`); names that
start with a dot in objects/*/ and models/ are staging folders, which a killed build leaves behind.
Where the plan fails with a StepError, `explained(error, text of error.log, mods)` is the error to show:
it names the MOD file and the line.
"""

from devenv.models.build import Build, describe_build, found_at
from devenv.models.clashes import Clash, check_clashes, clashes
from devenv.models.coreneuron import MAKEFILE, CoreFlags, CoreNeuron, parse_core_makefile
from devenv.models.exclusions import LeftOut, chosen_mods
from devenv.models.explain import explain, explain_compile_error
from devenv.models.gpu import GpuFacts
from devenv.models.gpu import device_unmet as gpu_device_unmet
from devenv.models.gpu import gpu_steps as gpu_planned
from devenv.models.gpu import unmet as gpu_unmet
from devenv.models.incompatibilities import NEURODAMUS_FILE, coreneuron_notes
from devenv.models.makefile import MakeFlags, parse_makefile
from devenv.models.mods import Mod, ModFolder, select
from devenv.models.options import (
    OptionFacts,
    Options,
    core_with,
    flags_with,
    options_of,
    options_unmet,
    tools_with,
)
from devenv.models.plan import plan_build
from devenv.models.shim import nrngui_shim, nrniv_shim, special_shim
from devenv.models.stamp import model_inputs, model_stamp
from devenv.models.toolchain import Toolchain

__all__ = [
    "MAKEFILE",
    "NEURODAMUS_FILE",
    "Build",
    "Clash",
    "CoreFlags",
    "CoreNeuron",
    "GpuFacts",
    "LeftOut",
    "MakeFlags",
    "Mod",
    "ModFolder",
    "OptionFacts",
    "Options",
    "Toolchain",
    "check_clashes",
    "chosen_mods",
    "clashes",
    "core_with",
    "coreneuron_notes",
    "describe_build",
    "explain",
    "explain_compile_error",
    "flags_with",
    "found_at",
    "gpu_device_unmet",
    "gpu_planned",
    "gpu_unmet",
    "model_inputs",
    "model_stamp",
    "nrngui_shim",
    "nrniv_shim",
    "options_of",
    "options_unmet",
    "parse_core_makefile",
    "parse_makefile",
    "plan_build",
    "select",
    "special_shim",
    "tools_with",
]
