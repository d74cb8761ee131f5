"""What --dry-run and --why print is what a command would do, and neither changes a byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_models import Small, make_small, mod
from trees import tree

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("dry") / "home", "dry", 3)
    found.build()
    return found


SOURCE = "SOURCE"
"""Stands for the folder of a small Python package."""

ASKED = (
    ("build", "--dry-run"),
    ("build", "--why"),
    ("build", "--force", "--dry-run"),
    ("build", "--update", "--dry-run"),
    ("build", "build_type=Debug", "--dry-run"),
    ("build", "build_type=Debug", "--why"),
    ("create", "another", "--template", "neocortex", "--dry-run"),
    ("create", "another", "--template", "hnn", "--dry-run"),
    ("create", "another", "--template", "hnn", "--engine", "conda", "--channel", "/", "--dry-run"),
    ("run", "--no-build", "--dry-run", "--", "true"),
    ("run", "--dry-run", "-n", "2", "--", "true"),
    ("prune", "--dry-run"),
    ("prune", "--keep", "1", "--packages", "--dry-run"),
    ("alloc", "--dry-run"),
    ("submit", "--dry-run", "--", "true"),
    ("develop", "tiny-package", "--path", SOURCE, "--dry-run"),
    ("develop", "neurodamus", "--git", "file:///nowhere", "--dry-run"),
    ("develop", "neurodamus", "--release", "--dry-run"),
    ("undevelop", "neurodamus", "--dry-run"),
    ("rollback", "dry", "1", "--dry-run"),
    ("remove", "dry", "--dry-run"),
    ("adopt", SOURCE, "--dry-run"),
    ("restore",),
    ("config", "set", "jobs", "2", "--dry-run"),
    ("config", "unset", "jobs", "--dry-run"),
)
READ = (
    ("list",),
    ("show", "dry"),
    ("show", "dry", "--json"),
    ("templates",),
    ("doctor",),
    ("which", "special"),
    ("generations",),
    ("lock", "diff"),
    ("graph",),
    ("models", "list"),
    ("models", "show", "small0"),
    ("du",),
    ("report",),
    ("config", "show"),
    ("host",),
    ("test", "--list"),
    ("jobs",),
    ("activate", "dry"),
    ("export", "dotenv"),
)


PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny-package"
version = "1"
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small Python package that requires nothing."""
    folder = tmp_path / "tiny-package"
    (folder / "tiny_package").mkdir(parents=True)
    (folder / "tiny_package" / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


@pytest.mark.parametrize("state", ["as built", "mods edited", "packages edited"])
def test_asking_changes_nothing(small: Small, source: Path, state: str) -> None:
    devenv, home = small.devenv, small.devenv.home
    request = home / "envs" / "dry" / "environment.yaml"
    before = {path: path.read_text() for path in (request, small.path("small0"))}
    if state == "mods edited":
        small.path("small0").write_text(mod("small0", 0.77))
    elif state == "packages edited":
        request.write_text(f"{before[request]}packages: [six==1.16.0]\n")
    was = tree(home)
    for words in (*ASKED, *(READ if state == "mods edited" else ())):
        typed = [str(source) if word == SOURCE else word for word in words]
        done = devenv(*typed, code=None)
        assert done.returncode in (0, 1, 2, 3, 6), done.stdout
        assert "Traceback" not in done.stdout
        now = tree(home)
        changed = {path for path in {*was, *now} if was.get(path) != now.get(path)}
        assert not changed, f"{words}: {sorted(changed)[:5]}\n{done.stdout}"
    for path, text in before.items():
        path.write_text(text)


def test_a_dry_run_says_what_the_build_then_does(small: Small) -> None:
    assert small.devenv("build", "--dry-run").stdout.strip() == "# nothing to do"
    small.path("small1").write_text(mod("small1", 0.31))
    planned = small.devenv("build", "--dry-run").stdout
    _, calls = small.build()
    compiled = [call.split()[1] for call in calls if call.startswith("compile ")]
    assert compiled == ["small1"]
    assert planned.count("nocmodl") == 1
    assert "-c small1.cpp" in planned
    assert "-c small0.cpp" not in planned
    assert "# then: generation" in planned


def test_edited_packages_are_told_before_they_are_installed(small: Small) -> None:
    request = small.devenv.home / "envs" / "dry" / "environment.yaml"
    before = request.read_text()
    request.write_text(f"{before}packages: [six==1.16.0]\n")
    try:
        for option in ("--dry-run", "--why"):
            said = small.devenv("build", option).stdout
            assert "environment.yaml was edited: packages" in said
            assert "uv pip compile --generate-hashes" in said
            assert "six==1.16.0" in said
            assert "# then: what they resolve to is installed" in said
            assert "nothing" not in said
    finally:
        request.write_text(before)


def test_no_index_is_asked_by_a_dry_run(small: Small) -> None:
    words = ("create", "unreached", "--template", "hnn", "--dry-run")
    done = small.devenv(*words, UV_DEFAULT_INDEX="http://127.0.0.1:9/simple")
    assert "uv pip compile" in done.stdout


def plan_of(text: str) -> list[str]:
    """The steps among the lines that a command prints, without the names that differ from run to run."""
    lines = [re.sub(r"\d+-\d{10,}|(?<=staging-)\d+", "N", line) for line in text.splitlines()]
    return [line for line in lines if not line.startswith("#") or line.endswith(" files")]


def test_what_a_dry_run_prints_is_what_is_then_done(small: Small, source: Path) -> None:
    """Each step of the plan, in its order: -v prints every step as it is carried out."""
    small.path("small2").write_text(mod("small2", 0.47))
    template = str(small.folder / "small.yaml")
    verbs = (
        ("build", "dry"),
        ("develop", "tiny-package", "--path", str(source)),
        ("undevelop", "tiny-package"),
        ("rollback", "dry"),
        ("create", "twin", "--template", template, "--models", str(small.folder)),
        ("config", "set", "jobs", "2"),
        ("config", "unset", "jobs"),
        ("remove", "twin"),
    )
    for verb in verbs:
        planned = small.devenv(*verb, "--dry-run").stdout
        done = small.devenv("-v", *verb).stdout.splitlines()
        steps = plan_of(planned)
        carried_out = iter(plan_of("\n".join(done)))
        assert steps, f"{verb} planned nothing:\n{planned}"
        missing = [line for line in steps if line not in carried_out]
        assert not missing, f"{verb} did not do {missing[0]}\n" + "\n".join(done)
