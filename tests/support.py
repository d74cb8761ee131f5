"""What tests use to run the program as a person does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from devenv.cli.outputs import schemas

REPOSITORY = Path(__file__).parents[1]
RING = REPOSITORY / "examples" / "ring"
EXPECTED = json.loads((RING / "expected.json").read_text(encoding="utf-8"))
LEFT_BEHIND = (
    "CI",
    "DEVENV_",
    "NEURON",
    "NRN",
    "HOC_LIBRARY_PATH",
    "PYTEST_ADDOPTS",
    "PYTHONPATH",
    "SLURM_",
    "VIRTUAL_ENV",
)


def plain_environ() -> dict[str, str]:
    """This process's variables without those of an environment that may be active."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(LEFT_BEHIND)}
    environ["OMPI_ALLOW_RUN_AS_ROOT"] = environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    return environ


@dataclass(frozen=True)
class Devenv:
    """The program, with a $DEVENV_HOME of its own. under: a command that starts it, such as strace."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    under: tuple[str, ...] = ()

    def __call__(
        self,
        *arguments: object,
        cwd: Path | None = None,
        code: int | None = 0,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run it; the exit code must be `code` (None: any). Output of both streams is in stdout."""
        if code == 0 and arguments[:1] == ("create",):
            claim(self.home, str(arguments[1]), _test_file())
        environ = {**plain_environ(), "DEVENV_HOME": str(self.home), **self.environ, **variables}
        if "HOME" not in {**self.environ, **variables}:  # the settings of who runs the tests stay
            environ.setdefault("XDG_CONFIG_HOME", str(self.home.parent / "user-settings"))
        done = subprocess.run(
            [*self.under, sys.executable, "-m", "devenv", *map(str, arguments)],
            cwd=cwd or self.home.parent,
            env=environ,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=900,
        )
        assert code is None or done.returncode == code, f"{done.args}\n{done.stdout}"
        assert "Traceback" not in done.stdout, done.stdout
        if "--json" in arguments[: arguments.index("--") if "--" in arguments else None]:
            check_document(done.stdout)
        return done


_CREATED: dict[tuple[Path, str], str] = {}


def _test_file() -> str:
    """The file of the test that runs, or that a fixture is made for."""
    return os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[0]


def claim(home: Path, name: str, file: str) -> None:
    """Fail if a test of another file created the environment `name` in a home that both share."""
    first = _CREATED.setdefault((home, name), file)
    if first != file and (home / "envs" / name / "current").is_symlink():
        raise AssertionError(
            f"{file} creates the environment {name!r}, which {first} created in the home that both"
            f" share, {home}: give it another name"
        )
    _CREATED[home, name] = file


def check_document(output: str) -> None:
    """The document of --json in the output, if there is one, is valid for the schema that it names."""
    begin = output.find('{\n  "schema": "devenv')
    if begin < 0:
        return
    document, _ = json.JSONDecoder().raw_decode(output[begin:])
    jsonschema.validate(document, schemas()[document["schema"]])


def report_of(devenv: Devenv, command: str) -> dict[str, Any]:
    """The newest report of a command that begins so, with its page beside it; it has to exist."""
    for data in sorted((devenv.home / "log" / "reports").glob("*/report.json"), reverse=True):
        report: dict[str, Any] = json.loads(data.read_text(encoding="utf-8"))
        if report["command"].startswith(f"devenv {command}"):
            assert report["steps"], command
            assert "</html>" in data.with_name("index.html").read_text(encoding="utf-8")
            return report
    raise AssertionError(f"no report of devenv {command}")


def raster(folder: Path) -> dict[str, Any]:
    """What the ring's plugin wrote of a run."""
    found: dict[str, Any] = json.loads((folder / "raster.json").read_text(encoding="utf-8"))
    return found


@contextmanager
def edited(path: Path, more: str) -> Iterator[None]:
    """Lines added to a file, and taken away again."""
    before = path.read_bytes() if path.exists() else None
    with path.open("a", encoding="utf-8") as file:
        file.write(more)
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own in a new folder; size: as mount takes it, such as 64k."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def check_ring(found: Mapping[str, Any], ranks: int, source: Path) -> None:
    """The ring ran on so many ranks, in special, with the developed neurodamus and the known raster."""
    assert found["ranks"] == ranks
    assert found["special"] is True
    assert len(found["cells_per_rank"]) == ranks
    assert min(found["cells_per_rank"]) > 0
    assert len(found["spikes"]) == EXPECTED["spikes"]
    assert found["sha256"] == EXPECTED["sha256"]
    assert Path(found["neurodamus"]).resolve().is_relative_to(source)
