"""Profiles as tox environments, and reports read back."""

from __future__ import annotations

import configparser

import pytest

from devenv.core.template import Exclusion, Profile
from devenv.testing import (
    SuiteOutcome,
    TestRun,
    group_requirements,
    has_tox,
    left_out,
    not_applied,
    outcome_of,
    positional,
    read_junit,
    read_settings,
    required_neuron,
    satisfies,
    tox_ini,
    tox_overrides,
)

PROFILE = Profile(
    package="pkg",
    tests=("tests/unit",),
    workers=2,
    deps=("pytest<9", "pytest-xdist"),
    env={"A": "1"},
    exclude=(Exclusion(("tests/t.py::one[x]",), "why", unless="neuron-nightly"),),
)


def run(**more: object) -> TestRun:
    values = {
        "name": "bb5",
        "source": "/s a/{pkg}",
        "own": ("tests/unit",),
        "acceptance": ("/d/acceptance",),
        "python": "/py",
        "variables": {"HOC_LIBRARY_PATH": "/hoc#1"},
        "folder": "/f",
    }
    return TestRun(**{**values, **more})  # type: ignore[arg-type]


def commands(profile: Profile, test_run: TestRun) -> list[str]:
    parser = configparser.RawConfigParser()
    parser.read_string(tox_ini(profile, test_run))
    return parser["testenv:bb5"]["commands"].strip().splitlines()


def test_own_tests_and_acceptance_are_two_commands() -> None:
    own, acceptance = commands(PROFILE, run())
    assert " -n 2 --forked " in own
    assert "'--deselect=tests/t.py::one[x]'" in own
    assert own.endswith(" tests/unit")
    assert acceptance.endswith(" /d/acceptance")
    assert "-n 2" not in acceptance


def test_workers_are_those_that_there_are_cores_for() -> None:
    assert " -n 3 --forked " in commands(PROFILE, run(workers=3))[0]
    assert " -n " not in commands(PROFILE, run(workers=1))[0]


def test_a_job_is_seen_only_by_ranks_that_are_to_use_it() -> None:
    """Without its number srun would ask for another job; with it a test would ask for a step of ours."""

    def passed(test_run: TestRun) -> list[str]:
        parser = configparser.RawConfigParser()
        parser.read_string(tox_ini(PROFILE, test_run))
        return [n for n in parser["testenv:bb5"]["pass_env"].split() if n.startswith("SLURM")]

    srun = ("/usr/bin/srun", "-n", "2")
    assert passed(run()) == passed(run(before=srun)) == ["SLURM_CONF"]
    assert passed(run(before=srun, allocation=True)) == ["SLURM_CONF", "SLURM_JOB_ID"]


def test_arguments_of_the_user_decide_what_runs() -> None:
    (own,) = commands(PROFILE, run(arguments=("-s", "-k", "a and b")))
    assert own.endswith("-s -k 'a and b' tests/unit")
    (own,) = commands(PROFILE, run(arguments=("tests/x.py",), names_tests=True))
    assert own.endswith(" tests/x.py")


def test_ranks_start_pytest_itself_and_take_no_workers() -> None:
    own, acceptance = commands(PROFILE, run(before=("/usr/bin/mpirun", "-n", "2")))
    assert own.startswith("/usr/bin/mpirun -n 2 pytest ")
    assert "--forked" in own
    assert " -n 2 --forked" not in own.removeprefix("/usr/bin/mpirun -n 2")
    assert acceptance.startswith("pytest ")


def test_only_named_variables_pass_and_ours_are_set_inside() -> None:
    text = tox_ini(PROFILE, run())
    section = configparser.RawConfigParser()
    section.read_string(text)
    testenv = section["testenv:bb5"]
    assert "*" not in testenv["pass_env"].replace("LC_*", "")
    assert "OMPI_COMM_WORLD_RANK" not in testenv["pass_env"]
    assert "HOC_LIBRARY_PATH = /hoc\\#1" in testenv["set_env"]
    assert "PYTHONPYCACHEPREFIX = {work_dir}/bytecode" in testenv["set_env"]
    assert testenv["change_dir"] == "/s a/\\{pkg\\}"


def test_left_out_tests_come_back_with_the_neuron_that_passes_them() -> None:
    assert left_out(PROFILE, "neuron") == PROFILE.exclude
    assert left_out(PROFILE, "neuron-nightly") == ()


def test_overrides_are_said_in_the_syntax_of_every_format() -> None:
    words = tox_overrides("bb5", {"B": "a;{x}#1", "A": "1"})
    assert set(words[0::2]) == {"-x"}
    sections = ("testenv:bb5", "env.bb5", "tool.tox.env.bb5")
    assert words[1::4] == tuple(f"{one}.set_env+=A=1\nB=a\\;\\{{x\\}}#1" for one in sections)


CONFIG = """\
.pkg: something that tox says
[testenv:unit]
set_env =
  A=1
  B=a;b
  C=c\\;d
deps = pytest
extras =
  one
  two
"""


def test_what_tox_did_not_take_is_named() -> None:
    settings = read_settings(CONFIG)
    assert settings["deps"] == ("pytest",)
    assert settings["extras"] == ("one", "two")
    assert not_applied(settings, {"A": "1", "B": "a;b", "C": "c;d"}) == ()
    assert not_applied(settings, {"A": "2", "D": "x"}) == ("A", "D")
    assert not_applied({}, {"A": "1"}) == ("A",)


def test_which_files_configure_tox() -> None:
    assert has_tox({"tox.ini": "[testenv]\n"})
    assert has_tox({"tox.toml": ""})
    assert has_tox({"pyproject.toml": "[project]\n[tool.tox.env.unit]\n"})
    assert not has_tox({"tox.ini": "[pytest]\naddopts = -q\n", "setup.cfg": "[tool:pytest]\n"})
    assert not has_tox({"pyproject.toml": "[tool.hatch]\n# [tool.tox]\n"})


def test_words_behind_options_with_a_value_are_no_tests() -> None:
    assert positional(("-k", "tests", "-x", "tests/a.py::b", "--tb", "short")) == ("tests/a.py::b",)
    assert positional(("--tb=short", "-ktests", "-n", "2", "--", "-odd.py")) == ("-odd.py",)


def test_the_neuron_that_is_named() -> None:
    assert required_neuron(["pytest", "-r more.txt", "NEURON <= 8.2.7  # why"]) == "NEURON<=8.2.7"
    assert required_neuron(["neuron_nightly; python_version > '3'"]) == "neuron_nightly"
    assert required_neuron(["neuron; python_version < '3'", "neurodamus", "."]) == ""
    assert required_neuron(["neuron; extra == 'sim'"]) == ""
    assert required_neuron(["neuron; extra == 'sim'"], ("sim",)) == "neuron"


def test_dependency_groups_include_others_and_end_in_a_circle() -> None:
    text = """[dependency-groups]
Sim_All = ["pytest", {include-group = "more"}]
more = ["neuron==8.2.7", {include-group = "sim-all"}]
"""
    assert group_requirements(text, ["sim-all"]) == ("pytest", "neuron==8.2.7")
    assert group_requirements(text, ["none"]) == ()
    assert group_requirements("no toml", ["more"]) == ()
    assert group_requirements("", ["more"]) == ()


@pytest.mark.parametrize(
    ("distribution", "version", "requirement", "met"),
    [
        ("neuron", "9.0.2", "neuron", True),
        ("neuron", "9.0.2", "NEURON>=9", True),
        ("neuron", "9.0.2", "neuron<=8.2.7", False),
        ("neuron", "9.0.2", "neuron-nightly", False),
        ("neuron-nightly", "9.1.0.dev28", "neuron_nightly", True),
        ("neuron-nightly", "9.1.0.dev28", "neuron-nightly>=9.1.0.dev1", True),
        ("neuron", "9.0.2", "neuron @ https://example.org/neuron.whl", False),
        ("neuron", "mine", "neuron", True),
        ("neuron", "mine", "neuron>=9", False),
    ],
)
def test_whether_a_neuron_is_the_one(
    distribution: str, version: str, requirement: str, met: bool
) -> None:
    assert satisfies(distribution, version, requirement) is met


def test_a_report_is_counted() -> None:
    text = """<testsuites><testsuite>
      <testcase classname="a" name="x"/>
      <testcase classname="a" name="y"><failure/></testcase>
      <testcase classname="a" name="z"><error/></testcase>
      <testcase classname="a" name="w"><skipped/></testcase>
    </testsuite></testsuites>"""
    assert read_junit(text) == SuiteOutcome(1, 2, 1, ("a::y", "a::z"))
    assert read_junit("") is None
    assert read_junit(text[:-20]) is None
    assert (SuiteOutcome(1, 0, 0) + SuiteOutcome(2, 1, 0, ("f",))) == SuiteOutcome(3, 1, 0, ("f",))


GOOD = '<testsuites><testsuite><testcase classname="a" name="x"/></testsuite></testsuites>'
BAD = GOOD.replace("/></testsuite>", "><failure/></testcase></testsuite>")


def test_a_test_has_failed_where_it_failed_on_any_rank() -> None:
    assert outcome_of("own", [GOOD]) == outcome_of("own", [GOOD, GOOD]) == SuiteOutcome(1)
    assert outcome_of("own", [GOOD, BAD]) == SuiteOutcome(0, 1, 0, ("a::x",))


def test_who_wrote_no_report_is_lost() -> None:
    assert outcome_of("own", [""]) == SuiteOutcome(lost=("own wrote no report",))
    assert outcome_of("own", [GOOD, ""]) == SuiteOutcome(1, lost=("rank 1 of 2 wrote no report",))
    assert outcome_of("own", ["", BAD]).failures == ("a::x",)
