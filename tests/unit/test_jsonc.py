"""Settings of editors are edited in place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.core.jsonc import parse, with_value
from devenv.core.text_edit import text_diff, with_block, without_block

SETTINGS = """\
// mine
{
    "editor.rulers": [80, 100,], // two
    "python.envFile": "old", /* why */
    "nested": {
        // here
        "A": "1", // of a
    }, // of nested
}
// the end
"""


def test_a_value_is_replaced_and_all_else_stays() -> None:
    text = with_value(SETTINGS, ("python.envFile",), "new")
    assert text == SETTINGS.replace('"old"', '"new"')
    assert with_value(text, ("python.envFile",), "new") == text


def test_a_new_key_stands_last_and_comments_stay_where_they_are() -> None:
    text = with_value(SETTINGS, ("nested", "B"), {"x": [1]})
    assert text == SETTINGS.replace(
        '"A": "1", // of a\n',
        '"A": "1", // of a\n        "B": {\n            "x": [\n                1\n'
        "            ]\n        },\n",
    )
    text = with_value(SETTINGS, ("new",), None)
    assert text == SETTINGS.replace("}, // of nested\n", '}, // of nested\n    "new": null,\n')
    text = with_value('{\n  "a": 1 // one\n}', ("b",), 2)
    assert text == '{\n  "a": 1, // one\n  "b": 2\n}'


def test_arrays_and_empty_documents() -> None:
    text = with_value("", ("a", "b"), 1)
    assert parse(text).value == {"a": {"b": 1}}
    assert parse(with_value('{"l": [1, 2]}', ("l", 2), 3)).value == {"l": [1, 2, 3]}
    assert parse(with_value('{"l": [{"n": 1}]}', ("l", 0), {"n": 2})).value == {"l": [{"n": 2}]}
    assert parse(with_value("{}", ("a",), 1)).value == {"a": 1}
    assert parse(with_value("{ // none\n}", ("a",), 1)).value == {"a": 1}
    crlf = with_value('{\r\n  "a": 1\r\n}\r\n', ("b",), {"c": 2})
    assert parse(crlf).value == {"a": 1, "b": {"c": 2}}
    assert "\n" not in crlf.replace("\r\n", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": }', "line 1: unexpected }"),
        ('{\n"a" 1}', "line 2: unexpected 1"),
        ('{"a": 1', "line 1: unexpected the end of the file"),
        ("{} x", "line 1: unexpected x"),
        ('{"a": "b', 'line 1: unexpected "'),
    ],
)
def test_what_is_not_json_is_named_with_its_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}"):
        parse(text)


def test_a_value_in_the_way() -> None:
    with pytest.raises(ValueError, match="before 'b' is not an object"):
        with_value('{"a": null}', ("a", "b"), 1)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), VALUES), st.text(), VALUES, st.sampled_from([None, 2, "\t"]))
def test_any_document_with_any_value(
    data: dict[str, object], key: str, value: object, indent: int | str | None
) -> None:
    text = with_value(json.dumps(data, indent=indent), (key,), value)
    assert json.loads(text) == {**data, key: value}
    assert parse(text).value == {**data, key: value}


@given(st.text(), st.text(st.characters(exclude_characters="\n\r"), min_size=1))
def test_a_block_is_there_once_and_goes_again(text: str, line: str) -> None:
    once = with_block(text, "ours", line)
    assert with_block(once, "ours", line) == once
    assert without_block(once, "ours").rstrip("\n") == text.rstrip("\n")
    assert text_diff("f", text, text) == ()
