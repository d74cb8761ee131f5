"""The documents of the verbs of a real environment are what their schemas say."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest
from small_models import Small, make_small
from support import plain_environ

from devenv.cli.outputs import schemas

pytestmark = pytest.mark.real
SCHEMAS = schemas()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("documents") / "home", "json", 2)
    found.build()
    found.build("json", "--force")
    return found


@pytest.mark.parametrize(
    "command",
    [
        *("list", "show", "build", "build --why", "build --dry-run", "doctor", "which special"),
        *("generations", "lock diff", "graph", "models", "models list", "models show small0"),
        *("models compile-commands", "du", "data list", "test --list", "shell-hook", "activate"),
        *("export json", "jobs", "rollback json 1", "report", "prune --dry-run", "prune"),
        *("remove json", "restore", "restore json", "sync json"),
    ],
)
def test_documents_of_an_environment(small: Small, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "devenv", *command.split(), "--json"],
        env={**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ},
        cwd=small.devenv.home.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    document = json.loads(done.stdout)
    jsonschema.validate(document, SCHEMAS[document["schema"]])
    assert document["schema"] != "devenv.error/1", document
    assert not done.returncode or command == "doctor"
