"""Downloads archives from the package index without running any code in them."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from devenv.system import files
from devenv.system.index import pip_failure
from devenv.system.index_address import with_pip_index
from devenv.system.process import run
from devenv.system.uv import clean

_STAND_IN = '''\
"""Replaces the build backend of a source release: pip needs only the metadata from it."""
import importlib.abc, importlib.machinery, os, sys, types

NAMES = [os.environ.get(n, "") for n in ("_PYPROJECT_HOOKS_BUILD_BACKEND", "PEP517_BUILD_BACKEND")]
PATHS = ("_PYPROJECT_HOOKS_BACKEND_PATH", "PEP517_BACKEND_PATH")  # pip 26.3 adds _JSON
MODULE = next(filter(None, NAMES), "").partition(":")[0]
for name in [n for n in os.environ if n.startswith(PATHS)]:
    del os.environ[name]


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    with open("PKG-INFO", encoding="utf-8", errors="replace") as file:
        lines = [line.rstrip("\\n") for line in file]
    head = [l for l in lines if l.startswith(("Metadata-Version:", "Name:", "Version:"))]
    name = next(l.split()[1] for l in head if l.startswith("Name:")).replace("-", "_")
    version = next(l.split()[1] for l in head if l.startswith("Version:"))
    made = f"{name}-{version}.dist-info"
    os.mkdir(os.path.join(folder, made))
    with open(os.path.join(folder, made, "METADATA"), "w", encoding="utf-8") as file:
        file.write("\\n".join(head) + "\\n")
    return made


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        inside = name == MODULE or MODULE.startswith(name + ".")
        if not MODULE or not inside:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        for hook in (get_requires_for_build_wheel, prepare_metadata_for_build_wheel):
            setattr(module, hook.__name__, hook)
        module.__legacy__ = module
        return module

    def exec_module(self, module):
        pass


if MODULE:
    sys.meta_path.insert(0, Finder())
'''


def download(
    requirement: str, folder: Path, *, environ: Mapping[str, str], wheel: bool = False
) -> Path:
    """Download the source release of `requirement` (``name==version``), or its wheel, into the empty
    `folder`.

    pip downloads it, with the user's pip settings. For a source release pip also builds the metadata,
    which would install and run its build backend: a stand-in replaces that. UsageError if there is no
    such release, UnreachableError if the index does not answer.
    """
    kind = "--only-binary" if wheel else "--no-binary"
    argv = (
        *(sys.executable, "-m", "pip", "download", "--no-deps", kind, ":all:"),
        *("--no-build-isolation", "--use-pep517", "--ignore-requires-python", "--no-input"),
        *("--disable-pip-version-check", "--quiet", "--dest", str(folder.absolute()), requirement),
    )
    with files.temporary_folder(tempfile.gettempdir()) as scratch:
        (scratch / "sitecustomize.py").write_text(_STAND_IN, encoding="utf-8")
        # In an empty directory: pip and Python also read settings and modules from the current one.
        variables = {**with_pip_index(clean(environ)), "PYTHONPATH": str(scratch)}
        done = run(argv, environ=variables, cwd=scratch)
    if done.returncode:
        raise pip_failure(argv, requirement, done.returncode, done.stderr, environ)
    return next(path for path in sorted(folder.iterdir()) if path.is_file())
