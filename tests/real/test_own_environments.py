"""`devenv test` tests what was asked: a package's own tox environments, and the template's profiles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from own_package import PYPROJECT, Own, make_own
from tiny import Tiny

pytestmark = pytest.mark.real

SEEN = "{tox_root}/seen"
INI = f"""\
[testenv]
set_env =
    OWN = theirs
    PYTHONPATH = /theirs
commands = python tools/look.py {SEEN} {{posargs:as-usual}}
[testenv:unit]
"""
TOML = """\
[{prefix}env.unit]
set_env = {{ OWN = "theirs", PYTHONPATH = "/theirs" }}
commands = [
    ["python", "tools/look.py", "{seen}",
     {{ replace = "posargs", default = ["as-usual"], extend = true }}],
]
"""
FORMATS = {
    "tox.ini": ("tox.ini", INI),
    "setup.cfg": ("setup.cfg", "[tox:tox]\n" + INI),
    "tox.toml": ("tox.toml", TOML.format(prefix="", seen=SEEN)),
    "tool.tox": ("pyproject.toml", PYPROJECT + TOML.format(prefix="tool.tox.", seen=SEEN)),
}


@pytest.fixture(scope="module")
def own(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Own:
    return make_own(tiny.devenv, "owns", tmp_path_factory.mktemp("owns"))


@pytest.mark.parametrize("form", FORMATS)
def test_an_own_environment_of_each_format_has_our_variables(own: Own, form: str) -> None:
    """What does not apply to a format is ignored by tox without a word: then its own copy is tested."""
    file, text = FORMATS[form]
    own.write({file: text})
    own.test("-e", "unit")
    seen = own.seen()
    assert seen["module"] == str(own.source / "hnn_core" / "__init__.py")
    assert seen["special"].startswith(str(own.devenv.home / "envs" / own.name))
    assert "/theirs" not in seen["PYTHONPATH"].split(":")
    assert seen["OWN"] == "theirs"
    assert seen["arguments"] == ["as-usual"], "the default of {posargs} stands"
    own.test("-e", "unit", "--", "-k", "a b")
    assert own.seen()["arguments"] == ["-k", "a b"]


MECHANISM = """\
import os, sys
from neuron import h
if sys.argv[1:]:
    assert h.nrn_load_dll(os.environ["NRNMECH_LIB_PATH"]) == 1
h.Section("s").insert("ring_na")
print("HAS ring_na")
"""


def test_the_model_is_there_unless_a_process_has_its_own(own: Own, tmp_path: Path) -> None:
    """A second library with a mechanism of the same name ends NEURON."""
    shown = json.loads(own.devenv("show", own.name, "--json").stdout)
    library = Path(shown["generation"]["model"]["path"], "lib", "libnrnmech.so")
    copy = tmp_path / "libother.so"
    copy.write_bytes(library.read_bytes())
    theirs = f"env NRNMECH_LIB_PATH={copy} python has.py load"
    ini = "skip_install = true\nallowlist_externals = env\ncommands ="
    own.write(
        {
            "tox.ini": f"[testenv:ours]\n{ini} python has.py\n[testenv:theirs]\n{ini} {theirs}\n",
            "has.py": MECHANISM,
        }
    )
    assert "HAS ring_na" in own.test("-e", "ours")
    assert "HAS ring_na" in own.test("-e", "theirs")


def test_clones_of_one_name_have_own_tox_folders(own: Own, tmp_path: Path) -> None:
    other = make_own(own.devenv, "owns-too", tmp_path)
    folders = set()
    for one in (own, other):
        one.write({"tox.ini": INI})
        one.test("-e", "unit")
        folders.add(one.seen()["TOX_ENV_DIR"])
    assert len(folders) == 2


WAITS = """\
import os, sys, time
open('began', 'a').close()
while not os.path.exists('go'):
    time.sleep(0.05)
assert sys.argv[1:] != ['bad']
"""


def test_an_own_environment_is_used_by_one_at_a_time(own: Own) -> None:
    """tox installs the package into it anew at each run."""
    tox = "[testenv:one]\ncommands = python waits.py {posargs}\n"
    own.write({"tox.ini": tox, "waits.py": WAITS})
    (own.source / "began").unlink(missing_ok=True)
    (own.source / "go").unlink(missing_ok=True)
    with own.start("-e", "one", "--", "bad") as first:
        first.wait_for((own.source / "began").exists)
        with own.start("-e", "one") as second:
            second.wait_for(lambda: "waiting for the tox environment one" in second.said)
            (own.source / "go").touch()
            code, said = first.end()
            assert code == 1, said
            assert "hnn-core's own tox environment one: failed (exit code 1)" in said
            code, said = second.end()
            assert code == 0, said


SLOW = """\
import os, pathlib, time

def test_slow():
    mine = pathlib.Path(os.environ["TMPDIR"], "mine")
    mine.touch()
    pathlib.Path("began").touch()
    while not os.path.exists("go"):
        time.sleep(0.05)
    assert not mine.exists(), "as it should be"

def test_quick(): pass
"""


def test_two_runs_of_a_profile_at_once_know_their_own_results(own: Own) -> None:
    own.write({"tests/test_it.py": SLOW})
    for file in ("began", "go"):
        (own.source / file).unlink(missing_ok=True)
    with own.start("-e", "own", "--", "-k", "slow") as slow:
        slow.wait_for((own.source / "began").exists)
        quick = own.test("-e", "own", "--", "-k", "quick")
        assert "own: 1 passed, 0 failed" in quick
        (own.source / "go").touch()
        code, said = slow.end()
        assert code == 1, said
        assert "own: 0 passed, 1 failed" in said
        assert "failed: tests.test_it::test_slow" in said
        assert "as it should be" in said, "its own TMPDIR was left alone"


def test_an_environment_with_a_neuron_of_its_own_is_tested_with_that(
    tiny: Tiny, tmp_path: Path
) -> None:
    own = make_own(tiny.devenv, "owns-neuron", tmp_path, model="")
    version = "commands = python -c 'import neuron; print(\"TESTED WITH\", neuron.__version__)'"
    old = f"[testenv:old]\ndeps = NEURON <= 8.2.7\n{version}\n"
    own.write({"tox.ini": f"[testenv:unit]\n{version}\n{old}"})
    said = own.test("-e", "unit")
    assert "TESTED WITH 9.0.2" in said
    assert "tested with neuron 9.0.2" in said
    said = own.test("-e", "old")
    assert "old names NEURON<=8.2.7" in said
    assert "TESTED WITH 8.2.7" in said
    assert "tested with neuron 8.2.7" in said
    listed = json.loads(own.devenv("list", "--json").stdout)
    assert any(one["name"].startswith("owns-neuron.with-") for one in listed["environments"])
    said = own.test("-e", "old", "--with", "neuron==9.0.2")
    assert "TESTED WITH 9.0.2" in said


EXTRAS = """\
[project.optional-dependencies]
sim = ["NEURON==8.2.7"]
[dependency-groups]
all = ["pytest", {include-group = "sim"}]
sim = ["neuron==8.2.7"]
"""


def test_a_neuron_of_its_own_is_found_wherever_an_environment_names_it(
    tiny: Tiny, tmp_path: Path
) -> None:
    own = make_own(tiny.devenv, "owns-extras", tmp_path, model="")
    named = {
        "extra": "extras = sim",
        "group": "dependency_groups = all",
        "self": "skip_install = true\ndeps = .[sim]",
        "file": "deps = -r more.txt",
    }
    version = "commands = python -c 'import neuron; print(\"TESTED WITH\", neuron.__version__)'"
    sections = [f"[testenv:{name}]\n{line}\n{version}\n" for name, line in named.items()]
    files = {"tox.ini": "\n".join(sections), "pyproject.toml": PYPROJECT + EXTRAS}
    own.write({**files, "more.txt": "-r least.txt\n", "least.txt": "neuron==8.2.7\n"})
    own.devenv("build", own.name)
    for name in named:
        said = own.test("-e", name)
        assert "TESTED WITH 8.2.7" in said, said
        assert "tested with neuron 8.2.7" in said


def test_an_own_environment_without_commands_has_tested_nothing(own: Own) -> None:
    """tox calls it a success; so a name may be whose factors no command has."""
    tox = "[tox]\nenv_list = fast, slow\n[testenv]\nskip_install = true\n"
    own.write({"tox.ini": f"{tox}commands =\n    fast: python -c 'pass'\n"})
    own.test("-e", "fast")
    said = own.test("-e", "slow", code=6)
    assert "slow has no commands" in said
    assert "passed" not in said
    own.write({"tox.ini": "[testenv:any]\nskip_install = true\ncommands = {posargs}\n"})
    assert "GIVEN" in own.test("-e", "any", "--", "python", "-c", "print('GIV' + 'EN')")
    own.test("-e", "any", code=6)


def test_what_behind_an_option_is_named_like_a_folder_is_no_path(own: Own) -> None:
    own.write(
        {
            "tests/test_it.py": "def test_data(): pass\ndef test_more(): pass\n",
            "data/test_other.py": "def test_data_other(): assert False\n",
        }
    )
    assert "own: 1 passed, 0 failed" in own.test("-e", "own", "--", "-k", "data")
    assert "own: 2 passed, 0 failed" in own.test("-e", "own", "--", "tests/test_it.py")


LOST = """\
import os
if os.environ.get("OMPI_COMM_WORLD_RANK") == "1":
    os._exit(0)
"""


def test_a_rank_that_ends_before_its_tests_fails_the_run(own: Own) -> None:
    test = {"tests/test_it.py": "def test_it(): pass\n"}
    own.write(test)
    own.test("-e", "own", "-n", "2")
    own.write({**test, "tests/conftest.py": LOST})
    said = own.test("-e", "own", "-n", "2", code=1)
    assert "rank 1 of 2 wrote no report" in said
    own.write(test)
    own.test("-e", "own", "-n", "2")


@pytest.mark.parametrize("profile", ["own", "spread"])
def test_only_tests_that_the_source_has_are_left_out(own: Own, profile: str) -> None:
    own.write({"tests/test_it.py": "def test_out(): assert False\ndef test_it(): pass\n"})
    said = own.test("-e", profile)
    assert "left out: 1 test: not for us" in said
    assert "\n    tests/test_it.py::test_out\n" in said
    assert "\n    tests/test_it.py::test_gone\n" not in said
    assert "long gone" not in said


def test_a_profile_of_the_name_of_an_own_environment_can_be_reached(own: Own) -> None:
    own.write(
        {
            "tox.ini": "[testenv:own]\nskip_install = true\ncommands = python -c 'print(\"THEIRS\")'\n",
            "tests/test_it.py": "def test_it(): pass\n",
        }
    )
    said = own.test("-e", "own")
    assert "THEIRS" in said
    assert "for the template's profile: devenv test --profile own" in said
    said = own.test("--profile", "own")
    assert "own: 1 passed, 0 failed" in said
    assert "THEIRS" not in said
    said = own.test("--profile", "nosuch", code=2)
    assert "unknown profile 'nosuch'" in said
    assert "not both" in own.test("--profile", "own", "-e", "own", code=2)


CASE = """\
import unittest
import hnn_core

class Case(unittest.TestCase):
    def test_answer(self):
        self.assertEqual(hnn_core.ANSWER, {answer})
"""


@pytest.mark.parametrize("file", ["tests/test_it.py", "hnn_core/tests/testcases.py"])
def test_a_package_without_tox_is_tested_by_pytest(tiny: Tiny, tmp_path: Path, file: str) -> None:
    name = f"untoxed-{Path(file).stem.replace('_', '-')}"
    own = make_own(tiny.devenv, name, tmp_path, model="")
    template = own.devenv.home / "templates" / f"{name}.yaml"
    template.write_text(template.read_text(encoding="utf-8").partition("tests:")[0])
    own.write({file: CASE.format(answer=42)})
    said = own.test()
    assert "pytest: 1 passed, 0 failed" in said
    assert "pytest" in own.test("--list")
    own.write({file: CASE.format(answer=43)})
    assert "pytest: 0 passed, 1 failed" in own.test("-e", "pytest", code=1)
    own.write({})
    (own.source / file).unlink(missing_ok=True)
    assert "no test was run, which counts as a failure" in own.test(code=5)


def test_a_packaging_file_edited_since_the_build_is_named(tiny: Tiny, tmp_path: Path) -> None:
    """What it declares, entry points say, is in the environment as of the last build."""
    own = make_own(tiny.devenv, "repackaged", tmp_path, model="")
    own.write({"tests/test_it.py": "def test_it(): pass\n"})
    own.devenv("build", "repackaged")
    file = own.source / "pyproject.toml"
    note = f"note: {file} was edited since the last build; to apply it: devenv build repackaged"
    assert "edited since" not in own.test("--list")
    assert "edited since" not in own.test()
    file.write_text(file.read_text(encoding="utf-8") + "\n# edited\n", encoding="utf-8")
    assert own.test().count(note) == 1
    own.devenv("build", "repackaged")
    assert "edited since" not in own.test()
