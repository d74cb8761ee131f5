"""Small packages with a compiled module, one for each build backend; `answer()` is compiled."""

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
_RUST = """\
include!("answer.rs");

#[no_mangle]
pub extern "C" fn answer() -> i32 {
    return ANSWER;
}
"""
_CARGO = """\
[package]
name = "fast"
version = "1.0.0"
edition = "2021"

[lib]
name = "_core"
path = "src/core.rs"
crate-type = ["cdylib"]
"""
_MATURIN = """\
[tool.maturin]
bindings = "cffi"
python-source = "python"
module-name = "fast._core"
"""
BACKENDS = {
    "setuptools": ("setuptools.build_meta", ["setuptools"]),
    "cython": ("setuptools.build_meta", ["setuptools", "cython"]),
    "scikit-build-core": ("scikit_build_core.build", ["scikit-build-core"]),
    "meson-python": ("mesonpy", ["meson-python"]),
    "maturin": ("maturin", ["maturin>=1,<2", "cffi"]),
}
ROOTS = {"scikit-build-core": "src/", "cython": "src/", "maturin": "python/"}


def sample(folder: Path, kind: str) -> Path:
    """The package of a backend, committed to a repository of its own. kind: a key of BACKENDS."""
    root = ROOTS.get(kind, "")
    backend, requires = BACKENDS[kind]
    suffix = {"cython": "pyx", "maturin": "rs"}.get(kind, "c")
    texts = {
        "pyproject.toml": f'[build-system]\nbuild-backend = "{backend}"\nrequires = {requires}\n'
        f'[project]\nname = "{NAME}"\nversion = "1.0"\n'
        + ('dependencies = ["cffi"]\n' + _MATURIN if kind == "maturin" else ""),
        f"{root}fast/__init__.py": PYTHON,
        f"src/core.{suffix}": {"pyx": CYTHON_SOURCE, "rs": _RUST, "c": C_SOURCE}[suffix],
        "tests/test_fast.py": "import fast\n\ndef test_answer():\n    assert fast.answer()\n",
    }
    if backend.startswith("setuptools"):
        texts["setup.py"] = _SETUP.format(suffix=suffix, root=root)
    elif kind == "maturin":
        texts["Cargo.toml"] = _CARGO
        texts["python/fast/__init__.py"] = PYTHON.replace("import answer", "import lib").replace(
            "\n\n", "\n\nanswer = lib.answer\n", 1
        )
    elif kind == "scikit-build-core":
        texts["CMakeLists.txt"] = _CMAKE
    else:
        texts["meson.build"] = _MESON
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    set_answer(folder, 1)
    return _committed(folder)


def python_package(folder: Path, name: str, text: str) -> Path:
    """A package of one Python file with this text, committed to a repository of its own."""
    backend, requires = BACKENDS["setuptools"]
    build = f'[build-system]\nbuild-backend = "{backend}"\nrequires = {requires}\n'
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(text, encoding="utf-8")
    project = f'[project]\nname = "{name}"\nversion = "1.0"\n'
    (folder / "pyproject.toml").write_text(f"{build}{project}", encoding="utf-8")
    return _committed(folder)


def _committed(folder: Path) -> Path:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def set_answer(source: Path, answer: object) -> Path:
    """What `answer()` returns, in a file that the compiled one includes."""
    rust = (source / "src" / "core.rs").exists()
    file = source / "src" / ("answer.rs" if rust else "answer.h")
    text = f"const ANSWER: i32 = {answer};\n" if rust else f"#define ANSWER {answer}\n"
    file.write_text(text, encoding="utf-8")
    return file


def python_file(source: Path) -> Path:
    """The live module of a sample."""
    return next(path for path in source.rglob("__init__.py") if path.parent.name == NAME)


def core_file(source: Path) -> Path:
    """The compiled one's source."""
    return next(path for path in (source / "src").glob("core.*"))
