"""Run by the environment's Python, not by devenv: it needs only the standard library.

The argument holds the questions (devenv.checks.inspection) as JSON. stdout: a line of JSON with what can
be known without an import, then one with the imports; the last line counts. So an import that kills the
process still leaves an answer.
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
from collections.abc import Iterable, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any


def origin(spec: ModuleSpec | None) -> str:
    """The resolved path of a spec: the module's file, or the directory of a package."""
    if spec is None:
        return ""
    if spec.submodule_search_locations:
        return real(next(iter(spec.submodule_search_locations)))
    return real(spec.origin or "")


def real(path: str | Path) -> str:
    """The path with all links resolved."""
    return str(Path(path).resolve())


def existing(name: str, folders: Iterable[str | Path]) -> list[str]:
    """The resolved paths of a file or directory `name` in the folders, in order, each once."""
    paths = (Path(folder, name) for folder in folders)
    return list(dict.fromkeys(real(path) for path in paths if path.exists()))


def copies(name: str, folders: Iterable[str]) -> list[str]:
    """The resolved paths of all copies of a module in the folders, in order."""
    each = (
        existing(name, [f]) or existing(f"{name}.py", [f]) or compiled(name, f) for f in folders
    )
    return list(dict.fromkeys(path for paths in each for path in paths))


def compiled(name: str, folder: str) -> list[str]:
    """The resolved paths of extension modules (`NAME.cpython-311-….so`) in the folder."""
    return [real(path) for path in Path(folder).glob(f"{name}.*.so")]


def module(question: dict[str, str], shell: list[str]) -> dict[str, Any]:
    """Where a module would come from. Nothing is imported: finding a top-level spec runs no code."""
    name, root, overlay = (question[key] for key in ("name", "root", "overlay"))
    try:
        found, error = origin(importlib.util.find_spec(name)), ""
    except (ImportError, ValueError) as problem:
        found, error = "", str(problem)
    return {
        "package": question["package"],
        "name": name,
        "expected": next(iter(copies(name, [overlay, root])), str(Path(root, name))),
        "found": found,
        "error": error,
        "shell": copies(name, shell),
    }


def imported(answer: dict[str, Any]) -> None:
    """Import the module, and record where it came from."""
    try:
        answer["imported"] = origin(importlib.import_module(answer["name"]).__spec__)
    except BaseException as problem:  # noqa: BLE001 - a module may raise SystemExit too
        answer["error"] = f"{type(problem).__name__}: {problem}"


def hoc(folders: list[str]) -> list[list[str]]:
    """[name, first hit, expected] for each HOC file. NEURON looks in the working directory, then along
    HOC_LIBRARY_PATH, whose entries a colon or a blank separates."""
    path = [".", *filter(None, re.split(r"[:\s]", os.environ.get("HOC_LIBRARY_PATH", "")))]
    expected: dict[str, str] = {}
    for folder in folders:
        for file in sorted(Path(folder).glob("*.hoc")):
            expected.setdefault(file.name, real(file))
    return [[name, next(iter(existing(name, path)), ""), at] for name, at in expected.items()]


def local(cwd: Path) -> list[str]:
    """The files of a compiled model in the working directory. neurodamus runs x86_64/special on every
    architecture; NEURON loads the library for the current one."""
    names = ("special", "libnrnmech.so", "libnrnmech.dylib", ".libs/libnrnmech.so")
    folders = dict.fromkeys(("x86_64", platform.machine()))
    paths = (cwd / folder / name for folder in folders for name in names)
    return [str(path) for path in paths if path.exists()]


def loaded(environ: Mapping[str, str], own: Iterable[str]) -> list[str]:
    """Libraries of another NEURON or model that the loader uses instead of the linked ones.

    own: the directories of the environment's libraries.
    """
    names = ("libnrniv.so", "libnrnmech.so", "libcorenrnmech.so")
    folders = filter(None, re.split("[:;]", environ.get("LD_LIBRARY_PATH", "")))
    first = filter(None, re.split(r"[:\s]", environ.get("LD_PRELOAD", "")))
    named = [path for path in first if Path(path).name.startswith(("libnrn", "libcorenrn"))]
    candidates = [*named, *(str(Path(folder, name)) for folder in folders for name in names)]
    ours = {real(folder) for folder in own}
    paths = dict.fromkeys(real(path) for path in candidates if Path(path).exists())
    return [path for path in paths if str(Path(path).parent) not in ours]


def variables(names: list[str]) -> list[list[Any]]:
    """Each with its value, and whether that path exists."""
    values = {name: os.environ.get(name, "") for name in names}
    return [[name, value, Path(value).exists()] for name, value in values.items()]


def main() -> None:
    """Answer the questions in the last argument. Whatever imports print goes to stderr."""
    questions = json.loads(sys.argv.pop())
    out, sys.stdout = sys.stdout, sys.stderr
    answer: dict[str, Any] = {
        "modules": [module(each, questions["shell"]) for each in questions["modules"]],
        "special": shutil.which("special") or "",
        "hoc": hoc(questions["hoc"]),
        "local": local(Path.cwd()),
        "loaded": loaded(os.environ, questions["libraries"]) if questions["libraries"] else [],
        "variables": variables(questions["variables"]),
    }
    print(json.dumps(answer), file=out, flush=True)
    os.environ.pop("NEURON_INIT_MPI", None)  # otherwise an import of NEURON would start MPI
    for each in answer["modules"]:
        imported(each)
    print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
