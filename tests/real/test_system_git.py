"""Git repositories for real: clones, releases, snapshots; and the user's own are never touched."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from stand_ins import Repositories

from devenv.core.errors import StateError, UnreachableError, UsageError
from devenv.core.plan import Clone
from devenv.sources.toolchain_tree import SEEN, read_tree
from devenv.system import git, index
from devenv.system.files import write_text
from devenv.system.release import unpack_release
from devenv.system.snapshot import contents, copied, digest, refresh, snapshot

pytestmark = pytest.mark.real

NEURODAMUS = "https://github.com/openbraininstitute/neurodamus.git"


@pytest.fixture(autouse=True)
def plain_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings of this machine's user; a file for those of a test."""
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return config


def run_git(path: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=path, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def make_repository(path: Path, files: dict[str, str], tag: str = "") -> Path:
    path.mkdir(parents=True)
    run_git(path, "init", "-q", "-b", "main")
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    run_git(path, "add", "-A")
    run_git(path, "commit", "-qm", "first")
    if tag:
        run_git(path, "tag", tag)
    return path


def add_submodule(path: Path, name: str, url: str) -> None:
    run_git(path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, name)
    run_git(path, "commit", "-qm", "submodule")


def test_a_clone_is_whole_and_at_the_ref(tmp_path: Path) -> None:
    remote = make_repository(tmp_path / "remote a'b", {"f": "1"}, "v1")
    first = run_git(remote, "rev-parse", "HEAD")
    run_git(remote, "checkout", "-qb", "topic/x")
    (remote / "f").write_text("2")
    run_git(remote, "commit", "-qam", "second")
    run_git(remote, "checkout", "-q", "main")
    for ref, content in (("", "1"), ("topic/x", "2"), ("v1", "1"), (first[:10], "1")):
        path = tmp_path / "clones" / f"of {ref.replace('/', '-')}"
        assert git.clone(Clone(str(remote), str(path), ref)) == ()
        assert (path / "f").read_text() == content
        assert run_git(path, "status", "--porcelain") == ""
    assert run_git(tmp_path / "clones" / "of topic-x", "branch", "--show-current") == "topic/x"
    git.clone(Clone(f"file://{remote}", str(tmp_path / "one"), "topic/x", depth=1))
    assert run_git(tmp_path / "one", "rev-list", "--count", "HEAD") == "1"
    assert sorted(p.name for p in (tmp_path / "clones").iterdir()) == [
        f"of {ref}" for ref in ("", first[:10], "topic-x", "v1")
    ]


def test_a_branch_that_is_not_there_is_made_from_the_ref(tmp_path: Path) -> None:
    remote = make_repository(tmp_path / "remote", {"f": "1"}, "v1")
    first = run_git(remote, "rev-parse", "HEAD")
    (remote / "f").write_text("2")
    run_git(remote, "commit", "-qam", "second")
    run_git(remote, "branch", "theirs")
    for number, (ref, content) in enumerate((("v1", "1"), (first, "1"), ("", "2"))):
        path = tmp_path / f"clone{number}"
        (note,) = git.clone(Clone(str(remote), str(path), ref, branch="my/feature"))
        assert f"no branch my/feature: created it from {ref or 'the default branch'}" in note
        assert run_git(path, "branch", "--show-current") == "my/feature"
        assert (path / "f").read_text() == content
    there = tmp_path / "there"
    assert git.clone(Clone(str(remote), str(there), "v1", branch="theirs")) == ()
    assert run_git(there, "branch", "--show-current") == "theirs"
    assert (there / "f").read_text() == "2"
    with pytest.raises(UsageError, match=r"invalid branch name 'no\.\.such'"):
        git.clone(Clone(str(remote), str(tmp_path / "bad"), branch="no..such"))
    assert not (tmp_path / "bad").exists()


def test_what_cannot_be_cloned_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    remote = make_repository(tmp_path / "remote", {"f": "1"}, "v1.0")
    place = tmp_path / "clones"
    with pytest.raises(UsageError, match=r"no branch or tag 'v1\.1'") as caught:
        git.clone(Clone(str(remote), str(place / "a"), "v1.1"))
    assert "v1.0" in caught.value.fix
    with pytest.raises(UsageError, match="the commit abcdef1234"):
        git.clone(Clone(str(remote), str(place / "a"), "abcdef1234"))
    with pytest.raises(UnreachableError, match="nowhere") as gone:
        git.clone(Clone(f"{tmp_path}/nowhere", str(place / "a")))
    assert "\n" not in gone.value.what
    with pytest.raises(UnreachableError) as refused:
        git.clone(Clone("http://me:pw@127.0.0.1:9/x.git", str(place / "a")))
    assert "pw" not in str(refused.value)
    assert not place.exists() or not list(place.iterdir())
    place.mkdir(exist_ok=True)
    with pytest.raises(StateError, match="already exists"):
        git.clone(Clone(str(remote), str(place)))


def test_submodules_come_along_at_every_depth_through_a_mirror(
    tmp_path: Path, plain_git: Path
) -> None:
    inner = make_repository(tmp_path / "mirror" / "inner", {"deep": "deep"})
    middle = make_repository(tmp_path / "mirror" / "middle", {"m": "m"})
    top = make_repository(tmp_path / "mirror" / "top", {"t": "t"})
    # As with a copy on disk that stands in for a host that cannot be reached.
    with plain_git.open("a") as config:
        config.write(f'[url "{tmp_path}/mirror/"]\n\tinsteadOf = https://host.invalid/\n')
    add_submodule(middle, "inner", "https://host.invalid/inner")
    add_submodule(top, "sub/middle", "https://host.invalid/middle")
    path = tmp_path / "clone"
    assert git.clone(Clone("https://host.invalid/top", str(path))) == ()
    assert (path / "sub" / "middle" / "inner" / "deep").read_text() == "deep"
    assert git.state(path).clean
    copy = snapshot(path, tmp_path / "copy")
    assert (copy / "sub" / "middle" / "inner" / "deep").read_text() == "deep"
    bare = tmp_path / "bare"
    git.clone(Clone("https://host.invalid/top", str(bare), submodules=False))
    assert list((bare / "sub" / "middle").iterdir()) == []
    inner.rename(tmp_path / "mirror" / "moved")
    with pytest.raises(UnreachableError, match=r"submodule inner .*host\.invalid/inner"):
        git.clone(Clone("https://host.invalid/top", str(tmp_path / "again")))
    assert not (tmp_path / "again").exists()


def test_a_submodule_that_names_a_local_path_is_refused(tmp_path: Path) -> None:
    secret = make_repository(tmp_path / "secret", {"s": "s"})
    top = make_repository(tmp_path / "top", {"t": "t"})
    add_submodule(top, "sub", str(secret))
    with pytest.raises(UnreachableError, match="transport 'file' not allowed"):
        git.clone(Clone(str(top), str(tmp_path / "clone")))
    assert not (tmp_path / "clone").exists()


def test_neurodamus_comes_shallow_where_it_does_not_come_whole(
    repositories: Repositories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", repositories.environ["GIT_CONFIG_GLOBAL"])
    path = tmp_path / "neurodamus"
    notes = git.clone(Clone(NEURODAMUS, str(path), submodules=False))
    assert (path / "neurodamus" / "__init__.py").is_file()
    assert (path / ".git" / "shallow").exists() == bool(notes)
    assert all(note.startswith("only the last 50 commits of") for note in notes)
    state = git.state(path)
    assert state.clean
    assert state.describe.split("-")[0][0].isdigit()


def test_a_hook_that_calls_us_does_not_turn_us_to_its_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_repository(tmp_path / "mine", {"f": "mine"})
    other = make_repository(tmp_path / "other", {"f": "other"}, "v1")
    monkeypatch.setenv("GIT_DIR", str(mine / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(mine / ".git" / "index"))
    assert git.state(other).describe == "v1"
    git.clone(Clone(str(other), str(tmp_path / "clone"), "v1"))
    monkeypatch.undo()
    assert (tmp_path / "clone" / "f").read_text() == "other"
    assert run_git(mine, "status", "--porcelain") == ""
    assert run_git(mine, "log", "--format=%s") == "first"


def test_the_state_of_any_folder(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "r", {"sub/f": "1", ".gitignore": "ignored\n"}, "v1")
    commit = run_git(path, "rev-parse", "HEAD")
    (path / "sub" / "f").touch()  # the index is stale now: git would write it
    before = (path / ".git" / "index").stat()
    assert git.state(path) == git.GitState(commit, True, "v1")
    assert git.state(path / "sub") == git.GitState(commit, True, "v1")
    after = (path / ".git" / "index").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    (path / "new").write_text("")
    assert not git.state(path).clean
    assert git.state(path / "sub").clean
    (path / "ignored").mkdir()
    assert git.state(path / "ignored") == git.GitState()
    assert git.state(tmp_path) == git.GitState()
    empty = tmp_path / "empty"
    empty.mkdir()
    run_git(empty, "init", "-q")
    assert git.state(empty).commit == ""


def test_names_with_anything_in_them_are_listed(tmp_path: Path) -> None:
    odd = "a b'\"\n; é"
    path = make_repository(tmp_path / "r", {odd: "1", ".gitignore": "*.o\n", "gone": ""})
    (path / "x.o").write_text("")
    (path / os.fsdecode(b"caf\xe9")).write_text("")
    (path / "gone").unlink()
    found = git.tracked_and_untracked(path)
    assert sorted(found) == sorted([odd, ".gitignore", os.fsdecode(b"caf\xe9"), "gone"])
    copy = snapshot(path, tmp_path / "copy")
    assert {p.name for p in copy.iterdir()} == {odd, ".gitignore", os.fsdecode(b"caf\xe9"), ".git"}


def sdist(path: Path, files: dict[str, str], date: int = 1_600_000_000) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(text), date
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


INFO = "Metadata-Version: 2.1\nName: thing\nVersion: 1.2.3\n\nText\n"


def test_a_release_becomes_one_commit_with_its_tag(tmp_path: Path, plain_git: Path) -> None:
    files = {"thing-1.2.3/PKG-INFO": INFO, "thing-1.2.3/.gitignore": "*.mod\n"}
    archive = sdist(tmp_path / "thing.tar.gz", {**files, "thing-1.2.3/Ih.mod": "NEURON"})
    with plain_git.open("a") as config:
        config.write("[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n")
        config.write(f"[core]\n\thooksPath = {tmp_path}/hooks\n")
    for hook in ("pre-commit", "prepare-commit-msg", "post-commit"):
        write_text(tmp_path / "hooks" / hook, f"#!/bin/sh\ntouch {tmp_path}/ran; exit 1\n", True)
    path = tmp_path / "sources" / "thing"
    assert unpack_release(archive, path) == "1.2.3"
    assert not (tmp_path / "ran").exists()
    assert git.state(path).describe == "1.2.3"
    assert git.state(path).clean
    assert run_git(path, "log", "--format=%an <%ae> %at", "--all") == (
        "Ada <ada@example.org> 1600000000"
    )
    assert run_git(path, "ls-files").splitlines() == [".gitignore", "Ih.mod", "PKG-INFO"]
    plain_git.write_text("[user]\n\tuseConfigOnly = true\n")
    unpack_release(archive, tmp_path / "again")
    assert run_git(tmp_path / "again", "log", "--format=%an") == "devenv"
    with pytest.raises(StateError, match="already exists"):
        unpack_release(archive, path)


@pytest.mark.parametrize(
    "files",
    [
        {"x/PKG-INFO": INFO, "../outside": "bad"},
        {"x/PKG-INFO": INFO, "/tmp/absolute": "bad", "y": ""},
        {"x/README": "no PKG-INFO"},
    ],
)
def test_an_archive_that_is_no_release_leaves_nothing(
    tmp_path: Path, files: dict[str, str]
) -> None:
    archive = sdist(tmp_path / "x.tar.gz", files)
    with pytest.raises(UsageError):
        unpack_release(archive, tmp_path / "place" / "x")
    assert list((tmp_path / "place").iterdir()) == []
    assert not (tmp_path / "outside").exists()
    archive.write_bytes(b"no archive")
    with pytest.raises(UsageError, match="cannot be unpacked"):
        unpack_release(archive, tmp_path / "place" / "x")


PYPROJECT = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "thing"
dynamic = ["version"]
[tool.hatch.version]
source = "vcs"
"""


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    stats = ((p, p.lstat()) for p in sorted(folder.rglob("*")))
    return {str(p): (s.st_mtime_ns, s.st_ino) for p, s in stats}


@pytest.mark.parametrize("layout", ["top", "below", "worktree"])
def test_a_wheel_built_of_a_snapshot_has_the_version_and_leaves_the_source_alone(
    tmp_path: Path, layout: str
) -> None:
    below = "below/" if layout == "below" else ""
    project = PYPROJECT + ('[tool.hatch.version.raw-options]\nroot = ".."\n' if below else "")
    files = {f"{below}pyproject.toml": project, f"{below}thing/__init__.py": "", "top": ""}
    source = make_repository(tmp_path / "a b" / "r", files, "v1.2.0")
    if layout == "worktree":
        run_git(source, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
        source = tmp_path / "linked"
    run_git(source, "commit", "-q", "--allow-empty", "-m", "next")
    source /= below
    commit = run_git(source, "rev-parse", "--short=7", "HEAD")
    (source / "thing" / "__init__.py").touch()  # git's index is stale: describe would write it
    before = listing(tmp_path)
    copy = snapshot(source, tmp_path / "scratch" / "copy")
    assert (copy / "thing" / "__init__.py").is_file()
    try:
        wheel = index.build_wheel(copy, tmp_path / "scratch" / "wheel", os.environ, known_as=source)
    except UnreachableError as error:
        pytest.skip(f"hatch-vcs cannot be had: {error.what}")
    after = {p: s for p, s in listing(tmp_path).items() if "/scratch" not in p}
    assert after == before
    assert wheel.name.startswith(f"thing-1.2.1.dev1+g{commit}")
    assert ".d20" not in wheel.name  # a dirty tree has its date in the version


@pytest.mark.parametrize("in_git", [True, False])
def test_what_a_link_out_of_the_source_leads_to_counts(tmp_path: Path, in_git: bool) -> None:
    source, elsewhere = tmp_path / "s", tmp_path / "elsewhere"
    write_text(elsewhere / "v.h", "1")
    write_text(source / "in.h", "1")
    targets = {
        "whole.h": str(elsewhere / "v.h"),
        "relative.h": "../elsewhere/v.h",
        "chained.h": "whole.h",
        "inside.h": "in.h",
        "folder": str(elsewhere),
        "dangling.h": "nowhere",
        "loop.h": "loop.h",
    }
    for name, target in targets.items():
        (source / name).symlink_to(target)
    if in_git:
        run_git(source, "init", "-q")
    before, known = digest(source), contents(source)
    copy = refresh(source, tmp_path / "copy")
    assert copied(tmp_path / "copy", copy, source) == known
    write_text(elsewhere / "v.h", "2")
    after = contents(source)
    assert {name for name in after if after[name] != known[name]} == {
        "whole.h",
        "relative.h",
        "chained.h",
    }
    assert digest(source) != before
    assert copied(tmp_path / "copy", copy, source) == after


def test_a_file_behind_a_link_out_of_a_toolchain_is_read_again(tmp_path: Path) -> None:
    clone, outer = tmp_path / "nrn", tmp_path / "v.h"
    (clone / "src").mkdir(parents=True)
    (clone / "src" / "v.h").symlink_to(outer)
    outer.write_text("1")
    before, seen = read_tree(clone)
    (tmp_path / SEEN).write_text(json.dumps(seen))
    assert read_tree(clone, tmp_path)[0] == before
    outer.write_text("2")
    assert read_tree(clone, tmp_path)[0] != before


def test_a_folder_without_git_keeps_packages_called_as_an_old_build(tmp_path: Path) -> None:
    source, kept = tmp_path / "s", ("wl/build/a.py", "wl/dist/a.py", "wl/venv/a.py")
    left_out = ("build/lib/a.py", "dist/a.whl", "venv/pyvenv.cfg", "venv/bin/python")
    for name in (*kept, *left_out):
        write_text(source / name, "")
    copy = snapshot(source, tmp_path / "c")
    assert {str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()} == {*kept}
    assert contents(source).keys() == {*kept}
    before = digest(source)
    write_text(source / "build" / "lib" / "b.py", "")
    assert digest(source) == before
    write_text(source / "wl" / "build" / "b.py", "")
    assert digest(source) != before


def test_a_folder_without_git_is_copied_without_caches(tmp_path: Path) -> None:
    for name in ("src/a.py", ".venv/x", "src/__pycache__/a.pyc", "a.egg-info/x", ".tox/x"):
        path = tmp_path / "s" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    (tmp_path / "s" / "link").symlink_to("src")
    copy = snapshot(tmp_path / "s", tmp_path / "c")
    assert {str(p.relative_to(copy)) for p in copy.rglob("*")} == {"src", "src/a.py", "link"}
    assert (copy / "link").is_symlink()
