"""What the site and the machine bring to environments of real Spack, and what of it must not be lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from spack_trial import Trial, another
from support import REPOSITORY, Devenv, plain_environ

pytestmark = pytest.mark.real

WHEELS = ("--engine", "spack", "--wheels-as-externals")


def spack_log(devenv: Devenv, name: str) -> str:
    """What Spack did for an environment, in all folders that it worked in."""
    logs = (devenv.home / "envs" / name / "spack").glob("*/spack.log")
    return "".join(log.read_text() for log in sorted(logs))


def folders(devenv: Devenv, name: str) -> list[str]:
    """The folders in which Spack concretized for an environment."""
    return sorted(p.parent.name for p in (devenv.home / "envs" / name).glob("spack/*/spack.lock"))


@pytest.fixture(scope="module")
def mods(trial: Trial) -> Devenv:
    """The trial's home with the environment `mods`, a model built on wheels."""
    trial.devenv("create", "mods", "--template", "trial-mods", *WHEELS)
    trial.devenv("build", "mods")
    return trial.devenv


def test_what_an_upstream_built_on_wheels_is_not_compiled_again(
    mods: Devenv, trial: Trial, tmp_path: Path
) -> None:
    other = another(trial, tmp_path, f"upstreams: {{site: {trial.store}}}\n")
    template = mods.home / "templates" / "trial-mods.yaml"
    other("create", "mods", "--template", template, *WHEELS)
    other("build", "mods")
    assert "Executing phase" not in spack_log(other, "mods")
    assert not list((other.home / "spack" / "opt").glob("*/trial-mods-*"))
    assert "the special of the recipe" in other("run", "mods", "--", "special").stdout
    said = other(
        "run", "mods", "--", "python", "-c", "import neuron; print(neuron.__file__)"
    ).stdout
    assert f"{mods.home}/venvs/" in said
    other("build", "mods", "--update")
    assert "Executing phase" not in spack_log(other, "mods")


def test_what_a_site_names_and_is_not_there_is_an_error(trial: Trial, tmp_path: Path) -> None:
    other = another(trial, tmp_path)
    site = other.home / "sites" / "trial.yaml"
    plain = site.read_text()
    nowhere = tmp_path / "nowhere"
    for words in (
        f"upstreams: {{one: {nowhere}}}",
        f"upstreams: {{one: {tmp_path}}}",
        f"caches: {{one: 'file://{nowhere}'}}",
        f"caches: {{one: {nowhere}}}",
        f"externals: [{{spec: zlib@1.3, prefix: {nowhere}}}]",
    ):
        site.write_text(f"{plain}{words}\n")
        said = other("build", "taken", code=2).stdout
        assert "the site trial names paths that do not exist" in said
        assert words.partition(":")[0] in said
        assert str(tmp_path) in said
    site.write_text(plain.replace("mirrors: {", f"mirrors: {{one: 'file://{nowhere}', "))
    assert f"mirrors, one: {nowhere} is not a directory" in other("build", "taken", code=2).stdout
    site.write_text(plain)
    for action in ("pull", "list"):
        said = other("cache", action, nowhere, "--env", "taken", code=2).stdout
        assert f"there is no build cache in {nowhere}" in said
    assert not nowhere.exists()


def test_an_external_can_be_a_root(mods: Devenv, trial: Trial) -> None:
    mods("create", "roots", "--template", "trial-mods", *WHEELS)
    (trial.env("roots") / "spack.yaml").write_text("spack:\n  specs: [python, py-trial]\n")
    mods("build", "roots")
    said = mods("run", "roots", "--", "python", "-c", "import trial; print(trial.ANSWER)").stdout
    assert "1\n" in said


def test_doctor_names_another_spack_that_is_active(mods: Devenv) -> None:
    environ = {
        **plain_environ(),
        **mods.environ,
        "DEVENV_HOME": str(mods.home),
        "SPACK_ENV": "/gone",
    }
    doctor = f"{sys.executable} -m devenv doctor mods"
    line = f'{doctor}; eval "$({sys.executable} -m devenv activate mods)"; echo ACTIVE; {doctor}'
    done = subprocess.run(
        ["bash", "-c", line], env=environ, capture_output=True, text=True, check=False
    )
    before, _, after = done.stdout.partition("ACTIVE")
    assert "SPACK_ENV=/gone" not in before
    assert "SPACK_ENV=/gone" in after
    assert "unset SPACK_ENV" in after


def test_a_tool_that_takes_no_part_is_no_reason_to_concretize(
    mods: Devenv, trial: Trial, tmp_path: Path
) -> None:
    program = tmp_path / "prefix" / "bin" / "bison"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'bison (GNU Bison) 3.99.1'\n")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    before = folders(mods, "mods")
    manifest = trial.env("mods") / "spack.yaml"
    manifest.write_text(
        manifest.read_text() + "# a comment, so that the build looks at everything\n"
    )
    assert (
        f"{trial.env('mods')}/spack/{before[-1]}/spack.log"
        in mods("build", "mods", "--dry-run", PATH=path).stdout
    )
    mods("build", "mods", PATH=path)
    assert folders(mods, "mods") == before
    mods("create", "new", "--template", "trial-mods", *WHEELS, PATH=path)
    scopes = [p.read_text() for p in (mods.home / "spack" / "scopes").glob("*/packages.yaml")]
    assert any("bison@3.99.1" in text for text in scopes)
    mods("build", "mods", "--update", PATH=path)
    assert len(folders(mods, "mods")) == len(before) + 1
    mods("remove", "new")


def test_a_tool_that_takes_part_is_named(mods: Devenv, trial: Trial, tmp_path: Path) -> None:
    compilers = tmp_path / "bin"
    compilers.mkdir()
    for name in ("gcc", "g++"):
        script = f'[ "$1" = -dumpfullversion ] && exec echo 99.1.0\nexec /usr/bin/{name} "$@"\n'
        (compilers / name).write_text(f"#!/bin/sh\n{script}")
        (compilers / name).chmod(0o755)
    path = f"{compilers}:{os.environ['PATH']}"
    note = "note: Spack concretizes again, since what it works with has changed:\n"
    changed = re.compile(rf"^  gcc: gcc@[\d.]+ in /usr -> gcc@99.1.0 in {tmp_path}$", re.M)
    manifest = trial.env("mods") / "spack.yaml"
    manifest.write_text(manifest.read_text() + "# so that the build looks at everything\n")
    said = mods("build", "mods", "--dry-run", PATH=path).stdout
    assert note in said
    assert changed.search(said)
    assert note not in mods("build", "mods").stdout
    # What was built means the same as the edited file, which it now keeps.
    assert "spack.yaml was changed" not in mods("doctor", "mods", code=None).stdout
    source = trial.source("noted")
    said = mods("develop", "trial", "--path", source, "--env", "mods", PATH=path).stdout
    assert note in said
    assert changed.search(said)
    mods("undevelop", "trial", "--env", "mods")


def test_another_installation_of_devenv_is_no_reason_to_concretize(
    mods: Devenv, trial: Trial, tmp_path: Path
) -> None:
    for name in ("devenv", "envs", "examples", "spack-repos"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    recipes = tmp_path / "spack-repos" / "devenv" / "spack_repo" / "devenv" / "packages"
    ring = tmp_path / "examples" / "ring"
    # What is no part of a recipe does not count.
    (ring / "spikes.bin").write_bytes(b"\xff\xfe")
    (ring / "hoc" / ".#RingCell.hoc").symlink_to("somebody@host.1234")
    (ring / "README.md").write_text("Another text.\n")
    before = folders(mods, "mods")
    manifest = trial.env("mods") / "spack.yaml"
    manifest.write_text(manifest.read_text() + "# another comment\n")
    for words in (("build", "mods", "--dry-run"), ("build", "mods")):
        said = mods(*words, PYTHONPATH=str(tmp_path)).stdout
        assert "devenv's recipes" not in said
    assert folders(mods, "mods") == before
    recipe = recipes / "neurodamus_models" / "package.py"
    recipe.write_text(recipe.read_text() + "# changed\n")
    said = mods("build", "mods", "--dry-run", PYTHONPATH=str(tmp_path)).stdout
    assert "devenv's recipes" in said
    assert "changed:\n  the recipes beside Spack's own, or their folders\n" in said


def test_recipes_that_are_damaged_are_copied_again(mods: Devenv, trial: Trial) -> None:
    (recipe,) = mods.home.glob("spack/recipes/*/spack_repo/devenv/packages/neuron/package.py")
    text = recipe.read_text()
    recipe.parent.chmod(0o755)
    recipe.unlink()
    manifest = trial.env("mods") / "spack.yaml"
    manifest.write_text(manifest.read_text() + "# one more\n")
    assert "rebuilding what is damaged" in mods("build", "mods").stdout
    assert recipe.read_text() == text


SLOW = '''\
from spack_repo.builtin.build_systems.generic import Package
from spack.package import *


class TrialSlow(Package):
    """Says the number of its process, and takes minutes."""

    homepage = "https://example.org"
    has_code = False
    version("1.0")

    def install(self, spec, prefix):
        Executable("sh")("-c", "echo $$ > @FILE@.new; mv @FILE@.new @FILE@; exec sleep 600")
'''


def wait_until(what: str, condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def of_session(leader: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found


def test_spack_ends_with_a_devenv_that_is_killed(trial: Trial, tmp_path: Path) -> None:
    recipe = trial.root / "recipes/spack_repo/trial/packages/trial_slow/package.py"
    recipe.parent.mkdir()
    started = tmp_path / "started"
    recipe.write_text(SLOW.replace("@FILE@", str(started)))
    devenv = trial.devenv
    devenv("create", "slow", "--template", "trial")
    (trial.env("slow") / "spack.yaml").write_text("spack:\n  specs: [trial-slow]\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", "build", "slow"],
        env={**plain_environ(), "DEVENV_HOME": str(devenv.home), **devenv.environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    session = 0
    try:
        wait_until("the install does not begin", started.exists, 300)
        session = os.getsid(int(started.read_text()))
        assert len(of_session(session)) > 1  # Spack, and what it runs
        process.kill()
        process.wait()
        wait_until("Spack outlives devenv", lambda: not of_session(session), 120)
    finally:
        process.kill()
        process.wait()
        for pid in of_session(session) if session else []:
            os.kill(pid, signal.SIGKILL)
    devenv("remove", "slow")
    shutil.rmtree(recipe.parent)
