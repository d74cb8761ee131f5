"""devenv as people install it: its wheel, out of its source release, in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support import REPOSITORY, plain_environ

from devenv import DISTRIBUTION, __version__

pytestmark = pytest.mark.real


def call(*argv: object, **variables: str) -> str:
    environ = {**plain_environ(), **variables}
    done = subprocess.run(
        list(map(str, argv)), env=environ, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source release, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    call(sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", folder, REPOSITORY)
    return folder


RECIPES = """if True:
    import os
    from pathlib import Path
    from devenv.config.context import make_context
    from devenv.config.resources import resource_folder
    from devenv.engines.spack.site import copied_recipes
    context = make_context(os.environ, Path.cwd())
    for below in ("devenv/spack_repo/devenv", "legacy/devenv"):
        print(copied_recipes(context, resource_folder("spack-repos") / below))
"""


def test_it_installs_under_its_name_and_works(dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    assert wheel.name.startswith(f"{DISTRIBUTION}-{__version__}-")
    assert (dist / f"{DISTRIBUTION}-{__version__}.tar.gz").is_file()
    uv = (sys.executable, "-m", "uv")
    places = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    call(*uv, "tool", "install", "--quiet", "--python", sys.executable, wheel, **places)
    program, home = tmp_path / "bin" / "devenv", {"DEVENV_HOME": str(tmp_path / "home")}
    assert call(program, "--version") == f"devenv {__version__} (distribution: {DISTRIBUTION})\n"
    templates = {path.stem for path in (REPOSITORY / "envs").glob("*.yaml")}
    shown = call(program, "templates", **home)
    assert {line.split()[0] for line in shown.splitlines()} > templates
    found = tmp_path / "tools" / DISTRIBUTION
    (troubleshooting,) = found.glob(
        "lib/*/site-packages/devenv/resources/docs/how-to/troubleshoot.md"
    )
    assert "## mixed" in troubleshooting.read_text(encoding="utf-8")
    # What Spack gets of it, by its content. An archive of sources has no links to directories.
    copies = call(found / "bin" / "python", "-I", "-c", RECIPES, **home)
    assert copies.count("spack/recipes/") == 2
    assert copies == call(sys.executable, "-I", "-c", RECIPES, **home)


def test_the_wheel_has_no_leftovers(dist: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
