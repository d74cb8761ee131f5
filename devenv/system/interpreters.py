"""Finds the Pythons of the machine with uv."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping

from devenv.core.errors import MissingPythonError, StateError, UnreachableError, UsageError
from devenv.system.process import run
from devenv.system.pythons import path_with_pyenv
from devenv.system.redaction import redacted
from devenv.system.uv import clean, uv_argv

_NO_PYTHON = re.compile(r"no interpreter found|invalid version request", re.IGNORECASE)
"""uv's message if there is no such Python."""

_NOT_PYTHON = "interpreter from provided path"
"""uv's message for a program that is not a Python. Other failures are of uv itself."""


def find_python(request: str, environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """(path, full version) of the interpreter that `request` (``3.11``, a range, a path) names.

    Ignores virtual environments, downloads nothing, and resolves pyenv's shims. Where PATH has none
    that fits, all of pyenv's versions count. UsageError, with the Pythons of the machine, if none fits.
    """
    options = ("--no-project", "--system", "--no-python-downloads", "--python-preference", "system")
    cleaned = clean(os.environ if environ is None else environ)
    if request.startswith("-"):
        raise UsageError(f"invalid Python: {request!r}", fix="Give a version like 3.11, or a path.")
    argv = [*uv_argv(), "python", "find", *options, request]
    result = run(argv, environ=cleaned)
    if result.returncode:
        # uv stops at a shim of pyenv that fails, as those of all versions do that are not selected.
        cleaned["PATH"] = path_with_pyenv(cleaned)
        result = run(argv, environ=cleaned)
    if result.returncode and _NO_PYTHON.search(result.stderr):
        what = f"no Python {request} is on this machine"
        raise MissingPythonError(what, fix=_pythons(cleaned, request))
    if result.returncode and _NOT_PYTHON in result.stderr:
        what = f"{request} is not a working Python interpreter"
        raise UsageError(what, fix=_pythons(cleaned, request))
    if result.returncode:
        raise _uv_failed(f"look for Python {request}", result.stderr, cleaned)
    return python_at(result.stdout.strip())


def install_argv(request: str) -> tuple[str, ...]:
    """The command that installs uv's build of a version, in a directory that `find_python` searches."""
    return (*uv_argv(), "python", "install", "--no-bin", request)


def install_python(request: str, environ: Mapping[str, str]) -> None:
    """Install it. UsageError where uv has none, UnreachableError where it cannot be downloaded."""
    cleaned = clean(environ)
    done = run(install_argv(request), environ=cleaned)
    if not done.returncode:
        return
    lines = redacted(done.stderr, cleaned).strip().splitlines() or ["no reason given"]
    reason = lines[-1].replace("cause:", "").replace("error:", "").strip()
    kind = UnreachableError if "Failed to download" in done.stderr else UsageError
    raise kind(
        f"no Python {request} is on this machine, and uv cannot install its own build: {reason}",
        fix=f"{_pythons(cleaned, '')}, or install one and repeat:"
        f" UV_PYTHON_INSTALL_MIRROR=URL uv python install {request}",
    )


def _uv_failed(what: str, stderr: str, environ: Mapping[str, str]) -> StateError:
    """The error for a failure of uv itself."""
    reason = " ".join(redacted(stderr, environ).replace("error:", "").split())
    return StateError(
        f"uv could not {what}: {reason or 'no reason given'}",
        fix="Fix the cause. To use another cache directory: UV_CACHE_DIR=FOLDER.",
    )


_WHICH = """
import os, platform, sys
print(os.path.realpath(sys.executable), platform.python_version(), sep="\\0", end="")
"""


def python_at(executable: str) -> tuple[str, str]:
    """(path, full version) of an interpreter; UsageError if it does not run."""
    # -S: importing its site-packages may take longer than the interpreter itself.
    done = run([executable, "-I", "-S", "-c", _WHICH])
    if done.returncode:
        raise UsageError(
            f"the Python {executable} does not run: {done.stderr.strip()[-300:]}",
            fix="Fix it, or choose another: devenv create --python …",
        )
    path, _, version = done.stdout.partition("\0")
    return path, version


def _pythons(environ: Mapping[str, str], request: str) -> str:
    """The Pythons to choose from, and how to install the requested version."""
    listing = [*uv_argv(), "python", "list", "--only-installed", "--output-format", "json"]
    listed = run(listing, environ=environ)
    if listed.returncode:
        raise _uv_failed("list the Pythons of this machine", listed.stderr, environ)
    entries = json.loads(listed.stdout)
    versions = sorted({entry["version"] for entry in entries}, key=_numbers)
    install = f", or install it: uv python install {request}" if request[:1].isdigit() else ""
    return f"Choose another with --python (found: {', '.join(versions) or 'none'}){install}"


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
