"""What --dry-run and --why print is what a command would do, and neither changes a byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from small_models import Small, make_small, mod
from traced import traced, unexpected
from trees import tree

from devenv.cli.app import program

pytestmark = pytest.mark.real


PROFILES = """\
tests:
  accepted: {package: hnn-core, tests: [tests], acceptance: [neurodamus]}
  more:
    package: hnn-core
    tests: [tests]
    acceptance: [neurodamus]
    mods: [{package: neurodamus-models, path: more}]
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("dry") / "home", "dry", 3)
    template = found.folder / "small.yaml"
    template.write_text(template.read_text() + PROFILES)
    found.build()
    return found


SOURCE, MODS = "SOURCE", "MODS"
"""Stand for the folder of a small Python package, and for one with a MOD file."""

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
    ("test", "--list", "--dry-run"),
    ("test", "-e", "accepted", "--dry-run"),
    ("test", "-e", "accepted", "-n", "2", "--no-build", "--dry-run", "--", "-q"),
    ("test", "-e", "accepted", "--with", "neuron==9.0.1", "--dry-run"),
    ("test", "-e", "more", "--dry-run"),
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
    ("shell-setup", "bash", "--dry-run"),
    ("config", "unset", "jobs", "--dry-run"),
    ("add", "six==1.16.0", "--dry-run"),
    ("remove-package", "six", "--dry-run"),
    ("mods", "add", MODS, "--dry-run"),
    ("mods", "remove", MODS, "--dry-run"),
    ("models", "remove", "other", "--dry-run"),
    ("cache", "push", SOURCE, "--dry-run"),
    ("data", "get", "other", "--dry-run"),
    ("init", SOURCE, "--dry-run"),
    ("wheel", "build", SOURCE, "--dry-run"),
    ("spack", "setup", "--dry-run"),
    ("restore", "gone", "--dry-run"),
    ("export", "vscode", "dry", "--write", "--dry-run"),
    ("export", "jupyter", "dry", "--install", "--dry-run"),
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


ELSEWHERE = {
    "wheel upload": "test_wheel_upload.py: it asks an index",
    "wheel image build": "test_wheel_image.py: it needs podman",
    "wheel image push": "test_wheel_image.py: it needs podman",
    "conda env create": "test_conda_environment.py: it needs a channel",
    "conda build": "test_conda_build.py: it needs a recipe",
}
"""A verb's dry run that is tested with what it needs, and where."""


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
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text("def test_it(): pass\n")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


def words_of(words: tuple[str, ...], small: Small, source: Path) -> list[str]:
    named = {SOURCE: str(source), MODS: str(small.folder / "more")}
    return [named.get(word, word) for word in words]


def test_asking_starts_only_what_reads(small: Small, source: Path, tmp_path: Path) -> None:
    log = tmp_path / "processes"
    devenv = traced(small.devenv, log)
    before = small.path("small0").read_text()
    small.path("small0").write_text(mod("small0", 0.78))
    for words in (*ASKED, *READ):
        devenv(*words_of(words, small, source), code=None)
        assert log.read_text().count("execve"), words
        assert not unexpected(log, doctor=words == ("doctor",)), words
    small.path("small0").write_text(before)


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
        done = devenv(*words_of(words, small, source), code=None)
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
        ("test", "-e", "pytest", "--", "-q"),
        ("test", "-e", "pytest"),
        ("undevelop", "tiny-package"),
        ("rollback", "dry"),
        ("create", "twin", "--template", template, "--models", str(small.folder)),
        ("config", "set", "jobs", "2"),
        ("config", "unset", "jobs"),
        ("remove", "twin"),
    )
    for verb in verbs:
        end = verb.index("--") if "--" in verb else len(verb)
        planned = small.devenv(*verb[:end], "--dry-run", *verb[end:]).stdout
        done = small.devenv("-v", *verb).stdout.splitlines()
        steps = plan_of(planned)
        carried_out = iter(plan_of("\n".join(done)))
        assert steps, f"{verb} planned nothing:\n{planned}"
        missing = [line for line in steps if line not in carried_out]
        assert not missing, f"{verb} did not do {missing[0]}\n" + "\n".join(done)


def dry_verbs(command: Any, words: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands of the program that have a dry run."""
    for name, one in getattr(command, "commands", {}).items():
        yield from dry_verbs(one, (*words, name))
    if any("--dry-run" in option.opts for option in command.params):
        yield " ".join(words)


def test_a_dry_run_of_tests_says_how_they_are_run(small: Small) -> None:
    """What is built before, what is installed, and the command; all of it at another place, too."""
    dry = ("test", "-e", "accepted", "--env", "dry", "--dry-run")
    said = small.devenv(*dry, "--", "-x").stdout
    folder = small.devenv.home / "envs/dry/tox/accepted/1"
    assert f"write {folder}/facts.json" in said
    assert "-m tox" in said and " run --notest -e accepted" in said
    assert " run -e accepted" in said.splitlines()[-2]
    assert said.endswith(f"# then: the results are read from {folder}\n")
    assert small.devenv(*dry, "--on", "here", "--", "-x").stdout == said
    assert "uv pip compile" in small.devenv(*dry, "--with", "neuron==9.0.1").stdout
    assert "extra.cpp" in small.devenv("test", "-e", "more", *dry[3:]).stdout
    before = small.path("small0").read_text()
    small.path("small0").write_text(mod("small0", 0.79))
    said = small.devenv(*dry).stdout
    assert "-c small0.cpp" in said and said.endswith("; accepted is run in it\n")
    small.path("small0").write_text(before)


def test_a_dry_run_of_a_run_says_what_is_built_before(small: Small) -> None:
    """Where the run would build; it stays refused where nothing may be built."""
    dry = ("run", "dry", "--dry-run", "--", "echo", "a b")
    launched = small.devenv(*dry).stdout
    assert launched.startswith("echo 'a b'\n# ")
    file = small.path("small0")
    before = file.read_text()
    file.write_text(mod("small0", 0.81))
    said = small.devenv(*dry).stdout
    assert said.endswith(f"; the command is run in it\n{launched}"), said
    assert "-c small0.cpp" in said
    assert said.startswith("devenv: dry: mechanisms changed since the last build\n")
    refused = small.devenv("run", "dry", "--no-build", *dry[2:], code=6).stdout
    assert "is stale" in refused and "devenv build dry" in refused
    small.devenv("run", "dry", "--", "true")
    assert small.devenv(*dry).stdout == launched
    file.write_text(before)
    small.build()


def test_every_dry_run_is_asked_for() -> None:
    asked = [" ".join(words) for words in ASKED]
    missing = [v for v in dry_verbs(program()) if not any(a.startswith(f"{v} ") for a in asked)]
    assert sorted(missing) == sorted(ELSEWHERE)
