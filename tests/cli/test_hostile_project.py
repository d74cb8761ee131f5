"""A devenv.yaml that came with a clone: nothing is run, fetched or written before `devenv allow`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Devenv

NEURON = "neuron: neuron==9.0.2\npackages: []\n"
VERBS = (
    ("run", "--", "true"),
    ("build",),
    ("test",),
    ("shell",),
    ("activate",),
    ("show",),
    ("doctor",),
    ("develop", "neurodamus"),
    ("data", "get", "x"),
    ("add", "numpy"),
    ("mods", "add", "mod"),
    ("submit", "--", "true"),
    ("prune",),
)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A folder to be a project, with a canary beside it that nobody may touch."""
    folder = tmp_path / "clone"
    (folder / "mod").mkdir(parents=True)
    canary = tmp_path / "canary"
    canary.mkdir()
    before = sorted(tmp_path.iterdir())
    yield folder
    assert sorted(canary.iterdir()) == []
    assert {one.name for one in tmp_path.iterdir()} <= {*(one.name for one in before), "home"}


def devenv(folder: Path) -> Devenv:
    return Devenv(folder.parent / "home")


def refused(folder: Path, text: str, *command: str, code: int = 2) -> str:
    (folder / "devenv.yaml").write_text(text, encoding="utf-8")
    return devenv(folder)(*(command or ("allow",)), cwd=folder, code=code).stdout


def made(folder: Path) -> list[str]:
    """What stands in the home but for locks, which are empty files."""
    home = folder.parent / "home"
    found = (path for path in home.rglob("*") if path.is_file()) if home.is_dir() else ()
    return [str(path.relative_to(home)) for path in found if path.parent.name != "locks"]


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_nothing_is_done_before_it_is_allowed(clone: Path, verb: tuple[str, ...]) -> None:
    touch = f"$(touch {clone.parent}/canary/ran)"
    backend = f"import pathlib; pathlib.Path({str(clone.parent / 'canary/built')!r}).touch()"
    (clone / "setup.py").write_text(backend)
    (clone / "pyproject.toml").write_text("[build-system]\nrequires = []\n")
    text = (
        f'summary: "{touch}"\n{NEURON}base: modules:evil\n'
        f"develop: [{{package: evil, path: .}}]\n"
        f"model: {{flags: ['{touch}'], mods: [{{url: 'https://example.invalid/{touch}', ref: main}}]}}\n"
        f"data: {{x: {{url: 'file:///etc/passwd', sha256: {'ab' * 32}}}}}\n"
    )
    (clone / "devenv.yaml").write_text(text)
    said = devenv(clone)(*verb, cwd=clone, code=None)
    if verb != ("prune",):
        assert said.returncode in (2, 6), said.stdout
        assert "devenv allow" in said.stdout or "not built yet" in said.stdout
    assert made(clone) == []
    assert not (clone / "devenv.lock").exists()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("model: {mods: [{path: ../canary}]}", "leads out of the project's folder"),
        ("model: {mods: [{path: /etc}]}", "leads out of the project's folder"),
        ("model: {mods: [{path: link}]}", "leads out of the project's folder"),
        ('model: {hoc: [{path: "a\\0b"}]}', "leads out of the project's folder"),
        ('model: {hoc: [{path: "a\\nb"}]}', "leads out of the project's folder"),
        ("develop: [{package: x, path: ../..}]", "leads out of the project's folder"),
        ("develop: [{package: '$(touch x)', path: .}]", "cannot be the name of a package"),
        ("develop: [{package: ../../x, path: .}]", "cannot be the name of a package"),
        ("template: ../../etc/passwd", "unknown template"),
        ("template: /etc/passwd", "unknown template"),
        ("hooks: {post: touch x}", "unknown key 'hooks'"),
        ("run: touch x", "unknown key 'run'"),
        ("variant: '+x; touch y'", "cannot read the variants"),
        ("base: 'modules:$(touch x)'", "modules"),
        ("model: {mods: [{url: '--upload-pack=touch x', ref: main}]}", "not a repository at a ref"),
        ("model: {mods: [{url: 'ext::sh -c x', ref: main}]}", "not a repository at a ref"),
        ("develop: [{package: x, git: 'ext::sh -c x'}]", "not an address"),
        ("data: {x: {git: 'ext::sh -c x', ref: main}}", "not a repository at a ref"),
        ("data: {x: {url: 'https://example.invalid/x'}}", "no sha256"),
        ("data: {'../x': {folder: /x}}", "cannot be the name"),
        ("model: {mods: [{url: 'file:///x', ref: '--x'}]}", "not a repository at a ref"),
        ("python: '3.11; touch x'", "invalid Python version"),
        ("a: &a [1]\nb: *a", "an alias"),
        ("a: " + "[" * 4000, "too many levels"),
        ("a: " + "x" * 300_000, "larger than"),
        ("\t", "not valid YAML"),
        ("python: !!python/object/apply:os.system ['touch x']", "not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_meant_well_is_refused(clone: Path, more: str, why: str) -> None:
    (clone / "link").symlink_to(clone.parent / "canary")
    said = refused(clone, f"{NEURON}{more}\n")
    assert why in said
    assert "devenv.yaml" in said or "modules" in said or "variants" in said
    assert made(clone) == []


@pytest.mark.parametrize(
    "package", ["-r /etc/passwd", "--index-url=http://x", "x; rm -rf ~", "$(x)"]
)
def test_an_option_is_no_requirement(clone: Path, package: str) -> None:
    said = refused(clone, f"neuron: neuron==9.0.2\npackages: ['{package}']\n")
    assert "invalid requirement" in said
    assert made(clone) == []


def test_an_address_as_a_requirement_is_named_before_it_is_allowed(clone: Path) -> None:
    text = "neuron: neuron==9.0.2\npackages: ['x @ https://example.invalid/x.whl']\n"
    said = refused(clone, text, "run", "--", "true", code=6)
    assert "a package from elsewhere: x @ https://example.invalid/x.whl" in said
    assert made(clone) == []


def test_no_escape_sequence_reaches_the_terminal(clone: Path) -> None:
    text = 'neuron: neuron==9.0.2\npackages: []\nmodel: {mods: [], flags: ["\\e]0;x\\a"]}\n'
    said = refused(clone, text, "run", "--", "true", code=6)
    assert "\x1b" not in said
    assert "\\x1b]0;x" in said


@pytest.mark.parametrize("kind", ["link", "fifo", "dangling"])
def test_what_is_no_plain_file_is_refused(clone: Path, kind: str) -> None:
    file = clone / "devenv.yaml"
    if kind == "fifo":
        os.mkfifo(file)
    else:
        file.symlink_to("/etc/passwd" if kind == "link" else clone / "nowhere")
    said = devenv(clone)("run", "--", "true", cwd=clone, code=2).stdout
    assert f"{file} is not a regular file" in said
    assert "exists already" in devenv(clone)("init", cwd=clone, code=6).stdout


@pytest.mark.parametrize(
    "lock",
    [
        'python: "3.11"\npackages: {"--index-url http://x": []}\n',
        'python: "3.11"\npackages: {"x==1 --index-url=http://x": []}\n',
        'python: "3.11"\npackages: {"x==1": ["sha256:zz --x"]}\n',
        'python: "3.11; touch x"\n',
        'python: "3.11"\ncommits: {"a@b": "--upload-pack=x"}\n',
        'python: "3.11"\nscripts: {}\n',
    ],
)
def test_a_lock_can_name_nothing_but_packages_and_commits(clone: Path, lock: str) -> None:
    (clone / "devenv.lock").write_text(lock)
    assert "devenv.lock" in refused(clone, NEURON)
    assert made(clone) == []


def test_it_is_asked_again_for_another_content_and_at_another_place(clone: Path) -> None:
    (clone / "devenv.yaml").write_text(NEURON)
    program = devenv(clone)
    program("allow", cwd=clone)
    assert "uv" in program("run", "--dry-run", "--", "true", cwd=clone).stdout
    (clone / "devenv.lock").write_text('python: "3.11"\n')
    assert "devenv allow" in program("run", "--", "true", cwd=clone, code=6).stdout
    (clone / "devenv.lock").unlink()
    moved = clone / "mod" / "below"
    moved.mkdir()
    (moved / "devenv.yaml").write_text(NEURON)
    assert "devenv allow" in program("run", "--", "true", cwd=moved, code=6).stdout
    (clone / "devenv.yaml").write_text(NEURON + "# more\n")
    assert "devenv allow" in program("run", "--", "true", cwd=clone, code=6).stdout


def test_init_never_overwrites(clone: Path) -> None:
    (clone / "devenv.yaml").write_text("mine")
    assert "exists already" in devenv(clone)("init", cwd=clone, code=6).stdout
    assert (clone / "devenv.yaml").read_text() == "mine"


def test_init_writes_hostile_names_as_texts(clone: Path) -> None:
    folder = clone / "mod" / "$(touch x): [#\n!"
    folder.mkdir()
    (folder / "a.mod").write_text("NEURON {\n SUFFIX a\n}\n")
    (clone / "requirements.txt").write_text("-r /etc/passwd\n$(touch x)\nnumpy<3\n")
    said = devenv(clone)("init", cwd=clone, code=None).stdout
    assert not (clone / "x").exists()
    assert "Traceback" not in said
