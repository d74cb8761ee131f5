"""The success document of every command is what its schema says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import jsonschema
import pytest
from conda_parts import assemble, write
from package_indexes import PASSWORD, USER, pypiserver
from small_models import Small, make_small
from support import REPOSITORY, plain_environ
from wheel_samples import simple

from devenv.cli.outputs import OUTPUTS, schema_name, schemas

pytestmark = pytest.mark.real
SCHEMAS = schemas()
PYTHON = "cp{}{}".format(*sys.version_info[:2])

COMMANDS = {
    "init": "init {new}",
    "create": "create other --template {template} --models {folder}",
    "develop": "develop tiny-package --path {package} --env json",
    "undevelop": "undevelop tiny-package --env json",
    "build": "build json",
    "test": "test --list --env json",
    "list": "list",
    "show": "show json",
    "templates": "templates",
    "generations": "generations json",
    "lock diff": "lock diff json 1",
    "graph": "graph json",
    "models": "models",
    "models list": "models list",
    "models show": "models show small0 --env json",
    "models compile-commands": "models compile-commands --env json",
    "du": "du",
    "doctor": "doctor json",
    "which": "which special --env json",
    "export": "export vscode json --write {new}",
    "config show": "config show",
    "config set": "config set jobs 2",
    "config unset": "config unset jobs",
    "host": "host",
    "sync": "sync json",
    "add": "add six --env json",
    "remove-package": "remove-package six --env json",
    "report": "report",
    "jobs": "jobs",
    "activate": "activate json",
    "refresh": "run json -- {python_path} -m devenv refresh",
    "deactivate": "deactivate",
    "shell-init": "shell-init bash",
    "shell-hook": "shell-hook json",
    "shell-setup": "shell-setup bash --yes",
    "data list": "data list --env json",
    "spack status": "spack status",
    "rollback": "rollback json 1",
    "prune": "prune",
    "remove": "remove other",
    "restore": "restore",
    "wheel build": "wheel build {sources} --output {new}/wheels --python {python}",
    "wheel check": "wheel check {wheel}",
    "wheel test": "wheel test {python_path} {wheel}",
    "wheel upload": "wheel upload {wheel} --index {index}",
    "wheel ci github": "wheel ci github sources",
    "conda build": "conda build {recipe} --output {new}/channel",
    "conda convert": "conda convert {meta} --output {new}/converted",
    "conda ci": "conda ci {meta}",
    "conda index": "conda index {channel}",
    "conda search": "conda search low --channel {channel}",
    "conda verify": "conda verify {channel}",
    "conda test": "conda test {conda} --channel {channel}",
    "conda upload": "conda upload {conda} --channel {new}/uploaded",
    "conda carry": "conda carry {conda} {new}/carried",
}
"""Each command, on what the fixture makes, in this order."""

NONE = ("run", "shell", "help", "spack exec", "wheel shell", "alloc", "logs")
"""They print what is not theirs, or text: no document unless they fail."""

ELSEWHERE = {
    "adopt": "test_spack_adopt.py",
    "submit": "test_slurm_jobs.py",
    "gpu": "test_json_documents.py: the machine has none",
    "allow": "test_project.py",
    "models remove": "test_model_variants.py",
    "mods add": "test_project.py",
    "mods remove": "test_project.py",
    "data get": "test_project_data.py",
    "spack setup": "test_spack.py",
    "spack update": "test_spack.py",
    "spack sources": "test_spack.py",
    "cache push": "test_spack_store.py",
    "cache pull": "test_spack_store.py",
    "cache list": "test_spack_store.py",
    "conda env create": "test_conda_environment.py",
    "wheel image build": "test_wheel_image.py",
    "wheel image list": "test_wheel_image.py",
    "wheel image push": "test_wheel_image.py",
}
"""Commands that need a cluster, Spack, podman or a channel: each document that their tests get by
`Devenv` is validated there too."""

PYPROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "tiny-package"
version = "1"
"""
META = """package: {name: meta, version: "1"}
build: {number: 0, noarch: generic, script: mkdir -p $PREFIX/share && touch $PREFIX/share/meta}
about: {license: MIT, summary: one}
"""
RECIPE = """package: {name: made, version: "1"}
build: {noarch: generic, script: "mkdir -p $PREFIX/share && touch $PREFIX/share/made"}
tests: [{package_contents: {files: [share/made]}}]
"""


@dataclass(frozen=True)
class Parts:
    """An environment, and the words of `COMMANDS`."""

    small: Small
    words: dict[str, object]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    root = tmp_path_factory.mktemp("documents")
    small = make_small(root / "home", "json", 2)
    small.build()
    channel = root / "channel"
    assemble(channel, root / "files", {"name": "low", "files": {"share/low": "1"}})
    small.devenv("conda", "index", channel)
    package = write(root / "tiny", {"pyproject.toml": PYPROJECT, "tiny_package.py": ""})
    sources = simple(root / "sources")
    small.devenv("wheel", "build", sources, "--output", root / "house", "--python", PYTHON)
    (root / "new").mkdir()
    with pypiserver(root / "index") as server:
        yield Parts(
            small,
            {
                "folder": small.folder,
                "template": small.folder / "small.yaml",
                "new": root / "new",
                "package": package,
                "sources": sources,
                "python": PYTHON,
                "python_path": sys.executable,
                "wheel": next((root / "house").glob("*.whl")),
                "index": server.url,
                "channel": channel,
                "conda": next(channel.glob("linux-64/*.conda")),
                "meta": write(root / "meta", {"meta.yaml": META}),
                "recipe": write(root / "recipe", {"recipe.yaml": RECIPE}),
            },
        )


def test_every_command_is_named_here() -> None:
    assert sorted((*COMMANDS, *NONE, *ELSEWHERE)) == sorted(OUTPUTS)
    for name, where in ELSEWHERE.items():
        file = REPOSITORY / "tests" / "real" / where.partition(":")[0]
        assert file.is_file(), name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_document_of_a_command(parts: Parts, name: str) -> None:
    devenv = parts.small.devenv
    done = subprocess.run(
        [sys.executable, "-m", "devenv", *COMMANDS[name].format(**parts.words).split(), "--json"],
        env={
            **plain_environ(), "DEVENV_HOME": str(devenv.home), **devenv.environ,
            "HOME": str(parts.words["new"]),
            "UV_PUBLISH_USERNAME": USER, "UV_PUBLISH_PASSWORD": PASSWORD,
        },
        cwd=devenv.home.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert document["schema"] == schema_name(name), done.stderr
    jsonschema.validate(document, SCHEMAS[document["schema"]])
    assert not done.returncode or name in ("doctor", "spack status")
