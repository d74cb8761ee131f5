"""`devenv run --ref`: dev sources at commits, beside clones that stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support import Devenv
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
