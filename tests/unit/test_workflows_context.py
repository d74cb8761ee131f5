"""Which environment a command without a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.core.errors import StateError, UsageError
from devenv.workflows.context import Context, chosen, make_context


def with_environments(home: Path, *names: str, **environ: str) -> Context:
    for name in names:
        (home / "envs" / name / "generations" / "1").mkdir(parents=True)
        (home / "envs" / name / "current").symlink_to("generations/1")
    return make_context({"DEVENV_HOME": str(home), "HOME": str(home), **environ}, home)


def test_the_only_one_may_be_left_unnamed(tmp_path: Path) -> None:
    assert chosen(with_environments(tmp_path, "neocortex"), None) == "neocortex"


def test_one_made_for_another_neuron_is_no_second_one(tmp_path: Path) -> None:
    context = with_environments(tmp_path, "neocortex", "neocortex.with-neuron-nightly")
    assert chosen(context, None) == "neocortex"
    assert chosen(context, "neocortex.with-neuron-nightly") == "neocortex.with-neuron-nightly"


def test_two_ask_for_a_name_and_the_active_one_is_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a, b"):
        chosen(with_environments(tmp_path, "a", "b"), None)
    assert (
        chosen(make_context({"DEVENV_HOME": str(tmp_path), "DEVENV_ENV": "b"}, tmp_path), None)
        == "b"
    )


def test_none_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StateError) as raised:
        chosen(with_environments(tmp_path), None)
    assert "devenv create" in str(raised.value.fix)
