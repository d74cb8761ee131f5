"""Narrowed recipes on real Spack: a stub is a recipe too, and where one fails all of them are used."""

from __future__ import annotations

from pathlib import Path

import pytest
from spack_trial import CORE, PACKAGES, Trial
from support import Devenv, plain_environ

from devenv.config.context import make_context
from devenv.engines.spack.closure import package_in
from devenv.engines.spack.observe import read_request
from devenv.engines.spack.work import SpackCall, work_in
from devenv.environment.handle import Env
from devenv.system import process

pytestmark = pytest.mark.real

NEEDS = '''\
from spack_repo.builtin.build_systems.generic import Package
from spack_repo.builtin.common.words import WORDS
from spack.package import *


class Needs(Package):
    """Imports a module that is neither a recipe nor a build system."""

    homepage = "https://example.org"
    has_code = False
    version("1.0")

    def install(self, spec, prefix):
        mkdirp(prefix.share)
        touch(join_path(prefix.share, WORDS))
'''


LOAD = """
import sys, spack.repo
for name in sys.argv[1:]:
    print(name, len(spack.repo.PATH.get_pkg_class(name).__doc__ or ""))
"""


def narrowed(trial: Trial, name: str, folder: Path, spec: str) -> SpackCall:
    """Spack as it would concretize `spec`, in an environment of that name."""
    devenv = trial.devenv
    devenv("create", name, "--template", "trial")
    (devenv.home / "envs" / name / "spack.yaml").write_text(f"spack:\n  specs: [{spec}]\n")
    environ = {**plain_environ(), **devenv.environ, "DEVENV_HOME": str(devenv.home)}
    context = make_context(environ, folder, quiet=True)
    env = Env(context, name)
    found = read_request(env, env.request, None)
    devenv("remove", name)
    return work_in(context, found, folder / "spack" / "KEY")


def test_spack_can_load_every_stub(trial: Trial, tmp_path: Path) -> None:
    """With gsl and hdf5 comes intel-oneapi-mpi, whose decorator reads its docstring."""
    work = narrowed(trial, "stubs", tmp_path, "hdf5")
    builtin = Path(work.setting.configuration.repositories["builtin"])
    recipes = (builtin / "packages").glob("*/package.py")  # not what Python compiled
    stubs = [path.parent.name for path in recipes if not path.parent.is_symlink()]
    assert "intel_oneapi_mpi" in stubs
    names = sorted(package_in(stub) for stub in stubs)
    (tmp_path / "load.py").write_text(LOAD)
    argv = work.argv("python", str(tmp_path / "load.py"), *names, env=False)
    said = process.capture(argv, environ=work.variables).splitlines()
    assert [line.split()[0] for line in said] == names
    assert all(int(line.split()[1]) for line in said)


@pytest.fixture
def small(trial: Trial, tmp_path: Path) -> Devenv:
    """A home whose recipes are few, and one of them imports what narrowing does not know."""
    work = narrowed(trial, "narrowed", tmp_path, "py-trial")
    cut = Path(work.setting.configuration.repositories["builtin"])
    root = tmp_path / "recipes" / "spack_repo" / "builtin"
    (root / "packages").mkdir(parents=True)
    whole = trial.devenv.home / "spack" / PACKAGES / "repos" / "spack_repo" / "builtin"
    for name in ("repo.yaml", "build_systems"):
        (root / name).symlink_to(whole / name)
    for package in (cut / "packages").iterdir():
        (root / "packages" / package.name).symlink_to(package.resolve())
    for name, text in (
        ("packages/needs/package.py", NEEDS),
        ("common/words.py", "WORDS = 'all'\n"),
    ):
        (root / name).parent.mkdir()
        (root / name).write_text(text)
    core = str(trial.devenv.home / "spack" / CORE)
    environ = {"DEVENV_SITE": "trial", "DEVENV_WHEELS": "off", "DEVENV_SPACK_ROOT": core}
    small = Devenv(
        tmp_path / "home", {**environ, "DEVENV_SPACK_PACKAGES_ROOT": str(tmp_path / "recipes")}
    )
    (small.home / "sites").mkdir(parents=True)
    site = (trial.devenv.home / "sites" / "trial.yaml").read_text()
    (small.home / "sites" / "trial.yaml").write_text(site)
    small("spack", "setup")
    small("create", "odd", "--template", trial.devenv.home / "templates" / "trial.yaml")
    return small


def test_where_narrowed_recipes_fail_all_are_used(small: Devenv) -> None:
    manifest = small.home / "envs" / "odd" / "spack.yaml"
    manifest.write_text("spack:\n  specs: [needs]\n")
    said = small("build", "odd").stdout
    assert "with narrowed recipes Spack fails" in said
    (folder,) = (small.home / "envs" / "odd").glob("spack/*/view")
    assert (folder / "share" / "all").exists()
    assert "up to date" in small("build", "odd").stdout
    manifest.write_text("spack:\n  specs: [needs@7]\n")
    said = small("build", "odd", code=4).stdout
    assert "needs@7" in said
