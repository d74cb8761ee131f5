"""Source trees of compiled packages, to build wheels of."""

from __future__ import annotations

import hashlib
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

PYPROJECT = """\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.10"
license-files = ["LICENSE"]
"""
LICENSE = "Public domain. This package comes with libbz2 (bz2), which has a licence of its own.\n"

SIMPLE = {
    "setup.py": (
        "from setuptools import Extension, setup\n"
        'setup(ext_modules=[Extension("{name}", ["{name}.c"])])\n'
    ),
    "{name}.c": """\
#include <Python.h>
#include <stdlib.h>
#ifndef ANSWER
#define ANSWER 42
#endif
/* It calls libc: auditwheel takes an extension that needs no library for one of an unknown system. */
static PyObject *answer(PyObject *self, PyObject *none) {{
    return PyLong_FromLong(getenv("NO_ANSWER") ? 0 : ANSWER);
}}
static PyMethodDef methods[] = {{{{"answer", answer, METH_NOARGS, ""}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "{name}", NULL, -1, methods}};
PyMODINIT_FUNC PyInit_{name}(void) {{ return PyModule_Create(&module); }}
""",
}


def simple(folder: Path, name: str = "simple", more: str = "") -> Path:
    """A package of one C extension, whose answer() is 42. more: of its pyproject.toml."""
    texts = {key.format(name=name): text.format(name=name) for key, text in SIMPLE.items()}
    texts |= {"pyproject.toml": PYPROJECT.format(name=name) + more, "LICENSE": LICENSE}
    return written(folder, texts)


LAYERED = {
    "setup.py": '''\
"""Builds two internal libraries, a plugin that is opened at run time, and the extension on top."""
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

LIBRARIES = (
    ("lib_tl.so", "tl.cc", (), ("bz2",), "$ORIGIN"),
    ("lib_db.so", "db.cc", ("lib_tl.so",), (), "$ORIGIN"),
    ("plugins/plugin.so", "plugin.cc", ("lib_tl.so",), (), "$ORIGIN/.."),
)


class Build(build_ext):
    def build_extension(self, ext):
        folder = Path(self.build_lib, "layered")
        for name, source, inside, outside, origin in LIBRARIES:
            objects = self.compiler.compile(
                [f"src/{source}"], output_dir=self.build_temp, extra_postargs=["-std=c++17"])
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            self.compiler.link_shared_object(
                objects, str(folder / name), libraries=[f":{one}" for one in inside] + list(outside),
                library_dirs=[str(folder)], extra_postargs=[f"-Wl,-rpath,{origin}"],
                target_lang="c++")
        ext.library_dirs = [str(folder)]
        super().build_extension(ext)


setup(
    packages=["layered"],
    cmdclass={"build_ext": Build},
    ext_modules=[Extension("layered.core", ["src/core.cc"], language="c++",
        libraries=[":lib_db.so"], extra_compile_args=["-std=c++17"],
        extra_link_args=["-Wl,-rpath,$ORIGIN", "-ldl"])],
)
''',
    "layered/__init__.py": (
        "from pathlib import Path\n"
        "from layered.core import answer, caught, opened as _opened\n"
        "def opened():\n"
        '    return _opened(str(Path(__file__).with_name("plugins") / "plugin.so"))\n'
    ),
    "src/tl.h": """\
#include <stdexcept>
#include <string>
namespace tl {
struct Error : std::runtime_error { using std::runtime_error::runtime_error; };
std::string packed();
[[noreturn]] void fail(const std::string &why);
}
""",
    "src/tl.cc": """\
#include "tl.h"
extern "C" const char *BZ2_bzlibVersion(void);
std::string tl::packed() { return BZ2_bzlibVersion(); }
void tl::fail(const std::string &why) { throw tl::Error(why); }
""",
    "src/db.cc": """\
#include "tl.h"
namespace db { int answer() { return tl::packed().empty() ? 0 : 42; } void fail() { tl::fail("db"); } }
""",
    "src/plugin.cc": """\
#include "tl.h"
extern "C" void plugin_run() { tl::fail("plugin"); }
""",
    "src/core.cc": """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include "tl.h"
namespace db { int answer(); void fail(); }
static PyObject *text(void (*run)()) {
    try { run(); } catch (const tl::Error &error) { return PyUnicode_FromString(error.what()); }
    catch (...) { return PyUnicode_FromString("of another type"); }
    Py_RETURN_NONE;
}
static PyObject *answer(PyObject *, PyObject *) { return PyLong_FromLong(db::answer()); }
static PyObject *caught(PyObject *, PyObject *) { return text(db::fail); }
static PyObject *opened(PyObject *, PyObject *path) {
    void *library = dlopen(PyUnicode_AsUTF8(path), RTLD_NOW);
    if (!library) return PyErr_Format(PyExc_ImportError, "%s", dlerror());
    return text((void (*)())dlsym(library, "plugin_run"));
}
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {"caught", caught, METH_NOARGS, ""},
    {"opened", opened, METH_O, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "core", NULL, -1, methods};
PyMODINIT_FUNC PyInit_core() { return PyModule_Create(&module); }
""",
    "tests/test_layered.py": """\
import unittest

import layered


class Layered(unittest.TestCase):
    def test_libraries(self):
        self.assertEqual(layered.answer(), 42)

    def test_exceptions_across_libraries(self):
        self.assertEqual(layered.caught(), "db")

    def test_plugin(self):
        self.assertEqual(layered.opened(), "plugin")


if __name__ == "__main__":
    unittest.main()
""",
}


def layered(folder: Path, more: str = "") -> Path:
    """The klayout pattern: an extension, two internal libraries, a plugin, and libbz2 of the system."""
    texts = {"pyproject.toml": PYPROJECT.format(name="layered") + more, "LICENSE": LICENSE}
    return written(folder, {**texts, **LAYERED})


def written(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def pure_wheel(folder: Path, version: str, text: str = "ANSWER = 42\n", name: str = "pure") -> Path:
    """A pure wheel with a right RECORD."""
    info = f"{name}-{version}.dist-info"
    texts = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    rows = []
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in texts.items():
            digest = urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=")
            rows.append(f"{entry},sha256={digest.decode()},{len(content)}")
            archive.writestr(entry, content)
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]))
    return path
