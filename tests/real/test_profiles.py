"""Profiles: with a release that has no tests, with a failing test, and with none at all."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Devenv, report_of
from tiny import Tiny, template

pytestmark = pytest.mark.real

TOY = """\
summary: a package and its profiles
neuron: neuron==9.0.2
packages: []
tests:
  own: {package: hnn-core, tests: [tests]}
  none: {package: hnn-core, tests: [tests/none]}
  empty: {package: hnn-core, tests: [tests/empty]}
"""


def test_a_release_is_one_commit_and_its_acceptance_tests_run(tiny: Tiny) -> None:
    git = ("git", "-C", str(tiny.source))
    log = subprocess.run(
        [*git, "log", "--format=%s %D"], capture_output=True, text=True, check=True
    )
    assert log.stdout.splitlines() == ["neurodamus 4.2.9, as released HEAD -> main, tag: 4.2.9"]
    status = [*git, "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""
    done = tiny.devenv("test", "-e", "bb5", "--env", "tiny")
    assert "not there: tests/unit" in done.stdout
    assert "devenv's acceptance tests alone were run" in done.stdout
    assert "bb5: 5 passed, 0 failed, 0 skipped" in done.stdout
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == ""


@pytest.fixture
def toy(tiny: Tiny, make_package: Callable[..., Path]) -> tuple[Devenv, Path]:
    """An environment that develops a package of one module, which calls itself hnn-core."""
    devenv = tiny.devenv
    template(devenv, "toy", TOY)
    source = make_package("hnn-core", "hatchling")
    if not (devenv.home / "envs" / "toy").exists():
        devenv("create", "toy")
    devenv("develop", "hnn-core", "--path", source, "--env", "toy")
    return devenv, source


def test_a_failing_test_fails_the_command(toy: tuple[Devenv, Path]) -> None:
    devenv, source = toy
    test = source / "tests" / "test_it.py"
    test.write_text(
        "import hnn_core\ndef test_it(): assert hnn_core.ANSWER == 42\n", encoding="utf-8"
    )
    assert "own: 1 passed, 0 failed" in devenv("test", "-e", "own", "--env", "toy").stdout
    (source / "hnn_core" / "__init__.py").write_text("ANSWER = 41\n", encoding="utf-8")
    done = devenv("test", "-e", "own", "--env", "toy", code=1)
    assert "own: 0 passed, 1 failed" in done.stdout
    report = report_of(devenv, "test -e own")
    assert report["code"] == 1
    assert "own: 0 passed, 1 failed" in "\n".join(report["lines"])
    assert "test_it" in done.stdout


def test_a_profile_that_finds_no_test_fails(toy: tuple[Devenv, Path]) -> None:
    devenv, source = toy
    done = devenv("test", "-e", "none", "--env", "toy", code=6)
    assert "the profile 'none' has no test to run" in done.stdout
    (source / "tests" / "empty").mkdir()
    done = devenv("test", "-e", "empty", "--env", "toy", code=None)
    assert done.returncode != 0
    assert "no tests ran" in done.stdout
    assert "no test was run, which counts as a failure\nempty: 0 passed" in done.stdout


def test_a_clone_without_its_submodules_says_what_it_lacks(
    toy: tuple[Devenv, Path],
) -> None:
    """A backend packs what a link leads to, and ends with a traceback where that is not there."""
    devenv, source = toy
    link = source / "hnn_core" / "theirs.mod"
    link.symlink_to("../external/models/theirs.mod")
    (source / ".gitmodules").write_text('[submodule "m"]\n\tpath = external/models\n\turl = u\n')
    (source / "pyproject.toml").write_text(
        (source / "pyproject.toml").read_text().replace("1.2.3", "1.2.4")
    )
    subprocess.run(["git", "init", "-q", str(source)], check=True)
    done = devenv("develop", "hnn-core", "--path", source, "--env", "toy", code=6)
    assert "has 1 link to missing files, such as hnn_core/theirs.mod" in done.stdout
    assert f"git -C {source} submodule update --init --recursive" in done.stdout
