"""The recipes that two projects publish: every one renders for every variant, and converts."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from stand_ins import reachable
from support import Devenv

pytestmark = pytest.mark.real

REPOSITORIES = {
    "hnn": "https://github.com/jonescompneurolab/hnn-core-conda-packaging.git",
    "site": "https://github.com/benkirk/conda-recipes.git",
}
RECIPES = {
    "hnn": ("hnn-core-all/recipe", "archaic/hnn-core/recipe"),
    "site": (
        "h5py", "jax", "jax-src", "jaxlib", "jaxlib-src", "libmesh", "mpi4jax", "mpi4py",
        "nccl-ofi-plugin", "petsc", "petsc4py", "torch", "vision",
    ),
}  # fmt: skip
SITE = {
    "NCAR_HOST": "derecho",
    "NCAR_BUILD_ENV": "derecho-gcc-12.4.0",
    "NCAR_BUILD_ENV_COMPILER": "derecho-gcc-12.4.0",
}
PAIRS = "PYTORCH_VERSION:TORCHVISION_VERSION=2.7.0:0.22.0,2.6.0:0.21.0,2.5.1:0.20.1"


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Folder of a recipe, by its repository and path."""
    found = {}
    for name, url in REPOSITORIES.items():
        if not reachable(url):
            pytest.skip(f"{url} cannot be reached")
        clone = tmp_path_factory.mktemp("recipes") / name
        subprocess.run(["git", "clone", "--quiet", url, str(clone)], check=True)
        found |= {f"{name}/{one}": clone / one for one in RECIPES[name]}
    return found


def shown(devenv: Devenv, *arguments: object, code: int | None = 0) -> dict[str, Any]:
    done = devenv("conda", "build", *arguments, "--dry-run", "--json", code=code, **SITE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_all_recipes_render_for_every_variant(recipes: Mapping[str, Path], devenv: Devenv) -> None:
    assert len(recipes) == 15
    wanted = (
        "--python",
        "3.11,3.12",
        "--variant",
        PAIRS,
        "--variant",
        "MPI4PY_VERSION=4.0.3,3.1.6",
    )
    found = shown(devenv, *recipes.values(), *wanted)
    built = [one for one in found["packages"] if one["state"] == "build"]
    counts: dict[str, int] = {}
    for one in built:
        counts[one["name"]] = counts.get(one["name"], 0) + 1
    assert counts == {
        "h5py": 2, "jax": 4, "jaxlib": 4, "libmesh": 4, "mpi4jax": 2, "mpi4py": 4, "nccl": 1,
        "petsc": 1, "petsc4py": 2, "pytorch": 6, "torchvision": 6, "hnn-core-all": 1, "hnn-core": 1,
    }  # fmt: skip
    pairs = {(o["version"], o["variant"].split("PYTORCH_VERSION=")[1].split()[0])
             for o in built if o["name"] == "torchvision"}  # fmt: skip
    assert pairs == {("0.22.0", "2.7.0"), ("0.21.0", "2.6.0"), ("0.20.1", "2.5.1")}
    order = [one["name"] for one in built]
    for before, after in (("petsc", "petsc4py"), ("mpi4py", "h5py"), ("pytorch", "torchvision")):
        assert order.index(before) < order.index(after)
    skipped = [one["state"] for one in found["packages"] if one["state"] != "build"]
    assert skipped == ["skip: build/skip [py<312 or py>313 or win or aarch64], line 17"] * 2


def test_what_is_written_otherwise_is_named_with_its_line(
    recipes: Mapping[str, Path], devenv: Devenv
) -> None:
    found = shown(devenv, *recipes.values(), "--variant", PAIRS)
    lines = [one["what"] for one in found["findings"]]
    assert not [one for one in found["findings"] if one["severity"] == "error"]
    assert all(re.search(r"\.yaml, line [1-9]\d*: ", one) for one in lines)
    for text in (
        "petsc/meta.yaml, line 21: selector [cuda_version == \"None\"]: cuda_version is not known",
        "libmesh/meta.yaml, line 44: boost <=1.85* is written boost <=1.85",
        "libmesh/meta.yaml, line 24: track_features libmesh_complex",
        "jax/meta.yaml, line 67: jaxlib ==0.4.34=derecho* is written jaxlib ==0.4.34 derecho*",
        "recipe/meta.yaml, line 64: license BSD 3-Clause is written BSD-3-Clause",
    ):  # fmt: skip
        assert any(text in one for one in lines), text


def test_a_site_variable_that_is_not_set_is_named(
    recipes: Mapping[str, Path], devenv: Devenv
) -> None:
    done = devenv("conda", "build", recipes["site/mpi4py"], "--dry-run", code=2)
    assert (
        "mpi4py/meta.yaml, line 7: the environment variable NCAR_BUILD_ENV is not set"
        in done.stdout
    )
    assert "export NCAR_BUILD_ENV=" in done.stdout


def test_a_configuration_of_the_users_own_counts(
    recipes: Mapping[str, Path], devenv: Devenv
) -> None:
    folder = recipes["site/libmesh"]
    config = next((folder / "configs").glob("linux_64*.yaml"))
    found = shown(devenv, folder, "-m", config)
    assert len(found["packages"]) == 1
    variant = found["packages"][0]["variant"].split()
    assert {"mpi=openmpi", "scalar=real", "c_compiler_version=12"} <= set(variant)


def test_converted_recipes_are_accepted(
    recipes: Mapping[str, Path], devenv: Devenv, tmp_path: Path
) -> None:
    """`convert` renders what it wrote; here the outcome is compared with the meta.yaml's own."""
    versions = {"PYTORCH_VERSION": "2.7.0", "TORCHVISION_VERSION": "0.22.0"}
    for name, folder in recipes.items():
        place = tmp_path / name.replace("/", "-") / "recipe.yaml"
        python = ("--python", "3.12") if "libmesh" not in name else ()
        devenv("conda", "convert", folder, "--output", place, *python, **SITE, **versions)
        data = yaml.safe_load(place.read_text(encoding="utf-8"))
        assert data["schema_version"] == 1
        environ = Devenv(devenv.home, {**SITE, **versions})
        before = shown(environ, folder, *python)["packages"]
        config = folder / "conda_build_config.yaml"
        more = ("-m", config) if config.is_file() else ()
        after = shown(environ, place, *python, *more)["packages"]
        assert {(o["name"], o["version"]) for o in after} == {
            (o["name"], o["version"]) for o in before
        }
