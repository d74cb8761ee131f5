"""NEURON's own tests: ctest, in a second build of the clone beside the one that environments use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import CompiledSource, Generation
from devenv.core.errors import PreconditionError, StateError
from devenv.core.plan import NINJA_PROGRESS, Plan, Run
from devenv.core.result import Result
from devenv.sources.toolchain_steps import COMMANDS
from devenv.sources.toolchain_tree import empty_submodules, submodule_command
from devenv.store.carry import carry_out
from devenv.system import process
from devenv.system.cores import cores
from devenv.system.locks import locked

CTEST = "ctest"
_CATCH2, _RXD_DATA = "external/catch2", "test/rxd/testdata"
"""Submodules: what all tests are compiled with, and what those of reaction-diffusion read."""


@dataclass(frozen=True)
class TestsBuild:
    """Where the tests are compiled. argv: of CMake's configuration. env: the build's variables."""

    source: CompiledSource
    folder: Path
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]

    __test__ = False


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
        command = submodule_command(one.path, _RXD_DATA)
        context.say(f"note: tests of rxd fail without the submodule {_RXD_DATA}: {command}")
    log = str(context.layout.home / "log" / f"{Path(one.work).name}-tests.log")
    lock = context.layout.lock(f"toolchains-{Path(one.work).name}-tests")
    jobs = str(context.settings.jobs or cores(context.environ))
    compile_ = (build.argv[0], "--build", str(build.folder), "--parallel", jobs)
    with locked(lock, f"the tests of {one.path}"):
        configure = Run(build.argv, "configure", env=build.env, log=log)
        compiling = Run(compile_, "compile", env=build.env, log=log, shows=NINJA_PROGRESS)
        carry_out(context, Plan("NEURON's tests", (configure, compiling)))
    environ = {**context.environ, **dict(build.env)}
    argv = (str(Path(build.argv[0]).with_name(CTEST)), "--test-dir", str(build.folder), *arguments)
    code = process.call(argv, environ={n: v for n, v in environ.items() if v})
    word = "passed" if code == 0 else f"failed (exit code {code})"
    data = {"profile": CTEST, "exit_code": code}
    return Result((f"{one.package}'s own tests of {one.path}: {word}",), data=data, code=code)


def _tests_build(context: Context, generation: Generation, one: CompiledSource) -> TestsBuild:
    """As the installation was configured, but with tests, and with the environment's packages."""
    work = Path(one.work)
    try:
        noted = json.loads((work / COMMANDS).read_text(encoding="utf-8"))
        argv, env = noted["configure"], noted["variables"]
    except (OSError, ValueError, KeyError, TypeError):
        raise StateError(
            f"{work}, where {one.package} is compiled, is incomplete",
            fix=f"Build it again: devenv build --force {generation.name}",
        ) from None
    folder = work / "tests"
    moved = [str(folder) if word == str(work / "build") else word for word in argv]
    data = "OFF" if _RXD_DATA in empty_submodules(Path(one.path)) else "ON"
    with_tests = (*moved, "-DNRN_ENABLE_TESTS=ON", f"-DNRN_3RDPARTY_USE_RXD_TESTDATA={data}")
    path = os.pathsep.join(filter(None, [env["PATH"], context.environ.get("PATH", os.defpath)]))
    packages = os.pathsep.join(filter(None, [env["PYTHONPATH"], generation.site]))
    variables = {**env, "PATH": path, "PYTHONPATH": packages}
    return TestsBuild(one, folder, with_tests, tuple(variables.items()))


def _require(generation: Generation, build: TestsBuild) -> None:
    unmet = tuple(_unmet(generation, build))
    if unmet:
        raise PreconditionError.of(unmet)


def _unmet(generation: Generation, build: TestsBuild) -> Iterator[tuple[str, str]]:
    path = build.source.path
    if not Path(generation.site, "pytest").is_dir():
        yield "NEURON's tests need pytest", f"devenv add pytest pytest-cov --env {generation.name}"
    if _CATCH2 in empty_submodules(Path(path)):
        yield f"NEURON's tests need the submodule {_CATCH2}", submodule_command(path, _CATCH2)
