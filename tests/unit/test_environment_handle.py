"""Which environment a command without a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.config.context import Context, make_context
from devenv.config.generation_file import generation_text
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import Generation
from devenv.core.errors import StateError, UsageError
from devenv.environment.handle import Env, open_env


def with_environments(home: Path, *names: str, **environ: str) -> Context:
    for name in names:
        (home / "envs" / name / "generations" / "1").mkdir(parents=True)
        (home / "envs" / name / "current").symlink_to("generations/1")
    return make_context({"DEVENV_HOME": str(home), "HOME": str(home), **environ}, home)


def test_the_only_one_may_be_left_unnamed(tmp_path: Path) -> None:
    assert open_env(with_environments(tmp_path, "neocortex"), None).name == "neocortex"


def test_one_made_for_another_neuron_is_no_second_one(tmp_path: Path) -> None:
    context = with_environments(tmp_path, "neocortex", "neocortex.with-neuron-nightly")
    assert open_env(context, None).name == "neocortex"
    assert (
        open_env(context, "neocortex.with-neuron-nightly").name == "neocortex.with-neuron-nightly"
    )


def test_two_ask_for_a_name_and_the_active_one_is_meant(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a, b"):
        open_env(with_environments(tmp_path, "a", "b"), None)
    active = make_context({"DEVENV_HOME": str(tmp_path), "DEVENV_ENV": "b"}, tmp_path)
    assert open_env(active, None).name == "b"


def test_none_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StateError) as raised:
        open_env(with_environments(tmp_path), None)
    assert "devenv create" in str(raised.value.fix)


def test_a_folder_that_was_renamed_is_not_taken_for_its_build(tmp_path: Path) -> None:
    """What runs in it would look for it, and lease it, at its old place."""
    context = with_environments(tmp_path, "old", "new")
    built = Generation("old", 1, "venv", "/p", "/s", "/n", EnvironmentDelta())
    for name in ("old", "new"):
        manifest = tmp_path / "envs" / name / "generations" / "1" / "environment.json"
        manifest.write_text(generation_text(built), encoding="utf-8")
    assert Env(context, "old").generation == built
    with pytest.raises(StateError, match="envs/new holds a build of old") as raised:
        _ = Env(context, "new").generation
    assert raised.value.fix == "Rebuild it: devenv build new"
