"""NEURON's own tests: ctest, in a second build of the clone beside the one that environments use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import CompiledSource, Generation
from devenv.core.errors import PreconditionError, StateError
from devenv.core.plan import NINJA_PROGRESS, Plan, RemovePath, Run, Step, Write
from devenv.core.result import Result
from devenv.sources.toolchain_steps import COMMANDS
from devenv.sources.toolchain_tree import empty_submodules, source_links
from devenv.store.carry import carry_out, preview
from devenv.store.changing import alone
from devenv.system import git, process
from devenv.system.cores import cores

CTEST = "ctest"
_CATCH2, _RXD_DATA = "external/catch2", "test/rxd/testdata"
"""Submodules: what all tests are compiled with, and what those of reaction-diffusion read."""
_OTHERS, _FETCHED = "test/external", "external/tests"
"""Tests that are in other repositories; where NEURON's CMake fetches these, within the clone."""


@dataclass(frozen=True)
class TestsBuild:
    """How the tests are compiled, in `build` in `work`. argv: of CMake's configuration. env: the build's
    variables. replaced: what of the clone is elsewhere.
    """

    source: CompiledSource
    work: Path
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    replaced: Mapping[str, str]

    __test__ = False

    @property
    def note(self) -> Write:
        """The file with what it was configured with, but for PATH, which differs from shell to shell."""
        env = [(name, value) for name, value in self.env if name != "PATH"]
        noted = json.dumps({"configure": self.argv, "variables": env})
        return Write(str(self.work / "configured.json"), noted)

    @property
    def folder(self) -> Path:
        """CMake's binary directory."""
        return self.work / "build"


def run_ctest(
    context: Context, generation: Generation, one: CompiledSource, arguments: Sequence[str]
) -> Result:
    """Compile what changed, and run ctest with the arguments; its exit code.

    PreconditionError that names all that the tests need and is missing; StepError where they do not
    compile.
    """
    build = _tests_build(context, generation, one)
    _require(generation, build)
    if _RXD_DATA in empty_submodules(Path(one.path)):
        command = git.submodule_command(one.path, _RXD_DATA)
        context.say(f"note: tests of rxd fail without the submodule {_RXD_DATA}: {command}")
    with alone(context, f"toolchains-{Path(one.work).name}-tests", f"the tests of {one.path}"):
        carry_out(context, Plan("NEURON's tests", tuple(_steps(context, build))))
    environ = {**context.environ, **dict(build.env)}
    argv = (str(Path(build.argv[0]).with_name(CTEST)), "--test-dir", str(build.folder), *arguments)
    if preview(context, Plan(CTEST, (Run(argv),))):
        return Result()
    code = process.call(argv, environ={n: v for n, v in environ.items() if v})
    word = "passed" if code == 0 else f"failed (exit code {code})"
    data = {"profile": CTEST, "exit_code": code}
    return Result((f"{one.package}'s own tests of {one.path}: {word}",), data=data, code=code)


def _steps(context: Context, build: TestsBuild) -> Iterator[Step]:
    log = str(context.layout.home / "log" / f"{Path(build.source.work).name}-tests.log")
    note = build.note
    nothing = build.work / "none" / "CMakeLists.txt"
    if not nothing.is_file():  # a newer file of CMake's would configure it again
        yield Write(str(nothing), "")
    yield from source_links(build.work / "src", build.source.path, build.replaced)
    if not _is_configured(build):
        yield RemovePath(note.path)
        yield Run(build.argv, "configure", env=build.env, log=log)
        yield note
    jobs = str(context.settings.jobs or cores(context.environ))
    compile_ = (build.argv[0], "--build", str(build.folder), "--parallel", jobs)
    yield Run(compile_, "compile", env=build.env, log=log, shows=NINJA_PROGRESS)


def _is_configured(build: TestsBuild) -> bool:
    """ninja itself configures it again where files of CMake's changed."""
    note = Path(build.note.path)
    ninja = (build.folder / "build.ninja").is_file()
    return ninja and note.is_file() and note.read_text(encoding="utf-8") == build.note.text


def _tests_build(context: Context, generation: Generation, one: CompiledSource) -> TestsBuild:
    """As the installation was configured, but with tests, and with the environment's packages."""
    work = Path(one.work)
    try:
        noted = json.loads((work / COMMANDS).read_text(encoding="utf-8"))
        argv, env, replaced = noted["configure"], noted["variables"], noted["replaced"]
    except (OSError, ValueError, KeyError, TypeError):
        raise StateError(
            f"{work}, where {one.package} is compiled, is incomplete",
            fix=f"Build it again: devenv build --force {generation.name}",
        ) from None
    tests = work / "tests"
    folders = {str(work / name): str(tests / name) for name in ("src", "build")}
    if not _has_others(Path(one.path)):
        replaced = {**replaced, _OTHERS: str(tests / "none")}
    path = os.pathsep.join(filter(None, [env["PATH"], context.environ.get("PATH", os.defpath)]))
    packages = os.pathsep.join(filter(None, [env["PYTHONPATH"], generation.site]))
    variables = {**env, "PATH": path, "PYTHONPATH": packages, "CCACHE_BASEDIR": str(tests)}
    configure = (*(folders.get(word, word) for word in argv), *_options(Path(one.path)))
    return TestsBuild(one, tests, configure, tuple(variables.items()), replaced)


def _options(path: Path) -> tuple[str, ...]:
    """CMake's arguments for tests of the clone at `path`, of which nothing is fetched into it."""
    data = "OFF" if _RXD_DATA in empty_submodules(path) else "ON"
    return (
        "-DNRN_ENABLE_TESTS=ON",
        f"-DNRN_3RDPARTY_USE_RXD_TESTDATA={data}",
        "-DFETCHCONTENT_FULLY_DISCONNECTED=ON",
    )


def _has_others(path: Path) -> bool:
    """Whether the clone has the other repositories, from a build without devenv."""
    names = (one.name for one in (path / _OTHERS).glob("*/") if one.is_dir())
    optional = ("channel-benchmark", "olfactory-bulb-3d")
    return all((path / _FETCHED / name).is_dir() for name in names if name not in optional)


def _require(generation: Generation, build: TestsBuild) -> None:
    unmet = tuple(_unmet(generation, build))
    if unmet:
        raise PreconditionError.of(unmet)


def _unmet(generation: Generation, build: TestsBuild) -> Iterator[tuple[str, str]]:
    path = build.source.path
    if not Path(generation.site, "pytest").is_dir():
        yield "NEURON's tests need pytest", f"devenv add pytest pytest-cov --env {generation.name}"
    if _CATCH2 in empty_submodules(Path(path)):
        yield f"NEURON's tests need the submodule {_CATCH2}", git.submodule_command(path, _CATCH2)
