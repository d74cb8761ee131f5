"""The embedded engine's plans: data, looked at without running anything."""

from __future__ import annotations

import pytest

from devenv.core.errors import UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.plan import Run, Write
from devenv.core.product import changes
from devenv.core.requirements import distributions, requirement_name
from devenv.engines.venv.spec import Installer, VenvSpec, venv_product

PYTHON = Interpreter("/py/bin/python3.11", "3.11.7")
LOCK = ("a==1.0 \\", "    --hash=sha256:00", "b==2 ; python_version > '3'")


def test_the_key_depends_on_all_that_goes_in() -> None:
    spec = VenvSpec(PYTHON, LOCK)
    others = [
        VenvSpec(Interpreter("/other", "3.11.7"), LOCK),
        VenvSpec(Interpreter(PYTHON.path, "3.11.8"), LOCK),
        VenvSpec(PYTHON, LOCK[:2]),
        VenvSpec(PYTHON, LOCK, sees=("/n",)),
        VenvSpec(PYTHON, LOCK, system=True),
    ]
    assert len({spec.key, *(other.key for other in others)}) == 6
    assert spec.key == VenvSpec(PYTHON, LOCK).key
    assert all(changes(spec.inputs, other.inputs) for other in others)


def test_a_virtual_environment_is_made_by_uv_of_the_lock_alone() -> None:
    spec, staging = VenvSpec(PYTHON, LOCK, ("/n/site",)), "/s/venvs/.k.1"
    product = venv_product("venvs", "it", spec, Installer(("uv",), "/log", "/n/bin:/bin"))
    steps = product.steps(staging)
    runs = [step for step in steps if isinstance(step, Run)]
    assert [run.argv[1] for run in runs] == ["venv", "pip"]
    assert "--relocatable" in runs[0].argv
    assert "--require-hashes" in runs[1].argv
    assert runs[1].env == (("PATH", "/n/bin:/bin"),)
    site = f"{staging}/{PYTHON.site}/neuron.pth"
    assert Write(site, "/n/site\n") in steps


def test_a_lock_names_its_distributions() -> None:
    assert distributions(LOCK) == ("a==1.0", "b==2")


def test_requirements_are_read_as_pip_does() -> None:
    assert requirement_name("Neuron_Nightly[x]>=9") == "neuron-nightly"
    with pytest.raises(UsageError, match="'neuron=9'"):
        requirement_name("neuron=9")
