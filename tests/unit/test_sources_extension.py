"""Packages with compiled modules: which files count, what an overlay has, what a compiler says."""

from __future__ import annotations

from pathlib import Path

import pytest

from devenv.core.content import digest
from devenv.core.interpreter import Interpreter
from devenv.sources.backend import (
    Backend,
    BuildFlags,
    backend_of,
    build_flags,
    compiler_options,
    compiles_modules,
    settings_for,
)
from devenv.sources.build_variables import build_variables
from devenv.sources.compiler_errors import first_error
from devenv.sources.extension import (
    ExtensionBuild,
    counts,
    edited,
    live_files,
    names_digest,
    same_settings,
)
from devenv.sources.extension_overlay import entries

ORIGINALS = {
    "fast/__init__.py": "src/fast/__init__.py",
    "fast/_core.cpython-311-x86_64-linux-gnu.so": "",
    "fast/_version.py": "",
    "fast/pure.py": "src/fast/pure.py",
    "fast/pure.cpython-311-x86_64-linux-gnu.so": "",
    "fast/data/table.json": "src/fast/data/table.json",
    "fast/data/__init__.py": "src/fast/data/__init__.py",
    "fast.libs/libz.so.1": "",
    "fast-1.0.dist-info/METADATA": "",
    "fast-1.0.data/scripts/tool": "",
}


def build(files: dict[str, str], **changed: object) -> ExtensionBuild:
    fields = {
        "home": "/home",
        "package": "fast",
        "source": "/src",
        "files": files,
        "backend": Backend("mesonpy", ("meson-python",)),
        "interpreter": Interpreter("/usr/bin/python3", "3.11.2"),
        "flags": BuildFlags(),
    }
    return ExtensionBuild(**{**fields, **changed})  # type: ignore[arg-type]


def test_a_file_of_another_name_is_another_product() -> None:
    before, after = build({"a.c": "1", "b.py": "2"}), build({"a.c": "1", "bb.py": "2"})
    assert before.name != after.name and before.work == after.work


def test_an_overlay_has_links_to_the_source_and_to_what_was_compiled() -> None:
    assert entries(ORIGINALS, "fast-1.0.dist-info") == {
        "fast/__init__.py": "src/fast/__init__.py",
        "fast/_core.cpython-311-x86_64-linux-gnu.so": "",
        "fast/_version.py": "",
        "fast/pure.py": "src/fast/pure.py",
        "fast/pure.cpython-311-x86_64-linux-gnu.so": "",
        "fast/data": "src/fast/data",
        "fast.libs/libz.so.1": "",
    }


def test_live_files_are_python_that_is_not_compiled() -> None:
    assert live_files(ORIGINALS) == {"src/fast/__init__.py", "src/fast/data/__init__.py"}


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("src/core.c", True),
        ("setup.py", True),
        ("tests/test_core.py", False),
        ("tests/meson.build", True),
        ("src/tests/core.py", True),
        ("docs/index.rst", False),
        (".github/workflows/ci.yml", False),
        ("src/fast/__init__.py", False),
    ],
)
def test_which_files_count(name: str, result: bool) -> None:
    assert counts(name, live_files(ORIGINALS)) is result


def test_files_whose_coming_and_going_compiles_all_again() -> None:
    before = names_digest(["src/core.c"])
    others = ["src/fast/__init__.py", "src/fast/new.pyi", "src/new.rs", "docs/new.md"]
    assert names_digest([*others, "src/core.c"]) == before
    assert names_digest(["src/core.c", "src/new.h"]) != before
    assert names_digest(["src/core.c", "src/string"]) != before


def test_what_was_edited_since_it_was_compiled() -> None:
    files = {"src/core.c": "1", "src/fast/__init__.py": "1", "old.h": "1"}
    made_from = build(files, tools=("meson==1",)).inputs
    now = {"src/core.c": "2", "src/fast/__init__.py": "2", "new.h": "1"}
    assert edited(made_from, ORIGINALS, files) == []
    assert edited(made_from, ORIGINALS, now) == ["new.h", "old.h", "src/core.c"]


@pytest.mark.parametrize(
    "changed",
    [
        {"flags": BuildFlags("Debug")},
        {"interpreter": Interpreter("/usr/bin/python3", "3.12.1")},
        {"variables": (("CFLAGS", "-O3"),)},
        {"version": "v2"},
        {"source": "/elsewhere"},
    ],
)
def test_another_setting_is_another_build(changed: dict[str, object]) -> None:
    one, other = build({}), build({}, **changed)
    assert same_settings(one.inputs, one)
    assert not same_settings(one.inputs, other)
    assert one.name != other.name


def test_which_variables_a_build_sees(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("os.environ['FAST_OPT'], os.environ['HOME'], FAST_OPTION")
    (tmp_path / "own.cmake").write_text("find_package(HDF5)\nset(x $ENV{FAST_TOKEN}) # LC_ALL")
    (tmp_path / "fast").mkdir()
    (tmp_path / "fast" / "setup.py").write_text("BELOW")
    none = {"HOME": "/h", "LC_ALL": "C", "BELOW": "1", "FAST": "1", "_": "x", "LDFLAGS": ""}
    plain = {"CFLAGS": "-O1", "CPATH": "/x/include"}
    named = {"FAST_OPT": "", "FAST_TOKEN": "s3cret", "HDF5_ROOT": "/h5", "SKBUILD_X": "1"}
    found = build_variables(tmp_path, {**named, **plain, **none})
    assert dict(found) == {**plain, **{name: digest(value) for name, value in named.items()}}
    assert [name for name, _ in found] == sorted({**plain, **named})


def test_how_the_variants_of_an_environment_reach_a_backend() -> None:
    flags = build_flags({"build_type": "Debug", "sanitizers": "address,undefined"})
    setuptools, meson = backend_of({}), Backend("mesonpy", ())
    checks = ("-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined")
    assert compiler_options(setuptools, flags) == ("-O0", "-g", *checks)
    assert compiler_options(meson, flags) == checks
    assert settings_for(meson, "/b", flags)["setup-args"] == ["-Dbuildtype=debug"]
    assert settings_for(setuptools, "/b", flags) == {}
    plain = build_flags({})
    assert compiler_options(setuptools, plain) == ()
    assert settings_for(meson, "/b", plain) == {"build-dir": "/b"}


def test_the_backend_of_a_source() -> None:
    assert backend_of({}).module == "setuptools"
    system = {"requires": ["x"], "build-backend": "mine.api:backend", "backend-path": ["tools"]}
    assert backend_of({"build-system": system}) == Backend("mine.api:backend", ("x",), ("tools",))


@pytest.mark.parametrize(
    ("requires", "backend", "setup", "result"),
    [
        (["hatchling"], "hatchling.build", "", False),
        (["setuptools"], "setuptools.build_meta", "setup()", False),
        (["setuptools"], "setuptools.build_meta", "setup(ext_modules=[core])", True),
        (["setuptools", "Cython>=3"], "setuptools.build_meta", "", True),
        (["maturin>=1"], "maturin", "", True),
    ],
)
def test_packages_that_say_that_they_are_compiled(
    requires: list[str], backend: str, setup: str, result: bool
) -> None:
    project = {"build-system": {"requires": requires, "build-backend": backend}}
    assert compiles_modules(project, setup) is result


@pytest.mark.parametrize(
    ("output", "result"),
    [
        (
            "[1/2] Compiling\n../src/core.c:4:12: error: expected ';'\n    4 |   return 1\n",
            "../src/core.c:4: expected ';'\n    return 1",
        ),
        (
            "Error compiling Cython file:\n---\n\nsrc/core.pyx:5:11: Expected an identifier\n",
            "src/core.pyx:5: Expected an identifier",
        ),
        (
            "CMake Error at CMakeLists.txt:3 (find_package):\n  Could not find HDF5.\n",
            "CMakeLists.txt:3: Could not find HDF5.",
        ),
        (
            '\x1b[1mmeson.build:3:0: ERROR: Unknown variable "x".\x1b[0m\n',
            'meson.build:3: Unknown variable "x".',
        ),
        (
            "error[E0425]: cannot find value `x`\n --> src/lib.rs:7:5\n",
            "src/lib.rs:7: cannot find value `x`",
        ),
        (
            "/usr/bin/ld: core.o: in function `f':\ncore.c:(.text+0x1): undefined reference to `g'\n",
            "core.c: undefined reference to `g'",
        ),
        (
            'Traceback\n  File "setup.py", line 4, in <module>\n    x()\nNameError: no x\n',
            "setup.py:4: NameError: no x\n    x()",
        ),
    ],
)
def test_the_first_error_of_a_build(output: str, result: str) -> None:
    assert str(first_error(output, lambda path: path)) == result


def test_output_without_a_known_error() -> None:
    assert first_error("it failed\n", lambda path: path) is None
