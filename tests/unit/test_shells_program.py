"""A delta as operations: what is known beforehand is worked out beforehand."""

from __future__ import annotations

import pytest

from devenv.core.delta import Append, EnvironmentDelta, Prepend, Remove, Set, Unset
from devenv.core.errors import UsageError
from devenv.shells.program import Assigned, Listed, ListEdit, program


def test_edits_of_one_kind_are_one_batch_and_of_equal_entries_the_last_counts() -> None:
    edits = (
        Prepend("L", "/a", "o"),
        Set("S", "x", "o"),
        Prepend("L", "/b:/c", "o"),
        Prepend("L", "/a", "o"),
        Remove("L", "/r", "o"),
        Append("L", "/z", "o"),
    )
    batches = (
        ListEdit("prepend", ("/c", "/b", "/a")),
        ListEdit("remove", ("/r",)),
        ListEdit("append", ("/z",)),
    )
    listed = Listed("L", ("/a", "/b", "/c", "/z"), batches)
    assert program(EnvironmentDelta(edits)) == (Assigned("S", "x"), listed)


def test_only_over_is_a_batch_of_its_own() -> None:
    edits = (Prepend("L", "/site", "o", True), Prepend("L", "/dev", "o"))
    batches = (ListEdit("prepend", ("/site",), True), ListEdit("prepend", ("/dev",)))
    assert program(EnvironmentDelta(edits)) == (Listed("L", ("/site", "/dev"), batches),)


def test_after_a_set_or_unset_nothing_depends_on_what_was_there() -> None:
    edits = (Set("A", "/x:", "o"), Prepend("A", "/y", "o"), Append("B", "/b", "o"), Unset("B", "o"))
    assert program(EnvironmentDelta(edits)) == (Assigned("A", "/y:/x"), Assigned("B", None))


def test_an_edit_without_an_entry_is_none() -> None:
    edits = (Prepend("L", "", "o"), Append("L", ".", "o"), Remove("L", ":", "o"))
    assert program(EnvironmentDelta(edits)) == (Listed("L", (), ()),)


@pytest.mark.parametrize(
    "name", ["", "1A", "A B", "A;touch x", "A\n", "Ä", "a[$(x)]", "DEVENV_RECORD", "__devenv_list"]
)
def test_a_name_that_cannot_stand_in_a_script_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a variable"):
        program(EnvironmentDelta((Set(name, "x", "o"),)))
