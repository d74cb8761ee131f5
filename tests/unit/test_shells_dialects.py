"""What holds for the text of every dialect, without running it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from devenv.core.delta import EnvironmentDelta, Prepend, Set
from devenv.core.environment import Generation, Overlay
from devenv.core.errors import UsageError
from devenv.shells.registry import ALIASES, DIALECTS, Dialect

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


def test_no_alias_hides_a_dialect() -> None:
    assert not ALIASES.keys() & DIALECTS.keys()
    assert set(ALIASES.values()) <= DIALECTS.keys()


@each
def test_a_nul_is_refused(dialect: Dialect) -> None:
    with pytest.raises(UsageError, match="NUL"):
        dialect.quote("a\0b")


@each
def test_the_same_generation_gives_the_same_script(dialect: Dialect) -> None:
    script = dialect.activation_script(GENERATION, "/g/activate.x")
    assert script == dialect.activation_script(GENERATION, "/g/activate.x")
    assert ("/a b" in script) == (dialect.name != "tcsh")  # which asks sh


@each
def test_an_unsafe_environment_name_is_refused(dialect: Dialect) -> None:
    bad = replace(GENERATION, name="$(touch x)")
    if dialect.name == "tcsh":
        return  # the name is in sh's script alone
    with pytest.raises(UsageError):
        dialect.activation_script(bad, "/g/activate.x")


@each
def test_what_is_evaluated_in_backquotes_of_csh_is_one_line(dialect: Dialect) -> None:
    assert "\n" not in dialect.source("/g/x").rstrip("\n")
    if dialect.name == "tcsh":
        assert "\n" not in dialect.shell_init("/home/me").rstrip("\n")
        assert "\n" not in dialect.deactivation_script().rstrip("\n")


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_a_process_is_started_only_to_ask_the_program(name: str) -> None:
    """No command substitution, pipe, subshell or here-document but in __devenv_evaluate and the stub."""
    script = DIALECTS[name].activation_script(GENERATION, "/g/activate.x")
    code = re.sub(r"(?m)(^|\s)#.*$", "", script).replace("$((code & 255))", "")
    code = re.sub(r"(?ms)^__devenv_evaluate\(\) \{.*?^\}", "", code)
    code = re.sub(r'eval "\$\(command devenv shell-init \w+\)"', "", code)
    assert not re.search(r"\$\(|`|<<", code)
    assert not re.search(r"(?m)^\s*\(", code)
