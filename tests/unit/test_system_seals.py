"""A seal tells what is not as it was made, and nothing else."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devenv.system import seals
from devenv.system.files import copy, remove, remove_empty
from devenv.system.seals import SEAL, Damage, damages, seal, unmarked


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "entry"
    (made / "pkg/deep").mkdir(parents=True)
    (made / "log").mkdir()
    (made / "pkg/a.py").write_text("A = 1\n")
    (made / "pkg/deep/b.so").write_bytes(b"0123456789")
    (made / "run").write_text("#!/bin/sh\n")
    (made / "run").chmod(0o755)
    (made / "to").symlink_to("pkg")
    seal(made, ("pkg", "pkg/deep/b.so", "absent"), without=("log",))
    return made


def writable(path: Path) -> Path:
    path.chmod(path.stat().st_mode | 0o200)
    return path


def link_elsewhere(folder: Path) -> None:
    (folder / "to").unlink()
    (folder / "to").symlink_to("log")


CASES: dict[str, tuple[Callable[[Path], object], Damage]] = {
    "gone": (lambda f: (f / "pkg/a.py").unlink(), Damage("pkg/a.py", "is gone")),
    "a folder": (lambda f: shutil.rmtree(f / "pkg/deep"), Damage("pkg/deep/", "is gone")),
    "changed": (
        lambda f: writable(f / "pkg/deep/b.so").write_bytes(b"012345678X"),
        Damage("pkg/deep/b.so", "was changed"),
    ),
    "empty": (lambda f: os.truncate(f / "pkg/a.py", 0), Damage("pkg/a.py", "is empty")),
    "added": (lambda f: (f / "pkg/c.py").write_text(""), Damage("pkg/c.py", "was added")),
    "rights": (lambda f: (f / "run").chmod(0o444), Damage("run", "has other permissions")),
    "link": (link_elsewhere, Damage("to", "was changed")),
    "seal": (lambda f: os.truncate(f / SEAL, 3), Damage(SEAL, "cannot be read")),
}


@pytest.mark.parametrize("name", CASES)
def test_what_was_done_is_told(folder: Path, name: str) -> None:
    do, expected = CASES[name]
    for one in (folder, folder / "pkg", folder / SEAL, folder / "pkg/a.py"):
        writable(one)
    assert damages(folder) == ()
    do(folder)
    assert damages(folder) == (expected,)


def test_marks_tell_a_change_at_a_glance(folder: Path) -> None:
    assert unmarked(folder) == ""
    os.truncate(writable(folder / "pkg/deep/b.so"), 5)
    assert unmarked(folder) == "pkg/deep/b.so"
    (writable(folder / "pkg") / "new").write_text("")
    assert unmarked(folder) == "pkg"


def test_caches_and_what_is_left_out_take_no_part(folder: Path) -> None:
    (folder / "pkg/__pycache__/a.pyc").write_text("cached")
    (writable(folder / "log") / "more").write_text("")
    assert damages(folder) == ()
    assert unmarked(folder) == ""


def test_nothing_but_caches_can_be_written_and_all_can_be_removed(folder: Path) -> None:
    rights = {path: path.lstat().st_mode & 0o222 for path in folder.rglob("*")}
    found = [path.name for path, mode in rights.items() if mode and not path.is_symlink()]
    assert set(found) == {"__pycache__"}
    remove(folder)
    assert not folder.exists()


def test_without_a_seal_nothing_is_judged(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert damages(tmp_path) == ()
    assert unmarked(tmp_path) == ""


def test_what_is_empty_within_an_entry_stays_when_empty_folders_go(tmp_path: Path) -> None:
    for name in ("venvs/k/pkg/__pycache__", "sources/e/repo/.git/refs/heads", "objects/ab", "log"):
        (tmp_path / name).mkdir(parents=True)
    remove_empty(tmp_path, 2)
    assert (tmp_path / "venvs/k/pkg/__pycache__").is_dir()
    assert (tmp_path / "sources/e/repo/.git/refs/heads").is_dir()
    assert not (tmp_path / "objects").exists()
    assert not (tmp_path / "log").exists()


def test_the_copy_of_a_sealed_file_is_its_owners_to_write(folder: Path, tmp_path: Path) -> None:
    copy(folder / "run", tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("lib/site/pkg/seen.json", False),
        ("lib/site/pkg/cache.bin", False),
        ("lib/site/pkg/extra.py", True),
        ("lib/site/pkg/extra.so", True),
        ("lib/site/pkg-1.dist-info/direct_url.json", True),
        ("lib/site/pkg/new/seen.json", True),
        ("notes.txt", True),
        ("bin/tool", True),
    ],
)
def test_what_a_package_writes_beside_its_modules_is_no_damage(
    tmp_path: Path, name: str, counts: bool
) -> None:
    for folder in ("lib/site/pkg", "lib/site/pkg-1.dist-info", "bin"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "kept").write_text("kept")
    seal(tmp_path, read_only=False)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    assert bool(damages(tmp_path)) == counts


def test_an_interrupt_ends_the_hashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(400):
        (tmp_path / f"{number}.py").write_text("")
    hashed: list[Path] = []

    def interrupted(path: Path) -> list[object]:
        hashed.append(path)
        if len(hashed) > 1:
            time.sleep(0.01)
            return []
        raise KeyboardInterrupt

    monkeypatch.setattr(seals, "_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        seal(tmp_path)
    assert len(hashed) < 400
