"""`build --why`, `which`, `doctor` and `lock diff` know the dev sources of all four kinds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from extension_samples import python_package, sample, set_answer
from support import Devenv, plain_environ
from tiny import template
from toolchain_standin import commit, git, make_standin, replace_in

pytestmark = pytest.mark.real

TEMPLATE = """\
summary: each kind
neuron: neuron==9.0.2
packages: []
model:
  repository: {package: neurodamus-models, ref: main, url: "file:///nowhere"}
  mods: [{package: neurodamus-models, path: mod}]
"""
NAMES = {
    "python": "plain",
    "extension": "fast",
    "model": "neurodamus-models",
    "toolchain": "neuron",
}
WHICH = {"python": "plain", "extension": "fast._core", "model": "own", "toolchain": "neuron"}
EDITED = {
    "extension": "src/answer.h",
    "model": "mod/own.mod",
    "toolchain": "src/nrniv/answer.cpp",
}


@dataclass(frozen=True)
class Kinds:
    """An environment `four` with a dev source of each kind. sources: kind -> its folder."""

    devenv: Devenv
    sources: dict[str, Path]

    def edit(self, kind: str) -> None:
        source = self.sources[kind]
        if kind == "extension":
            set_answer(source, 5)
        elif kind == "model":
            (source / "mod/own.mod").write_text(": edited\n", encoding="utf-8")
        elif kind == "toolchain":
            replace_in(source / EDITED[kind], "return 41", "return 42")
        else:
            (source / "plain/__init__.py").write_text("WORD = 2\n", encoding="utf-8")

    def __call__(self, *words: str) -> str:
        """What devenv prints; its doctor also has the traceback of Python with a NEURON that is none."""
        environ = {**plain_environ(), "DEVENV_HOME": str(self.devenv.home)}
        argv = [sys.executable, "-m", "devenv", *words]
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def four(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    devenv, folder = make_devenv("kinds"), tmp_path_factory.mktemp("the sources")
    models = folder / "models"
    (models / "mod").mkdir(parents=True)
    (models / "mod/own.mod").write_text(": first\n", encoding="utf-8")
    git(models, "init", "--quiet")
    commit(models, "A mechanism")
    sources = {
        "python": python_package(folder / "plain", "plain", "WORD = 1\n"),
        "extension": sample(folder / "fast", "setuptools"),
        "model": models,
        "toolchain": make_standin(folder / "nrn"),
    }
    template(devenv, "four", TEMPLATE)
    devenv("create", "four", "--template", "four")
    for kind, source in sources.items():
        devenv("develop", NAMES[kind], "--path", source, "--env", "four")
    devenv("build", "four")
    return Kinds(devenv, sources)


@pytest.mark.parametrize("kind", NAMES)
def test_an_edit_is_known_to_every_command(four: Kinds, kind: str) -> None:
    source, name = four.sources[kind], NAMES[kind]
    which = four("which", WHICH[kind], "--env", "four")
    if kind == "model":
        assert which.startswith(f"{source}/mod/own.mod\n")
    else:
        assert f"because of: dev source {name}" in which
        assert ("compiled from: " in which) == (kind != "python")
    assert "shadows" not in which
    assert "ok      stale: " in four("doctor", "four")
    four.edit(kind)
    why, doctor = four("build", "four", "--why"), four("doctor", "four")
    if kind == "python":  # it is live
        assert "four: nothing to do\n" in why and "ok      stale: " in doctor
    else:
        assert f"{source}/{EDITED[kind]}" in why
        assert "WARNING stale: " in doctor or "ERROR   stale: " in doctor
        reason = doctor.partition("stale: ")[2].partition("\n")[0]
        assert str(source) in reason or (kind == "model" and "mechanisms changed" in reason)
        four("build", "four")
        said = four("lock", "diff", "four")
        assert f"dev source {name} now with uncommitted changes" in said
        assert ("was compiled again" in said) == (kind in ("extension", "toolchain"))
        assert "own.mod changed" in said or kind != "model"
    assert "ok      source: all dev sources exist: " in four("doctor", "four")
