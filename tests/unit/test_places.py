"""Where a template's repository of models is looked for."""

from __future__ import annotations

from pathlib import Path

from devenv.config.context import Context
from devenv.config.settings import Settings
from devenv.core.environment import Environment
from devenv.core.template import Model, Package, Pin, Template
from devenv.sources.folders import find_repository


def test_a_repository_that_is_not_here_is_not_fetched_where_that_is_not_asked(
    tmp_path: Path,
) -> None:
    """No process is started by a unit test: a clone would be refused."""
    context = Context(Settings(home=tmp_path, jobs=0, sources={}), {}, tmp_path)
    model = Model((), repository=Pin("models", "v1"))
    template = Template("t", "a template", "", (), model=model)
    packages = {"models": Package(("models",), git="https://example.org/models.git")}
    found = find_repository(context, Environment("e", "t"), template, packages, fetch=False)
    assert found is not None
    assert found.path == ""
    assert found.missing == "https://example.org/models.git was not reached by the last build"
