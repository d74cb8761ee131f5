"""Finds the interpreters of the machine: on PATH, and those installed by pyenv and uv."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from devenv.system.process import run, run_all
from devenv.system.uv import clean

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
    """One CPython for each installed version, preferably one with headers.

    Otherwise the first on PATH, then of uv, then of pyenv. devenv searches itself, since uv runs every
    shim of pyenv, which takes seconds.
    """
    places = (*_on_path(environ), *_of_uv(environ), *_of_pyenv(environ))
    probes = [
        [one, "-I", "-S", "-c", _PROBE] for one in dict.fromkeys(map(os.path.realpath, places))
    ]
    chosen: dict[str, Python] = {}
    for done in run_all(probes, environ=clean(environ)):
        python = _read(done.stdout) if not done.returncode else None
        if python and (python.tag not in chosen or python.headers > chosen[python.tag].headers):
            chosen[python.tag] = python
    return tuple(chosen.values())


def _read(text: str) -> Python | None:
    try:
        implementation, tag, version, path, headers, base = json.loads(text)
    except ValueError:
        return None
    usable = implementation == "CPython" and base and tag.startswith("cp3")
    return Python(tag, version, path, headers) if usable else None


def _on_path(environ: Mapping[str, str]) -> Iterator[str]:
    """The interpreters on PATH, without pyenv's shims, which start those of `_of_pyenv`."""
    for entry in dict.fromkeys(_without_shims(environ)):
        if Path(entry).is_absolute():
            yield from _programs(Path(entry))


def path_with_pyenv(environ: Mapping[str, str]) -> str:
    """PATH for a search by uv: at its end the versions of pyenv, the newest first, and no shims."""
    versions = sorted(_pyenv(environ).glob("versions/*"), key=_numbers, reverse=True)
    return os.pathsep.join([*_without_shims(environ), *(str(one / "bin") for one in versions)])


def _numbers(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def _without_shims(environ: Mapping[str, str]) -> list[str]:
    """The entries of PATH without pyenv's shims, which run the selected versions alone."""
    shims = os.path.realpath(_pyenv(environ) / "shims")
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    return [entry for entry in entries if os.path.realpath(entry) != shims]


def _of_uv(environ: Mapping[str, str]) -> Iterator[str]:
    """The interpreters that uv downloaded."""
    data = environ.get("XDG_DATA_HOME") or Path(environ.get("HOME", "/"), ".local", "share")
    root = Path(environ.get("UV_PYTHON_INSTALL_DIR") or Path(data, "uv", "python"))
    for folder in sorted(root.glob("cpython-*")):
        yield from _programs(folder / "bin")


def _of_pyenv(environ: Mapping[str, str]) -> Iterator[str]:
    """The interpreters in $PYENV_ROOT: a shim would run only the selected versions."""
    for folder in sorted(_pyenv(environ).glob("versions/*")):
        yield from _programs(folder / "bin")


def _pyenv(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME", "/"), ".pyenv"))


_PROGRAM = re.compile(r"python(3(\.\d+t?)?)?")


def _programs(folder: Path) -> Iterator[str]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return
    for name in filter(_PROGRAM.fullmatch, names):
        if os.access(folder / name, os.X_OK):
            yield str(folder / name)
