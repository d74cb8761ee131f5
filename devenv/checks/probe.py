"""Run by the environment's Python, not by devenv: it needs the standard library alone.

The argument holds the questions (devenv.checks.inspection) as JSON. stdout: one line of JSON for what
can be known without running anyone's code, then one with the imports made as well; the last line
counts. So an import that takes the process down with it still leaves an answer.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from importlib.machinery import ModuleSpec
from typing import Any


def origin(spec: ModuleSpec | None) -> str:
    """The real path that a spec stands for: the module's file, or the folder of a package."""
    if spec is None:
        return ""
    if spec.submodule_search_locations:
        return os.path.realpath(next(iter(spec.submodule_search_locations)))
    return os.path.realpath(spec.origin or "")


def candidates(name: str, folders: Iterable[str]) -> list[str]:
    """Every copy of a module in the folders, as real paths, in order."""
    paths = [os.path.join(f, name + end) for f in folders for end in ("", ".py")]
    there = [os.path.realpath(p) for p in paths if os.path.exists(p)]
    return list(dict.fromkeys(there))


def module(question: dict[str, str], shell: list[str]) -> dict[str, Any]:
    """Where a module would come from. Nothing is imported: a top-level spec needs no code to run."""
    name, root = question["name"], question["root"]
    expected = candidates(name, [root])
    try:
        found, error = origin(importlib.util.find_spec(name)), ""
    except (ImportError, ValueError) as problem:
        found, error = "", str(problem)
    return {
        "package": question["package"],
        "name": name,
        "expected": expected[0] if expected else os.path.join(root, name),
        "found": found,
        "error": error,
        "copies": candidates(name, [p or os.getcwd() for p in sys.path]),
        "shell": candidates(name, shell),
    }


def imported(answer: dict[str, Any]) -> None:
    """The same, proven: the module is imported."""
    try:
        answer["imported"] = origin(importlib.import_module(answer["name"]).__spec__)
    except BaseException as problem:  # noqa: BLE001 - a module may raise SystemExit too
        answer["error"] = f"{type(problem).__name__}: {problem}"


def hoc(folders: list[str]) -> list[list[str]]:
    """[name, first hit, expected] for each HOC file. NEURON looks in the working directory, then along
    HOC_LIBRARY_PATH, whose entries a colon or a blank separates."""
    path = [os.getcwd(), *filter(None, re.split(r"[:\s]", os.environ.get("HOC_LIBRARY_PATH", "")))]
    expected = {}
    for folder in folders:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if name.endswith(".hoc"):
                expected.setdefault(name, os.path.join(folder, name))
    hits = {n: next(iter(files(n, path)), "") for n in expected}
    return [[n, hits[n], os.path.realpath(p)] for n, p in expected.items()]


def files(name: str, folders: Iterable[str]) -> list[str]:
    """The real paths of a file in the folders."""
    paths = (os.path.join(folder, name) for folder in folders)
    return [os.path.realpath(path) for path in paths if os.path.isfile(path)]


def local() -> list[str]:
    """What stands in the working directory and gets in front: neurodamus takes x86_64/special on every
    architecture, NEURON loads the library of its own."""
    names = ("special", "libnrnmech.so", "libnrnmech.dylib", ".libs/libnrnmech.so")
    folders = dict.fromkeys(("x86_64", platform.machine()))
    paths = [os.path.join(os.getcwd(), folder, name) for folder in folders for name in names]
    return [path for path in paths if os.path.exists(path)]


def libpython() -> str:
    """The shared library, which special loads; Debian keeps it in a package of its own."""
    known = [str(sysconfig.get_config_var(key) or "") for key in ("INSTSONAME", "LDLIBRARY")]
    version = f"libpython{sysconfig.get_python_version()}"
    names = [name for name in known if not name.endswith(".a")]
    names += [f"{version}.so.1.0", f"{version}.dylib"]
    folders = [str(sysconfig.get_config_var("LIBDIR") or ""), os.path.join(sys.base_prefix, "lib")]
    arch = str(sysconfig.get_config_var("MULTIARCH") or "")
    folders += [os.path.join(folder, arch) for folder in folders]
    return next((hit for name in names if name for hit in files(name, folders)), "")


def main() -> None:
    questions = json.loads(sys.argv.pop())
    out, sys.stdout = sys.stdout, sys.stderr
    special = shutil.which("special")
    answer: dict[str, Any] = {
        "modules": [module(each, questions["shell"]) for each in questions["modules"]],
        "special": os.path.realpath(special) if special else "",
        "hoc": hoc(questions["hoc"]),
        "local": local(),
        "libpython": libpython(),
    }
    print(json.dumps(answer), file=out, flush=True)
    os.environ.pop("NEURON_INIT_MPI", None)  # else an import of NEURON would start MPI
    for each in answer["modules"]:
        imported(each)
    print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
