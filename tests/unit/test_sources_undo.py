"""The error of a command that fails: nothing that is removed is left in its advice."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.config.context import Context, make_context
from devenv.core.environment import DevSource
from devenv.core.errors import DevenvError, UsageError
from devenv.sources.undo import all_or_nothing


@pytest.fixture
def context(tmp_path: Path) -> Context:
    home = str(tmp_path / "home")
    return make_context({"DEVENV_HOME": home, "HOME": home}, tmp_path)


def failed(context: Context, source: DevSource, fix: str, *made: str) -> str:
    """The advice after the folders were made, and then removed, with the error's own in `fix`."""
    with (
        pytest.raises(DevenvError) as caught,
        all_or_nothing(context, "e", *map(Path, made), repeat="Repeat it.") as acquired,
    ):
        acquired.sources, acquired.notes = (source,), ("note: as it is",)
        for path in made:
            Path(path).mkdir(parents=True)
        raise UsageError("it is wrong", fix=fix)
    assert caught.value.what == "it is wrong\n  note: as it is"
    assert not [path for path in made if Path(path).exists()]
    return caught.value.fix


def test_a_command_on_the_clone_is_for_one_of_the_users_own(
    context: Context, tmp_path: Path
) -> None:
    path = f"{tmp_path}/a clone"
    source = DevSource("neuron", path, "toolchain", "git https://host.invalid/a.git@v1")
    found = failed(context, source, f"Take it: devenv develop other --path '{path}'", path)
    assert found.splitlines()[1:] == [
        "  git clone https://host.invalid/a.git DIR, and check out v1",
        "  Take it: devenv develop other --path DIR",
    ]
    assert failed(context, source, "apt install flex", path) == "apt install flex"


def test_a_folder_of_the_users_own_stays_in_it(context: Context, tmp_path: Path) -> None:
    fix = f"See {tmp_path}"
    assert failed(context, DevSource("neuron", str(tmp_path)), fix, f"{tmp_path}/new") == fix


def test_other_advice_on_what_is_gone_is_replaced(context: Context, tmp_path: Path) -> None:
    own, new = DevSource("neuron", str(tmp_path)), f"{tmp_path}/env"
    found = failed(context, own, f"Did you mean x?\n  Edit {new}/spack.yaml.", new)
    assert found == "Did you mean x?\n  Repeat it."
