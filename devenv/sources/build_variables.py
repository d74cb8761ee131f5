"""The variables of the user's own that can change what the build of a package makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from devenv.core.content import digest

_FLAGS = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "CMAKE_ARGS", "RUSTFLAGS")
"""Compilers, and their flags."""
_SEARCHES = (
    *("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH"),
    *("PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"),
    *("CMAKE_PREFIX_PATH", "CMAKE_INCLUDE_PATH", "CMAKE_LIBRARY_PATH"),
)
"""Where compilers and CMake look for headers and libraries. Modules of a cluster set them."""
_SETTINGS = (
    *("AR", "ARCHFLAGS", "FC", "FFLAGS", "LDSHARED", "MACOSX_DEPLOYMENT_TARGET"),
    *("CUDAARCHS", "CUDACXX", "CUDAFLAGS", "CUDAHOSTCXX"),
    *("CMAKE_BUILD_TYPE", "CMAKE_GENERATOR", "CMAKE_TOOLCHAIN_FILE"),
    *("CARGO_BUILD_TARGET", "MATURIN_PEP517_ARGS", "SOURCE_DATE_EPOCH"),
)
_KNOWN = frozenset((*_FLAGS, *_SEARCHES, *_SETTINGS))
_FAMILIES = ("SKBUILD_", "SETUPTOOLS_SCM_PRETEND_VERSION")
"""What the names of further settings of backends begin with."""

_FILES = ("setup.py", "pyproject.toml", "setup.cfg", "CMakeLists.txt", "meson.build", "build.rs")
_ROOTS = ("_ROOT", "_DIR")
"""CMake's find_package(X) looks at X_ROOT and X_DIR, which no file has to name."""
_EVERYONES = frozenset(
    (
        *("COLUMNS", "DISPLAY", "EDITOR", "HOME", "HOST", "HOSTNAME", "LANG", "LANGUAGE", "LINES"),
        *("LOGNAME", "MAIL", "NAME", "OLDPWD", "PAGER", "PATH", "PWD", "PYTHONPATH", "SHELL"),
        *("SHLVL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "UID", "USER", "USERNAME"),
        *("VIRTUAL_ENV", "VISUAL", "_"),
        # How many compilers run at once changes nothing of what they make.
        *("CMAKE_BUILD_PARALLEL_LEVEL", "MAKEFLAGS", "MAX_JOBS"),
    )
)
"""Variables that differ by person or session, so that nothing depends on one by its name alone."""


def build_variables(source: Path, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Those that are set, by name: known ones, and those that the build files of `source` name.

    The latter have the hash of their value in place of it, which may be a secret.
    """
    words = frozenset(word for file in _files(source) for word in _words(file))
    known = {name: environ[name] for name in environ.keys() & _KNOWN if environ[name]}
    others = (name for name in environ.keys() - _KNOWN if _counts(name, words))
    return tuple(sorted({**known, **{name: digest(environ[name]) for name in others}}.items()))


def _counts(name: str, words: frozenset[str]) -> bool:
    if name in _EVERYONES or name.startswith(("LC_", "DEVENV_")):
        return False
    packages = (name.removesuffix(one) for one in _ROOTS)
    return name.startswith(_FAMILIES) or any(one in words for one in (name, *packages))


def _files(source: Path) -> tuple[Path, ...]:
    found = (*(source / name for name in _FILES), *source.glob("*.cmake"))
    return tuple(path for path in found if path.is_file())


def _words(file: Path) -> list[str]:
    return re.findall(r"\w+", file.read_text(encoding="utf-8", errors="replace"))
