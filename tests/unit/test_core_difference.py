"""What differs between two generations, in words; and what an environment is made of, as a tree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devenv.core.components import Component, layers, tops, tree
from devenv.core.difference import differences, summary

NEURON = Component("package", "neuron", "9.0.1", hash="n1", needs=("package:numpy",))
NUMPY = Component("package", "numpy", "2.1", hash="p1")
SOURCE = Component("source", "neurodamus", "aaaa", place="/src/nd")
ONE_MOD = Component("mod", "Ih", hash="1")
MODEL = Component("model", "tiny", hash="m1", variants=(("v5", True),), needs=("mod:Ih",))
CHANGED = "now with uncommitted changes"


def words(before: tuple[Component, ...], after: tuple[Component, ...]) -> list[str]:
    return [one.text for one in differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((NEURON,), (NEURON,), []),
        (
            (NEURON,),
            (replace(NEURON, version="9.0.2", hash="n2", variants=(("coreneuron", True),)),),
            ["neuron 9.0.1 → 9.0.2, +coreneuron"],
        ),
        ((NUMPY,), (replace(NUMPY, hash="p2"),), ["numpy is another build"]),
        (
            (NUMPY,),
            (replace(NUMPY, hash="p2", place="/usr", note="(the machine's own)"),),
            ["numpy now /usr (the machine's own)"],
        ),
        ((replace(NUMPY, place="/usr"),), (NUMPY,), ["numpy no longer /usr"]),
        ((), (NUMPY,), ["numpy 2.1 is new"]),
        ((NUMPY,), (), ["numpy 2.1 is gone"]),
        ((MODEL,), (replace(MODEL, variants=(), hash="m2"),), ["model tiny ~v5"]),
        (
            (replace(MODEL, variants=(("set", "a"),)),),
            (replace(MODEL, variants=(("set", "b"),), hash="m2"),),
            ["model tiny set=b"],
        ),
        ((replace(MODEL, hash="", variants=()),), (MODEL, ONE_MOD), ["model tiny built +v5"]),
        ((MODEL, ONE_MOD), (replace(MODEL, hash=""),), ["model tiny no longer built"]),
        (
            (SOURCE,),
            (replace(SOURCE, version="bbbb", changed=True, place="/other"),),
            ["dev source neurodamus aaaa → bbbb, moved from /src/nd to /other, " + CHANGED],
        ),
        (
            (replace(SOURCE, changed=True),),
            (SOURCE,),
            ["dev source neurodamus " + CHANGED.replace("with", "without")],
        ),
        (
            (Component("engine", "", "venv"),),
            (Component("engine", "", "spack"),),
            ["engine venv → spack"],
        ),
        ((), (Component("base", "archive/2024"),), ["module archive/2024 is new"]),
    ],
)
def test_words(
    before: tuple[Component, ...], after: tuple[Component, ...], said: list[str]
) -> None:
    assert words(before, after) == said


def test_only_the_cause_is_said_of_what_is_rebuilt_for_another() -> None:
    numpy, neuron = replace(NUMPY, version="2.2", hash="p2"), replace(NEURON, hash="n2")
    assert words((NEURON, NUMPY), (neuron, numpy)) == ["numpy 2.1 → 2.2"]
    mods = (replace(ONE_MOD, hash="2"), Component("mod", "Ca", hash="3"))
    model = replace(MODEL, hash="m2", needs=("mod:Ih", "mod:Ca"))
    assert words((MODEL, ONE_MOD), (model, *mods)) == ["Ih.mod changed", "Ca.mod is new"]
    assert words((MODEL, *mods), (MODEL, ONE_MOD))[-1] == "Ca.mod is gone"


def test_a_model_whose_mods_are_not_known_any_more_is_another_build() -> None:
    pruned = replace(MODEL, hash="m0", needs=())
    assert words((pruned,), (MODEL, ONE_MOD)) == ["model tiny is another build"]


def test_a_source_and_its_released_package_are_one_line() -> None:
    package = Component("package", "neurodamus", "4.2.9", hash="x")
    new = "dev source neurodamus aaaa /src/nd is new, in place of 4.2.9"
    assert words((package,), (SOURCE,)) == [new]
    assert words((SOURCE,), (package,)) == [
        "dev source neurodamus aaaa /src/nd is gone: 4.2.9 is used"
    ]


def test_a_summary_says_how_many_more() -> None:
    found = differences((), tuple(replace(NUMPY, name=name) for name in "abcde"))
    assert summary(found) == "a 2.1 is new; b 2.1 is new; c 2.1 is new; and 2 more"
    assert summary(found[:1]) == "a 2.1 is new"
    assert summary(()) == "nothing in the lock"


def test_a_tree_unfolds_each_need_once() -> None:
    scipy = Component("package", "scipy", "1", needs=("package:neuron", "package:numpy"))
    assert tree("all", (scipy, NEURON, NUMPY)) == (
        "all",
        "└── scipy 1",
        "    ├── neuron 9.0.1",
        "    │   └── numpy 2.1",
        "    └── numpy 2.1",
    )
    other = replace(scipy, name="other", needs=("package:neuron",))
    assert tree("all", (other, scipy, NEURON, NUMPY))[4:6] == (
        "└── scipy 1",
        "    ├── neuron 9.0.1 …",
    )


def test_packages_that_need_each_other_are_shown_and_end() -> None:
    one = Component("package", "one", needs=("package:two",))
    two = Component("package", "two", needs=("package:one",))
    self = Component("package", "self", needs=("package:self",))
    assert tops((one, two, self)) == (one, self)
    assert tree("all", (one, two)) == ("all", "└── one", "    └── two", "        └── one …")
    assert layers((one, two)) == ((one,), (two,))


def test_what_is_needed_stands_to_the_right_of_all_that_need_it() -> None:
    scipy = Component("package", "scipy", "1", needs=("package:numpy", "package:neuron"))
    assert layers((NUMPY, scipy, NEURON)) == ((scipy,), (NEURON,), (NUMPY,))


def test_a_dev_source_that_was_compiled_again_says_so_beside_all_else() -> None:
    one = Component("source", "fast", "abc", hash="1")
    found = differences((one,), (replace(one, hash="2", changed=True),))
    text = "dev source fast now with uncommitted changes, was compiled again"
    assert [each.text for each in found] == [text]
