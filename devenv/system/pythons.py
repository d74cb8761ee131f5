"""The interpreters of the machine: on PATH, of pyenv, of uv."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.system.process import run, run_all
from devenv.system.uv import clean, uv_argv

_PROBE = """
import json, os, platform, sys, sysconfig
t = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print(json.dumps([
    platform.python_implementation(), "cp%d%d%s" % (*sys.version_info[:2], t),
    platform.python_version(), os.path.realpath(sys.executable),
    os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")),
    sys.prefix == sys.base_prefix,
]))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter. tag: ``cp311``; headers: whether Python.h is installed."""

    tag: str
    version: str
    path: str
    headers: bool


_HEADERS = "import os, sysconfig as s; print(os.path.isfile(s.get_path('include') + '/Python.h'))"


def has_headers(path: str) -> bool:
    """Whether an interpreter has Python.h, so that extension modules can be compiled for it."""
    return run([path, "-I", "-S", "-c", _HEADERS]).stdout.strip() == "True"


def pythons(environ: Mapping[str, str]) -> tuple[Python, ...]:
    """One CPython for each version that is here; those with headers come before those without.

    Otherwise the first: uv's order (PATH, uv's own), then pyenv's versions.
    """
    places = dict.fromkeys((*_known_to_uv(environ), *_of_pyenv(environ)))
    probes = [[place, "-I", "-S", "-c", _PROBE] for place in places]
    found: dict[str, Python] = {}
    for done in run_all(probes, environ=clean(environ)):
        python = _read(done.stdout) if not done.returncode else None
        if python and (python.tag not in found or python.headers > found[python.tag].headers):
            found[python.tag] = python
    return tuple(found.values())


def _read(text: str) -> Python | None:
    try:
        implementation, tag, version, path, headers, base = json.loads(text)
    except ValueError:
        return None
    usable = implementation == "CPython" and base and tag.startswith("cp3")
    return Python(tag, version, path, headers) if usable else None


def _known_to_uv(environ: Mapping[str, str]) -> Iterator[str]:
    argv = (*uv_argv(), "python", "list", "--only-installed", "--output-format", "json")
    listed = run((*argv, "--python-preference", "system", "--offline"), environ=clean(environ))
    if listed.returncode:
        return
    shims = _pyenv(environ) / "shims"
    yield from (e["path"] for e in json.loads(listed.stdout) if Path(e["path"]).parent != shims)


def _pyenv(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/")) / ".pyenv")


def _of_pyenv(environ: Mapping[str, str]) -> Iterator[str]:
    """The versions themselves: a shim is slow, and runs only those that are switched on."""
    versions = _pyenv(environ) / "versions"
    if not versions.is_dir():
        return
    for folder in sorted(versions.iterdir()):
        number = re.match(r"(\d+)\.(\d+)", folder.name)
        program = folder / "bin" / (f"python{number[1]}.{number[2]}" if number else "python")
        if os.access(program, os.X_OK):
            yield str(program)
