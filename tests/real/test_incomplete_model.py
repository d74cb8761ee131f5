"""Without its repository of models a model is incomplete: said in so many words, refused where asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from small_models import mod
from support import Devenv

pytestmark = pytest.mark.real

SAYS = "incomplete model: without mod of neurodamus-models: file:///"
TEMPLATE = """\
summary: a model that is half of a repository's
neuron: neuron==9.0.2
packages: []
model:
  repository: {{package: neurodamus-models, ref: main, url: "file://{folder}/nowhere.git"}}
  mods:
    - {{package: devenv, path: ring/mod}}
    - {{package: neurodamus-models, path: mod}}
"""


@pytest.fixture(scope="module")
def half(make_devenv: Callable[[str], Devenv]) -> Devenv:
    devenv = make_devenv("incomplete")
    template = devenv.home / "templates" / "half.yaml"
    template.parent.mkdir(parents=True)
    template.write_text(TEMPLATE.format(folder=devenv.home.parent))
    return devenv


def envs(devenv: Devenv) -> list[str]:
    folder = devenv.home / "envs"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize(("options", "ci"), [(["--strict"], ""), ([], "true")])
def test_create_refuses(half: Devenv, options: list[str], ci: str) -> None:
    said = half("create", "refused", "--template", "half", *options, code=5, CI=ci).stdout
    assert SAYS in said
    assert "--no-strict" in said
    assert "refused" not in envs(half)


def test_create_and_build_say_it(half: Devenv) -> None:
    assert SAYS in half("create", "half", "--no-strict", CI="1").stdout
    for options, ci in ((["--strict"], "false"), ([], "1")):
        assert SAYS in half("build", "half", *options, code=5, CI=ci).stdout
    assert "not built" in half("list").stdout
    assert SAYS in half("build", "half").stdout
    assert SAYS in half("build", "half").stdout
    assert SAYS in half("show", "half").stdout
    assert SAYS in half("run", "half", "--", "true").stdout
    assert "incomplete" in half("list").stdout


def test_with_all_of_it_strict_has_nothing_to_say(half: Devenv, tmp_path: Path) -> None:
    (tmp_path / "mod").mkdir()
    (tmp_path / "mod" / "small.mod").write_text(mod("small"))
    half("create", "whole", "--template", "half", "--models", tmp_path, "--strict")
    assert "incomplete" not in half("build", "whole", "--strict").stdout
    assert "small" in half("show", "whole", "--json").stdout


def test_a_folder_of_the_models_without_mod_files_is_named(half: Devenv, tmp_path: Path) -> None:
    (tmp_path / "mod" / "deeper").mkdir(parents=True)
    (tmp_path / "mod" / "deeper" / "small.mod").write_text(mod("small"))
    half("create", "empty", "--template", "half", "--models", tmp_path)
    assert f"note: {tmp_path}/mod has no MOD files" in half("build", "empty").stdout
    template = tmp_path / "alone.yaml"
    text = TEMPLATE.format(folder=tmp_path).replace("    - {package: devenv, path: ring/mod}\n", "")
    template.write_text(text)
    half("create", "alone", "--template", template, "--models", tmp_path)
    assert f"no MOD files (*.mod) in {tmp_path}/mod" in half("build", "alone", code=2).stdout
