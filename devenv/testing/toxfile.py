"""The text of a tox.ini for a profile.

Only necessary variables are passed to the tests, by name. The variables of the activation are set again
in the tox environment, so that neither tox nor the package's own settings can change their order.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from devenv.core.template import Exclusion, Profile

PASSED = (
    "CC",
    "CXX",
    "DEVENV_PROOF",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MPI_LIB_NRN_PATH",
    "OMPI_ALLOW_RUN_AS_ROOT",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
    "SLURM_CONF",
    "TERM",
    "USER",
    "XDG_CACHE_HOME",
)
"""The caller's variables that the tests and MPI need.

Variables that make a process a rank (OMPI_COMM_WORLD_RANK, PMIX_RANK, …) are not passed: simulations
that tests start would consider themselves ranks of the caller's job. The launcher of a rank sets new
ones.
"""


_FORKED = ("pytest-forked", "pytest<9.1")
"""Since pytest 9.1, every test that pytest-forked 1.7 forks fails with "EXITED with status 3"."""


@dataclass(frozen=True)
class TestRun:
    """One run of a profile. All paths are absolute.

    source: the package's tree, in which its own tests run. own: these tests, relative to it. acceptance:
    the template's tests, which are part of devenv. python: the environment's interpreter. variables: of
    the activation. folder: for pytest's reports. arguments: the user's, for pytest; with any, the
    acceptance tests are left out. names_tests: whether the arguments name tests. before: the launcher's
    argv. allocation: whether to use the current allocation. workers: of pytest-xdist; 0: as in the
    profile. neuron: the distribution that is tested.
    """

    name: str
    source: str
    own: tuple[str, ...]
    acceptance: tuple[str, ...]
    python: str
    variables: Mapping[str, str]
    folder: str
    arguments: tuple[str, ...] = ()
    names_tests: bool = False
    before: tuple[str, ...] = ()
    allocation: bool = False
    workers: int = 0
    neuron: str = "neuron"

    __test__ = False  # tells pytest that this class is not a test

    @property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Part -> its tests. Parts run separately, since a run of pytest has one configuration."""
        parts = {"own": self.own, "acceptance": self.acceptance}
        if self.arguments and self.own:
            del parts["acceptance"]
        return {part: tests for part, tests in parts.items() if tests}

    def junit(self, part: str) -> str:
        """The path of pytest's report of a part."""
        return f"{self.folder}/junit-{part}.xml"


def left_out(profile: Profile, neuron: str) -> tuple[Exclusion, ...]:
    """The tests that are excluded with a NEURON (the name of its distribution)."""
    return tuple(e for e in profile.exclude if not e.unless or e.unless != neuron)


def pytest_command(profile: Profile, run: TestRun, part: str) -> tuple[str, ...]:
    """The argv for a part of the run. pytest writes no cache into the source.

    It is not `python -m pytest`, which would put the working directory, the source, on the import path.
    """
    tests = run.parts[part]
    if part == "acceptance":
        # The acceptance tests must not use the configuration of the package.
        options = ["-c", "/dev/null", "--rootdir", run.folder]
    else:
        deselected = (t for e in left_out(profile, run.neuron) for t in e.tests)
        options = [f"--deselect={test}" for test in deselected]
        workers = run.workers or profile.workers
        options += ["-n", str(workers)] if workers > 1 and not run.before else []
        options += ["--forked"] if profile.forked else []
        tests = () if run.names_tests else tests
    before = run.before if part == "own" else ()
    common = ("-p", "no:cacheprovider", "-p", "devenv_origins", f"--junitxml={run.junit(part)}")
    return (*before, "pytest", *common, *options, *run.arguments, *tests)


def tox_deps(profile: Profile) -> tuple[str, ...]:
    """The requirements to install in the tox environment of a profile."""
    plugins = [*_FORKED] * profile.forked + ["pytest-xdist"] * (profile.workers > 1)
    return tuple(dict.fromkeys(("pytest", *plugins, *profile.deps)))


def tox_ini(profile: Profile, run: TestRun) -> str:
    """A tox.ini with one environment, `run.name`, with logs and temporary files in the run's folder.

    Bytecode is kept beside tox's virtual environment, not in the source: without it, every worker and
    every forked test would compile all that it imports.
    """
    variables = {**run.variables, **profile.env}
    commands = [" ".join(map(_word, pytest_command(profile, run, part))) for part in run.parts]
    lines = [
        "[tox]",
        f"env_list = {run.name}",
        "no_package = true",
        "",
        f"[testenv:{run.name}]",
        f"base_python = {_escaped(run.python)}",
        f"change_dir = {_escaped(run.source)}",
        f"env_tmp_dir = {_escaped(run.folder)}/tox-tmp",
        f"env_log_dir = {_escaped(run.folder)}/log",
        "deps =",
        *(f"    {dep}" for dep in tox_deps(profile)),
        *([f"allowlist_externals = {run.before[0]}"] if run.before else []),
        "pass_env =",
        *(f"    {name}" for name in (*PASSED, *(["SLURM_JOB_ID"] if run.allocation else []))),
        "set_env =",
        *(f"    {name} = {_value(value)}" for name, value in sorted(variables.items())),
        "    PYTHONPYCACHEPREFIX = {work_dir}/bytecode",
        "# All parts are run, and one that fails makes the whole fail.",
        "ignore_errors = true",
        "commands =",
        *(f"    {command}" for command in commands),
    ]
    return "\n".join(lines) + "\n"


def _word(text: str) -> str:
    """One word of a tox command: quoted for a shell, with braces escaped for tox."""
    return _escaped(shlex.quote(text))


def _value(text: str) -> str:
    """The value of a variable. tox would read a marker after a ``;``."""
    return _escaped(text).replace(";", "\\;")


def _escaped(text: str) -> str:
    """Escapes characters that are special to tox, such as braces for substitutions."""
    return text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}").replace("#", "\\#")
