"""What the readers of the pages on Spack have: the tests' Spack, with recipes that take seconds."""

from __future__ import annotations

import shutil
from pathlib import Path

from conda_parts import write
from page_session import Reader, make_reader
from spack_trial import CORE, PACKAGES, Trial
from toolchain_standin import commit, git

NOTE = '''\
from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class TrialNote(Package):
    """A file of a repository."""

    homepage = "https://example.org"
    git = "file://@REPOSITORY@"

    version("main", branch="main")

    def install(self, spec, prefix):
        mkdirp(prefix.share)
        install("note", prefix.share)
'''
SOLVER = """\
spack:
  specs: [trial-model]
  repos: {trial: @RECIPES@}
"""


def spack_reader(trial: Trial, folder: Path) -> Reader:
    """A reader with sources in ~/src and an environment of Spack's in ~/projects/solver."""
    home = trial.devenv.home
    roots = {"SPACK_ROOT": home / "spack" / CORE, "SPACK_PACKAGES_ROOT": home / "spack" / PACKAGES}
    environ = {f"DEVENV_{name}": str(path) for name, path in roots.items()}
    reader = make_reader(folder, {**environ, "DEVENV_SITE": "trial"})
    ours = reader.devenv.home
    shutil.copytree(home / "templates", ours / "templates")
    recipes = reader.home / "recipes" / "spack_repo" / "note"
    note = NOTE.replace("@REPOSITORY@", str(reader.home / "src" / "note"))
    repo = "repo:\n  namespace: note\n  api: v2.0\n"
    write(recipes, {"repo.yaml": repo, "packages/trial_note/package.py": note})
    text = (home / "sites" / "trial.yaml").read_text(encoding="utf-8")
    text = text.replace("repositories: {", f"repositories: {{note: {recipes}, ")
    write(ours / "sites", {"trial.yaml": text})
    _sources(trial, reader.home)
    return reader


def _sources(trial: Trial, home: Path) -> None:
    for kind, source in (("trial", trial.source("pages")), ("tool", trial.tool("pages-tool"))):
        shutil.copytree(source, home / "src" / kind)
    write(home / "src", {"note/note": "a note\n", "mymods/mine.mod": "NEURON { SUFFIX mine }\n"})
    git(home / "src" / "note", "init", "--quiet", "--initial-branch=main")
    commit(home / "src" / "note", "A note")
    recipes = str(trial.root / "recipes" / "spack_repo" / "trial")
    write(home / "projects" / "solver", {"spack.yaml": SOLVER.replace("@RECIPES@", recipes)})
