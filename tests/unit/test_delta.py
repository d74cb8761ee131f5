"""The laws of devenv.core.delta, for every environment and delta."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.core.delta import (
    Append,
    Change,
    EnvironmentDelta,
    Prepend,
    Remove,
    Set,
    Unset,
    apply,
    compose,
    entries,
    invert,
    revert,
)

WORDS = [
    "/a",
    "/b",
    "/c",
    "/a b",
    "it's",
    "$(x)",
    "\n",
    "*",
    "é",
    "\\",
    "",
    ".",
    "/a:/b",
    ":/c",
    "a::b",
]
names = st.sampled_from(["L", "M"])
words = st.one_of(st.sampled_from(WORDS), st.text(max_size=4))
values = st.one_of(words, st.lists(words, max_size=5).map(":".join))
environs = st.dictionaries(st.sampled_from(["L", "M", "OTHER"]), values)


def deltas(*, removes: bool = True, only_over: bool = True) -> st.SearchStrategy[EnvironmentDelta]:
    kinds: list[st.SearchStrategy[Set | Unset | Prepend | Append | Remove]] = [
        st.builds(Set, names, values, st.just("o")),
        st.builds(Unset, names, st.just("o")),
        st.builds(
            Prepend, names, words, st.just("o"), st.booleans() if only_over else st.just(False)
        ),
        st.builds(Append, names, words, st.just("o")),
    ]
    if removes:
        kinds.append(st.builds(Remove, names, words, st.just("o")))
    return st.lists(st.one_of(kinds), max_size=6).map(lambda e: EnvironmentDelta(tuple(e)))


@given(deltas(), environs)
def test_revert_restores_what_was_there(delta: EnvironmentDelta, env: dict[str, str]) -> None:
    assert revert(invert(delta, env), apply(delta, env)) == env


@settings(max_examples=500)
@given(st.one_of(deltas(removes=False), deltas(only_over=False)), environs)
def test_applying_twice_is_applying_once(delta: EnvironmentDelta, env: dict[str, str]) -> None:
    """With one limit: what a Remove takes away, an only_over before it does not see again."""
    once = apply(delta, env)
    assert apply(delta, once) == once


@given(environs, words)
def test_a_removed_entry_is_gone_and_stays_gone(env: dict[str, str], value: str) -> None:
    delta = EnvironmentDelta((Remove("L", value, "o"),))
    once = apply(delta, env)
    assert not set(entries(once.get("L"))) & set(entries(value))
    assert ("L" in once) == ("L" in env)
    assert apply(delta, once) == once


@given(st.lists(st.builds(Prepend, names, words, st.just("o"))), environs)
def test_no_empty_entry_and_no_dot_is_added(edits: list[Prepend], env: dict[str, str]) -> None:
    after = apply(EnvironmentDelta(tuple(edits)), env)
    for name in {edit.name for edit in edits if entries(edit.value)}:
        assert not {"", "."} & set(after[name].split(":"))
    for name in {edit.name for edit in edits} - set(env):
        assert after.get(name) != "", "an empty list means the working directory"


@given(deltas(), environs)
def test_other_variables_are_left_alone(delta: EnvironmentDelta, env: dict[str, str]) -> None:
    after = apply(delta, env)
    for name in set(env) - set(delta.names()):
        assert after[name] == env[name]


@given(deltas(only_over=False), deltas(only_over=False), environs)
def test_compose_does_one_after_the_other(
    one: EnvironmentDelta, two: EnvironmentDelta, env: dict[str, str]
) -> None:
    """But for only_over, to which the entries of both deltas are ours."""
    assert apply(compose(one, two), env) == apply(two, apply(one, env))


@given(deltas(), environs, st.sampled_from(["/user", "u ser", "$(u)"]), st.booleans())
def test_a_users_entry_survives(
    delta: EnvironmentDelta, env: dict[str, str], entry: str, front: bool
) -> None:
    changes = invert(delta, env)
    active = apply(delta, env)
    for change in changes:
        if change.added is None or change.after is None:
            continue
        edited = f"{entry}:{change.after}" if front else f"{change.after}:{entry}"
        after = revert(changes, {**active, change.name: edited})[change.name]
        assert entry in after.split(":")
        assert not set(change.added) & set(after.split(":"))


@given(deltas(), environs)
def test_only_what_is_there_afterwards_counts_as_added(
    delta: EnvironmentDelta, env: dict[str, str]
) -> None:
    """Else an entry that the user adds later, and we never did, would be taken away."""
    for change in invert(delta, env):
        assert set(change.added or ()) <= set(entries(change.after)) - set(entries(change.before))


def test_a_scalar_is_put_back_only_where_it_still_holds_our_value() -> None:
    changes = (Change("S", "old", "ours"), Change("U", None, "ours"))
    assert revert(changes, {"S": "ours", "U": "ours"}) == {"S": "old"}
    assert revert(changes, {"S": "theirs", "U": "theirs"}) == {"S": "theirs", "U": "theirs"}
    assert revert(changes, {}) == {}


def test_the_last_prepend_comes_first_and_moves_an_entry_that_is_there() -> None:
    edits = (Prepend("L", "/a", "o"), Prepend("L", "/b", "o"), Append("L", "/z", "o"))
    assert apply(EnvironmentDelta(edits), {"L": "/x::/a:.:/z:/y"}) == {"L": "/b:/a:/x:/y:/z"}


def test_only_over_stands_back_where_nothing_else_is() -> None:
    delta = EnvironmentDelta((Prepend("L", "/site", "o", True), Prepend("L", "/dev", "o")))
    assert apply(delta, {}) == {"L": "/dev"}
    assert apply(delta, {"L": "/dev"}) == {"L": "/dev"}
    assert apply(delta, {"L": "/module"}) == {"L": "/dev:/site:/module"}


def test_a_value_of_several_entries_is_several_entries() -> None:
    delta = EnvironmentDelta((Prepend("L", "/a:/b", "o"), Append("L", "/y::/z", "o")))
    once = apply(delta, {"L": "/x"})
    assert once == {"L": "/a:/b:/x:/y:/z"}
    assert apply(delta, once) == once


def test_names_come_once_in_order() -> None:
    delta = EnvironmentDelta((Set("B", "", "o"), Unset("A", "o"), Append("B", "x", "o")))
    assert delta.names() == ("B", "A")
