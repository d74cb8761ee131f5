from __future__ import annotations

import shlex

from devenv.core.plan import (
    Clone,
    Copy,
    Link,
    MakeFolder,
    Parallel,
    Plan,
    RemovePath,
    Rename,
    Run,
    Write,
    describe,
    simple_steps,
)

A, B, C, D = (MakeFolder(name) for name in "abcd")


def test_a_plan_of_nothing_is_false() -> None:
    assert not Plan("nothing")
    assert Plan("something", (A,))


def test_every_simple_step_comes_in_order() -> None:
    steps = (A, Parallel("p", ((B, Parallel("q", ((C,),))), (D,))), A)
    assert list(simple_steps(steps)) == [A, B, C, D, A]


def test_a_step_is_a_line_that_a_person_could_type() -> None:
    odd = "it's a\nfolder"
    run = Run(("g++", "-o", odd), cwd="/a b", env=(("CC", "x y"),))
    assert describe(run) == f"cd '/a b' && CC='x y' g++ -o {shlex.quote(odd)}"
    assert describe(Run(("ls",))) == "ls"
    assert shlex.split(describe(Clone("https://host/x", odd, "v1"))) == [
        "git", "clone", "--branch", "v1", "https://host/x", odd,
    ]  # fmt: skip
    assert describe(Clone("u", "p")) == "git clone u p"
    for step, words in (
        (Write(odd, "text"), ["write", odd]),
        (Link(odd, "t"), ["ln", "-sfn", "t", odd]),
        (Copy("s", odd), ["cp", "-rL", "s", odd]),
        (MakeFolder(odd), ["mkdir", "-p", odd]),
        (RemovePath(odd), ["rm", "-rf", odd]),
        (Rename("s", odd), ["mv", "s", odd]),
    ):
        assert shlex.split(describe(step)) == words
    assert describe(Parallel("32 mechanisms", ())) == "32 mechanisms"
