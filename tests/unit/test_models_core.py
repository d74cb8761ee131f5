"""CoreNEURON's half of a model, other stores, and what makes one model differ from another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devenv.core.environment import Environment, FurtherModel
from devenv.core.errors import UsageError
from devenv.core.layout import Layout
from devenv.core.plan import Plan, Run, simple_steps
from devenv.core.product import changes, inputs_text, parse_inputs
from devenv.core.spec import Variant, split_spec
from devenv.core.template import Model, Template
from devenv.environment.guard import started_by
from devenv.environment.named_models import model_name, with_model_variants
from devenv.models import (
    CoreFlags,
    CoreNeuron,
    GpuFacts,
    MakeFlags,
    Mod,
    Toolchain,
    coreneuron_notes,
    describe_build,
    explain_compile_error,
    found_at,
    gpu_planned,
    gpu_unmet,
    model_inputs,
    options_of,
    parse_core_makefile,
    plan_build,
)

FLAGS = MakeFlags("c++", ("-O2",), ("-O2",), ("-I/s/n/include",), ("-shared",), (), (), ())
TOOLS = Toolchain(
    "9.1.0", "w", "/s/n", "3.11", ("g++",), ("gcc",), "g++ 12 x86_64-linux-gnu", FLAGS
)
CORE = CoreNeuron(
    CoreFlags(("-O2",), ("-I/s/n/include",), ("-shared",), ("-O2",), ("-lgomp",), ("host", "--c")),
    mods=(Mod("hh", "/s/n/hh.mod", b"NEURON { SUFFIX hh }"),),
)
MODS = tuple(Mod(n, f"/m/{n}.mod", f"NEURON {{ SUFFIX {n} }}".encode()) for n in "abcd")
OWN, OTHER = Layout(Path("/h")), Layout(Path("/s"))


def titles(plan: Plan) -> list[str]:
    return [s.title for s in simple_steps(plan.steps) if isinstance(s, Run) and s.title]


def test_both_halves_are_planned_and_share_what_is_neurons() -> None:
    both, plain = describe_build(MODS, TOOLS, OWN, core=CORE), describe_build(MODS, TOOLS, OWN)
    assert both.key != plain.key
    assert [p.stored for p in both.parts] == [p.stored for p in plain.parts]
    assert both.core is not None
    assert [part.mod.name for part in both.core.parts] == ["a", "b", "c", "d", "hh"]
    done = titles(plan_build(both, set(plain.stored), "t", "/log"))
    assert "translate a.mod" not in done
    assert "translate hh.mod for CoreNEURON" in done
    assert "link libcorenrnmech.so" in done
    assert done[-1] == "link libnrnmech.so"


def test_a_models_mod_takes_the_place_of_coreneurons_own() -> None:
    mine = Mod("hh", "/m/hh.mod", b"NEURON { SUFFIX hh } : mine")
    core = describe_build((mine,), TOOLS, OWN, core=CORE).core
    assert core is not None
    assert [part.mod for part in core.parts] == [mine]


def test_one_edit_costs_one_of_each_in_each_half() -> None:
    before = describe_build(MODS, TOOLS, OWN, core=CORE)
    edited = (replace(MODS[0], content=MODS[0].content + b": e"), *MODS[1:])
    after = describe_build(edited, TOOLS, OWN, core=CORE)
    assert sorted(titles(plan_build(after, set(before.stored), "t", "/log"))) == [
        "compile a.mod",
        "compile a.mod for CoreNEURON",
        "link libcorenrnmech.so",
        "link libnrnmech.so",
        "translate a.mod",
        "translate a.mod for CoreNEURON",
    ]


def test_the_store_of_others_goes_by_the_same_keys() -> None:
    theirs = describe_build(MODS, TOOLS, OTHER, core=CORE)
    ours = describe_build(MODS, TOOLS, OWN, core=CORE, upstream=(OTHER,))
    assert [Path(p).name for p in ours.stored] == [Path(p).name for p in theirs.stored]
    # Theirs compile with a path relative to their store, ours cannot.
    assert theirs.compiler.flags.include == ("-I../../../n/include",)
    assert ours.compiler.flags.include == ("-I/s/n/include",)
    part = ours.parts[0].stored.path
    used = found_at(ours, {part: "/s/objects/x", ours.path: "/s/models/y"})
    assert (used.parts[0].stored.path, used.path) == ("/s/objects/x", "/s/models/y")
    assert used.parts[1] == ours.parts[1]


def test_differences_name_the_mod_the_flags_and_the_compiler() -> None:
    before = model_inputs(describe_build(MODS, TOOLS, OWN))
    assert changes(before, parse_inputs(inputs_text(before))) == ()
    mods = (
        replace(MODS[0], content=b"NEURON { SUFFIX a } : e"),
        *MODS[2:],
        replace(MODS[1], name="z"),
    )
    tools = replace(TOOLS, compiler="g++ 13", neuron="9.2.0")
    after = model_inputs(describe_build(mods, tools, OWN, ("-DX",), core=CORE))
    assert changes(before, after) == (
        "NEURON: 9.1.0 -> 9.2.0",
        "compiler: g++ 12 x86_64-linux-gnu -> g++ 13",
        "flags: +(-DX)",
        "CoreNEURON: without it -> with it (host --c)",
        "a.mod: changed, /m/a.mod",
        "z.mod: new, /m/b.mod",
        "b.mod: gone, was /m/b.mod",
    )


SIX = "self.pc.nrnbbcore_register_mapping(\n    cell.gid, sec_type, secvec, segvec, lfp, offsets\n)"


@pytest.mark.parametrize(
    ("neuron", "call", "told"),
    [
        ("9.0.2", SIX, True),
        ("8.2.7", SIX, True),
        ("9.1.0.dev28", SIX, False),
        ("10.0", SIX, False),
        ("9.0.2", SIX.replace(", offsets", ""), False),
        ("9.0.2", "", False),
    ],
)
def test_the_clash_of_coreneuron_9_0_is_known_by_the_call(
    neuron: str, call: str, told: bool
) -> None:
    notes = coreneuron_notes(neuron, call)
    assert bool(notes) == told
    assert all("neuron-nightly" in note for note in notes)


MAKEFILE = """CORENRN_LIB_DIR := $(ROOT)/lib
LDFLAGS = $(LINKFLAGS)  -lgomp -ldl
INCLUDES = -I$(ROOT)/include/coreneuron/utils/randoms $(INCFLAGS) -I$(ROOT)/include
CXXFLAGS = -O2 -DCORENRN_BUILD=1 -fopenmp
CXX_LINK_EXE_CMD = $(CXX) $(CXXFLAGS) -Wl,--unresolved-symbols=ignore-all
CXX_SHARED_LIB_CMD = $(CXX) $(CXXFLAGS) -shared -fPIC
ifeq (OFF, ON)
    nmodl_arguments_c=host --c acc --oacc passes --inline
else
    nmodl_arguments_c=host --c passes --inline
endif
"""


def test_the_makefile_of_coreneuron() -> None:
    flags = parse_core_makefile(MAKEFILE, "/a b/n")
    assert flags.compile == ("-O2", "-DCORENRN_BUILD=1", "-fopenmp", "-DNRN_PRCELLSTATE=0")
    assert flags.include == ("-I/a b/n/include/coreneuron/utils/randoms", "-I/a b/n/include")
    assert flags.library == ("-lgomp", "-ldl")
    assert flags.nmodl == ("host", "--c", "passes", "--inline")


def test_nmodls_complaint_is_brought_back_to_the_mod() -> None:
    from devenv.core.errors import StepError

    log = (
        "terminate called after throwing an instance of 'std::runtime_error'\n"
        "  what():  NMODL Parser Error : syntax error, unexpected = [Location : 1.18]\n"
    )
    told = explain_compile_error(StepError("x", log="/log/a.core.log"), log, MODS)
    assert told.what.startswith("/m/a.mod:1: syntax error, unexpected =")


def test_all_that_a_gpu_lacks_is_named_at_once() -> None:
    nothing = GpuFacts(neuron="9.0.2")
    whats = " ".join(what for what, _ in gpu_unmet(nothing))
    for word in ("nvc++", "nvidia-smi", "NEURON 9.0.2 is built for CPUs", "Spack"):
        assert word in whats
    assert all(fix for _, fix in gpu_unmet(nothing))
    whole = GpuFacts("/opt/nvc++", "570", ("7.0", "9.0"), "9.1", built_for_gpu=True)
    assert gpu_unmet(whole) == ()
    assert [what for what, _ in gpu_unmet(replace(whole, capabilities=()))] == [
        "the driver does not tell the GPU's compute capability"
    ]
    commands = [run.argv for run in gpu_planned(whole, ("-DX",), "/n")]
    assert commands[0][0] == "/n/bin/nmodl"
    assert {"-cuda", "-gpu=lineinfo,cc70,cc90", "-acc", "-DX"} <= set(commands[1])
    assert "cuda_arch=70,90" in gpu_planned(replace(whole, built_for_gpu=False), (), "/n")[0].argv


def test_a_gpu_is_coreneurons() -> None:
    assert options_of({"gpu": True}).coreneuron
    assert not options_of({"gpu": False, "v5": True}).coreneuron


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["n+a~b", "model=x", "+c"], ("n", "+a~b model=x +c")),
        (["n"], ("n", "")),
        (["+a"], ("", "+a")),
        (["model=x"], ("", "model=x")),
        ([], ("", "")),
        (["n.with-nightly~a"], ("n.with-nightly", "~a")),
    ],
)
def test_a_spec_is_a_name_and_variants(words: list[str], found: tuple[str, str]) -> None:
    assert split_spec(words) == found


TEMPLATE = Template(
    "t", "", "neuron", (), model=Model(()), variants={"a": Variant(), "b": Variant(default=True)}
)


def test_further_models_are_named_by_what_differs() -> None:
    start = Environment("e", "t", variants="+a")
    environment, name = with_model_variants(start, TEMPLATE, "+a~b")
    assert (name, environment.further) == ("~b", (FurtherModel("~b", "~b"),))
    assert with_model_variants(environment, TEMPLATE, "~b") == (environment, "~b")
    assert with_model_variants(environment, TEMPLATE, "+a+b") == (environment, "")
    named, name = with_model_variants(environment, TEMPLATE, "~a", "slow")
    assert (name, named.further[-1]) == ("slow", FurtherModel("slow", "~a"))
    for asked in ("slow", "~a", "~a+b"):
        assert model_name(named, TEMPLATE, asked) == "slow"
    assert model_name(named, TEMPLATE, "") == ""
    with pytest.raises(UsageError, match="another model"):
        with_model_variants(named, TEMPLATE, "~b", "slow")
    with pytest.raises(UsageError, match="unknown model 'slaw'"):
        model_name(named, TEMPLATE, "slaw")
    with pytest.raises(UsageError, match="has no model ~a~b"):
        model_name(named, TEMPLATE, "~a~b")
    with pytest.raises(UsageError, match="has no model"):
        with_model_variants(start, replace(TEMPLATE, model=None), "~b")


def test_whose_rank_this_is() -> None:
    assert started_by({"OMPI_COMM_WORLD_SIZE": "2", "PMIX_RANK": "0"}) == "openmpi"
    assert started_by({"PMI_SIZE": "2"}) == "mpich"
    assert started_by({"PMI_SIZE": "2", "PMIX_RANK": "0"}) == ""
    assert started_by({}) == ""
