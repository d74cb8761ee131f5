"""What `devenv export modulefile` prints, loaded by the real module systems: as an activation has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from shells.harness import HERE, Shell

from devenv.core.base import is_bookkeeping
from devenv.core.delta import EnvironmentDelta, Prepend, Set, Unset, apply
from devenv.core.environment import Generation
from devenv.exports import FORMATS, ExportRequest

VALUES = [
    "it's",
    'say "hi"',
    "$HOME ${PATH} $(touch hit)",
    "[touch hit]",
    "back\\slash",
    "{a} }",
    "é;#",
]
DELTA = EnvironmentDelta(
    (
        Unset("NEURONHOME", "o"),
        Prepend("PYTHONPATH", "/site", "o", True),
        Prepend("PYTHONPATH", "/dev b", "o"),
        Prepend("PYTHONPATH", "/dev a", "o"),
        Prepend("HOC_LIBRARY_PATH", "/models/hoc", "o"),
        Prepend("HOC_LIBRARY_PATH", "/dev/hoc", "o"),
        Prepend("PATH", "/our/bin", "o"),
        *(Set(f"V{i}", value, "o") for i, value in enumerate(VALUES)),
    )
)
MINE = {"PATH": "/usr/bin:/bin", "PYTHONPATH": "/mine", "NEURONHOME": "/old", "LANG": "C.UTF-8"}


@pytest.fixture(params=["modulefile", "modulefile in lmod", "modulefile-lua in lmod"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    """A bash with the module system, and the exported file where it finds it."""
    kind, _, system = request.param.partition(" in ")
    home = Path(request.getfixturevalue("lmod_home")) if system else Path("/usr/share/modules")
    if not (home / "init/bash").exists():
        pytest.skip("Environment Modules are not here")
    shell = Shell(HERE["bash"], tmp_path, {**MINE, "MODULESHOME": str(home)})
    generation = Generation("ring", 1, "venv", "/py", "", "", DELTA)
    suffix = ".lua" if kind.endswith("lua") else ""
    shell.write(f"modules/exported{suffix}", FORMATS[kind](ExportRequest(generation, "/c", MINE)))
    return shell


def test_a_module_is_as_an_activation_and_its_unload_takes_ours_away(loaded: Shell) -> None:
    said = loaded.run(
        '. "$MODULESHOME/init/bash"', f"module use {loaded.folder}/modules", "dump before",
        "module load exported", "dump one", "module unload exported", "dump after",
    )  # fmt: skip

    def values(name: str) -> dict[str, str]:
        return {k: v for k, v in loaded.dumped(name).items() if not is_bookkeeping(k)}

    assert values("one") == apply(DELTA, values("before")), said
    lists = {"PATH", "PYTHONPATH", "HOC_LIBRARY_PATH"}
    assert {k: v for k, v in values("after").items() if k in lists} == {
        k: v for k, v in MINE.items() if k in lists
    }
    assert not any(name.startswith("V") for name in values("after"))
