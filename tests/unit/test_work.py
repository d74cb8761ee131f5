"""Work as a file: what a job decodes is what was typed, whatever the verb."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devenv.config.context import Context
from devenv.config.settings import Settings
from devenv.core.errors import StateError, UsageError
from devenv.core.launch import LaunchOptions, Resources
from devenv.engines.spack.setup import SetupRequest
from devenv.environment.build_request import BuildRequest
from devenv.environment.dev_source import DevelopRequest
from devenv.products.wheel.observe_matrix import Ask
from devenv.testing.selection import TestRequest
from devenv.upkeep.new_environment import CreateRequest
from devenv.workflows import conda_build
from devenv.workflows.wheel_build import WheelBuildRequest
from devenv.workflows.wheel_test import WheelTestRequest
from devenv.workflows.work import VERBS, Work, decoded, do, encoded

REQUESTS: dict[str, object] = {
    "build": BuildRequest(mods=("/m",), no_mods=("/n",), include=("a.mod",), strict=False, jobs=3),
    "create": CreateRequest("x y", from_lock=Path("a/lock.json"), wheels=True),
    "develop": DevelopRequest("neurodamus", Path("../it's")),
    "undevelop": "neurodamus",
    "test": TestRequest("py", arguments=("-k", "a b")),
    "spack setup": SetupRequest(ref="v1.0"),
    "conda build": conda_build.CondaBuildRequest(
        (Path("a b"),), ("x=1",), (Path("c.yaml"),), ("ch",)
    ),
    "wheel build": WheelBuildRequest(
        "a b", Ask(Path(), "3.11", variants=("gpu",), policy=Path("p.toml")), report=Path("r.html")
    ),
    "wheel test": WheelTestRequest(
        "all", "a b.whl", links=(Path("l"),), mpi=("m/1",), modules=("unstable", "python")
    ),
}


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Settings(home=tmp_path, jobs=0, sources={}), {}, tmp_path)


@pytest.mark.parametrize("verb", VERBS)
def test_a_job_decodes_all_that_was_typed(context: Context, tmp_path: Path, verb: str) -> None:
    work = Work(verb, REQUESTS[verb], "e", ranks=2)
    file = tmp_path / "work.json"
    file.write_text(encoded(replace(context, verbose=1, as_json=True), work), encoding="utf-8")
    seen, read = decoded(context, file)
    assert read == work
    assert type(read.request) is type(work.request)
    assert (seen.verbose, seen.quiet, seen.as_json) == (1, False, True)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"work": {"verb": "fly", "request": {}}}', '{"work": {"verb": "build"}}'],
)
def test_a_file_that_is_none_is_refused(context: Context, tmp_path: Path, text: str) -> None:
    file = tmp_path / "work.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StateError, match=r"work\.json does not describe work for devenv"):
        decoded(context, file)


def test_an_unknown_place_is_named_with_those_there_are(context: Context) -> None:
    work = Work("create", REQUESTS["create"], launch=LaunchOptions(on="slrum"))
    with pytest.raises(UsageError, match="unknown place 'slrum' in --on") as caught:
        do(context, work)
    assert "slurm" in str(caught.value)


def test_what_only_a_job_can_have_is_refused_here(context: Context) -> None:
    asked = LaunchOptions(Resources(account="proj16"))
    for launch in (asked, replace(asked, on="here")):
        with pytest.raises(UsageError, match="--account: this is done here"):
            do(context, Work("create", REQUESTS["create"], launch=launch))
