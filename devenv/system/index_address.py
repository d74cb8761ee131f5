"""Which package index is meant: uv and pip each read settings of their own, and people set one of them.

A variable comes before a file, and what is set for a tool itself before what is set for the other one.
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
    """(url, what sets it) of the index that uv asks under `with_index`; empty: its default."""
    for name in (*_UV, _PIP):
        if url := environ.get(name, ""):
            return _without_name(url) if name in _UV else url, name
    if _named_for_uv(environ):
        return "", ""
    url = _of_pip_conf(tuple((n, environ[n]) for n in _LOCATIONS if n in environ))
    return url, "pip.conf" if url else ""


def with_index(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for uv, which knows no setting of pip's: with the index that is set for pip alone."""
    url, origin = index_address(environ)
    return {**environ, _UV[0]: url} if url and origin not in _UV else dict(environ)


def with_pip_index(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for pip, which reads its own files: with the index that is set for uv alone."""
    url, origin = index_address(environ)
    return {_PIP: url, **environ} if origin in _UV else dict(environ)


def named_index(environ: Mapping[str, str], stderr: str) -> str:
    """The index for people, without a password. stderr: of uv or pip, which could not ask it."""
    url, origin = index_address(environ)
    if url:
        return redacted(f"the package index {url} ({origin})", environ)
    asked = re.search(r"https?://(?:[^\s/@'\"]+@)?[^\s/'\"]+", stderr)
    return redacted(f"the package index {asked[0]}" if asked else "the package index", environ)


def _without_name(url: str) -> str:
    """uv takes ``NAME=URL`` as well."""
    name, equals, rest = url.partition("=")
    return rest if equals and ":" not in name else url


def _named_for_uv(environ: Mapping[str, str]) -> bool:
    """Whether a configuration file of uv's names an index: a file of pip's does not come before it."""
    home = Path(environ.get("HOME", "/"))
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    named = environ.get("UV_CONFIG_FILE")
    files = [Path(named)] if named else [user / "uv" / "uv.toml", Path("/etc/uv/uv.toml")]
    return any("index" in path.read_text("utf-8", "replace") for path in files if path.is_file())


@cache
def _of_pip_conf(locations: tuple[tuple[str, str], ...]) -> str:
    """The index of pip's configuration files, which pip itself finds and merges."""
    argv = [sys.executable, "-I", "-m", "pip", "config", "list"]
    listed = run(argv, environ=dict(locations)).stdout
    line = re.search(r"^global\.index-url=(.+)$", listed, re.MULTILINE)
    return str(ast.literal_eval(line[1])) if line else ""
