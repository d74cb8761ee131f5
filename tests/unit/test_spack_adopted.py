"""A spack.yaml that a person wrote: what is read of it, and the few lines that a command may change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from devenv.config.spack_file import edited_manifest
from devenv.core.errors import StateError, UsageError
from devenv.engines.spack.adopted import manifest_at
from devenv.engines.spack.lockfile import read_spack_lock
from devenv.engines.spack.manifest import (
    DevelopSpec,
    exact_versions,
    generation_manifest,
    may_repeat,
    own_roots,
    own_scope,
    package_of,
    repositories_in,
)
from devenv.engines.spack.plain import externals_of, plain_manifest, providers_of
from devenv.engines.spack.seed import seed_beside
from devenv.engines.spack.user_manifest import top_of

MATRIX = """\
spack:
  definitions:
  - mpis: [^openmpi, ^mpich]
  specs:
  - a@1  # one
  - a@2  # two
  - matrix:
    - [b@3]
    - [$mpis]   # both
  - matrix: [[c], [+x, ~x]]
"""


def lock(*nodes: tuple[str, dict[str, object]], roots: str = "r") -> str:
    """nodes: (name and hash, what is said of it)."""
    specs = {
        hash_: {"name": name, "version": "1.0", **more}
        for (name, _, hash_), more in ((one.partition("/"), more) for one, more in nodes)
    }
    asked = [{"spec": specs[hash_]["name"], "hash": hash_} for hash_ in roots.split()]
    return json.dumps({"concrete_specs": specs, "roots": asked})


def test_a_root_is_added_and_no_other_line_changes() -> None:
    specs = [*yaml.safe_load(MATRIX)["spack"]["specs"], "d@1"]
    added = edited_manifest(MATRIX, specs, {}, "spack.yaml", package_of)
    assert added == f"{MATRIX}  - d@1\n"
    less = edited_manifest(added, specs[:-1], {}, "spack.yaml", package_of)
    assert less == MATRIX


def test_roots_of_a_persons_own_change_where_nothing_says_a_version() -> None:
    specs = ["a", "b@1:", "c@=2 +x", {"matrix": [["d"]]}]
    assert exact_versions(specs) == {"c": "2"}
    new = [DevelopSpec("a", "/a", "main"), DevelopSpec("e", "/e")]
    changed = own_roots(specs, {}, new)
    assert changed == ("a@main", "b@1:", "c@=2 +x", {"matrix": [["d"]]}, "e@develop")
    # That of a branch goes again; a release, and a root that never named the branch, stays.
    assert own_roots(changed, {"a": "=main", "c": "=2"}, ())[:3] == ("a", "b@1:", "c@=2 +x")


def test_a_file_means_the_same_where_spack_works_for_devenv() -> None:
    text = """\
spack:
  specs: [a]
  develop: {a: {spec: a@=1}, b: {spec: b@=1, path: $env/../b}}
  include: [x.yaml, {path: ../y}, "https://example.org/z.yaml", $HOME/w.yaml]
  repos: {one: ./recipes, two: {git: "https://example.org/r.git"}}
  config: {install_tree: {root: /theirs}, ccache: true}
  view: {default: {root: v, exclude: [p]}, other: o}
"""
    top = top_of(text, Path("/g/env/spack.yaml"))
    assert top["develop"]["a"]["path"] == "/g/env/a"
    assert top["develop"]["b"]["path"] == "/g/b"
    includes = ["/g/env/x.yaml", {"path": "/g/y"}, "https://example.org/z.yaml", "$HOME/w.yaml"]
    assert top["include"] == includes
    assert repositories_in(top) == {"one": "/g/env/recipes"}
    scope = own_scope(top, {"install_tree": {"root": "/ours"}})
    assert yaml.safe_load(scope["config.yaml"])["config"] == {
        "install_tree": {"root": "/ours"},
        "ccache": True,
    }
    assert yaml.safe_load(scope["include.yaml"])["include"] == includes
    assert list(yaml.safe_load(scope["repos.yaml"])["repos"]) == ["two"]
    made = yaml.safe_load(generation_manifest(top, "/g/env", "/k/view", "/k/views", ["/abc"]))
    assert made["spack"]["view"] == {
        "default": {"root": "/k/view", "exclude": ["p", "/abc"]},
        "named": {"root": "/k/views/default", "exclude": ["p"]},
        "other": {"root": "/k/views/other"},
    }


def test_a_view_holds_one_of_each_name() -> None:
    nodes = (
        ("a/r", {"dependencies": [{"hash": "l", "parameters": {"deptypes": ["link"]}}]}),
        ("a/s", {}),
        ("lib/l", {}),
        ("lib/m", {"external": {"path": "/usr"}}),
        ("gcc-runtime/g", {}),
        ("gcc-runtime/h", {}),
    )
    found = read_spack_lock(lock(*nodes, roots="r s m g h"), "spack.lock")
    assert [node.hash for node in found.repeated()] == ["s"]
    assert may_repeat({"concretizer": {"unify": False}})
    assert may_repeat({"include": ["x.yaml"]})
    assert not may_repeat({"concretizer": {"reuse": True}, "specs": ["a"]})


def test_matrices_and_included_files_are_read_for_narrowing(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("packages: {mpi: {require: mpich}, zlib: {version: [1]}}\n")
    folder = tmp_path / "scope"
    folder.mkdir()
    (folder / "packages.yaml").write_text("packages: {mpi: {buildable: false}}\n")
    top = {**yaml.safe_load(MATRIX)["spack"], "packages": {"zlib": {"variants": "+pic"}}}
    plain = plain_manifest({**top, "include": [str(tmp_path / "one.yaml"), {"path": str(folder)}]})
    assert plain is not None
    assert plain["specs"] == ["a@1", "a@2", "b@3", "c", "+x", "~x", "^openmpi", "^mpich"]
    assert plain["packages"] == {
        "zlib": [{"variants": "+pic"}, {"version": [1]}],
        "mpi": [{"require": "mpich"}, {"buildable": False}],
    }
    assert providers_of(plain) == {"mpi": ("mpich",)}
    said = {"zlib": [{"version": [1]}, {"externals": [{"spec": "zlib@1"}], "buildable": False}]}
    assert externals_of({"packages": {**said, "x": {"externals": [1]}}}) == {"zlib"}
    for other in ("https://example.org/x.yaml", str(tmp_path / "gone.yaml"), {"git": "url"}):
        assert plain_manifest({**top, "include": [other]}) is None
    (tmp_path / "one.yaml").write_text("concretizer: {unify: true}\nunheard_of: 1\n")
    assert plain_manifest({**top, "include": [str(tmp_path / "one.yaml")]}) is None


def test_the_lock_beside_is_what_spack_begins_with(tmp_path: Path) -> None:
    manifest = tmp_path / "spack.yaml"
    assert seed_beside(manifest, {}).text == ""
    beside = tmp_path / "spack.lock"
    text = lock(("a/r", {}), ("b/s", {"parameters": {"dev_path": "/src/b"}}), roots="r s")
    beside.write_text(text)
    found = seed_beside(manifest, {"b": {"path": "/src/b"}})
    assert (found.text, found.packages) == (text, ("a", "b"))
    assert (
        "a is developed"
        in seed_beside(manifest, {"a": {"path": "/"}, "b": {"path": "/src/b"}}).unfit
    )
    assert "from /src/b" in seed_beside(manifest, {}).unfit
    beside.write_text(lock(("a/r", {"external": {"path": "/nowhere/at/all"}})))
    assert "/nowhere/at/all" in seed_beside(manifest, {}).unfit
    beside.write_text("{")
    with pytest.raises(StateError, match="damaged"):
        seed_beside(manifest, {})


def test_what_is_no_manifest_is_not_adopted(tmp_path: Path) -> None:
    assert manifest_at(tmp_path) is None
    other = tmp_path / "group.yaml"
    other.write_text("spack: {specs: [a]}\n")
    assert manifest_at(other) == other
    assert manifest_at(tmp_path) is None
    other.write_text("specs: [a]\n")
    with pytest.raises(UsageError, match="no key 'spack'"):
        manifest_at(other)
