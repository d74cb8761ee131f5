"""Addresses of repositories, and the overlay of a dev source."""

from __future__ import annotations

import pytest

from devenv.core.content import module_entries
from devenv.core.errors import UsageError
from devenv.core.plan import Link, Write
from devenv.sources.address import Address, is_remote, parse_address
from devenv.sources.overlay import (
    Wheel,
    console_script,
    console_scripts,
    find_root,
    overlay_steps,
    script_steps,
)


@pytest.mark.parametrize(
    ("text", "url", "ref"),
    [
        ("https://host/a/b.git", "https://host/a/b.git", ""),
        ("https://host/a/b.git@v1", "https://host/a/b.git", "v1"),
        ("https://me@host/a/b.git@feature/x", "https://me@host/a/b.git", "feature/x"),
        ("ssh://git@host:22/a.git@main", "ssh://git@host:22/a.git", "main"),
        ("git@host:a/b.git", "git@host:a/b.git", ""),
        ("git@host:a/b.git@feature/x", "git@host:a/b.git", "feature/x"),
        ("/a/folder@v2", "/a/folder", "v2"),
        ("file:///a/b@deadbeef", "file:///a/b", "deadbeef"),
    ],
)
def test_an_address_is_a_url_and_a_ref(text: str, url: str, ref: str) -> None:
    assert parse_address(text) == Address(url, ref)


@pytest.mark.parametrize("text", ["", "https://host/a.git@", "--upload-pack=x", "/a@-x", "@v1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_a_folder_is_not_remote() -> None:
    assert not is_remote("/a/b")
    assert not is_remote("models")
    assert is_remote("git@host:a/b.git")
    assert is_remote("https://host/a")


WHEEL = Wheel(
    names=("pkg/__init__.py", "single.py", "pkg-1.0.dist-info/METADATA", "pkg-1.0.data/x"),
    dist_info="pkg-1.0.dist-info",
    texts={
        "METADATA": "Name: pkg\nVersion: 1.0\nRequires-Dist: a>1\nRequires-Dist: b\n\nRequires-Dist: no",
        "RECORD": "old",
        "entry_points.txt": "[console_scripts]\nrun = pkg.main:App.start\nold = pkg:x [extra]\n",
    },
)


def test_the_wheel_says_what_the_top_levels_and_requirements_are() -> None:
    assert WHEEL.top_levels == ("pkg", "single.py")
    assert WHEEL.metadata("Requires-Dist") == ("a>1", "b")
    assert WHEEL.version == "1.0"


def test_the_modules_are_found_flat_and_below_src() -> None:
    flat = {"": frozenset({"pkg", "single.py", "tests"})}
    below = {"": frozenset({"src"}), "src": frozenset({"pkg", "single.py"})}
    assert find_root(WHEEL, "/s", flat) == ""
    assert find_root(WHEEL, "/s", below) == "src"
    with pytest.raises(UsageError, match="/s are neither in it nor in src"):
        find_root(WHEEL, "/s", {"": frozenset({"pkg"})})


def test_compiled_and_empty_packages_are_refused() -> None:
    compiled = Wheel(("fast.cpython-311.so",), "f-1.dist-info", {})
    with pytest.raises(UsageError, match="compiled"):
        find_root(compiled, "/s", {})
    with pytest.raises(UsageError, match="contains no module"):
        find_root(Wheel(("x-1.dist-info/METADATA",), "x-1.dist-info", {}), "/s", {})


def test_the_overlay_links_modules_and_brings_its_own_metadata() -> None:
    steps = overlay_steps("/s a", "src", WHEEL, "/o")
    assert Link("/o/pkg", "/s a/src/pkg") in steps
    assert Link("/o/single.py", "/s a/src/single.py") in steps
    written = {step.path: step.text for step in steps if isinstance(step, Write)}
    assert "/o/pkg-1.0.dist-info/RECORD" not in written
    assert '"editable": true' in written["/o/pkg-1.0.dist-info/direct_url.json"]
    assert "file:///s%20a" in written["/o/pkg-1.0.dist-info/direct_url.json"]


def test_console_scripts_call_what_the_entry_points_name() -> None:
    assert console_scripts(WHEEL.texts["entry_points.txt"]) == {
        "run": "pkg.main:App.start",
        "old": "pkg:x",
    }
    assert console_scripts("") == {}
    text = console_script("pkg.main:App.start", "/a b/python")
    assert "from pkg.main import App\n" in text
    assert "sys.exit(App.start())" in text
    assert "'/a b/python'" in text
    paths = [
        s.path
        for s in script_steps(WHEEL.texts["entry_points.txt"], "/b", "/py")
        if isinstance(s, Write)
    ]
    assert paths == ["/b/old", "/b/run"]


def test_what_tools_leave_behind_is_no_change() -> None:
    left = ["build-linux-debian12-x86_64-bkbqwxi", "spack-build-out.txt", ".tox", "a-b.egg-info"]
    assert module_entries(["src", "pyproject.toml", "package", "one.py", *left]) == [
        *("one.py", "package", "pyproject.toml", "src"),
    ]
