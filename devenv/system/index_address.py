"""The address of the package index. uv and pip have separate settings, and users set one of them.

Variables precede files, and the settings of a tool itself precede those of the other one.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from devenv.system.process import run
from devenv.system.redaction import redacted

_UV = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
_PIP = "PIP_INDEX_URL"
_LOCATIONS = ("HOME", "PATH", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")
"""The variables that decide which pip.conf is read."""


def index_address(environ: Mapping[str, str]) -> tuple[str, str]:
    """(url, its origin) of the index that uv uses with `with_index`; empty: uv's default."""
    for name in (*_UV, _PIP):
        if url := environ.get(name, ""):
            return _without_name(url) if name in _UV else url, name
    if _named_for_uv(environ):
        return "", ""
    url = _of_pip_conf(tuple((n, environ[n]) for n in _LOCATIONS if n in environ))
    return url, "pip.conf" if url else ""


def with_index(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for uv, which ignores pip's settings: adds the index if it is set for pip only."""
    url, origin = index_address(environ)
    return {**environ, _UV[0]: url} if url and origin not in _UV else dict(environ)


def with_pip_index(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for pip, which reads its own files: adds the index if it is set for uv only."""
    url, origin = index_address(environ)
    return {_PIP: url, **environ} if origin in _UV else dict(environ)


def named_index(environ: Mapping[str, str], stderr: str) -> str:
    """The index for messages, without a password. stderr: of uv or pip, which could not reach it."""
    url, origin = index_address(environ)
    if url:
        return redacted(f"the package index {url} ({origin})", environ)
    match = re.search(r"https?://(?:[^\s/@'\"]+@)?[^\s/'\"]+", stderr)
    return redacted(f"the package index {match[0]}" if match else "the package index", environ)


def _without_name(url: str) -> str:
    """uv also accepts ``NAME=URL``."""
    name, equals, rest = url.partition("=")
    return rest if equals and ":" not in name else url


def _named_for_uv(environ: Mapping[str, str]) -> bool:
    """Whether a configuration file of uv sets an index. It precedes pip's files."""
    home = Path(environ.get("HOME", "/"))
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = environ.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else [user / "uv" / "uv.toml", Path("/etc/uv/uv.toml")]
    return any("index" in path.read_text("utf-8", "replace") for path in files if path.is_file())


@cache
def _of_pip_conf(locations: tuple[tuple[str, str], ...]) -> str:
    """The index in pip's configuration files, which pip finds and merges."""
    argv = [sys.executable, "-I", "-m", "pip", "config", "list"]
    listed = run(argv, environ=dict(locations)).stdout
    line = re.search(r"^global\.index-url=(.+)$", listed, re.MULTILINE)
    return str(ast.literal_eval(line[1])) if line else ""
