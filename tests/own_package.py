"""A small package of our own, in an environment that develops it, for the tests of `devenv test`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import Devenv, plain_environ

TEMPLATE = """\
summary: a package, its profiles and the ring's mechanisms
neuron: neuron==9.0.2
packages: []
{model}tests:
  own:
    package: hnn-core
    tests: [tests]
    forked: false
    exclude: &away
      - {{tests: ["tests/test_it.py::test_gone", "tests/test_it.py::test_out"], reason: not for us}}
      - {{tests: ["tests/test_none.py"], reason: long gone}}
  spread: {{package: hnn-core, tests: [tests], forked: false, workers: 2, exclude: *away}}
"""
MODEL = "model:\n  mods: [{package: devenv, path: ring/mod}]\n"
PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "hnn-core"
version = "1.2.3"
"""
LOOK = """\
import json, os, shutil, sys
import hnn_core
seen = {
    "module": os.path.realpath(hnn_core.__file__),
    "special": shutil.which("special"),
    "arguments": sys.argv[2:],
    **{name: os.environ.get(name, "") for name in ("PYTHONPATH", "TOX_ENV_DIR", "OWN")},
}
with open(sys.argv[1], "w") as file:
    json.dump(seen, file)
"""


@dataclass(frozen=True)
class Started:
    """A `devenv test` in the background; it ends with the block."""

    process: subprocess.Popen[bytes]
    log: Path

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, done: Callable[[], object]) -> None:
        """Until `done()` is true; an AssertionError where it ends before, or minutes have passed."""
        deadline = time.monotonic() + 300
        while not done():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    def end(self) -> tuple[int, str]:
        """Its exit code and all it printed, once it is over."""
        return self.process.wait(timeout=300), self.said


@dataclass(frozen=True)
class Own:
    """An environment that develops the package in `source`."""

    devenv: Devenv
    name: str
    source: Path

    def write(self, files: Mapping[str, str]) -> None:
        """These files alone beside the package's own."""
        for path in ("tox.ini", "tox.toml", "setup.cfg"):
            (self.source / path).unlink(missing_ok=True)
        for old in self.source.glob("tests/**/*.py"):
            old.unlink()
        for name, text in {"pyproject.toml": PYPROJECT, "tools/look.py": LOOK, **files}.items():
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            (self.source / name).write_text(text, encoding="utf-8")

    def test(self, *arguments: object, code: int | None = 0, **variables: str) -> str:
        """All that `devenv test` prints in it."""
        done = self.devenv("test", "--env", self.name, *arguments, code=code, **variables)
        return done.stdout

    def start(self, *arguments: str, before: tuple[str, ...] = (), **variables: str) -> Started:
        """`devenv test`, in the background. before: what starts it."""
        environ = {**plain_environ(), "DEVENV_HOME": str(self.devenv.home), **variables}
        log = self.source.parent / f"log-{time.time_ns()}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "devenv", "test", "--env", self.name, *arguments],
                env=environ,
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
            )
        return Started(process, log)

    def seen(self) -> dict[str, Any]:
        """What look.py saw in a tox environment that told it to write into the source."""
        found: dict[str, Any] = json.loads((self.source / "seen").read_text(encoding="utf-8"))
        (self.source / "seen").unlink()
        return found


def make_own(devenv: Devenv, name: str, folder: Path, model: str = MODEL) -> Own:
    """The package below `folder`, and an environment `name` that develops it."""
    source = folder / "hnn-core"
    (source / "hnn_core").mkdir(parents=True)
    (source / "hnn_core" / "__init__.py").write_text("ANSWER = 42\n", encoding="utf-8")
    path = devenv.home / "templates" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.format(model=model), encoding="utf-8")
    own = Own(devenv, name, source)
    own.write({})
    devenv("create", name)
    devenv("develop", "hnn-core", "--path", os.fspath(source), "--env", name)
    devenv("build", name)
    return own
