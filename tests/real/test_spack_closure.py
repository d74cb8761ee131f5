"""Narrowed recipes against all of them, and archives from the package index."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support import Devenv, plain_environ

from devenv.config.context import make_context
from devenv.engines.spack.observe import read_request
from devenv.engines.spack.work import work_in
from devenv.environment.handle import Env

pytestmark = pytest.mark.real

WRONG = """\
from spack_repo.builtin.build_systems.python import PythonPackage
from spack.package import *


class PyWrong(PythonPackage):
    pypi = "docopt-ng/docopt_ng-0.9.0.tar.gz"

    version("0.9.0", sha256="{}")
"""


def concretized(argv: list[str], scope: Path, folder: Path) -> set[str]:
    """The DAG hashes that raw Spack chooses with this scope."""
    command = [*argv[: argv.index("-C")], "-C", str(scope), "-D", str(folder), "concretize"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    more = {"SPACK_USER_CACHE_PATH": f"{folder}/cache", "SPACK_DISABLE_LOCAL_CONFIG": "1"}
    subprocess.run(command, env={**kept, **more}, check=True, capture_output=True)
    return set(json.loads((folder / "spack.lock").read_text())["concrete_specs"])


def test_narrowed_recipes_give_the_lock_of_all_recipes(spack_home: Devenv, tmp_path: Path) -> None:
    options = ("--template", "neocortex", "--engine", "spack", "--wheels-as-externals")
    spack_home("create", "narrow", *options)
    environ = {**plain_environ(), **spack_home.environ, "DEVENV_HOME": str(spack_home.home)}
    context = make_context(environ, tmp_path)
    env = Env(context, "narrow")
    found = read_request(env, env.request, None)
    work = work_in(context, found, tmp_path)
    argv, scope = list(work.argv()), work.setting.scope
    whole = json.loads(spack_home("spack", "status", "--json").stdout)["recipes"]
    cut = (scope / "repos.yaml").read_text()
    place = next(line.split()[-1] for line in cut.splitlines() if "builtin:" in line)
    assert len(list(Path(place, "packages").iterdir())) < 100
    shutil.copytree(scope, tmp_path / "whole")
    (tmp_path / "whole" / "repos.yaml").write_text(cut.replace(place, whole))
    hashes = []
    for name, configured in (("cut", scope), ("all", tmp_path / "whole")):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(spack_home.home / "envs" / "narrow" / "spack.yaml", folder)
        hashes.append(concretized(argv, configured, folder))
    assert len(hashes[0]) > 15
    assert hashes[0] == hashes[1]
    spack_home("remove", "narrow")


def test_archives_are_those_of_the_recipes(spack_home: Devenv, tmp_path: Path) -> None:
    mirror = spack_home.home / "spack" / "mirror"
    assert "1 fetched" in spack_home("spack", "sources", "py-docopt-ng@0.9.0").stdout
    assert "0 fetched, 1 there" in spack_home("spack", "sources", "py-docopt-ng@0.9.0").stdout
    (archive,) = [path for path in mirror.rglob("*") if path.is_file()]
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert archive.name == f"{digest}.tar.gz"
    wrong = tmp_path / "spack_repo" / "wrong"
    (wrong / "packages" / "py_wrong").mkdir(parents=True)
    (wrong / "repo.yaml").write_text("repo: {namespace: wrong, api: v2.0}\n")
    (wrong / "packages" / "py_wrong" / "package.py").write_text(WRONG.format("0" * 64))
    site = tmp_path / "site.yaml"
    site.write_text(f"repositories: {{wrong: {wrong}}}\n")
    done = spack_home("spack", "sources", "py-wrong@0.9.0", code=6, DEVENV_SITE=str(site))
    assert digest in done.stdout
    assert "0" * 64 in done.stdout
    assert [path for path in mirror.rglob("*") if path.is_file()] == [archive]
    done = spack_home("spack", "sources", "cmake@3.30.0", code=2)
    assert "no recipe takes cmake 3.30.0 from the package index" in done.stdout
