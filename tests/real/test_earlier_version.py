"""Environments that an earlier devenv made: read as they are, or rebuilt with a line that says so."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from small_models import Small, make_small, mod
from spack_trial import Trial, another

from devenv.system.seals import SEAL

pytestmark = pytest.mark.real


def as_before_inputs(home: Path) -> int:
    """Make the stores what they were before products recorded their inputs; how many there were."""
    records = [*home.glob("*/*/inputs.json"), *home.glob("*/*/*/inputs.json")]
    for record in records:
        folder = record.parent
        folder.chmod(0o755)
        record.unlink()
        seal = folder / SEAL
        if seal.exists():
            marks, content = seal.read_text().splitlines()
            kept = json.loads(content)
            del kept["files"][record.name]
            seal.chmod(0o644)
            seal.write_text(f"{marks}\n{json.dumps(kept)}\n")
    return len(records)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Generations: 1 created, 2 its model, 3 another model. As an earlier devenv left them."""
    small = make_small(tmp_path_factory.mktemp("earlier") / "home", "small", 1)
    small.build()
    small.build(small.name, "+more")
    assert as_before_inputs(small.devenv.home) >= 4  # NEURON, packages, two models
    return small


def test_it_is_read_as_it_is(earlier: Small) -> None:
    devenv = earlier.devenv
    assert re.search(r"^small .* built +3", devenv("list").stdout, re.M)
    assert "model +more +more (2 mechanisms) is new" in devenv("lock", "diff", "2", "3").stdout
    assert earlier.answer() == "ANSWER 0.015 False"
    said, calls = earlier.build()
    assert (said, calls) == ("small is up to date (generation 3).\n", [])
    devenv("rollback", "2")
    said, calls = earlier.build("small", "+more")
    assert calls == []
    assert earlier.answer("--model", "+more") == "ANSWER 0.015 True"
    assert "damaged" not in devenv("doctor", "small").stdout


def test_nothing_of_it_is_garbage(earlier: Small) -> None:
    shutil.rmtree(
        earlier.devenv.home / "log" / "reports"
    )  # of the builds before: garbage, and no part
    assert earlier.devenv("prune").stdout == "There is nothing to remove.\n"
    assert earlier.answer("--no-build") == "ANSWER 0.015 False"


def test_what_it_did_not_record_is_said(earlier: Small) -> None:
    earlier.path("small0").write_text(mod("small0", 0.002))
    said = earlier.devenv("build", "small", "--why").stdout
    assert "built by an earlier devenv, which did not record its inputs" in said
    said, calls = earlier.build()
    assert calls == ["compile small0", "link libnrnmech.so", "link libnrnmech.so"]
    assert earlier.answer() == "ANSWER 0.03 False"


@pytest.mark.parametrize("file", ["environment.json", "lock.json"])
def test_another_format_is_rebuilt_and_a_line_says_so(earlier: Small, file: str) -> None:
    devenv = earlier.devenv
    folder = (devenv.home / "envs/small/current").resolve()
    path = folder / file
    path.write_text(path.read_text().replace('"format": 1', '"format": 0'))
    what = f"{path} has format 0; this devenv reads format 1"
    if file == "environment.json":
        refused = devenv("run", "small", "--", "python", "-c", "", code=6).stdout
        assert what in refused
        assert "devenv build" in refused
    assert f"# to be rebuilt: {what}" in devenv("build", "--dry-run").stdout
    assert f"to be rebuilt: {what}" in devenv("build", "--why").stdout
    said, calls = earlier.build()
    assert [line for line in said.splitlines() if what in line] == [
        f"devenv: small is rebuilt: {what}"
    ]
    assert calls == []  # only what said it: the model stands in the store
    assert (devenv.home / "envs/small/current").resolve() != folder
    assert earlier.answer("--no-build") == "ANSWER 0.03 False"
    assert "is up to date" in earlier.build()[0]


LATER = {
    "environment.json": ("compiled",),
    "lock.json": ("tools",),
    "looked.json": ("compiled", "models"),
}
"""What an earlier devenv did not write, at the top of these files of an environment."""


def as_before_spack(home: Path, name: str) -> None:
    """Make a home of the Spack engine what an earlier devenv left: no inputs, no seals, fewer facts."""
    assert as_before_inputs(home) >= 3  # two scopes and the narrowed recipes
    root = home / "envs" / name
    for file, keys in LATER.items():
        for path in (*root.glob(file), *root.glob(f"generations/*/{file}")):
            data = json.loads(path.read_text())
            path.write_text(json.dumps({key: data[key] for key in data if key not in keys}))
    for folder in (home / "spack/scopes", home / "spack/closures", root / "generations"):
        for seal in folder.glob(f"*/{SEAL}"):
            seal.parent.chmod(0o755)
            seal.unlink()


def test_an_environment_of_spack_is_used_as_it_is_and_nothing_is_installed_again(
    trial: Trial, tmp_path: Path
) -> None:
    devenv = another(trial, tmp_path)
    devenv("build", "taken")
    as_before_spack(devenv.home, "taken")
    prefixes = Trial(devenv, trial.root).installed_at
    before = prefixes()
    run = ("run", "taken", "--no-build", "--", "special")
    assert devenv(*run).stdout == "the special of the trial\n"
    assert "trial-model 1.1 is new" in devenv("lock", "diff", "1", "2").stdout
    why = devenv("build", "taken", "--why").stdout
    assert "it was built by an earlier devenv, which did not record all that counts" in why
    devenv("build", "taken")
    assert prefixes() == before
    assert devenv("build", "taken").stdout.startswith("taken is up to date")
    devenv("prune")
    assert prefixes() == before
    assert devenv(*run).stdout == "the special of the trial\n"
    assert "nothing changed since the last build" in devenv("build", "taken", "--why").stdout
