"""Every command on an environment of conda packages: it works, or it refuses in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from conda_parts import VERSION, assemble, make_python, write
from slurm_cluster import Cluster
from support import Devenv

from devenv.cli.app import COMMANDS

pytestmark = pytest.mark.real

SITE = f"lib/python{VERSION}/site-packages"
MINE = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "mine"
version = "1.2.3"
""",
    "src/mine/__init__.py": "X = 1\n",
    "tests/test_mine.py": """\
from pathlib import Path
import alpha, mine

def parents(pid="self"):
    stat = Path(f"/proc/{pid}/stat").read_text()
    name, parent = stat.split("(")[1].split(")")[0], stat.rpartition(")")[2].split()[1]
    return [name, *(parents(parent) if parent not in "01" else ())]

def test_both():
    assert (mine.X, alpha.V) == (1, "1")
    print(f"alpha is {alpha.__file__}; in a step: {'slurmstepd' in parents()}")
""",
}


@dataclass(frozen=True)
class Box:
    """An environment `box` of python and alpha 1, with the dev source mine. folder: not a project."""

    devenv: Devenv
    channel: Path
    source: Path
    folder: Path


@pytest.fixture(scope="module")
def box(make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory) -> Box:
    folder = tmp_path_factory.mktemp("conda-verbs")
    devenv, channel = make_devenv("conda-verbs"), folder / "channel"
    make_python(devenv, folder, channel, VERSION, pip=False)
    versions = [
        {
            "name": "alpha",
            "version": version,
            "depends": ["python"],
            "files": {f"{SITE}/alpha.py": f"V = '{version}'\n"},
        }
        for version in "12"
    ]
    assemble(channel, folder / "files", *versions)
    devenv("conda", "index", channel)
    source = write(folder / "mine", MINE)
    create = ("create", "box", "--template", "conda", "--channel", channel)
    devenv(*create, "--package", "alpha=1")
    devenv("develop", "mine", "--path", source)
    (folder / "cwd").mkdir()
    return Box(devenv, channel, source, folder / "cwd")


NO_MODELS = "devenv compiles no models for box, which consists of conda packages"
WORKS: dict[str, tuple[str, ...]] = {
    "list": ("box", "conda", "mine"),
    "show": (r"\(engine conda\)", "developed mine"),
    "templates": ("Packages from conda channels",),
    "which alpha": ("alpha.py", "the environment's own packages"),
    "which mine": ("dev source mine",),
    "which python": ("conda-envs",),
    "doctor": ("ok      import: mine",),
    "graph": (r"alpha 1 \(0\)", "python"),
    "generations": ("dev source mine",),
    "lock diff": ("dev source mine",),
    "export dotenv": ("CONDA_PREFIX=",),
    "export envrc": ("activate.bash",),
    "export modulefile": ("CONDA_PREFIX",),
    "export modulefile-lua": ("CONDA_PREFIX",),
    "export vscode": ("python.defaultInterpreterPath", "conda-envs"),
    "export jupyter": ("ipykernel_launcher",),
    "export json": ('"engine": "conda"|"name": "box"',),
    "run -- python -c print(__import__('alpha').V)": ("^1$",),
    "run -n 2 -- python -c print(__import__('alpha').V)": ("^1\n(.*\n)*1$",),
    "shell": ("",),
    "test --list": ("pytest",),
    "models list": ("no model",),
    "data list": ("no data",),
    "build": ("up to date",),
    "build --why": ("the same packages are requested",),
    "build --dry-run": ("nothing to do",),
    "build --update --dry-run": ("child solve|nothing to do",),
    "add alpha=2 --dry-run": ("child solve",),
    "sync": ("up to date",),
    "activate": ("activate.sh",),
    "deactivate": ("devenv",),
    "shell-hook": ("CONDA_PREFIX",),
    "shell-init bash": ("devenv",),
    "jobs": ("JOB",),
    "host": ("cores",),
    "config show": ("engine",),
    "report": ("index.html",),
    "prune --dry-run": ("",),
    "du": ("conda-envs",),
    "undevelop mine --dry-run": ("",),
    "remove box --dry-run": ("",),
    "rollback --dry-run": ("",),
    "help create": ("--channel",),
    "spack status": ("not set up|no Spack",),
    "wheel --help": ("build",),
    "conda --help": ("upload",),
}
"""What works: the words of the line -> what stands in its output (patterns)."""

REFUSES: dict[str, tuple[int, str]] = {
    "create box --engine conda --template conda --channel CHANNEL": (6, "'box' exists already"),
    "adopt CHANNEL": (2, "spack.yaml"),
    "build +coreneuron": (2, NO_MODELS),
    "build --mods SOURCE": (2, f"--mods: {NO_MODELS}"),
    "build --include x.mod": (2, f"--include: {NO_MODELS}"),
    "build --store SOURCE": (2, f"--store: {NO_MODELS}"),
    "mods add SOURCE": (2, f"--mods: {NO_MODELS}"),
    "mods remove SOURCE": (2, f"--no-mods: {NO_MODELS}"),
    "models show hh": (6, "box has no model: its packages bring the mechanisms"),
    "models remove x": (2, "unknown model 'x'"),
    "run --model x -- true": (2, "unknown model 'x'"),
    "data get x": (2, "unknown data 'x'"),
    "add beta": (2, "beta"),
    "add =1": (2, "invalid package '=1'"),
    "remove-package beta": (2, "unknown package 'beta'"),
    "develop other": (2, "unknown package 'other'"),
    "undevelop other": (2, "unknown dev source 'other'"),
    "test -e nothing": (2, "nothing"),
    "rollback 7": (2, "unknown generation '7'"),
    "export conda": (2, "unknown|invalid|conda"),
    "cache push CHANNEL": (2, "the engine conda, which has no build cache"),
    "cache pull CHANNEL": (2, "--from-lock"),
    "submit -- true": (3, "no Slurm|no scheduler|No batch"),
    "alloc -- true": (3, "no Slurm"),
    "logs 1": (2, "1"),
    "refresh": (6, "no environment is active"),
    "gpu": (3, "NVIDIA"),
    "restore other": (2, "other"),
    "allow": (6, "no devenv.yaml"),
}
OWN_TESTS = {"init", "shell-setup"}
"""Commands that know nothing of environments, and have tests of their own."""


def words(box: Box, line: str) -> list[str]:
    places = {"CHANNEL": str(box.channel), "SOURCE": str(box.source)}
    head, mark, rest = line.partition(" -- ")
    found = [places.get(one, one) for one in head.split()]
    return [*found, *(["--", *rest.split(" ")] if mark else [])]


@pytest.mark.parametrize("line", WORKS)
def test_it_works(box: Box, line: str) -> None:
    done = box.devenv(*words(box, line), cwd=box.folder)
    for pattern in WORKS[line]:
        assert re.search(pattern, done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("line", REFUSES)
def test_it_refuses(box: Box, line: str) -> None:
    code, pattern = REFUSES[line]
    done = box.devenv(*words(box, line), cwd=box.folder, code=code)
    assert re.search(pattern, done.stdout), done.stdout
    assert "Traceback" not in done.stdout
    assert done.stdout.count("error:") <= 1


def test_no_command_is_forgotten() -> None:
    tried = {line.split()[0] for line in (*WORKS, *REFUSES)} | OWN_TESTS
    assert {name for names in COMMANDS.values() for name in names} - tried == set()


def test_the_tests_of_a_dev_source_run(box: Box) -> None:
    """With pytest of their own, and the packages of the environment."""
    done = box.devenv("test", "--", "-s", cwd=box.folder).stdout
    assert "1 passed" in done
    assert re.search("alpha is .*conda-envs/.*/alpha.py; in a step: False", done)


def test_the_tests_run_in_a_step_of_slurm(box: Box, slurm: Cluster) -> None:
    at_site = Devenv(box.devenv.home, dict(slurm.environ))
    in_step = Devenv(box.devenv.home, dict(slurm.environ), ("srun", "-n", "1"))
    done = in_step("test", "--", "-s", cwd=box.folder).stdout
    assert "1 passed" in done
    assert re.search("alpha is .*conda-envs/.*/alpha.py; in a step: True", done)
    code = "import os, alpha; print('rank', os.environ['SLURM_PROCID'], alpha.V)"
    ranks = at_site("run", "--launcher", "slurm", "-n", "2", "--", "python", "-c", code).stdout
    assert sorted(re.findall(r"rank . .", ranks)) == ["rank 0 1", "rank 1 1"]


def test_a_package_with_tox_of_its_own(box: Box, tmp_path: Path) -> None:
    """No NEURON is looked for where the packages bring none."""
    source = write(tmp_path / "mine", MINE)
    tox = "[tox]\nenv_list = py\n[testenv]\ndeps = pytest\ncommands = pytest -s {posargs}\n"
    write(source, {"tox.ini": tox})
    box.devenv("create", "second", "--template", "conda", "--channel", box.channel,
               "--package", "alpha=1")  # fmt: skip
    box.devenv("develop", "mine", "--path", source, "--env", "second")
    done = box.devenv("test", "-e", "py", cwd=box.folder, DEVENV_ENV="second").stdout
    assert "1 passed" in done
    box.devenv("remove", "second")
