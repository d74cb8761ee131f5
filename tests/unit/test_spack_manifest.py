"""The user's spack.yaml: what a person writes into it lives, whatever command comes next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support import REPOSITORY

from devenv.config.context import Context, make_context
from devenv.config.environment_file import environment_text
from devenv.config.templates import load_template, template_folders
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import StateError, UsageError
from devenv.core.spec import parse_variants
from devenv.engines.spack.manifest import DevelopSpec
from devenv.engines.spack.user_manifest import (
    manifest_of,
    top_of,
    updated_manifest,
    with_manifest_edits,
    with_manual_sources,
)
from devenv.environment.handle import Env

ONE = DevSource("a", "/src/one", "built", "git URL")
ASKED = Environment("e", "neocortex", engine="spack", develop=(ONE,))
MANIFEST = """\
spack:
  specs:
  - a@develop
  develop:
    a:
      spec: a@=develop
      path: /src/one
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """An environment `e` with one dev source, whose generation was asked for what MANIFEST says."""
    root = tmp_path / "envs" / "e"
    (root / "generations" / "1").mkdir(parents=True)
    (root / "current").symlink_to("generations/1")
    (root / "environment.yaml").write_text(environment_text(ASKED), encoding="utf-8")
    for folder in (root, root / "current"):
        (folder / "spack.yaml").write_text(MANIFEST, encoding="utf-8")
    return make_context({"DEVENV_HOME": str(tmp_path), "HOME": str(tmp_path)}, tmp_path)


def write(context: Context, text: str) -> Path:
    path = context.layout.env("e").root / "spack.yaml"
    path.write_text(text, encoding="utf-8")
    return path


MORE = MANIFEST + "    b: {spec: b@=1, path: ../b}\n"


def test_a_dev_source_is_added_moved_and_taken_out_by_hand(context: Context) -> None:
    assert with_manifest_edits(Env(context, "e"), ASKED) == ASKED
    write(context, MORE.replace("/src/one", "/src/two"))
    moved = replace(ONE, path="/src/two", origin="path")
    added = DevSource("b", str(context.layout.envs / "b"), "built")
    assert with_manifest_edits(Env(context, "e"), ASKED).develop == (moved, added)
    write(context, "spack: {specs: [a]}\n")
    assert with_manifest_edits(Env(context, "e"), ASKED).develop == ()


@pytest.mark.parametrize("kept", ["", "a: [", None])
def test_what_a_generation_kept_may_be_damaged(context: Context, kept: str | None) -> None:
    path = context.layout.env("e").current / "spack.yaml"
    path.unlink() if kept is None else path.write_text(kept, encoding="utf-8")
    assert with_manifest_edits(Env(context, "e"), ASKED) == ASKED


def test_environment_yaml_may_be_edited_instead(context: Context) -> None:
    elsewhere = replace(ASKED, develop=(replace(ONE, path="/src/three"),))
    assert with_manifest_edits(Env(context, "e"), elsewhere) == elsewhere


def test_a_command_leaves_what_was_written_by_hand(context: Context) -> None:
    write(context, MORE.replace("/src/one", "/src/two"))
    moved, added = with_manifest_edits(Env(context, "e"), ASKED).develop
    other = DevSource("c", "/src/c", "built")
    more = replace(ASKED, develop=(ONE, other))
    assert with_manual_sources(Env(context, "e"), more).develop == (moved, added, other)
    assert with_manual_sources(Env(context, "e"), replace(ASKED, develop=())).develop == (added,)
    typed = replace(ONE, path="/src/typed")
    assert with_manual_sources(Env(context, "e"), replace(ASKED, develop=(typed,))).develop == (
        added,
        typed,
    )


def test_entries_keep_their_spelling(context: Context) -> None:
    """A relative path, a spec of one's own: what means the same is not written anew."""
    path = context.layout.env("e").root / "spack.yaml"
    text = MANIFEST.replace("/src/one", "../../src").replace("a@=develop", "a@=1.0 +x")
    place = str(context.layout.home / "src")
    assert top_of(text, path)["develop"]["a"]["path"] == place
    developed = DevelopSpec("a", place, "1.0", "a@=1.0 +x")
    after = updated_manifest(text, path, ("a",), (developed,))
    assert after == text.replace("a@develop", "a@1.0")
    after = updated_manifest(text, path, ("a",), (replace(developed, path="/elsewhere"),))
    assert "path: /elsewhere" in after


def test_variants_are_spelt_as_the_recipe_has_them(context: Context) -> None:
    """What it has not is refused before anything is made, not by Spack after a while."""
    template = load_template("neocortex", template_folders(context.layout.home))
    repositories = (str(REPOSITORY / "spack-repos" / "devenv" / "spack_repo" / "devenv"),)

    def with_model_variants(variants: str) -> str:
        environment = Environment("new", "neocortex", engine="spack", variants=variants)
        text = manifest_of(Env(context, "new"), environment, template, repositories)
        return str(yaml.safe_load(text)["spack"]["specs"][1])

    assert with_model_variants("") == "neurodamus-models ~caliper~reports model=neocortex"
    assert with_model_variants("~caliper mpi=any") == with_model_variants("")
    assert (
        with_model_variants("+caliper~v5")
        == "neurodamus-models ~reports +caliper~v5 model=neocortex"
    )
    assert (
        with_model_variants("+reportinglib")
        == "neurodamus-models ~caliper +reports model=neocortex"
    )
    for variants in ("+sympy", "sanitizers=address", "mpi=mpich", "build_type=Debug"):
        (name,) = parse_variants(variants)
        with pytest.raises(UsageError, match=f"has no variant {name}"):
            with_model_variants(variants)


def test_what_is_no_text_is_told(context: Context) -> None:
    path = context.layout.env("e").root / "spack.yaml"
    path.write_bytes(b"spack: {specs: [\xff]}")
    with pytest.raises(StateError, match=r"spack\.yaml: it is not UTF-8 text"):
        with_manifest_edits(Env(context, "e"), ASKED)
