from __future__ import annotations

import pytest

from devenv.core.errors import PreconditionError, UsageError
from devenv.core.names import checked_name, did_you_mean, normalise_name, unknown


@pytest.mark.parametrize("name", ["ring", "A", "0", "a.b_c-d", "x" * 64])
def test_a_safe_name_is_itself(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-n",
        "_x",
        "a/b",
        "a b",
        "a'b",
        'a"',
        "$(x)",
        "a\n",
        "é",
        "a;b",
        "~",
        "x" * 65,
        "a\0",
    ],
)
def test_a_name_that_is_unsafe_as_a_folder_or_in_a_shell_is_refused(name: str) -> None:
    with pytest.raises(UsageError) as error:
        checked_name(name, "template")
    assert repr(name) in error.value.what
    assert "template" in error.value.what
    assert "letters, digits" in error.value.fix


@pytest.mark.parametrize("name", ["Neurodamus_Py", "neurodamus.py", "neurodamus--_py"])
def test_a_package_has_one_normal_name(name: str) -> None:
    assert normalise_name(name) == "neurodamus-py"


def test_a_misspelt_name_gets_a_hint_and_a_strange_one_the_list() -> None:
    known = ["neocortex", "hippocampus"]
    assert (
        did_you_mean("neocortx", known)
        == "Did you mean 'neocortex'? Known: hippocampus, neocortex."
    )
    assert did_you_mean("zzz", known) == "Known: hippocampus, neocortex."
    assert did_you_mean("x", []) == "Known: none."
    error = unknown("template", "neocortx", known, "envs")
    assert str(error).startswith("unknown template 'neocortx' in envs\n  Did you mean 'neocortex'?")


def test_all_that_is_unmet_is_named_at_once() -> None:
    one = PreconditionError.of([("no compiler", "install g++")])
    assert str(one) == "no compiler\n  install g++"
    two = str(PreconditionError.of([("no compiler", "install g++"), ("no MPI", "install it")]))
    assert all(word in two for word in ("2 things", "no compiler", "install g++", "no MPI"))
