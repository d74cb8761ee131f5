"""When a compiled model in the working directory stops a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.config.context import make_context
from devenv.core.delta import EnvironmentDelta
from devenv.core.environment import Generation
from devenv.core.errors import StateError
from devenv.environment.guard import check_model, may_start_special


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("python script.py", False),
        ("/env/bin/python3.11 -c pass", False),
        ("special -mpi -python init.py", False),
        ("nrniv x.hoc", False),
        ("neurodamus simulation.json", True),
        ("python -m neurodamus", True),
        ("bash run.sh", True),
        ("pythonic", True),
    ],
)
def test_only_python_and_the_programs_of_neuron_do_not_look_for_special(
    line: str, may: bool
) -> None:
    assert may_start_special(line.split()) is may


@pytest.mark.parametrize(
    ("file", "own", "special", "use"),
    [
        ("special", True, True, "neurodamus would start"),
        ("special", True, False, ""),
        ("special", False, True, ""),
        ("libnrnmech.so", True, False, "NEURON would load"),
        ("none", True, True, ""),
    ],
)
def test_what_would_be_used_in_place_of_the_environments_is_refused(
    tmp_path: Path, file: str, own: bool, special: bool, use: str
) -> None:
    """own: whether the environment has a package that starts special by itself; it has no model."""
    (tmp_path / "x86_64").mkdir()
    (tmp_path / "x86_64" / file).touch()
    variables = (("NO_SPECIAL", "1"),) if own else ()
    generation = Generation(
        "e", 1, "venv", "python", "site", "neuron", EnvironmentDelta(),
        wants_model=True, no_special=variables, proves=("neurodamus",),
    )  # fmt: skip
    context = make_context({"HOME": str(tmp_path)}, tmp_path)
    if not use:
        check_model(context, generation, special=special)
        return
    with pytest.raises(StateError, match=f"{tmp_path}/x86_64 holds a compiled model, which {use}"):
        check_model(context, generation, special=special)
