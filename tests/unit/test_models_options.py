"""What the variants of a build mean, and where they enter the keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devenv.core.activation import preloading
from devenv.core.build_variants import BUILD_VARIANTS, with_build_variants
from devenv.core.errors import UsageError
from devenv.core.layout import Layout
from devenv.core.spec import Variant, parse_variants, resolve_variants
from devenv.models import (
    Build,
    CoreFlags,
    CoreNeuron,
    MakeFlags,
    Mod,
    ModFolder,
    OptionFacts,
    Toolchain,
    core_with,
    describe_build,
    flags_with,
    options_of,
    options_unmet,
    select,
    tools_with,
)
from devenv.models.mods import with_prefix

FLAGS = MakeFlags("c++", ("-O2",), ("-O2",), ("-I/n",), ("-shared",), ("-O2",), ("-lnrniv",), ())
TOOLS = Toolchain("9.0.2", "wheel", "/n", "3.11", ("g++",), ("gcc",), "g++ 12.2.0", FLAGS)
CORE = CoreNeuron(
    CoreFlags(
        ("-O2",),
        ("-I/n",),
        ("-shared",),
        ("-O2",),
        ("-ldl",),
        ("host", "--c", "passes", "--inline"),
    )
)
FACTS = OptionFacts(
    reports=("/r", "/mpi"), caliper=True, asan="/libasan.so", mpi=("openmpi", "mpich")
)
MODS = (Mod("a", "/m/a.mod", b"NEURON { SUFFIX a }"),)


def built(text: str) -> Build:
    options = options_of(resolve_variants(parse_variants(text), BUILD_VARIANTS, "here"))
    return describe_build(
        MODS,
        tools_with(options, TOOLS),
        Layout(Path("/home")),
        flags_with(options, (), FACTS),
        core_with(options, CORE),
        mpi=options.mpi,
    )


def keys(build: Build) -> dict[str, str]:
    assert build.core
    return {
        "mechanism": build.parts[0].stored.key,
        "core mechanism": build.core.parts[0].stored.key,
        "list": build.neuron.listing.key,
        "special": build.neuron.main.key,
        "special-core": build.core.main.key,
        "model": build.key,
    }


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("", set()),
        ("build_type=Release sanitizers=none mpi=any", set()),
        ("build_type=Debug", {"mechanism", "core mechanism", "model"}),
        (
            "sanitizers=address",
            {"mechanism", "core mechanism", "special", "special-core", "model"},
        ),
        ("+sympy", {"core mechanism", "model"}),
        ("+caliper", set()),  # it is the NEURON that differs
        (
            "+reportinglib",
            {"mechanism", "core mechanism", "special", "special-core", "model"},
        ),
        ("mpi=mpich", {"model"}),
    ],
)
def test_an_option_is_in_the_keys_of_what_it_changes_and_in_no_other(
    asked: str, other: set[str]
) -> None:
    plain, changed = keys(built("")), keys(built(asked))
    assert {name for name in plain if plain[name] != changed[name]} == other


def test_reports_need_the_headers_of_mpi_too() -> None:
    options = options_of({"reportinglib": True})
    flags = flags_with(options, ("-DDISABLE_REPORTINGLIB", "-DOWN"), FACTS)
    assert flags[:3] == ("-DOWN", "-I/r", "-I/mpi")
    assert "-DDISABLE_REPORTINGLIB" not in flags
    told = list(options_unmet(options, replace(FACTS, mpi_header=False)))
    assert [("mpi.h" in what, "libopenmpi-dev" in fix) for what, fix in told] == [(True, True)]


def test_sympy_stands_before_the_passes_of_nmodl() -> None:
    core = built("+sympy").core
    assert core is not None
    words = " ".join(core.tools.flags.nmodl)
    assert words == "host --c sympy --analytic --pade --cse --conductance passes --inline"


def test_all_that_is_missing_is_told_at_once() -> None:
    asked = "+caliper+sympy+reportinglib sanitizers=address,undefined mpi=mpich"
    options = options_of(resolve_variants(parse_variants(asked), BUILD_VARIANTS, "here"))
    told = [what for what, _ in options_unmet(options, OptionFacts(mpi=("openmpi",)))]
    assert [what.split(" ")[0].rstrip(":") for what in told] == [
        "+sympy",
        "+caliper",
        "+reportinglib",
        "sanitizers=address",
        "mpi=mpich",
    ]
    assert not list(options_unmet(replace(options, coreneuron=True), FACTS))
    # A NEURON that is linked to an MPI opens none: what it has cannot be told, and is not refused.
    linked = replace(FACTS, mpi=None)
    assert not list(options_unmet(replace(options, coreneuron=True), linked))


def test_a_template_may_choose_another_default_and_no_other_values() -> None:
    found = with_build_variants({"build_type": Variant("Debug"), "own": Variant(True)}, "t")
    assert found["build_type"].default == "Debug"
    assert found["build_type"].values == BUILD_VARIANTS["build_type"].values
    assert found["own"].default is True
    with pytest.raises(UsageError, match=r"at variants\.build_type\.default: 'Fast'"):
        with_build_variants({"build_type": Variant("Fast")}, "t")


MOD = b"""TITLE SUFFIX of a title
COMMENT SUFFIX wrong ENDCOMMENT
: SUFFIX neither
NEURON {
    SUFFIX Ca : SUFFIX
    RANGE g
}
"""


def test_the_mechanism_is_renamed_and_nothing_else() -> None:
    text = MOD.replace(b"TITLE SUFFIX of a title\n", b"")
    assert with_prefix(text, "v5_") == text.replace(b"SUFFIX Ca", b"SUFFIX v5_Ca")
    point = b"NEURON { POINT_PROCESS  Syn }"
    assert with_prefix(point, "x") == b"NEURON { POINT_PROCESS  xSyn }"
    nothing = b"NEURON { SUFFIX nothing }"
    assert with_prefix(nothing, "x") == nothing
    odd = b"\xff? \xe9\nNEURON { SUFFIX a }"
    assert with_prefix(odd, "x_") == b"\xff? \xe9\nNEURON { SUFFIX x_a }"


def test_sets_with_a_prefix_and_a_users_own() -> None:
    text = b"NEURON { SUFFIX Ca }"
    first = ModFolder("/v6", "v6", {"Ca.mod": text})
    second = ModFolder("/v5", "v5", {"Ca.mod": text, "K.mod": b""}, ("-DV5",), "v5_")
    mods = select([first, second], exclude=["v5_K"])
    assert [(m.name, m.path, m.flags) for m in mods] == [
        ("Ca", "/v6/Ca.mod", ()),
        ("v5_Ca", "/v5/Ca.mod", ("-DV5",)),
    ]
    assert mods[1].content == b"NEURON { SUFFIX v5_Ca }"
    own = ModFolder("/own", "your own", {"K.mod": b"own"}, asked=True)
    assert [m.path for m in select([own, first], exclude=["K", "Ca"])] == ["/own/K.mod"]


def test_a_python_loads_the_sanitizer_first() -> None:
    assert preloading("", {"LD_PRELOAD": "/x"}) == {}
    found = preloading("/libasan.so", {"LD_PRELOAD": "/x", "ASAN_OPTIONS": "mine"})
    assert found == {"LD_PRELOAD": "/libasan.so:/x", "ASAN_OPTIONS": "mine"}
