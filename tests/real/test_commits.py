"""`devenv run --ref`: dev sources at commits, beside clones that stay as they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from extension_samples import NAME, python_package, sample, set_answer
from support import Devenv, plain_environ
from toolchain_standin import (
    Standin,
    commit,
    develop_standin,
    everything,
    git,
    make_standin,
    replace_in,
)

pytestmark = pytest.mark.real

ANSWER = "src/nrniv/answer.cpp"
ANSWERS = "def answer(): return 1\n"


@pytest.fixture(scope="module")
def made(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Standin:
    devenv = make_devenv("commits")
    clone = make_standin(tmp_path_factory.mktemp("clones") / "my nrn")
    develop_standin(devenv, clone)
    return Standin(devenv, clone)


@pytest.fixture
def standin(made: Standin) -> Iterator[Standin]:
    """The clone on its first commit, with no other branch or file."""
    first = git(made.clone, "rev-parse", "HEAD").strip()
    yield made
    git(made.clone, "reset", "--quiet", "--hard", first)
    git(made.clone, "clean", "--quiet", "-fd")


def with_answers(standin: Standin, *values: int) -> list[str]:
    """A commit for each answer, on top of 41."""
    commits, before = [], 41
    for value in values:
        replace_in(standin.clone / ANSWER, f"return {before}", f"return {value}")
        commits.append(commit(standin.clone, f"Answer {value}"))
        before = value
    return commits


def at(standin: Standin, ref: str, code: int = 0) -> str:
    return standin.answer("--ref", f"neuron={ref}", exit_code=code)


def test_a_commit_is_built_beside_the_clone(standin: Standin) -> None:
    with_answers(standin, 42, 43)
    replace_in(standin.clone / ANSWER, "return 43", "return 50")
    (standin.clone / "untracked.txt").write_text("mine\n", encoding="utf-8")
    before = everything(standin.clone)
    said = ""

    def run() -> None:
        nonlocal said
        said = at(standin, "HEAD~1")

    standin.compiled(run)
    assert "answer 42" in said
    assert "41" in at(standin, "HEAD~2")
    # What differs from the commit before is compiled, and a commit that was built is not.
    assert standin.compiled(lambda: at(standin, "HEAD")) == ["answer.cpp"]
    assert standin.compiled(lambda: at(standin, "HEAD~1")) == []
    assert "answer 42" in at(standin, "HEAD~1")
    assert everything(standin.clone) == before
    assert "answer 50" in standin.answer()


def test_all_of_a_commit_counts(standin: Standin) -> None:
    """CMake's files, MOD files' headers, Python files, and files that are there in one commit only."""
    clone = standin.clone
    replace_in(clone / "src/nrniv/mech.h", "MECHANISM_VALUE 7", "MECHANISM_VALUE 8")
    replace_in(clone / "share/lib/python/neuron/__init__.py", '"python"', '"edited"')
    commit(clone, "A header and Python")
    replace_in(clone / "CMakeLists.txt", "src/nrniv/answer.cpp", "src/nrniv/other.cpp")
    replace_in(clone / "CMakeLists.txt", "VERSION 9.0.2", "VERSION 9.0.3")
    git(clone, "mv", ANSWER, "src/nrniv/other.cpp")
    replace_in(clone / "src/nrniv/other.cpp", "return 41", "return 44")
    commit(clone, "Another file")
    code = "print('found', neuron.answer(), neuron.WORD)"

    def special(ref: str) -> str:
        words = ("run", "nrn", "--ref", f"neuron={ref}", "--", "special")
        return standin.devenv(*words).stdout

    for _ in range(2):
        assert "found 44 edited" in standin.python(code, "--ref", "neuron=HEAD")
        assert "found 41 python" in standin.python(code, "--ref", "neuron=HEAD~2")
        assert "answer=41" in special("HEAD~2") and "ring_k=7" in special("HEAD~2")
        assert "answer=44" in special("HEAD") and "ring_k=8" in special("HEAD")
        assert "found 41 edited" in standin.python(code, "--ref", "neuron=HEAD~1")


def test_git_bisect_finds_the_commit(standin: Standin) -> None:
    """One that does not compile is skipped, since devenv's own exit code is 125 then."""
    clone = standin.clone
    good = git(clone, "rev-parse", "HEAD").strip()
    commits = with_answers(standin, 42, 43)
    replace_in(clone / ANSWER, "return 43", "return broken")
    broken = commit(clone, "It does not compile")
    replace_in(clone / ANSWER, "return broken", "return 50")
    bad = commit(clone, "The bad one")
    replace_in(clone / ANSWER, "return 50", "return 51")
    commit(clone, "Still bad")
    assert "cannot be tested: " in at(standin, broken, code=125)
    test = "import neuron, sys; sys.exit(neuron.answer() >= 50)"
    argv = [sys.executable, "-m", "devenv", "run", "nrn", "--ref", "neuron=HEAD"]
    environ = {**plain_environ(), "DEVENV_HOME": str(standin.devenv.home)}
    git(clone, "bisect", "start", "HEAD", good)
    done = subprocess.run(
        ["git", "bisect", "run", *argv, "--", "python", "-c", test],
        cwd=clone,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    git(clone, "bisect", "reset")
    # git cannot tell a commit that is skipped from the one after it.
    found = done.stdout.partition("could be any of:")[2] or done.stdout
    assert bad in found and broken in found, done.stdout + done.stderr
    assert not [one for one in commits if one in found], done.stdout
    assert git(clone, "status", "--short") == ""


def test_two_commits_at_the_same_time(standin: Standin) -> None:
    """Each run has its own, though they share a build directory and the name of the environment."""
    with_answers(standin, 42, 43)
    code = "import time; time.sleep(2); print('answer', neuron.answer())"
    with ThreadPoolExecutor() as pool:
        runs = {
            value: pool.submit(standin.python, code, "--ref", f"neuron=HEAD~{back}")
            for value, back in ((41, 2), (42, 1), (43, 0))
        }
        for value, run in runs.items():
            assert f"answer {value}" in run.result()


def test_submodules_are_at_their_recorded_commits(standin: Standin, tmp_path: Path) -> None:
    """From what the clone has of them; one that is empty there stays empty."""
    inner, outer = make_inner(tmp_path / "inner"), tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet")
    file = ("-c", "protocol.file.allow=always")
    git(outer, *file, "submodule", "add", "--quiet", str(inner), "deep")
    (outer / "value.h").write_text("#define VALUE 1\n", encoding="utf-8")
    commit(outer, "One")
    clone = standin.clone
    git(clone, *file, "submodule", "add", "--quiet", str(outer), "external/outer")
    git(clone, *file, "submodule", "add", "--quiet", str(inner), "external/unused")
    git(clone, *file, "submodule", "update", "--quiet", "--init", "--recursive")
    replace_in(clone / ANSWER, "return 41", "return 40 + VALUE + DEEP")
    replace_in(
        clone / ANSWER,
        '#include "nrnconf.h"',
        '#include "nrnconf.h"\n#include "external/outer/value.h"\n#include "external/outer/deep/deep.h"',
    )
    replace_in(clone / "CMakeLists.txt", "external/eigen)", "external/eigen .)")
    commit(clone, "Submodules")
    (clone / "external/outer/value.h").write_text("#define VALUE 2\n", encoding="utf-8")
    commit(clone / "external/outer", "Two")
    git(clone, *file, "submodule", "deinit", "--quiet", "--force", "external/unused")
    commit(clone, "A newer submodule")
    # Neither can be fetched from any more.
    inner.rename(tmp_path / "gone")
    outer.rename(tmp_path / "gone too")
    before = everything(clone)
    assert "answer 51" in at(standin, "HEAD~1")
    assert "answer 52" in at(standin, "HEAD")
    assert everything(clone) == before
    trees = (standin.devenv.home / "sources/.commits").glob("neuron@*")
    assert all(git(path, "status", "--short") == "" for path in trees)


def make_inner(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "deep.h").write_text("#define DEEP 10\n", encoding="utf-8")
    commit(folder, "Deep")
    return folder


@pytest.mark.parametrize("kind", ["python", "scikit-build-core"])
def test_other_kinds_have_commits_too(standin: Standin, tmp_path: Path, kind: str) -> None:
    devenv = standin.devenv
    source = (
        python_package(tmp_path / "fast", NAME, ANSWERS)
        if kind == "python"
        else sample(tmp_path / "a b", kind)
    )
    name = f"of-{kind}"
    devenv("create", name, "--template", "nrn")
    devenv("develop", NAME, "--path", source, "--env", name)
    set_value(source, 22)
    commit(source, "22")
    set_value(source, 23)
    before = everything(source)
    run = ("run", name, "--ref")
    say = ("--", "python", "-B", "-c", "import fast; print(fast.answer())")
    both = ("--ref", f"{NAME}=HEAD~1")
    assert devenv(*run, f"{NAME}=HEAD", *say).stdout.splitlines()[-1] == "22"
    assert devenv(*run[:-1], *both, *say).stdout.splitlines()[-1] == "1"
    assert devenv("run", name, *say).stdout.splitlines()[-1] == "23"
    assert everything(source) == before


def set_value(source: Path, value: int) -> None:
    if (source / "src").is_dir():
        set_answer(source, value)
    else:
        text = f"def answer(): return {value}\n"
        (source / "fast/__init__.py").write_text(text, encoding="utf-8")


def test_what_cannot_be_is_refused(standin: Standin, tmp_path: Path) -> None:
    devenv = standin.devenv
    before = everything(devenv.home)
    said = at(standin, "nowhere", code=2)
    assert f"--ref neuron=nowhere: {standin.clone} has no such commit" in said
    assert "git -C " in said and "log --oneline" in said
    said = standin.answer("--ref", "neuronn=HEAD", exit_code=2)
    assert "unknown dev source 'neuronn' in nrn" in said and "Did you mean 'neuron'?" in said
    said = standin.answer("--ref", "neuron", exit_code=2)
    assert "--ref neuron: not SOURCE=COMMIT" in said
    said = standin.answer("--ref", "neuron=HEAD", "--no-build", exit_code=2)
    assert "--ref and --no-build exclude each other" in said
    with_answers(standin, 49)
    dry = standin.answer("--ref", "neuron=HEAD", "--dry-run")
    assert "read-tree --reset" in dry and "# then: python -c" in dry
    assert {n for n in everything(devenv.home) if n not in before} == set()
    source = python_package(tmp_path / "package", NAME, ANSWERS)
    (source / ".git").rename(tmp_path / "git")
    devenv("create", "plain", "--template", "nrn")
    devenv("develop", NAME, "--path", source, "--env", "plain")
    said = devenv("run", "plain", "--ref", f"{NAME}=HEAD", "--", "true", code=2).stdout
    assert f"{source} is not in a git repository" in said


def test_prune_keeps_what_is_used(standin: Standin) -> None:
    devenv = standin.devenv
    with_answers(standin, 42)
    assert "answer 42" in at(standin, "HEAD")
    trees = set((devenv.home / "sources/.commits").glob("neuron@*"))
    devenv("prune")
    assert standin.compiled(lambda: at(standin, "HEAD")) == []
    assert "answer 42" in at(standin, "HEAD")
    devenv("remove", "nrn.with-commits", "--yes")
    devenv("prune")
    assert trees and not [path for path in trees if path.exists()]
