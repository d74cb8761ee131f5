"""A pytest plugin that ends the run unless each module comes from the expected folder.

DEVENV_TEST_FACTS names a JSON file; its "origins" map each module to the folder that it must come from.
Every worker checks this before the first test, so a test that passes has tested the dev source.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest


def origins() -> dict[str, str]:
    """module -> folder, for each developed module."""
    facts = Path(os.environ["DEVENV_TEST_FACTS"]).read_text(encoding="utf-8")
    expected: dict[str, str] = json.loads(facts)["origins"]
    return expected


def found_in(module: str) -> str:
    """The resolved folder from which `module` would be imported; empty for none."""
    spec = importlib.util.find_spec(module)
    if spec is None:
        return ""
    places = list(spec.submodule_search_locations or [])
    place = places[0] if places else (spec.origin or "")
    return str(Path(place).resolve().parent) if place else ""


def wrong_origins() -> list[str]:
    """A line for each module that would come from elsewhere."""
    return [
        f"{module} would be imported from {found_in(module) or 'nowhere'}, not from {folder}"
        for module, folder in origins().items()
        if found_in(module) != str(Path(folder).resolve())
    ]


RANKS = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """End the run if a module comes from elsewhere. Each further rank writes a report of its own."""
    rank = next((os.environ[name] for name in RANKS if name in os.environ), "0")
    report = getattr(config.option, "xmlpath", None)
    if report and rank != "0":
        config.option.xmlpath = f"{report.removesuffix('.xml')}.rank{rank}.xml"
    wrong = wrong_origins()
    if wrong:
        pytest.exit("devenv: " + "; ".join(wrong), returncode=4)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Record the tests that --deselect leaves out. Every worker writes the same list."""
    names = tuple(items[0].config.option.deselect or ()) if items else ()
    lines = "".join(f"{item.nodeid}\n" for item in items if item.nodeid.startswith(names))
    if names and lines:
        folder = Path(os.environ["DEVENV_TEST_FACTS"]).parent
        staged = folder / f"deselected.{os.getpid()}"
        staged.write_text(lines, encoding="utf-8")
        staged.replace(folder / "deselected")


def pytest_report_header() -> list[str]:
    return [f"devenv: {module} is {found_in(module)}/{module}" for module in origins()]
