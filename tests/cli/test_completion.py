"""Every option and argument of the program is in the table that completion reads, with its kind.

What shells offer and show is in tests/shells/test_completion_shown.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from devenv.cli.app import program
from devenv.cli.complete_values import Values
from devenv.cli.kinds import table

TABLE = table(program())


def entries(entry: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    below = entry.get("commands", {})
    return [
        (path, entry),
        *(e for name, one in below.items() for e in entries(one, f"{path} {name}")),
    ]


ENTRIES = entries(TABLE)


def kinds() -> set[str]:
    values = [o["value"] for _, entry in ENTRIES for o in entry["options"] if "value" in o]
    arguments = [a for _, entry in ENTRIES for a in entry["arguments"]]
    return {kind for kind in (*values, *arguments) if isinstance(kind, str) and kind}


def test_every_command_is_there() -> None:
    assert {"wheel build", "models show", "run"} <= {path.strip() for path, _ in ENTRIES}


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_has_a_source(kind: str) -> None:
    assert kind in ("files", "program") or callable(getattr(Values, kind))


@pytest.mark.parametrize(
    ("path", "argument"),
    [
        ("show", "environments"),
        ("remove", "environments"),
        ("run", "environments"),
        ("shell", "environments"),
        ("activate", "environments"),
        ("doctor", "environments"),
        ("build", "specs"),
        ("restore", "trash"),
        ("develop", "packages"),
    ],
)
def test_the_first_argument(path: str, argument: str) -> None:
    found = {path.strip(): entry for path, entry in ENTRIES}
    assert found[path]["arguments"][0] == argument


@pytest.mark.parametrize(
    "path", [path for path, e in ENTRIES if any("--env" in o["names"] for o in e["options"])]
)
def test_environments_after_the_option(path: str) -> None:
    entry = dict(ENTRIES)[path]
    assert [o["value"] for o in entry["options"] if "--env" in o["names"]] == ["environments"]
