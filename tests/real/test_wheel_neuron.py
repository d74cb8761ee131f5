"""NEURON's wheel of its repository: its tag, what the check finds, and ranks under every MPI.

It runs where the wheels are kept (tests/neuron_wheel.py).
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from neuron_build import VERSION
from neuron_wheel import BULLSEYE, HERE, POLICY, SECOND, cached_wheel, shared_objects
from support import Devenv

pytestmark = pytest.mark.real

GLIBC = {HERE: 36, BULLSEYE: 31}
"""The minor version of the glibc that each was built with."""


def kept(kind: str) -> Path:
    found = cached_wheel(kind)
    if found is None:
        pytest.skip(f"the wheel of NEURON {VERSION} ({kind}) is not built; DEVENV_BUILD_NEURON=1")
    return found


@pytest.mark.parametrize("kind", [HERE, BULLSEYE])
def test_its_tag_and_what_the_check_finds(devenv: Devenv, kind: str) -> None:
    """It has the version of git's tag, and no path of ccache where models are compiled."""
    wheel = kept(kind)
    name, version, _, _, platforms = wheel.stem.split("-")
    assert (name, version) == ("neuron", VERSION)
    newest = max(int(one.split("_")[2]) for one in platforms.split(".") if one.count("_") > 2)
    assert newest <= GLIBC[kind]
    with zipfile.ZipFile(wheel) as archive:
        (makefile,) = [one for one in archive.namelist() if one.endswith("nrnmech_makefile")]
        assert "ccache" not in archive.read(makefile).decode()
    said = devenv("wheel", "check", wheel, "--policy", POLICY).stdout
    assert "ERROR" not in said


@pytest.mark.parametrize("kind", [HERE, BULLSEYE])
def test_two_ranks_on_every_mpi(devenv: Devenv, mpis: list[Path], kind: str) -> None:
    wheel = kept(kind)
    given = [word for prefix in mpis for word in ("--mpi", str(prefix))]
    done = devenv("wheel", "test", "3.11", wheel, "--with-index", *given, "--json").stdout
    (suite,) = json.loads(done[done.index('{\n  "schema"') :])["suites"]
    failed = [one for one in suite["steps"] if one["state"] == "failed"]
    assert failed == []
    ranks = {one["name"]: one["state"] for one in suite["steps"] if "2 ranks" in one["name"]}
    assert set(ranks.values()) == {"passed"}
    for title in ("Intel MPI", "MPICH 5", "Open MPI 5"):
        assert any(title in name for name in ranks), ranks


def test_the_second_python_takes_the_objects_of_the_first() -> None:
    kept(SECOND)
    found = shared_objects()
    assert found["hits"] / (found["hits"] + found["misses"]) >= 0.9
