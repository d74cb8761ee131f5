"""Reading YAML, and setting values in a text that a person keeps."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from devenv.config.yaml_edit import with_values
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError


def test_plain_data_comes_out() -> None:
    assert parse_yaml("a: [1, x]\nb: {c: '3.10'}\n", "f") == {"a": [1, "x"], "b": {"c": "3.10"}}
    assert parse_yaml("# nothing but a comment\n", "f") is None


@pytest.mark.parametrize(
    "text", ["a: [1\n", "a: b: c\n", "\ta: 1\n", "a: 'x\n", "? [\n", "a: 1\n b: 2\n"]
)
def test_what_is_no_yaml_is_named_with_its_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^f\.yaml is not valid YAML: line \d+: "):
        parse_yaml(text, "f.yaml")


def test_nothing_is_executed() -> None:
    with pytest.raises(UsageError, match="not valid YAML"):
        parse_yaml("a: !!python/object/apply:os.getcwd []\n", "f")


@pytest.mark.parametrize(
    ("text", "line"), [("a: 1\nb: 2\na: 3\n", 3), ("x:\n  - {k: 1, k: 2}\n", 2)]
)
def test_a_key_given_twice_is_refused(text: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"f, line {line}: duplicate key '[ak]'"):
        parse_yaml(text, "f")


def test_merge_keys_are_no_duplicates() -> None:
    text = "a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: [*a, *b], x: 3}\n"
    assert parse_yaml(text, "f")["c"] == {"x": 3}


def test_a_scalar_is_replaced_and_not_a_byte_else() -> None:
    text = "# head\na:   one   # why\n\nb: 'two'\n"
    assert with_values(text, {"a": "x y"}, "f") == "# head\na: x y   # why\n\nb: 'two'\n"


def test_a_value_that_yaml_would_misread_is_quoted() -> None:
    for value in ("3.10", "yes", "null", "~", "", "a: b", "# x", "- x", "1e3", "2026-01-01", "!x"):
        text = with_values("a: one\n", {"a": value, "b": [value]}, "f")
        assert yaml.safe_load(text) == {"a": value, "b": [value]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "l:\n  - x\n"),
        ("a: 1", "a: 1\nl:\n  - x\n"),
        ("l: []\na: 1\n", "l:\n  - x\na: 1\n"),
        ("l: [y, x] # c\n", "l: [x] # c\n"),
        ("l:\n- y\n- x\na: 1\n", "l:\n- x\na: 1\n"),
        ("l:\n      - y # gone\n      # stays\n", "l:\n      - x\n      # stays\n"),
    ],
)
def test_lists_are_edited_where_they_stand(text: str, expected: str) -> None:
    assert with_values(text, {"l": ["x"]}, "f") == expected


def test_a_text_that_cannot_be_edited_is_refused() -> None:
    for text in ("{a: 1}\n", "a: 1\n...\n", "a: &x [p]\nb: *x\n"):
        with pytest.raises(UsageError, match="f: cannot set"):
            with_values(text, {"b": ["q"]}, "f")


WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)


@settings(deadline=None)
@given(WORDS, st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_any_text_and_any_list_comes_back(word: str, before: list[str], after: list[str]) -> None:
    text = with_values("# c\n", {"a": word, "l": before}, "f")
    text = with_values(text, {"l": after, "a": word + "x"}, "f")
    assert parse_yaml(text, "f") == {"a": word + "x", "l": after}
    assert text.startswith("# c\n")
