"""`devenv doctor` on an environment that is broken in many ways: each way is found, explained, and
mended by what the finding says, word for word.

Breakages of one round come together, so that a round takes one look, the ways out, and a second look.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mine import PROGRAM
from support import Devenv, plain_environ
from tiny import Tiny

pytestmark = pytest.mark.real

NAME = "tiny"


@dataclass(frozen=True)
class Built:
    """The environment, by the paths of what can break."""

    devenv: Devenv

    @property
    def data(self) -> dict:  # type: ignore[type-arg]
        return json.loads((self.current / "environment.json").read_text())

    @property
    def root(self) -> Path:
        return self.devenv.home / "envs" / NAME

    @property
    def current(self) -> Path:
        return (self.root / "current").resolve()

    @property
    def site(self) -> Path:
        return Path(self.data["site"])

    @property
    def venv(self) -> Path:
        return self.site.parents[2]

    @property
    def neuron(self) -> Path:
        return Path(self.data["neuron"], "neuron")

    @property
    def libnrniv(self) -> Path:
        return self.neuron / ".data/lib/libnrniv.so"

    @property
    def model(self) -> Path:
        return Path(self.data["model"]["path"])

    @property
    def object(self) -> Path:
        stamp = json.loads((self.model / "model.json").read_text())
        mechanism = stamp["mechanisms"][0]
        key = mechanism["object"]
        return self.devenv.home / "objects" / key[:2] / key / f"{mechanism['name']}.o"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def change_unseen(path: Path) -> None:
    """Another byte in the place of one, with the size and the time as they were."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def install(built: Built) -> None:
    """As another tool does, from a wheel made here."""
    (built.site / "stranger.py").write_text("X = 1\n")
    info = built.site / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: stranger\nVersion: 1.0\n")


def relink(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


def edit_request(built: Built) -> None:
    """With the time that it had: only the content tells."""
    path = built.root / "environment.yaml"
    before = path.stat()
    path.write_text(path.read_text() + "packages: [iniconfig]\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@dataclass(frozen=True)
class Breakage:
    """do: breaks it. says: what the finding must name. back: the file that must be as it was."""

    round: int
    do: Callable[[Built], object]
    says: str
    back: Callable[[Built], Path] | None = None
    id: str = "intact"


TABLE = {
    "the library of the mechanisms is truncated": Breakage(
        1, lambda b: truncate(b.model / "lib/libnrnmech.so"), "lib/libnrnmech.so was changed",
        lambda b: b.model / "lib/libnrnmech.so",
    ),
    "NEURON's library is gone": Breakage(
        1, lambda b: b.libnrniv.unlink(), "lib/libnrniv.so is gone", lambda b: b.libnrniv
    ),
    "a package is gone": Breakage(
        1, lambda b: shutil.rmtree(b.site / "numpy"), "site-packages/numpy/ is gone",
        lambda b: b.site / "numpy/__init__.py",
    ),
    "the generation's special is empty": Breakage(
        1, lambda b: empty(b.current / "bin/special"), "bin/special is empty",
        lambda b: b.current / "bin/special",
    ),
    "another tool installed a package": Breakage(
        2, install, "stranger.py was added"
    ),
    "a file of NEURON has another byte, and its old size and time": Breakage(
        2, lambda b: change_unseen(b.neuron / "__init__.py"), "neuron/__init__.py was changed",
        lambda b: b.neuron / "__init__.py",
    ),
    "the compiled special cannot be executed": Breakage(
        2, lambda b: (b.model / "bin/special.nrn").chmod(0o444),
        "bin/special.nrn has other permissions", lambda b: b.model / "bin/special.nrn",
    ),
    "bash's activation script was edited": Breakage(
        2, lambda b: (b.current / "activate.bash").write_text("true\n"),
        "activate.bash was changed",
    ),
    "the model is gone, and an object that it was made of is truncated": Breakage(
        3, lambda b: (truncate(b.object), shutil.rmtree(b.model)), "is gone",
        lambda b: b.model / "lib/libnrnmech.so",
    ),
    "the Python is another one": Breakage(
        3, lambda b: relink(b.venv / "bin/python", sys.executable), "bin/python was changed",
    ),
    "the overlay of the dev source is gone": Breakage(
        3, lambda b: shutil.rmtree(b.data["overlays"][0]["path"]), "the overlay of neurodamus",
    ),
    "NEURON may not be read": Breakage(
        3, lambda b: b.libnrniv.chmod(0), "libnrniv.so has other permissions",
        lambda b: b.libnrniv,
    ),
    "the packages are gone, all of them": Breakage(
        4, lambda b: shutil.rmtree(b.venv), "the packages in"
    ),
    "environment.yaml asks for more, at its old time": Breakage(
        4, edit_request, "environment.yaml was edited since (packages)", id="stale"
    ),
    "the seal itself is damaged": Breakage(
        5, lambda b: empty(b.model / ".devenv-seal.json"), ".devenv-seal.json cannot be read"
    ),
    "what every rank runs first is gone": Breakage(
        5, lambda b: shutil.rmtree(b.current / "rank"), "rank/ is gone"
    ),
}  # fmt: skip


def findings(devenv: Devenv, code: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(devenv("doctor", NAME, "--json", code=code).stdout)[
        "findings"
    ]
    return [f for f in found if f["severity"] in ("error", "warning") and f["id"] != "mpi"]


def carry_out(devenv: Devenv, fixes: list[str]) -> None:
    """Type what the findings say, each line once."""
    environ = {**plain_environ(), "DEVENV_HOME": str(devenv.home)}
    environ["PATH"] = f"{PROGRAM.parent}:{environ['PATH']}"
    for line in dict.fromkeys(fixes):
        assert line.startswith("devenv "), line
        done = subprocess.run(
            ["sh", "-c", line], env=environ, cwd=devenv.home.parent, text=True,
            capture_output=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tiny: Tiny) -> Iterator[Built]:
    request = tiny.devenv.home / "envs" / NAME / "environment.yaml"
    before = request.read_text()
    yield Built(tiny.devenv)
    request.write_text(before)
    tiny.devenv("build", NAME)


@pytest.mark.parametrize("number", sorted({one.round for one in TABLE.values()}))
def test_each_breakage_is_found_explained_and_mended(built: Built, number: int) -> None:
    devenv = built.devenv
    assert findings(devenv, 0) == []
    rows = {name: row for name, row in TABLE.items() if row.round == number}
    paths = {name: row.back(built) for name, row in rows.items() if row.back}
    before = {name: (digest(path), path.stat().st_mode) for name, path in paths.items()}
    for row in rows.values():
        row.do(built)
    found = findings(devenv, 1)
    assert devenv("run", NAME, "--no-build", "--", "true", code=None).returncode != 0
    fixes = []
    for name, row in rows.items():
        hits = [f for f in found if f["id"] == row.id and row.says in f["what"]]
        assert hits, f"{name}: {found}"
        assert all(hit["fix"] for hit in hits), name
        assert row.id == "stale" or hits[0]["why"], name
        page, _, section = hits[0]["page"].removeprefix("file://").partition("#")
        assert f"## {section}\n" in Path(page).read_text(encoding="utf-8"), name
        fixes += [hit["fix"] for hit in hits]
    carry_out(devenv, fixes)
    assert findings(devenv, 0) == []
    for name in paths:
        path = rows[name].back(built)  # type: ignore[misc]
        assert path.stat().st_mode == before[name][1], name
        # A new generation has a special of its own, which names it.
        assert path.name == "special" or digest(path) == before[name][0], name
    use = "from neuron import h; import neurodamus, numpy; print('INTACT')"
    assert "INTACT" in devenv("run", NAME, "--no-build", "--", "python", "-c", use).stdout
    assert (
        "special"
        in devenv("run", NAME, "--", "sh", "-c", "special -c 'quit()'; command -v special").stdout
    )
