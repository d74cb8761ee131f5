"""A full and a read-only disk: one clear error, and nothing half made."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import support

from devenv.core.errors import DevenvError, StateError
from devenv.core.plan import Clone, MakeFolder, Plan, Rename, Run, Write
from devenv.system import files
from devenv.system.clone import clone
from devenv.system.executor import execute
from devenv.system.locks import locked

pytestmark = pytest.mark.real


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with support.small_disk(tmp_path / "disk", "64k") as disk:
        yield disk


@pytest.fixture
def read_only(small_disk: Path) -> Path:
    (small_disk / "old").write_text("old")
    (small_disk / "link").symlink_to("old")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    return small_disk


def test_a_full_disk_keeps_the_old_text(small_disk: Path) -> None:
    files.write_text(small_disk / "x", "old")
    with pytest.raises(StateError, match="the disk is full") as caught:
        files.write_text(small_disk / "x", "n" * 200_000)
    assert str(small_disk) in caught.value.what
    assert "DEVENV_HOME" in caught.value.fix
    assert (small_disk / "x").read_text() == "old"
    assert names(small_disk) == ["x"]


def test_a_plan_on_a_full_disk_leaves_nothing_staged(small_disk: Path) -> None:
    big = Path(small_disk.parent, "big")
    big.write_bytes(b"b" * 200_000)
    copying = Run(("cp", str(big), f"{small_disk}/s/big"))
    for filling in (Write(f"{small_disk}/s/big", "b" * 200_000), copying):
        steps = (
            MakeFolder(f"{small_disk}/s"),
            filling,
            Rename(f"{small_disk}/s", f"{small_disk}/d"),
        )
        with pytest.raises(DevenvError, match=r"disk is full|No space left"):
            execute(Plan("t", steps), environ=os.environ, quiet=True)
        assert names(small_disk) == []


@pytest.mark.parametrize("room", [200_000, 1_500_000])
def test_a_clone_on_a_full_disk_is_told(small_disk: Path, tmp_path: Path, room: int) -> None:
    """Of one commit, as Spack is cloned. room: for nothing at all, and for all but the files."""
    subprocess.run(
        ["mount", "-o", f"remount,size={room}", str(small_disk)], check=True, capture_output=True
    )
    origin = tmp_path / "origin"
    git = ["git", "-C", str(origin), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", "init", "-q", str(origin)], check=True)
    (origin / "noise").write_bytes(os.urandom(1_000_000))
    for words in (("add", "."), ("commit", "-qm", "all")):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    with pytest.raises(StateError, match="the disk is full"):
        clone(Clone(f"file://{origin}", str(small_disk / "clone"), commit, depth=1))
    assert names(small_disk) == []


def test_a_log_on_a_full_disk_is_told_and_the_command_ended(small_disk: Path) -> None:
    (small_disk / "fill").write_bytes(b"f" * 60_000)
    step = Run(("sh", "-c", "yes $$ | head -c 10000000; sleep 60"), log=f"{small_disk}/log")
    with pytest.raises(StateError, match="the disk is full"):
        execute(Plan("t", (step,)), environ=os.environ, quiet=True)


def test_a_read_only_disk_is_told(read_only: Path) -> None:
    with pytest.raises(StateError, match="the disk is read-only") as caught:
        files.write_text(read_only / "old", "new")
    assert str(read_only) in caught.value.what
    for doing in (
        lambda: files.link(read_only / "link", "new"),
        lambda: files.remove(read_only / "old"),
        lambda: files.make_folder(read_only / "new"),
        lambda: files.copy(read_only / "old", read_only / "new"),
    ):
        with pytest.raises(StateError, match="the disk is read-only"):
            doing()
    with pytest.raises(StateError, match="the disk is read-only"), locked(read_only / "l", "it"):
        pass
    assert names(read_only) == ["link", "old"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_someone_else_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StateError, match="permission denied"):
        files.write_text(tmp_path / "x", "")
    tmp_path.chmod(0o700)
