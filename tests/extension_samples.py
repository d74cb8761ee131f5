"""Small packages with a compiled module, one for each build backend: `answer()` is in answer.h."""

from __future__ import annotations

import subprocess
from pathlib import Path

NAME = "fast"
C_SOURCE = """\
#include <Python.h>
#include "answer.h"
static PyObject *answer(PyObject *self, PyObject *args) {
    return PyLong_FromLong(ANSWER);
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {0}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_core", 0, -1, methods};
PyMODINIT_FUNC PyInit__core(void) { return PyModule_Create(&module); }
"""
CYTHON_SOURCE = """\
cdef extern from "answer.h":
    int ANSWER

def answer():
    return ANSWER
"""
PYTHON = "from fast._core import answer\n\nWORD = 'first'\n"
_SETUP = """\
from setuptools import Extension, setup

core = Extension("fast._core", ["src/core.{suffix}"], include_dirs=["src"], depends=["src/answer.h"])
setup(packages=["fast"], package_dir={{"fast": "{root}fast"}}, ext_modules=[core])
"""
_CMAKE = """\
cmake_minimum_required(VERSION 3.18)
project(fast LANGUAGES C)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
Python_add_library(_core MODULE WITH_SOABI src/core.c)
install(TARGETS _core DESTINATION fast)
"""
_MESON = """\
project('fast', 'c')
python = import('python').find_installation(pure: false)
python.install_sources('fast/__init__.py', subdir: 'fast')
python.extension_module('_core', 'src/core.c', install: true, subdir: 'fast')
"""
BACKENDS = {
    "setuptools": ("setuptools.build_meta", ["setuptools"]),
    "cython": ("setuptools.build_meta", ["setuptools", "cython"]),
    "scikit-build-core": ("scikit_build_core.build", ["scikit-build-core"]),
    "meson-python": ("mesonpy", ["meson-python"]),
}
ROOTS = {"scikit-build-core": "src/", "cython": "src/"}


def sample(folder: Path, kind: str) -> Path:
    """The package of a backend, committed to a repository of its own. kind: a key of BACKENDS."""
    root = ROOTS.get(kind, "")
    backend, requires = BACKENDS[kind]
    suffix = "pyx" if kind == "cython" else "c"
    texts = {
        "pyproject.toml": f'[build-system]\nbuild-backend = "{backend}"\nrequires = {requires}\n'
        f'[project]\nname = "{NAME}"\nversion = "1.0"\n[project.scripts]\nfast = "fast:main"\n',
        f"{root}fast/__init__.py": PYTHON,
        "src/answer.h": "#define ANSWER 1\n",
        f"src/core.{suffix}": CYTHON_SOURCE if kind == "cython" else C_SOURCE,
        "tests/test_fast.py": "import fast\n\ndef test_answer():\n    assert fast.answer()\n",
    }
    if backend.startswith("setuptools"):
        texts["setup.py"] = _SETUP.format(suffix=suffix, root=root)
    elif kind == "scikit-build-core":
        texts["CMakeLists.txt"] = _CMAKE
    else:
        texts["meson.build"] = _MESON
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def python_file(source: Path) -> Path:
    """The live module of a sample."""
    return next(path for path in source.rglob("__init__.py") if path.parent.name == NAME)


def core_file(source: Path) -> Path:
    """The compiled one's source."""
    return next(path for path in (source / "src").glob("core.*"))
