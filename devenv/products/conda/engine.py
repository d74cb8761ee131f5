"""Calls rattler and rattler-build in a separate process (see `child`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from devenv.core.errors import PreconditionError, StateError
from devenv.core.plan import Run
from devenv.products.conda.silence import silence_reported
from devenv.system.failures import failure
from devenv.system.files import temporary_folder, write_text
from devenv.system.process import run

_CHILD = "devenv.products.conda.child"


def require() -> None:
    """PreconditionError if the extra `conda` is not installed."""
    needed = {"rattler": "py-rattler", "rattler_build": "py-rattler-build", "jinja2": "jinja2"}
    missing = [name for module, name in needed.items() if find_spec(module) is None]
    if missing:
        raise PreconditionError(
            f"conda packages need {' and '.join(missing)}", fix='pip install "simdevenv[conda]"'
        )


@cache
def versions() -> str:
    """The versions of the libraries, on which packages may depend."""
    from importlib import metadata

    return " ".join(f"{one} {metadata.version(one)}" for one in ("py-rattler", "py-rattler-build"))


def argv(verb: str, request: Path, answer: Path) -> tuple[str, ...]:
    """The argv that carries out a verb of `child`. request, answer: paths of JSON files."""
    return (sys.executable, "-m", _CHILD, verb, str(request), str(answer))


def step(verb: str, request: Path, answer: Path, *, title: str, log: Path) -> Run:
    """The process as a step of a plan. An earlier step writes the request."""
    return Run(argv(verb, request, answer), title=title, log=str(log))


def ask(
    verb: str, request: Mapping[str, Any], scratch: Path, environ: Mapping[str, str]
) -> dict[str, Any]:
    """The answer to a request that changes only files that it names.

    scratch: a folder for temporary files. StepError if the process fails, UnreachableError if a server
    stops answering.
    """
    with temporary_folder(scratch) as folder:
        question, answer = folder / "request.json", folder / "answer.json"
        write_text(question, json.dumps(request))
        command = argv(verb, question, answer)
        done = run(command, environ=environ)
        if not answer.is_file():
            lines = (done.stdout + done.stderr).splitlines()
            with silence_reported():
                raise failure(command, done.returncode, lines, environ, title=f"conda: {verb}")
        return answer_of(answer)


def answer_of(path: Path) -> dict[str, Any]:
    """The answer that the process wrote."""
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StateError(f"{path} is missing or damaged: {error}", fix="Run it again.") from None
    return result
