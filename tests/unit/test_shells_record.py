"""The record that every shell and Python read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.core.delta import Change, compact, revert
from devenv.core.errors import DevenvError, StateError, UsageError
from devenv.shells.record import decode, encode

texts = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    st.sampled_from(["", "-", "+", ",", "%", "%41", ":", "\udcff", "a:b", "\n", "a,-,+b"]),
)
lists = st.lists(texts, max_size=4).map(":".join)
optional = st.one_of(st.none(), texts, lists)
changes = st.builds(
    Change,
    st.sampled_from(["A", "PATH", "_x1"]),
    optional,
    optional,
    st.one_of(st.none(), st.lists(texts, max_size=3).map(tuple)),
)


@given(st.lists(changes, max_size=4))
def test_what_is_encoded_is_decoded(record: list[Change]) -> None:
    assert decode(encode(record)) == tuple(map(compact, record))


@given(st.lists(changes, max_size=4))
def test_nothing_in_it_means_anything_to_a_shell(record: list[Change]) -> None:
    assert re.fullmatch(r"1(,[\w./:@+~%-]*)*", encode(record), re.ASCII)


def decodable(text: str) -> bool:
    try:
        decode(text)
    except DevenvError:
        return False
    return True


@given(st.text(max_size=20))
def test_no_text_breaks_it(text: str) -> None:
    decodable(text)
    decodable("1," + text)


@given(optional, st.lists(texts, max_size=3), lists, optional)
def test_a_compact_change_is_taken_back_alike_everywhere(
    before: str | None, added: list[str], rest: str, now: str | None
) -> None:
    """For changes as invert makes them: added entries are whole, and new."""
    entries = {entry for text in added for entry in text.split(":") if entry not in ("", ".")}
    new = tuple(entry for entry in sorted(entries) if entry not in (before or "").split(":"))
    after = ":".join([*new, *([before] if before else [])])
    change = Change("L", before, after, new)
    for value in (now, after, f"{after}:{rest}", f"{rest}:{after}", "", None):
        environ = {} if value is None else {"L": value}
        assert revert([compact(change)], environ) == revert([change], environ)


def test_a_long_list_is_not_in_it() -> None:
    before = ":".join(f"/folder/{i}" for i in range(1000))
    assert encode([Change("PATH", before, f"/ours:{before}", ("/ours",))]) == "1,PATH,+,+,+:/ours"


@pytest.mark.parametrize("text", ["", "2", "1,A", "1,A,+,+,+,", "1,A,x,-,-", "x", "1,A,-,-,"])
def test_what_is_not_whole_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(StateError, match="unset DEVENV_RECORD"):
        decode(text)


@pytest.mark.parametrize("name", ["$(x)", "a[0]", "", "A;B"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        decode(f"1,{name},-,-,-")
    with pytest.raises(UsageError):
        encode([Change(name, None, "x")])
