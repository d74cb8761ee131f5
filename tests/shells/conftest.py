"""What the tests in shells share."""

from __future__ import annotations

from pathlib import Path

import lmod
import pytest


@pytest.fixture(scope="session")
def lmod_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MODULESHOME of a real Lmod."""
    return lmod.unpack(tmp_path_factory.mktemp("lmod") / "lmod")
