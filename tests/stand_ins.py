"""Small repositories that stand in for the real ones on a machine that reaches no git host.

Each is asked for first: what can be reached is used. The release of neurodamus is real, out of the
package index; its tests and all mechanisms of the models are made here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from small_models import mod

from devenv.config.catalogue import load_catalogue
from devenv.config.resources import resource_folder
from devenv.config.templates import list_templates, load_template
from devenv.system import archives
from devenv.system.release import unpack_release

TEMPLATES = [resource_folder("envs")]
NEURODAMUS, MODELS = "neurodamus", "neurodamus-models"
_SETTINGS = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}


@dataclass(frozen=True)
class Repositories:
    """Where the packages are cloned from. real: those that can be reached.

    environ: the caller's git, for which the others come from their stand-ins.
    """

    real: frozenset[str]
    environ: Mapping[str, str]

    @property
    def unit_tests(self) -> int:
        """More of neurodamus's unit tests than this pass."""
        return 300 if NEURODAMUS in self.real else CURRENTS


def make_repositories(folder: Path) -> Repositories:
    """Stand-ins below `folder` for what cannot be reached from here."""
    makers = {NEURODAMUS: _neurodamus, MODELS: _models}
    urls = {name: load_catalogue()[name].git for name in makers}
    away = {name: url for name, url in urls.items() if not reachable(url)}
    config = [f"[include]\n\tpath = {os.environ.get('GIT_CONFIG_GLOBAL', '~/.gitconfig')}\n"]
    for name, url in away.items():
        makers[name](folder / name)
        config.append(f'[url "file://{folder / name}"]\n\tinsteadOf = {url}\n')
    (folder / "gitconfig").write_text("".join(config), encoding="utf-8")
    environ = {"GIT_CONFIG_GLOBAL": str(folder / "gitconfig")}
    return Repositories(frozenset(urls.keys() - away.keys()), environ)


def reachable(url: str) -> bool:
    """Whether git lists the repository within some seconds."""
    argv = ["git", "ls-remote", "--quiet", url, "HEAD"]
    try:
        environ = os.environ | _SETTINGS
        done = subprocess.run(argv, env=environ, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def run_git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


# What the templates look for, folder by folder. SKv3_1 and the like are only names here: one
# mechanism of each region that the tests look for.
_MECHANISMS: Mapping[str, tuple[str, ...]] = {
    "neocortex/mod/v6": ("SKv3_1", "sv6_a", "sv6_b", "sv6_c", "sv6_d", "sboth"),
    "neocortex/mod/v6/optimized": ("sv6_a",),
    "neocortex/mod/v5": ("sv5_a", "sv5_b", "sboth"),
    "neocortex/mod/metabolism": ("SKv3_1", "smetabolism"),
    "common/mod/ngv": ("sngv_a", "sngv_b"),
    "hippocampus/mod": ("kap", "shippo_a", "shippo_b", "shippo_c"),
    "thalamus/mod": ("TC_HH", "sthal_a", "sthal_b", "sthal_c"),
    "mousify/mod": ("Kv2like", "smouse_a", "smouse_b", "smouse_c"),
}
_CLASH = "NEURON { ARTIFICIAL_CELL InhPoissonStim }\n"


def _models(folder: Path) -> None:
    """The models' repository, with each pin of a template as a tag: a commit cannot be chosen."""
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    for place, names in _MECHANISMS.items():
        write(folder, {f"{place}/{name}.mod": mod(name) for name in names})
    for region in ("neocortex", "hippocampus", "thalamus", "mousify"):
        place = "neocortex/mod/v6" if region == "neocortex" else f"{region}/mod"
        write(folder, {f"{place}/netstim_inhpoisson.mod": _CLASH})
        write(folder, {f"{region}/hoc/s_{region}.hoc": f'print "the helper of {region}"\n'})
    run_git(folder, "add", "--all")
    run_git(folder, "commit", "--quiet", "--message", "Mechanisms of the regions")
    for pin in sorted(set(_pins())):
        run_git(folder, "update-ref", f"refs/tags/{pin}", "HEAD")


def _pins() -> Iterator[str]:
    for name in list_templates(TEMPLATES):
        model = load_template(name, TEMPLATES).model
        if model and model.repository and model.repository.package == MODELS:
            yield model.repository.ref


CURRENTS = 12
_RINGCELLS = f"""\
import os

import pytest
from neuron import h


@pytest.fixture
def section():
    section = h.Section()
    try:
        section.insert("sunit")
    except ValueError:
        h.nrn_load_dll(os.environ["NRNMECH_LIB_PATH"])
        section.insert("sunit")
    return section


@pytest.mark.parametrize("g", range({CURRENTS}))
def test_the_current_of_a_mechanism(section, g):
    section(0.5).sunit.g = g
    h.finitialize(-50)
    assert section(0.5).sunit.i == pytest.approx(15 * g)
"""
_TOX = """\
[tox]
envlist = unit, integration-e2e

[testenv:unit]
commands = pytest {posargs:tests/unit}

[testenv:integration-e2e]
commands = pytest {posargs:tests/integration-e2e}
"""


def _neurodamus(folder: Path) -> None:
    """A release as one commit with its tag, and on it tests as the profiles of neocortex want them."""
    requirement = next(
        r for r in load_template("neocortex", TEMPLATES).packages if r.startswith(NEURODAMUS)
    )
    scratch = folder.with_name("release")
    scratch.mkdir()
    unpack_release(archives.download(requirement, scratch, environ=os.environ), folder)
    tests = dict(_excluded())
    tests["tests/unit/test_ringcells.py"] = _RINGCELLS + tests.get(
        "tests/unit/test_ringcells.py", ""
    )
    write(folder, tests)
    write(folder, {"tests/mechanisms/common/sunit.mod": mod("sunit"), "tox.ini": _TOX})
    run_git(folder, "add", "--all", "--force")
    run_git(folder, "commit", "--quiet", "--message", "Tests")


def _excluded() -> Iterator[tuple[str, str]]:
    """Each file of tests that bb5 leaves out by name; every one of them would fail."""
    profile = load_template("neocortex", TEMPLATES).tests["bb5"]
    cases: dict[str, dict[str, list[str]]] = {}
    for test in (test for exclusion in profile.exclude for test in exclusion.tests):
        file, _, function = test.partition("::")
        name, _, case = function.rstrip("]").partition("[")
        cases.setdefault(file, {}).setdefault(name, []).append(case)
    for file, functions in cases.items():
        text = "".join(
            f'\n\n@pytest.mark.parametrize("case", {ids})\ndef {name}(case):\n    assert not case\n'
            for name, ids in functions.items()
        )
        yield file, ("" if file.endswith("/test_ringcells.py") else "import pytest\n") + text
