"""Profiles as tox environments, and reports read back."""

from __future__ import annotations

import configparser

from devenv.core.template import Exclusion, Profile
from devenv.testing import Outcome, TestRun, left_out, read_junit, tox_ini, tox_overrides

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
    assert testenv["change_dir"] == "/s a/\\{pkg\\}"


def test_left_out_tests_come_back_with_the_neuron_that_passes_them() -> None:
    assert left_out(PROFILE, "neuron") == PROFILE.exclude
    assert left_out(PROFILE, "neuron-nightly") == ()


def test_overrides_name_the_environment_and_every_variable() -> None:
    words = tox_overrides("bb5", {"B": "2", "A": "1"})
    assert words[0::2] == ("-x", "-x")
    assert words[1] == "testenv:bb5.set_env+=A=1\nB=2"


def test_a_report_is_counted() -> None:
    text = """<testsuites><testsuite>
      <testcase classname="a" name="x"/>
      <testcase classname="a" name="y"><failure/></testcase>
      <testcase classname="a" name="z"><error/></testcase>
      <testcase classname="a" name="w"><skipped/></testcase>
    </testsuite></testsuites>"""
    assert read_junit(text) == Outcome(1, 2, 1, ("a::y", "a::z"))
    assert read_junit("").ran == 0
    assert (Outcome(1, 0, 0) + Outcome(2, 1, 0, ("f",))) == Outcome(3, 1, 0, ("f",))
