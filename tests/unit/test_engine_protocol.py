"""Every engine, the toy one too, can be called as `Engine` says."""

from __future__ import annotations

import inspect

import pytest
from toy_engine import ToyEngine

from devenv.core import engines
from devenv.engines.protocol import Engine
from devenv.engines.registry import ENGINES, every_engine


@pytest.mark.parametrize("engine", [*every_engine(), ToyEngine()], ids=[*ENGINES, "toy"])
def test_a_method_takes_what_the_protocol_says(engine: Engine) -> None:
    for name, method in inspect.getmembers(Engine, inspect.isfunction):
        if not name.startswith("_"):
            wanted = inspect.signature(method).parameters
            found = inspect.signature(getattr(type(engine), name)).parameters
            kinds = [(one.name, one.kind, one.default) for one in found.values()]
            assert kinds == [(one.name, one.kind, one.default) for one in wanted.values()], name


def test_the_facts_and_the_engines_have_the_same_names() -> None:
    assert ENGINES.keys() == engines.ENGINES.keys()
