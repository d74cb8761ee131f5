from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.core.errors import UsageError
from devenv.core.spec import Variant, format_variants, holds, parse_variants, resolve_variants

OFFERED = {
    "coreneuron": Variant(default=False),
    "plasticity": Variant(default=True),
    "model": Variant(default="v6", values=("v5", "v6")),
}

names = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)
values = st.one_of(st.booleans(), st.from_regex(r"[a-z0-9.:/]{1,5}", fullmatch=True))


@given(st.dictionaries(names, values))
def test_what_is_formatted_is_parsed(variants: dict[str, bool | str]) -> None:
    assert parse_variants(format_variants(variants)) == variants


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("  ", {}),
        ("+a~b c=d", {"a": True, "b": False, "c": "d"}),
        (" +a  ~b\tc=1.2+d", {"a": True, "b": False, "c": "1.2", "d": True}),
        ("+a~a", {"a": False}),
    ],
)
def test_spack_spelling(text: str, found: dict[str, bool | str]) -> None:
    assert parse_variants(text) == found


@pytest.mark.parametrize("text", ["a", "+", "=x", "a=", "+a b", "+a; rm", "$(x)", "-a", "a = b"])
def test_anything_else_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(UsageError, match="invalid variants"):
        parse_variants(text)


def test_every_offered_variant_gets_a_value() -> None:
    found = resolve_variants({"coreneuron": True, "model": "v5"}, OFFERED, "t")
    assert found == {"coreneuron": True, "plasticity": True, "model": "v5"}
    assert resolve_variants({}, {}, "t") == {}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"corneuron": True}, "Did you mean 'coreneuron'"),
        ({"coreneuron": "yes"}, "is a boolean"),
        ({"model": "v7"}, "v5, v6"),
        ({"model": True}, "v5, v6"),
    ],
)
def test_a_wrong_name_or_value_is_refused(asked: dict[str, bool | str], says: str) -> None:
    with pytest.raises(UsageError) as error:
        resolve_variants(asked, OFFERED, "neocortex.yaml")
    assert "neocortex.yaml" in error.value.what
    assert says in str(error.value)


def test_a_condition_holds_where_all_of_it_does() -> None:
    given_ = {"a": True, "b": False, "m": "v6"}
    assert holds("", given_)
    assert holds("+a~b m=v6", given_)
    assert not holds("+a+b", given_)
    assert not holds("m=v5", given_)
    assert not holds("+unknown", given_)
    assert not holds("~unknown", given_)
