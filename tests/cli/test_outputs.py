"""Each command's --json, against its schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support import Devenv, plain_environ

from devenv.cli.app import program
from devenv.cli.outputs import OUTPUTS, schema_name, schemas

SCHEMAS = schemas()


def leaves(command: Any, path: str = "") -> list[str]:
    below = getattr(command, "commands", {})
    found = [path] if path and (not below or command.invoke_without_command) else []
    shown = [(name, one) for name, one in below.items() if not one.hidden]
    return [
        *found,
        *(leaf for name, one in shown for leaf in leaves(one, f"{path} {name}".strip())),
    ]


def document(
    devenv: Devenv, *arguments: str, cwd: Path | None = None
) -> tuple[int, dict[str, Any]]:
    """The exit code and the document, which is valid for the schema that it names."""
    done = subprocess.run(
        [sys.executable, "-m", "devenv", *arguments, "--json"], cwd=cwd or devenv.home.parent,
        env={**plain_environ(), "DEVENV_HOME": str(devenv.home), "XDG_CONFIG_HOME": "/nowhere"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMAS[found["schema"]])
    return done.returncode, found


def test_every_command_has_a_schema() -> None:
    assert sorted(leaves(program())) == sorted(OUTPUTS), "add it to OUTPUTS in cli/outputs.py"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


def test_a_schema_refuses_what_is_not_it() -> None:
    schema = SCHEMAS["devenv.list/1"]
    jsonschema.validate({"schema": "devenv.list/1", "environments": []}, schema)
    for wrong in (
        {"environments": []},
        {"schema": "devenv.list/2", "environments": []},
        {"schema": "devenv.list/1"},
        {"schema": "devenv.list/1", "environments": [{}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


@pytest.mark.parametrize(
    "command",
    [
        *(
            "list",
            "templates",
            "models",
            "models list",
            "du",
            "jobs",
            "config show",
            "host",
            "prune",
        ),
        *("prune --dry-run", "restore", "spack status", "deactivate", "shell-init bash"),
        "config set jobs 2 --dry-run",
    ],
)
def test_documents_without_an_environment(devenv: Devenv, command: str) -> None:
    code, found = document(devenv, *command.split())
    assert code in (0, 6)
    words = [word for word in command.split() if word not in ("bash", "jobs", "2", "--dry-run")]
    assert found["schema"] == schema_name(" ".join(words) or command)


@pytest.mark.parametrize("command", sorted(OUTPUTS))
def test_every_error_is_a_document(devenv: Devenv, command: str) -> None:
    code, found = document(devenv, *command.split(), "--no-such-option")
    assert found["schema"] == "devenv.error/1"
    assert code == found["code"] == 2
    assert "--no-such-option" in found["error"]["message"]


def test_the_users_own_options_are_not_ours(devenv: Devenv) -> None:
    said = devenv("run", "no-such-environment-no-program", "--json", code=None).stdout
    assert said.startswith("devenv: error: ")
