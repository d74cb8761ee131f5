"""Files are written whole or not at all, and errors name the path and the way out."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from devenv.core.errors import StateError
from devenv.system import files
from devenv.system.os_errors import reporting

AWKWARD = "a b'\"\n; echo $(x)"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_write_makes_folders_and_keeps_odd_names_and_bytes(tmp_path: Path) -> None:
    path = tmp_path / AWKWARD / "file"
    files.write_text(path, b"caf\xe9\n".decode("utf-8", "surrogateescape"))
    assert path.read_bytes() == b"caf\xe9\n"
    assert names(path.parent) == ["file"]


@pytest.mark.parametrize(
    ("umask", "executable", "mode"), [(0o022, True, 0o755), (0o027, False, 0o640)]
)
def test_write_gives_the_rights_that_the_umask_allows(
    tmp_path: Path, umask: int, executable: bool, mode: int
) -> None:
    before = os.umask(umask)
    try:
        files.write_text(tmp_path / "x", "text", executable)
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == mode


def test_write_replaces_a_link_and_not_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("kept")
    (tmp_path / "link").symlink_to("real")
    files.write_text(tmp_path / "link", "new")
    assert (tmp_path / "real").read_text() == "kept"
    assert (tmp_path / "link").read_text() == "new"


def test_a_failed_write_leaves_the_old_text_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StateError, match="the disk is full") as caught:
        files.write_text(path, "new")
    assert str(path) in caught.value.what
    assert caught.value.fix
    assert path.read_text() == "old"
    assert names(tmp_path) == ["x"]


def test_link_replaces_a_link(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "current"
    files.link(path, "generations/1")
    files.link(path, "generations/2")
    assert str(path.readlink()) == "generations/2"
    assert names(path.parent) == ["current"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_link_refuses_to_replace_what_is_no_link(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mine"
    path.write_text("mine") if kind == "file" else path.mkdir()
    with pytest.raises(StateError, match="is not a link"):
        files.link(path, "elsewhere")
    assert not path.is_symlink()
    assert names(tmp_path) == ["mine"]


def test_remove_never_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("kept")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "inner").symlink_to(tmp_path / "mine")
    (tmp_path / "outer").symlink_to(tmp_path / "mine")
    files.remove(tmp_path / "outer")
    files.remove(tmp_path / "ours")
    files.remove(tmp_path / "never was")
    assert (tmp_path / "mine" / "file").read_text() == "kept"
    assert names(tmp_path) == ["mine"]


def test_copy_follows_links_and_keeps_rights(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("x")
    (tmp_path / "tool").chmod(0o755)
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "link").symlink_to("../tool")
    files.copy(tmp_path / "from", tmp_path / "new" / "to")
    copied = tmp_path / "new" / "to" / "link"
    assert not copied.is_symlink()
    assert copied.stat().st_mode & 0o777 == 0o755


def test_a_dangling_link_is_named_with_its_target(tmp_path: Path) -> None:
    (tmp_path / "mods").mkdir()
    (tmp_path / "mods" / "Ih.mod").symlink_to("../external/Ih.mod")
    said = r"mods/Ih\.mod is a link to \.\./external/Ih\.mod, which does not exist"
    with pytest.raises(StateError, match=said):
        files.read_folder(tmp_path / "mods", (".mod",))
    with pytest.raises(StateError, match=said):
        files.copy(tmp_path / "mods", tmp_path / "copy")


def test_rename_refuses_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "staged").mkdir()
    (tmp_path / "used").mkdir()
    with pytest.raises(StateError, match="used: already exists"):
        files.rename(tmp_path / "staged", tmp_path / "used")
    files.rename(tmp_path / "staged", tmp_path / "new" / "place")
    assert (tmp_path / "new" / "place").is_dir()


def test_read_folder_takes_the_suffixes_asked_for_and_follows_links(tmp_path: Path) -> None:
    (tmp_path / "b.mod").write_bytes(b"\xff")
    (tmp_path / "a.mod").symlink_to("b.mod")
    (tmp_path / "c.txt").write_text("no")
    (tmp_path / "d.inc").mkdir()
    (tmp_path / ".e.mod").write_text("hidden")
    found = files.read_folder(tmp_path, (".mod", ".inc"))
    assert list(found.items()) == [("a.mod", b"\xff"), ("b.mod", b"\xff")]


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="gone: does not exist"):
        files.digest(tmp_path / "gone")
    with pytest.raises(StateError, match="gone: does not exist"):
        files.read_folder(tmp_path / "gone", (".mod",))
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="file"):
        files.write_text(tmp_path / "file" / "below", "")


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(OSError, match="Bad file"), reporting("x"):
        os.close(-1)


def test_a_temporary_folder_is_gone_afterwards(tmp_path: Path) -> None:
    with pytest.raises(KeyError), files.temporary_folder(tmp_path / "tmp") as folder:
        (folder / "sub").mkdir()
        raise KeyError
    assert names(tmp_path / "tmp") == []
