"""Files of tests that share a home for the session name their environments differently."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import REPOSITORY, claim

HOMES = {"tiny": "tiny", "mine": "mine", "neocortex": "neocortex"} | {
    "trial": "spack",
    "spack_home": "spack",
}
"""Fixture of tests/real/conftest.py -> its home."""


def created(file: Path) -> Iterator[tuple[str, str]]:
    """(home, environment) of each `create` in a file that names both."""
    for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(call, ast.Call) or len(call.args) < 2:
            continue
        home = HOMES.get(ast.unparse(call.func).removesuffix(".devenv"))
        verb, name = (getattr(word, "value", None) for word in call.args[:2])
        if home and verb == "create" and isinstance(name, str):
            yield home, name


def test_no_two_files_create_an_environment_of_one_name() -> None:
    found = defaultdict(set)
    for file in sorted((REPOSITORY / "tests" / "real").glob("test_*.py")):
        for one in created(file):
            found[one].add(file.name)
    assert ("tiny", "plain") in found
    twice = {one: files for one, files in found.items() if len(files) > 1}
    assert not twice, f"give one of them another name: {twice}"


def test_a_name_that_another_file_took_is_refused(tmp_path: Path) -> None:
    """While it exists; the same file may create it again."""
    claim(tmp_path, "a", "test_one.py")
    current = tmp_path / "envs" / "a" / "current"
    current.parent.mkdir(parents=True)
    current.symlink_to("generations/1")
    claim(tmp_path, "a", "test_one.py")
    with pytest.raises(
        AssertionError, match=r"test_two.py creates the environment 'a', which test_one"
    ):
        claim(tmp_path, "a", "test_two.py")
    current.unlink()
    claim(tmp_path, "a", "test_two.py")
