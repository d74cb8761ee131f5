"""Bad input: one clear error, a code that is not zero, no traceback, and nothing half made."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from support import Devenv, plain_environ

from devenv.cli.app import main
from devenv.cli.create_options import CreateOptions
from devenv.system.locks import locked

SMALL = """\
summary: NEURON and nothing else
neuron: neuron==9.0.2
packages: []
variants:
  loud: {help: for the tests}
model:
  mods: [{package: devenv, path: ring/mod}]
"""
NAMES = [
    "a/b",
    "a b",
    "a'b",
    'a"b',
    "$(touch x)",
    "`x`",
    "..",
    ".",
    "",
    "ünï",
    "x" * 200,
    "a\nb",
    "a;b",
]
SECRET = "hunter2hunter2"  # noqa: S105
STORES = ("neuron", "venvs")


def tree(home: Path) -> dict[str, str]:
    """All files and links in a home with what they are, but for logs, and for locks, which are for ever
    and say nothing. Of the packages, whose folders are renamed to their places, the folders alone."""
    found = {str(path): "store" for store in STORES for path in (home / store).glob("*")}
    for folder, folders, names in os.walk(home):
        if Path(folder) == home:
            folders[:] = [name for name in folders if name not in STORES]
        for path in (Path(folder, name) for name in [*folders, *names]):
            at = path.relative_to(home)
            if path.is_symlink():
                found[str(at)] = str(path.readlink())
            elif path.is_file() and "log" not in at.parts and at.parts[0] != "locks":
                found[str(at)] = f"{path.stat().st_size} {path.stat().st_mtime_ns}"
    return found


class Unharmed:
    """A home in which refused commands change nothing."""

    def __init__(self, devenv: Devenv) -> None:
        self.devenv = devenv
        self.home = devenv.home

    def refuses(self, *arguments: object, code: int, says: str, **variables: str) -> str:
        """The command is refused with that code and one error that says that; all it printed."""
        before = tree(self.home)
        output, found = self.called(*map(str, arguments), **variables)
        assert found == code, output
        assert says in output, output
        errors = [x for x in output.splitlines() if x.startswith(("devenv: error: ", "Error: "))]
        assert len(errors) == 1, output
        assert tree(self.home) == before
        return output

    def called(self, *arguments: str, **variables: str) -> tuple[str, object]:
        """The program called within this process, which is quicker; what it printed, and its code."""
        environ = {**plain_environ(), "DEVENV_HOME": str(self.home), **variables}
        output = StringIO()
        with (
            patch.dict(os.environ, environ, clear=True),
            redirect_stdout(output),
            redirect_stderr(output),
            pytest.raises(SystemExit) as left,
        ):
            main(list(arguments))
        return output.getvalue(), left.value.code


@pytest.fixture(scope="session")
def made(make_devenv: Callable[[str], Devenv]) -> Unharmed:
    """A home with one small environment that was never built."""
    devenv = make_devenv("bad")
    template(devenv, SMALL)
    devenv("create", "small")
    return Unharmed(devenv)


@pytest.fixture
def empty(devenv: Devenv) -> Unharmed:
    return Unharmed(devenv)


def template(devenv: Devenv, text: str, name: str = "small") -> Path:
    path = devenv.home / "templates" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# -- what is typed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "command", [("create",), ("show",), ("remove",), ("develop", "x", "--env")]
)
def test_a_name_that_cannot_be_one(made: Unharmed, command: tuple[str, ...], name: str) -> None:
    """Nor the empty one: ``devenv remove "$UNSET"`` does not mean the only environment there is."""
    more = ("--template", "small") if command == ("create",) else ()
    made.refuses(*command, name, *more, code=2, says="invalid name of an environment")
    assert not (made.home.parent / "x").exists()


@pytest.mark.parametrize("command", ["create", "show", "remove"])
def test_a_name_that_looks_like_an_option(made: Unharmed, command: str) -> None:
    made.refuses(command, "-name", code=2, says="No such option")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("create", "smal"), "unknown template 'smal'\n  Did you mean 'small'?"),
        (("create", "x", "--template", "smal"), "Did you mean 'small'?"),
        (("create", "x", "-t", "small", "--engine", "spak"), "unknown engine 'spak'"),
        (("create", "x", "-t", "small", "--variant", "+lout"), "Did you mean 'loud'?"),
        (("create", "x", "-t", "small", "--variant", "a b"), "invalid variants"),
        (
            ("create", "x", "-t", "small", "--variant", "loud=3"),
            "'loud' in template small is a boolean",
        ),
        (("create", "x", "-t", "small", "--python", "2.7"), "no Python 2.7 is on this machine"),
        (("create", "x", "-t", "small", "--python", "/no/such"), "no Python /no/such is on this"),
        (("create", "x", "-t", "small", "--python", "/bin/ls"), "/bin/ls is not a working Python"),
        (("create", "x", "-t", "small", "--python=--help"), "invalid Python: '--help'"),
        (("create", "x", "-t", "small", "--neuron", "neuron=="), "invalid requirement 'neuron=='"),
        (
            ("create", "x", "-t", "small", "--neuron", "numpy"),
            "'numpy' is not a distribution of NEURON",
        ),
        (("create", "x", "-t", "small", "--models", "/no/such"), "/no/such is not a directory"),
        (
            ("create", "x", "-t", "small", "--models", "https://host/x@"),
            "is not the address of a repository",
        ),
        (("show", "smal"), "unknown environment 'smal'\n  Did you mean 'small'?"),
        (("develop", "neurodamsu"), "unknown package 'neurodamsu'\n  Did you mean 'neurodamus'?"),
        (("undevelop", "neurodamus"), "unknown dev source 'neurodamus' in small"),
        (("run",), "there is no command to run\n  devenv run small -- COMMAND..."),
        (("run", "small"), "there is no command to run"),
        (("list", "extra"), "unexpected extra argument"),
        (("list", "--", "extra"), "'devenv list' takes no arguments after '--'"),
        (("shwo",), "Did you mean 'show'"),
        (("activate", "--shell", "bahs"), "unknown shell 'bahs'\n  Did you mean 'bash'?"),
        (("shell-init", "bahs"), "unknown shell 'bahs'"),
        (("which", ""), "'' is not a name\n  Name what to look for"),
        (("which", "."), "'.' is not a name"),
        (("test", "-e", "nosuch"), "neither a tox environment nor a profile: 'nosuch'"),
    ],
)
def test_what_is_not_known(made: Unharmed, arguments: tuple[str, ...], says: str) -> None:
    made.refuses(*arguments, code=2, says=says)


def test_no_argument_is_a_call_for_help(made: Unharmed) -> None:
    assert "devenv create neocortex" in made.devenv(code=2).stdout


def test_a_name_that_is_taken(made: Unharmed) -> None:
    made.refuses("create", "small", code=6, says="'small' exists already\n  Use it, or remove it")


@pytest.mark.parametrize(
    "options",
    [
        ("--path", ".", "--git", "https://host/x.git"),
        ("--path", ".", "--release"),
        ("--git", "https://host/x.git", "--release", "4.2.9"),
        ("--path", ".", "--branch", "b"),
        ("--release", "--branch", "b"),
    ],
)
def test_origins_that_exclude_each_other(made: Unharmed, options: tuple[str, ...]) -> None:
    made.refuses("develop", "neurodamus", *options, code=2, says="exclude each other")


# -- files that a person writes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda text: text.replace("packages:", "pakages:"), "unknown key 'pakages'"),
        (lambda text: text.replace("neuron==9.0.2", "9.0"), "expected text, got a number"),
        (lambda text: text.replace("neuron==9.0.2", "neuron=="), "invalid requirement"),
        (
            lambda text: text.replace("neuron==9.0.2", "numpy"),
            "'numpy' is not a distribution of NEURON",
        ),
        (lambda text: text.replace("package: devenv", "package: neurodamsu"), "unknown package"),
        (
            lambda text: text.replace("ring/mod}", "ring/mod, when: +lout}"),
            "unknown variant 'lout'",
        ),
        (lambda text: text + "python: 2.x\n", "invalid Python version"),
        (lambda text: text + "  - : [", "is not valid YAML"),
        (lambda text: text + "summary: twice\n", "duplicate key"),
        (lambda text: "", "the key 'summary' is missing"),
    ],
)
def test_a_template_that_is_wrong(
    made: Unharmed, tmp_path: Path, edit: Callable[[str], str], says: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(edit(SMALL), encoding="utf-8")
    output = made.refuses("create", "x", "--template", path, code=2, says=says)
    assert str(path) in output or "NEURON" in output


def test_a_template_that_is_no_file(made: Unharmed, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(SMALL.replace("NEURON", "N\xe9uron").encode("latin-1"))
    for name, says in (
        ("folder.yaml", "folder.yaml: Is a directory"),
        ("none.yaml", "none.yaml: No such file"),
        ("none", "none: No such file"),
        ("latin.yaml", "not valid UTF-8"),
    ):
        made.refuses("create", "x", "--template", tmp_path / name, code=2, says=says)


@pytest.fixture
def broken(made: Unharmed) -> Iterator[Path]:
    """A copy of the environment, to be broken; a broken one is listed and can be removed."""
    folder = made.home / "envs" / "broken"
    shutil.copytree(made.home / "envs" / "small", folder, symlinks=True)
    for manifest in folder.glob("generations/*/environment.json"):
        manifest.write_text(manifest.read_text("utf-8").replace('"small"', '"broken"'), "utf-8")
    yield folder
    listed = made.devenv("list").stdout
    assert "small" in listed
    assert "broken" in listed
    made.devenv("remove", "broken")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (None, 6, "cannot read {path}: No such file or directory\n  Restore it, or remove"),
        (b"template: [", 2, "{path} is not valid YAML: line 2"),
        (b"\xff\xfe", 6, "cannot read {path}: it is not UTF-8 text"),
        (b"templat: small\n", 2, "{path}: unknown key 'templat'"),
        (b"template: smal\n", 2, "unknown template 'smal'"),
        (b"template: small\nvariants: +lout\n", 2, "unknown variant 'lout'"),
        (b"template: small\nneuron: numpy\n", 2, "'numpy' is not a distribution of NEURON"),
        (
            b"template: small\ndevelop:\n  - {package: x, path: /no/such}\n",
            6,
            "the dev source x is gone: /no/such",
        ),
    ],
)
def test_an_environment_file_that_is_wrong(
    made: Unharmed, broken: Path, text: bytes | None, code: int, says: str
) -> None:
    path = broken / "environment.yaml"
    path.unlink()
    if text is not None:
        path.write_bytes(text)
    made.refuses("build", "broken", code=code, says=says.format(path=path))


@pytest.mark.parametrize("file", ["environment.json", "lock.json"])
def test_a_damaged_generation_is_told(made: Unharmed, broken: Path, file: str) -> None:
    (broken / "current" / file).write_text("{", encoding="utf-8")
    made.refuses(
        "show",
        "broken",
        code=6,
        says=f"{file} is damaged\n  Rebuild it from environment.yaml: devenv build",
    )


def test_a_dangling_current_is_told(made: Unharmed, broken: Path) -> None:
    (broken / "current").unlink()
    (broken / "current").symlink_to("generations/99")
    says = "generations/99/environment.json: No such file or directory\n  Rebuild it: devenv build"
    for command in (("show", "broken"), ("run", "broken", "--", "true"), ("activate", "broken")):
        made.refuses(*command, code=6, says=says)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda lock: lock[: len(lock) // 2], "is damaged"),
        (lambda lock: "[]", "is damaged"),
        (lambda lock: "", "is damaged"),
        (lambda lock: lock.replace('"format": 1', '"format": 7'), "has format 7"),
        (
            lambda lock: lock.replace('"python": "3', '"python": 3, "x": "3'),
            "python: expected text",
        ),
        (lambda lock: lock.replace('"neuron": [', '"neuron": [1, '), "neuron[0]: expected text"),
        (
            lambda lock: lock.replace('"template": "small"', '"template": "smal"'),
            "Did you mean 'small'?",
        ),
        (lambda lock: lock.replace('"python": "3', '"python": "2'), "no Python ==2"),
    ],
)
def test_a_lock_that_is_wrong(
    made: Unharmed, tmp_path: Path, edit: Callable[[str], str], says: str
) -> None:
    lock = tmp_path / "lock.json"
    good = (made.home / "envs" / "small" / "current" / "lock.json").read_text(encoding="utf-8")
    lock.write_text(edit(good), encoding="utf-8")
    made.refuses("create", "x", "--from-lock", lock, code=2, says=says)


def test_a_lock_says_all_that_options_could(made: Unharmed, tmp_path: Path) -> None:
    lock = made.home / "envs" / "small" / "current" / "lock.json"
    names = {field.name for field in fields(CreateOptions)} - {"from_lock", "strict"}
    options = [(f"--{name}", "+loud") for name in names - {"wheels"}]
    for words in (*options, ("--wheels-as-externals",), ("--from-source",)):
        says = f"--from-lock and {words[0]} exclude each other"
        made.refuses("create", "x", "--from-lock", lock, *words, code=2, says=says)
    for path, says in ((tmp_path / "no", "No such file"), (tmp_path, "Is a directory")):
        made.refuses(
            "create", "x", "--from-lock", path, code=2, says=f"cannot read the lock {path}: {says}"
        )


# -- sources -------------------------------------------------------------------------------------------


def test_nothing_to_refresh(made: Unharmed) -> None:
    made.refuses("refresh", code=6, says="no environment is active in this shell")


def test_a_source_that_is_none(made: Unharmed, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "pyproject.toml").write_text("[project\n", encoding="utf-8")
    text = '[project]\nname = "thing"\nversion = "1"\n[build-system]\nrequires = 5\n'
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "pyproject.toml").write_text(text, encoding="utf-8")
    for name, code, says in (
        ("nowhere", 2, "nowhere is not a directory"),
        ("file", 2, "file is not a directory"),
        ("empty", 2, "contains no package"),
        ("broken", 2, "broken/pyproject.toml: Expected"),
        ("odd", 2, "build-system.requires in pyproject.toml is not a list of strings: 5"),
    ):
        made.refuses("develop", "thing", "--path", tmp_path / name, code=code, says=says)


def test_no_network(made: Unharmed, empty: Unharmed, tmp_path: Path) -> None:
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "{tmp_path}/nowhere/"]\n  insteadOf = https://github.com/\n', "utf-8")
    offline = {
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "GIT_CONFIG_GLOBAL": str(config),
    }
    empty.refuses("create", "hnn", code=5, says="index cannot be reached for", **offline)
    git = ("--git", "https://github.com/openbraininstitute/neurodamus.git")
    made.refuses("develop", "neurodamus", *git, code=5, says="could not be reached", **offline)


def test_secrets_are_neither_told_nor_kept(made: Unharmed, tmp_path: Path) -> None:
    url = f"https://me:{SECRET}@host.invalid/x.git"
    outputs = [
        made.refuses("develop", "neurodamus", "--git", url, code=5, says="could not be reached"),
        made.refuses("develop", "neurodamus", "--git", f"{url}@", code=2, says="not the address"),
        made.refuses("create", "x", "-t", "small", "--models", url, code=2, says="a password"),
    ]
    kept = (
        p for p in made.home.rglob("*") if p.is_file() and p.suffix in (".log", ".yaml", ".json")
    )
    assert not [p for p in kept if SECRET in p.read_text("utf-8", "replace")]
    assert not [output for output in outputs if SECRET in output]


# -- the machine ---------------------------------------------------------------------------------------


def bare_path(tmp_path: Path, *commands: str) -> str:
    folder = tmp_path / "bin"
    folder.mkdir()
    for command in commands:
        found = shutil.which(command)
        assert found
        (folder / command).symlink_to(found)
    return str(folder)


def test_no_compiler(made: Unharmed, tmp_path: Path) -> None:
    path = bare_path(tmp_path, "git", "sh")
    says = "no C++ compiler was found"
    output = made.refuses("build", "small", code=3, says=says, PATH=path, CXX="", CC="")
    assert "g++" in output.split(says)[1]
    made.refuses("run", "small", "--", "true", code=3, says=says, PATH=path, CXX="", CC="")


def test_no_home(made: Unharmed) -> None:
    without = {k: v for k, v in plain_environ().items() if k not in ("HOME", "XDG_DATA_HOME")}
    for more in ({}, {"DEVENV_HOME": "~/x"}):
        done = subprocess.run(
            [sys.executable, "-m", "devenv", "list"],
            env={**without, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "$HOME, which is not set\n  Set DEVENV_HOME" in done.stderr


def test_a_home_with_a_blank(tmp_path: Path) -> None:
    home = tmp_path / "a b"
    Unharmed(Devenv(home)).refuses("create", "small", code=2, says="contains a blank")
    assert not home.exists()


@pytest.mark.parametrize("below", ["", "a/b"])
def test_a_home_that_is_no_directory(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    for command in (("list",), ("create", "small"), ("prune", "--dry-run")):
        said = Unharmed(Devenv(file / below)).refuses(*command, code=2, says="$DEVENV_HOME")
        assert f"{file} is not a directory\n  Set DEVENV_HOME" in said
    assert file.read_text() == "mine"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A disk of that size to stand at a place, where this process may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no right to mount a disk")
        return folder

    yield mount
    subprocess.run(["umount", str(folder)], capture_output=True, check=False)


def leaning(made: Unharmed, home: Path) -> Unharmed:
    """Another home with the environment, whose packages are links to those that are there."""
    home.mkdir()
    for store in ("neuron", "venvs", "templates"):
        (home / store).symlink_to(made.home / store)
    shutil.copytree(made.home / "envs", home / "envs", symlinks=True)
    return Unharmed(Devenv(home))


def test_a_full_disk(
    made: Unharmed, disk: Callable[[str], Path], package: Path, tmp_path: Path
) -> None:
    folder = disk("size=400k")
    home = leaning(made, folder / "home")
    home.devenv("build", "small", "--dry-run")
    with (folder / "fill").open("wb") as file:
        while chunk := os.statvfs(folder).f_bavail * os.statvfs(folder).f_bsize:
            file.write(b"0" * chunk)
            file.flush()
    home.refuses("build", "small", code=6, says="the disk is full")
    home.refuses(
        "develop", "thing", "--path", package, "--env", "small", code=6, says="the disk is full"
    )
    home.devenv("run", "small", "--no-build", "--", "true", code=6)
    (folder / "fill").write_bytes(b"")
    home.devenv("develop", "thing", "--path", package, "--env", "small")


def test_a_full_disk_while_packages_are_installed(
    made: Unharmed, disk: Callable[[str], Path]
) -> None:
    home = Unharmed(Devenv(disk("size=2m") / "home"))
    template(home.devenv, SMALL)
    done = home.devenv("create", "small", code=4)
    assert "The disk is full: free some space there, or set DEVENV_HOME" in done.stdout
    assert not (home.home / "envs").exists()
    assert list((home.home / "neuron").iterdir()) == []


def test_a_read_only_disk(made: Unharmed, disk: Callable[[str], Path], package: Path) -> None:
    folder = disk("size=1m")
    home = leaning(made, folder / "home")
    (home.home / "locks").mkdir(exist_ok=True)
    (home.home / "locks" / "store").touch()
    (home.home / "tmp" / "left").mkdir(parents=True)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    says = "the disk is read-only\n  Set DEVENV_HOME to a writable directory."
    for command in (
        ("create", "x", "--template", "small"),
        ("develop", "thing", "--path", package),
        ("build",),
        ("remove", "small"),
    ):
        home.refuses(*command, code=6, says=says)
    assert "small" in home.devenv("list").stdout
    assert f"rm -rf {home.home}/tmp/left" in home.devenv("prune", "--dry-run").stdout
    script = home.devenv("activate").stdout.removeprefix(". ").strip()
    assert "DEVENV_ENV" in Path(script).read_text(encoding="utf-8")


def test_a_read_only_project(made: Unharmed, disk: Callable[[str], Path]) -> None:
    """The file that cannot be written is named, and its folder; another home would not help."""
    folder = disk("size=1m")
    new, old = folder / "new", folder / "old"
    for one in (new, old):
        one.mkdir()
    (old / "devenv.yaml").write_text("neuron: neuron==9.0.2\npackages: []\n")
    made.devenv("allow", cwd=old)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    for file, command in (
        (new / "devenv.yaml", ("init",)),
        (old / "devenv.yaml", ("add", "six==1.16.0")),
        (old / ".envrc", ("export", "envrc", "small", "--write")),
    ):
        said = made.devenv(*command, cwd=file.parent, code=6).stdout
        assert f"error: {file}: the disk is read-only" in said
        assert f"Make {file.parent} writable" in said
        assert "DEVENV_HOME" not in said


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&-", "| head -0", ">/dev/null 2>&1"])
def test_streams_that_are_closed(made: Unharmed, redirect: str) -> None:
    line = f"set -o pipefail; '{sys.executable}' -m devenv templates {redirect}"
    environ = {**plain_environ(), "DEVENV_HOME": str(made.home)}
    done = subprocess.run(
        ["bash", "-c", line], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == (0 if "head" not in redirect else done.returncode)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [("activate", "small"), ("--help",), ("build", "--help"), ("--version",)]
)
def test_an_output_that_cannot_be_written(made: Unharmed, arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "devenv", *arguments],
            env={**plain_environ(), "DEVENV_HOME": str(made.home)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr.startswith(
        "devenv: error: cannot write to the standard output: No space left"
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


# -- two at once, and ends -----------------------------------------------------------------------------


def started(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "devenv", *arguments],
        env={**plain_environ(), "DEVENV_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_two_creates_of_one_name(made: Unharmed) -> None:
    both = [started(made.home, "create", "twin", "--template", "small") for _ in range(2)]
    outputs = [process.communicate()[0] for process in both]
    assert sorted(process.returncode for process in both) == [0, 6], outputs
    assert sum("'twin' exists already" in output for output in outputs) == 1
    assert sorted(p.name for p in (made.home / "envs/twin/generations").iterdir()) == ["1"]
    made.devenv("run", "twin", "--no-build", "--", "true", code=6)
    made.devenv("remove", "twin")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_create_leaves_nothing(devenv: Devenv, number: signal.Signals) -> None:
    template(devenv, SMALL)
    process = started(devenv.home, "create", "small")
    deadline = time.monotonic() + 120
    while not list((devenv.home / "neuron").glob("*.staging-*")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, number)
    output, _ = process.communicate()
    assert process.returncode == 130, output
    assert "Traceback" not in output
    assert not list(devenv.home.rglob("*.staging-*"))
    # A NEURON that was whole already, in that very moment, stays in the store.
    left = {path.relative_to(devenv.home).parts[0] for path in devenv.home.rglob("*")}
    assert left <= {"templates", "locks", "log", "neuron"}
    devenv("create", "small")


def test_remove_waits_for_who_holds_the_lock(made: Unharmed) -> None:
    made.devenv("create", "held", "--template", "small")
    with locked(made.home / "locks" / "env-held.lock", "environment held"):
        process = started(made.home, "remove", "held")
        assert process.stdout
        line = process.stdout.readline()
        assert "waiting for environment held, held by pid" in line
        assert str(os.getpid()) in line
        assert (made.home / "envs" / "held" / "current").is_symlink()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert not (made.home / "envs" / "held").exists()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of our own that is in no catalogue."""
    folder = tmp_path / "thing"
    (folder / "thing").mkdir(parents=True)
    (folder / "thing" / "__init__.py").write_text("ANSWER = 42\n", encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "thing"\nversion = "1.0"\n',
        encoding="utf-8",
    )
    return folder


def test_a_create_that_was_killed_is_started_over(made: Unharmed) -> None:
    """What has no `current` was never whole, whatever it says."""
    half = made.home / "envs" / "half"
    (half / "generations" / "1").mkdir(parents=True)
    (half / "environment.yaml").write_text("template: nosuch\n", encoding="utf-8")
    assert "half" not in made.devenv("list").stdout
    made.devenv("create", "half", "--template", "small")
    lock = json.loads((half / "current" / "lock.json").read_text(encoding="utf-8"))
    assert lock["environment"]["template"] == "small"
    made.devenv("remove", "half")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("adopt", "/nowhere/at/all"), "does not exist"),
        (("adopt", "EMPTY"), "has no spack.yaml"),
        (("adopt", "EMPTY/other.yaml"), "has no key 'spack'"),
        (("adopt", "EMPTY/list.yaml"), "'specs' must be a list"),
        (("adopt", "EMPTY/develop.yaml"), "a dev source has a 'spec' and a 'path'"),
        (("adopt", "EMPTY/good.yaml", "--name", "a b"), "invalid name"),
        (("adopt", "EMPTY/good.yaml"), "Spack is not set up"),
        (("create", "x", "--spec", "zlib", "--template", "neuron"), "exclude each other"),
        (("create", "x", "--spec", "zlib", "--engine", "venv"), "is for the Spack engine"),
        (("create", "x", "--spec", "zlib", "--engine", "spack"), "Spack is not set up"),
        (("create", "x", "--spec", "zlib"), "no engine can create it, since Spack is not set up"),
    ],
)
def test_what_cannot_be_adopted(
    tmp_path: Path, words: tuple[str, ...], says: str, make_devenv: Callable[[str], Devenv]
) -> None:
    devenv, folder = make_devenv("adopting"), tmp_path / "EMPTY"
    folder.mkdir()
    for name, text in (
        ("other", "specs: [a]"),
        ("list", "spack: {specs: a}"),
        ("develop", "spack: {specs: [a], develop: {a: x}}"),
        ("good", "spack: {specs: [a]}"),
    ):
        (folder / f"{name}.yaml").write_text(f"{text}\n")
    said = devenv(*words, cwd=tmp_path, code=None)
    assert said.returncode in (2, 6)
    assert says in said.stdout
    assert said.stdout.count("error:") == 1
    assert not (devenv.home / "envs").exists() or not any((devenv.home / "envs").iterdir())
