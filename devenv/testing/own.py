"""A package's own tox environments: lists them, reads their settings, and runs one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource, Generation
from devenv.core.errors import StateError
from devenv.core.result import Result
from devenv.places.node import NodeShare
from devenv.store.carry import stop_dry_run
from devenv.store.changing import alone
from devenv.system import process
from devenv.testing import (
    CONFIGURATIONS,
    has_tox,
    not_applied,
    read_settings,
    tox_overrides,
)
from devenv.testing.runs import new_run
from devenv.testing.tox import TOX, inside, install, neuron_in, run_tox

_COMMANDS = ("commands_pre", "commands", "commands_post")


@dataclass(frozen=True)
class OwnRun:
    """A run of the environment `name` of a package's own tox configuration on a node."""

    name: str
    source: DevSource
    generation: Generation
    node: NodeShare
    arguments: tuple[str, ...] = ()


def own_environments(context: Context, source: DevSource) -> tuple[str, ...]:
    """The environments of a package's own tox configuration; empty if it has none."""
    paths = {name: Path(source.path, name) for name in CONFIGURATIONS}
    if not has_tox({name: _text(path) for name, path in paths.items() if path.is_file()}):
        return ()
    tox = (*TOX, "-c", source.path, "--workdir", str(_folder(context, source)))
    listed = _ask(context, source, (*tox, "list", "--no-desc", "-qq"))
    words = (line.strip() for line in listed.splitlines())
    return tuple(word for word in words if re.fullmatch(r"[\w.-]+", word))


def own_settings(
    context: Context, source: DevSource, selected: Iterable[str], *keys: str
) -> dict[str, tuple[str, ...]]:
    """Key -> the lines of its value, as tox reads it. selected: tox's arguments, ``-e NAME`` first."""
    name, words = tuple(selected)[1], tuple(selected)
    end = words.index("--") if "--" in words else len(words)
    argv = (*_tox(context, source, name), "config", *words[:end], "-k", *keys, *words[end:])
    return read_settings(_ask(context, source, argv))


def run_own(context: Context, run: OwnRun) -> Result:
    """Run the tests with devenv's search paths, which override those of tox. The exit code is tox's.

    tox reinstalls the package into its environment at each run, so concurrent runs are serialised.
    """
    name, source = run.name, run.source
    folder = new_run(context, run.generation.name, f"own-{name}")
    variables = inside(context, run.generation, run.node, folder)
    tox, selected = _tox(context, source, name), ("-e", name, *tox_overrides(name, variables))
    lock = f"tox-{_folder(context, source).name}-{name}"
    with alone(context, lock, f"the tox environment {name} of {source.path}"):
        # tox uses the default of {posargs:DEFAULT} only without --.
        arguments = (*selected, *(("--", *run.arguments) if run.arguments else ()))
        settings = own_settings(context, source, arguments, "set_env", *_COMMANDS)
        _check_applied(source, name, settings, variables)
        _check_commands(source, name, settings)
        code = _run(context, run, tox, selected, arguments)
    stop_dry_run(context, "its exit code is the result")
    return _result(context, run, code)


def _run(
    context: Context,
    run: OwnRun,
    tox: tuple[str, ...],
    selected: tuple[str, ...],
    arguments: tuple[str, ...],
) -> int:
    if run.node.step and (code := install(context, run.generation, tox, selected)):
        return code
    return run_tox(context, run.generation, run.node, tox, arguments)


def _result(context: Context, run: OwnRun, code: int) -> Result:
    word = "passed" if code == 0 else f"failed (exit code {code})"
    neuron = " ".join(neuron_in(context, run.generation)).strip()
    line = f"{run.source.package}'s own tox environment {run.name}: {word}; tested with {neuron}"
    data = {"profile": run.name, "exit_code": code, "neuron": neuron}
    return Result((line,), data=data, code=code)


def _check_applied(
    source: DevSource,
    name: str,
    settings: Mapping[str, tuple[str, ...]],
    variables: Mapping[str, str],
) -> None:
    """StateError if tox ignored some of our variables: it would test something else."""
    missing = not_applied(settings, variables)
    if missing:
        raise StateError(
            f"tox does not take what devenv sets for {name} in {source.path}: {', '.join(missing)}",
            fix="Its tests would run on another copy of the package, or with another model. Give the"
            " environment a section of its own in tox's configuration, or test with a profile:"
            " devenv test --list",
        )


def _check_commands(source: DevSource, name: str, settings: Mapping[str, tuple[str, ...]]) -> None:
    """StateError if there is nothing to run, which tox reports as a success."""
    if not any(settings.get(key) for key in _COMMANDS):
        raise StateError(
            f"{name} has no commands in the tox configuration in {source.path}: nothing is tested",
            fix="Give it some, or test in another environment: devenv test --list",
        )


def _tox(context: Context, source: DevSource, name: str) -> tuple[str, ...]:
    """The tox command for the package's own configuration. Each environment of each clone has its own
    work folder, outside the source.
    """
    return (*TOX, "-c", source.path, "--workdir", str(_folder(context, source) / name))


def _folder(context: Context, source: DevSource) -> Path:
    path = Path(source.path)
    key = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]
    return context.layout.home / "tox" / f"{path.name}-{key}"


def _ask(context: Context, source: DevSource, argv: tuple[str, ...]) -> str:
    """The output of tox; StateError with its last lines if it cannot read its configuration."""
    done = process.run(argv, environ=context.environ, cwd=source.path)
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise StateError(
            f"tox cannot read the configuration in {source.path}:\n    "
            + "\n    ".join(words[-5:]),
            fix=f"Fix it there; to see the same: tox -c {source.path} list",
        )
    return done.stdout


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
