"""What holds for the text of every dialect, without running it."""

from __future__ import annotations

import re

import pytest

from devenv.core.delta import EnvironmentDelta, Prepend, Set
from devenv.core.environment import Generation, Overlay
from devenv.core.errors import UsageError
from devenv.shells import DIALECTS, Dialect

GENERATION = Generation(
    "ring", 3, "venv", "/py", "", "",
    EnvironmentDelta((Prepend("PATH", "/a b", "o"), Set("DEVENV_ENV", "ring", "o"))),
    (Overlay("neurodamus", "/o", "/s", "/src/it's", ("neurodamus",)),),
)  # fmt: skip

each = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


@each
def test_a_dialect_is_found_by_its_name_and_has_a_suffix_of_its_own(dialect: Dialect) -> None:
    assert DIALECTS[dialect.name] is dialect
    assert [d.suffix for d in DIALECTS.values()].count(dialect.suffix) == 1


@each
def test_a_nul_is_refused(dialect: Dialect) -> None:
    with pytest.raises(UsageError, match="NUL"):
        dialect.quote("a\0b")


@each
def test_the_same_generation_gives_the_same_script(dialect: Dialect) -> None:
    script = dialect.activation_script(GENERATION)
    assert script == dialect.activation_script(GENERATION)
    assert "it" in script
    assert "/a b" in script


@each
def test_an_unsafe_environment_name_is_refused(dialect: Dialect) -> None:
    with pytest.raises(UsageError):
        dialect.activation_code("$(touch x)", [])


def test_bash_starts_a_process_only_to_ask_the_program() -> None:
    """No command substitution, pipe, subshell, here-document or file but in __devenv_evaluate."""
    script = DIALECTS["bash"].activation_script(GENERATION)
    code = re.sub(r"(?m)(^|\s)#.*$", "", script).replace("$((code & 255))", "")
    asked = re.findall(r"(?ms)^__devenv_evaluate\(\) \{.*?^\}", code)
    assert len(asked) == 1
    assert asked[0].count("$(") == 1
    rest = code.replace(asked[0], "")
    assert not re.search(r"\$\(|`|<|>(?!&2)|(?<!\|)\|(?!\|)(?![^\n]*\))", rest)
    assert not re.search(r"(?m)^\s*\(", rest)
