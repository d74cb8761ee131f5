"""Keys, and the steps that a build takes: data only."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path, PurePath

import pytest

from devenv.core.layout import Layout
from devenv.core.plan import Copy, MakeFolder, Plan, RemovePath, Rename, Run, Write, simple_steps
from devenv.core.product import changes
from devenv.models import (
    Build,
    MakeFlags,
    Mod,
    Toolchain,
    describe_build,
    model_inputs,
    plan_build,
)

FLAGS = MakeFlags(
    language="c++",
    mechanism=("-O2",),
    cxx=("-O2",),
    include=("-I/n/include",),
    shared=("-shared",),
    special=("-O2",),
    library=("-L/n/lib", "-lnrniv", "-Wl,-rpath,/n/lib"),
    main=("-DAUTO_DLOPEN_NRNMECH=0",),
)
TOOLS = Toolchain("9.0.2", "wheel", "/n", "3.11", ("g++",), ("gcc",), "g++ 12.2.0", FLAGS)
LAYOUT = Layout(Path("/home"))
MODS = tuple(
    Mod(name, f"/m/{name}.mod", f"NEURON {{ SUFFIX {name} }}".encode()) for name in "abcde"
)


def build(*mods: Mod, tools: Toolchain = TOOLS, flags: tuple[str, ...] = ()) -> Build:
    return describe_build(mods or MODS, tools, LAYOUT, flags)


def plan(one: Build, have: set[str] | None = None) -> Plan:
    return plan_build(one, have or set(), "t1", "/log")


def runs(steps: Plan) -> list[str]:
    return [
        step.title for step in simple_steps(steps.steps) if isinstance(step, Run) and step.title
    ]


def edited(mod: Mod) -> Mod:
    return replace(mod, content=mod.content + b": edited")


def test_where_things_stand_is_no_part_of_a_key() -> None:
    moved = tuple(replace(mod, path=f"/elsewhere/{mod.name}.mod", origin="else") for mod in MODS)
    tools = replace(TOOLS, cxx=("/usr/bin/g++",), ccache="/usr/bin/ccache")
    assert build(*moved, tools=tools).key == build().key


def test_objects_are_the_same_in_every_home_and_models_are_bound_to_theirs() -> None:
    def at(home: str) -> Build:
        neuron = f"{home}/neuron/k"
        library = (f"-Wl,-rpath,{neuron}/lib",)
        flags = replace(FLAGS, include=(f"-I{neuron}/include",), library=library)
        tools = replace(TOOLS, home=neuron, flags=flags)
        return describe_build(MODS, tools, Layout(Path(home)))

    one, two = at("/one"), at("/some/where/two")
    assert [p.stored.key for p in one.parts] == [p.stored.key for p in two.parts]
    assert one.compiler.flags.include == ("-I../../../neuron/k/include",)
    assert one.neuron.main.key != two.neuron.main.key
    assert one.key != two.key


@pytest.mark.parametrize(
    "other",
    [
        build(edited(MODS[0]), *MODS[1:]),
        build(*MODS[:-1]),
        build(replace(MODS[0], name="z"), *MODS[1:]),
        build(replace(MODS[0], flags=("-DX",)), *MODS[1:]),
        build(replace(MODS[0], includes=(("x.inc", b""),)), *MODS[1:]),
        build(flags=("-DX",)),
        build(tools=replace(TOOLS, identity="another wheel")),
        build(tools=replace(TOOLS, home="/n2")),
        build(tools=replace(TOOLS, compiler="g++ 13.1.0")),
        build(tools=replace(TOOLS, flags=replace(FLAGS, mechanism=("-O3",)))),
        build(tools=replace(TOOLS, flags=replace(FLAGS, library=("-lother",)))),
    ],
)
def test_all_that_goes_in_is_part_of_the_key(other: Build) -> None:
    assert other.key != build().key
    assert changes(model_inputs(build()), model_inputs(other))


def test_flags_cannot_run_from_one_group_into_another() -> None:
    flags = replace(FLAGS, mechanism=(), cxx=("-O2", "-O2"))
    assert build(tools=replace(TOOLS, flags=flags)).key != build().key


def test_a_cold_build_translates_and_compiles_everything_once() -> None:
    titles = runs(plan(build()))
    for name in "abcde":
        assert titles.count(f"translate {name}.mod") == 1
        assert titles.count(f"compile {name}.mod") == 1
    assert titles[0] == "precompile NEURON's headers"
    assert titles[-1] == "link libnrnmech.so"
    assert titles.count("link special") == 1


def test_an_edited_mod_costs_one_translation_one_compilation_one_link() -> None:
    new = build(edited(MODS[0]), *MODS[1:])
    done = plan(new, set(build().stored))
    assert runs(done) == ["translate a.mod", "compile a.mod", "link libnrnmech.so"]
    compiled = next(
        s for s in simple_steps(done.steps) if isinstance(s, Run) and "compile" in s.title
    )
    header = build().neuron.header
    assert header is not None
    assert compiled.argv[2:4] == ("-include", f"../../{header.key[:2]}/{header.key}/prefix.h")


def test_a_mod_less_costs_the_list_and_a_link() -> None:
    done = plan(build(*MODS[1:]), set(build().stored))
    assert runs(done) == ["compile the list of mechanisms", "link libnrnmech.so"]


def test_a_model_that_is_there_costs_nothing() -> None:
    assert not plan(build(), {build().path})


def test_few_mechanisms_are_not_worth_a_header() -> None:
    assert "precompile NEURON's headers" not in runs(plan(build(*MODS[:3])))


def test_a_mechanism_with_flags_of_its_own_takes_no_header() -> None:
    special = replace(MODS[0], flags=("-DX",))
    compiled = [
        s for s in simple_steps(plan(build(special, *MODS[1:])).steps) if isinstance(s, Run)
    ]
    headers = {s.title: "-include" in s.argv for s in compiled if s.title.startswith("compile ")}
    assert headers["compile b.mod"]
    assert not headers["compile a.mod"]


def test_nothing_gets_into_the_store_but_by_a_rename_of_what_is_whole() -> None:
    """Killed after any step, the store holds only what a Rename put there."""
    one = build()
    places = set(one.stored)
    for step in simple_steps(plan(one).steps):
        if isinstance(step, Rename):
            assert step.path in places
            assert PurePath(step.source).parent == PurePath(step.path).parent
            assert PurePath(step.source).name == f".{PurePath(step.path).name}.staging-t1"
        elif isinstance(step, (Write, Copy, RemovePath, MakeFolder)):
            assert not any(PurePath(step.path).is_relative_to(place) for place in places)
        elif isinstance(step, Run):
            assert not any(PurePath(step.cwd).is_relative_to(place) for place in places)


def test_the_content_seen_is_the_content_compiled() -> None:
    """An edit while the build runs must not get under the key of what was read before it."""
    steps = list(simple_steps(plan(build()).steps))
    assert not [s for s in steps if isinstance(s, Copy) and s.source.startswith("/m/")]
    written = {PurePath(s.path).name: s.text for s in steps if isinstance(s, Write)}
    assert written["a.mod"] == MODS[0].text


def test_the_stamp_says_what_went_in() -> None:
    one = build(flags=("-DX",))
    texts = {
        PurePath(s.path).name: s.text for s in simple_steps(plan(one).steps) if isinstance(s, Write)
    }
    stamp = json.loads(texts["model.json"])
    assert stamp["key"] == one.key
    assert stamp["neuron"] == {"version": "9.0.2", "identity": "wheel", "home": "/n"}
    assert stamp["flags"] == ["-O2", "-DX"]
    assert [m["name"] for m in stamp["mechanisms"]] == list("abcde")
    commands = json.loads(texts["compile_commands.json"])
    assert commands[0]["directory"] == f"{one.path}/cpp"
    assert "-DX" in commands[0]["arguments"]
