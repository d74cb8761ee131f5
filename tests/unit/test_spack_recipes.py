"""The recipes that devenv brings, as files."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from devenv.config.context import make_context
from devenv.engines.spack.closure import package_in
from devenv.engines.spack.recipe import read_recipe
from devenv.engines.spack.site import copied_recipes

ROOT = Path(__file__).resolve().parents[2] / "spack-repos"
EXAMPLE = ROOT.parent / "examples" / "ring"
RECIPES = sorted((ROOT / "devenv" / "spack_repo" / "devenv" / "packages").iterdir())


def test_no_package_hides_the_other_repositories() -> None:
    assert not (ROOT / "devenv" / "spack_repo" / "__init__.py").exists()


def test_spack_0_2x_has_the_same_recipes() -> None:
    legacy = ROOT / "legacy" / "devenv" / "packages"
    recipes = [place for place in RECIPES if (place / "package.py").is_file()]
    assert sorted(p.name for p in legacy.iterdir()) == sorted(package_in(p.name) for p in recipes)
    for place in recipes:
        there = legacy / package_in(place.name) / "package.py"
        assert there.resolve() == (place / "package.py").resolve()


@pytest.mark.parametrize("repository", ["devenv/spack_repo/devenv", "legacy/devenv"])
def test_the_copy_that_spack_reads_is_complete(repository: str, tmp_path: Path) -> None:
    """Without the ring, neurodamus-models +example would silently lack its mechanisms."""
    recipes = ROOT / repository
    context = make_context({"DEVENV_HOME": str(tmp_path), "HOME": str(tmp_path)}, tmp_path)
    copy = copied_recipes(context, recipes)
    assert copied_recipes(context, recipes) == copy
    (models,) = (copy / "packages").glob("neurodamus?models")
    for folder in ("mod", "hoc"):
        names = {path.name for path in (EXAMPLE / folder).iterdir()}
        assert {path.name for path in (models / "ring" / folder).iterdir()} == names
    packages = [*recipes.glob("packages/*/package.py")]
    assert len(packages) == 5
    for path in packages:
        assert (copy / path.relative_to(recipes)).read_bytes() == path.read_bytes()
    assert not any(path.is_symlink() for path in copy.rglob("*"))


@pytest.mark.parametrize("place", RECIPES, ids=lambda place: str(place.name))
def test_lists_of_paths_are_never_set(place: Path) -> None:
    text = (place / "package.py").read_text(encoding="utf-8")
    for name in ("HOC_LIBRARY_PATH", "PATH", "PYTHONPATH", "LD_LIBRARY_PATH"):
        assert f'env.set("{name}"' not in text


def test_the_modules_that_recipes_run_exist() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.rglob("package.py")]
    modules = {name for text in texts for name in re.findall(r'"-m", "(devenv[\w.]*)"', text)}
    assert "devenv.models.prefix" in modules
    assert all(map(find_spec, modules))


def test_every_name_is_written_out() -> None:
    """So that the needs of our own recipes are judged exactly when they are narrowed."""
    models = next(place for place in RECIPES if place.name == "neurodamus_models")
    recipe = read_recipe((models / "package.py").read_text(encoding="utf-8"))
    assert {d.name for d in recipe.dependencies} == {
        *("c", "cxx", "gmake", "neuron", "py-neurodamus", "libsonata-report"),
    }
