"""What is written about a generation comes back exactly."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.config.generation_file import generation_text, lock_text, read_generation, read_lock
from devenv.core.delta import Append, EnvironmentDelta, Prepend, Remove, Set, Unset
from devenv.core.environment import Generation, Lock
from devenv.core.errors import StateError

EDITS = st.one_of(*(st.builds(cls) for cls in (Set, Unset, Prepend, Append, Remove)))
DELTAS = st.builds(EnvironmentDelta, st.lists(EDITS, max_size=4).map(tuple))
st.register_type_strategy(EnvironmentDelta, DELTAS)

SMALL = Generation("e", 1, "venv", "/p", "/s", "/n", EnvironmentDelta((Set("A", "b", "c"),)))


@settings(deadline=None)
@given(st.from_type(Generation))
def test_a_generation_comes_back(generation: Generation) -> None:
    assert read_generation(generation_text(generation), "f") == generation


@settings(deadline=None)
@given(st.from_type(Lock))
def test_a_lock_comes_back(lock: Lock) -> None:
    assert read_lock(lock_text(lock).encode(), "f") == lock


def test_an_edit_says_its_kind() -> None:
    delta = json.loads(generation_text(SMALL))["delta"]
    assert delta == [{"edit": "set", "name": "A", "value": "b", "origin": "c"}]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "",
        lambda text: text.replace('"set"', '"sett"'),
        lambda text: text.replace('"python"', '"pithon"'),
        lambda text: text.replace('"format"', '"from"'),
        lambda text: text.replace('"overlays": []', '"overlays": [{}]'),
    ],
)
def test_a_damaged_file_is_named(damage: object) -> None:
    damaged = damage(generation_text(SMALL))  # type: ignore[operator]
    with pytest.raises(StateError, match=r"^envs/e/environment.json is damaged"):
        read_generation(damaged, "envs/e/environment.json")


def test_a_file_of_another_format_is_refused() -> None:
    text = lock_text(Lock("t", "", "3.11", (), ())).replace('"format": 1', '"format": 2')
    with pytest.raises(StateError, match="f has format 2; this devenv reads format 1"):
        read_lock(text, "f")


def test_old_files_without_what_was_added_since_are_read() -> None:
    data = json.loads(generation_text(SMALL))
    del data["missing"], data["stamp"]
    assert read_generation(json.dumps(data), "f") == SMALL
