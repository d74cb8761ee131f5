"""The script that a shell sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.core.errors import StateError
from devenv.core.layout import GenerationLayout
from devenv.environment.activation import dialect_of, script_of


def test_a_generation_without_the_script_of_a_shell_is_to_be_built_again(tmp_path: Path) -> None:
    folder, fish = GenerationLayout(tmp_path), dialect_of("fish")
    with pytest.raises(
        StateError, match=r"no activation script for fish.*activate\.fish"
    ) as raised:
        script_of(folder, fish, "ring")
    assert raised.value.fix == "Build it again: devenv build --force ring"
    (tmp_path / "activate.fish").touch()
    assert script_of(folder, fish, "ring") == tmp_path / "activate.fish"
