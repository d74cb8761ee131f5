"""Scans a folder with simulations. Its files are read; nothing in it is run or imported."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from devenv.core.errors import UsageError
from devenv.core.findings import Findings, Seen
from devenv.core.names import normalise_name
from devenv.core.nmodl import has_neuron_block, mechanism
from devenv.core.quantity import quantity
from devenv.core.requirements import requirement_name
from devenv.core.verbatim import c_only
from devenv.sources.described import toml_of

NEURON = "neuron==9.0.2"
LEGACY = "NEURON==8.2.7"
PYTHON = ">=3.10,<3.15"
LEGACY_PYTHON = ">=3.10,<3.14"
_MOST = 20_000
"""Files; a folder with more is no model, and to read it all takes minutes."""
_LARGEST = 1_000_000
_BUILT = (
    "x86_64",
    "arm64",
    "aarch64",
    "i686",
    "umac",
    "powerpc",
    "__pycache__",
    "node_modules",
    "site-packages",
)
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)[\w.]*[ \t]+import|import[ \t]+(\w+))", re.M)
_MPI = re.compile(r"\bmpi4py\b|\bParallelContext\s*\(|\bpc\.nhost\b|new ParallelContext")
_LOADED = re.compile(r"(?:load_file|xopen)\s*\(\s*(?:\d\s*,\s*)?[\"']([\w.-]+\.hoc)[\"']")
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "yaml": "pyyaml",
    "sklearn": "scikit-learn",
    "hnn_core": "hnn-core",
    "LFPy": "lfpy",
    "allensdk": "allensdk",
    "bluecellulab": "bluecellulab",
    "bmtk": "bmtk",
    "bluepyopt": "bluepyopt",
    "efel": "efel",
    "elephant": "elephant",
    "h5py": "h5py",
    "joblib": "joblib",
    "lfpykit": "lfpykit",
    "libsonata": "libsonata",
    "pandas": "pandas",
    "matplotlib": "matplotlib",
    "mpi4py": "mpi4py",
    "neo": "neo",
    "netpyne": "netpyne",
    "networkx": "networkx",
    "neurodamus": "neurodamus",
    "neurom": "neurom",
    "numba": "numba",
    "numpy": "numpy",
    "plotly": "plotly",
    "pyabf": "pyabf",
    "scipy": "scipy",
    "seaborn": "seaborn",
    "sympy": "sympy",
    "tqdm": "tqdm",
    "xarray": "xarray",
}
"""Module -> the distribution on the index that brings it."""


@dataclass(frozen=True)
class _Tree:
    """The files below a folder, as relative paths, and their texts."""

    root: Path
    files: tuple[PurePosixPath, ...]

    def ending(self, *suffixes: str) -> Iterator[tuple[PurePosixPath, str]]:
        for path in self.files:
            if path.suffix.lower() in suffixes:
                yield path, _text(self.root / path)


def scan(folder: Path) -> Findings:
    """The findings in `folder`. UsageError if it has too many files."""
    tree = _Tree(folder, tuple(_files(folder)))
    mods, left_out = _mods(tree)
    legacy = _legacy(tree, {one.what for one in mods})
    packages, lines = _required(folder)
    develop = _package(folder)
    scripts = dict(tree.ending(".py"))
    named = {requirement_name(one.what) for one in packages}
    own = _own_modules(tree)
    imported, unknown = _imported(scripts, own, named, developed=develop is not None)
    wanted = next(
        (one for one in packages if requirement_name(one.what).startswith("neuron")), None
    )
    return Findings(
        neuron=legacy or wanted or Seen(NEURON, "the newest release that devenv was tested with"),
        python=Seen(LEGACY_PYTHON, "NEURON 8 has no wheels for later ones")
        if legacy
        else Seen(PYTHON, ""),
        mods=mods,
        hoc=tuple(_hoc(tree)),
        left_out=(*left_out, *lines),
        packages=(*(one for one in packages if one is not wanted), *imported),
        develop=develop,
        mpi=next((str(p) for p, text in tree.ending(".py", ".hoc") if _MPI.search(text)), ""),
        unknown=unknown,
        script=_script(tree, scripts),
    )


def _files(folder: Path) -> Iterator[PurePosixPath]:
    """Those that are the user's: no builds, no virtual environments, nothing hidden, no links."""
    count = 0
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(name for name in folders if _enters(here / name))
        for name in sorted(names):
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            count += 1
            if count > _MOST:
                raise UsageError(
                    f"{folder} contains more than {_MOST} files",
                    fix="Name the folder of one model.",
                )
            yield PurePosixPath(path.relative_to(folder).as_posix())


def _enters(path: Path) -> bool:
    name = path.name
    hidden = name.startswith(".") or name in _BUILT or name.endswith(".egg-info")
    return not (hidden or path.is_symlink() or (path / "pyvenv.cfg").exists())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8", "replace")
    except OSError:
        return ""


def _mods(tree: _Tree) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
    """Folders with MOD files, the nearest first; of two with the same mechanisms one is left out."""
    folders: dict[str, list[str]] = {}
    left_out = []
    for path, text in tree.ending(".mod"):
        if has_neuron_block(text):
            folders.setdefault(str(path.parent), []).append(mechanism(text))
        else:
            left_out.append(Seen(str(path), "not a MOD file of NEURON: it has no NEURON block"))
    owners: dict[str, str] = {}
    chosen = []
    for folder in sorted(folders, key=lambda f: (len(PurePosixPath(f).parts), f)):
        names = {name for name in folders[folder] if name}
        duplicates = sorted(names & owners.keys())
        if duplicates:
            why = f"{duplicates[0]} is in {owners[duplicates[0]]} too: one model has one of a name"
            left_out.append(Seen(folder, why))
        else:
            chosen.append(Seen(folder, quantity(folders[folder], "MOD file")))
            owners.update(dict.fromkeys(names, folder))
    return tuple(chosen), tuple(left_out)


def _legacy(tree: _Tree, folders: set[str]) -> Seen | None:
    """NEURON 8, where a mod is C and not C++."""
    for path, text in tree.ending(".mod"):
        why = c_only(text) if str(path.parent) in folders else ""
        if why:
            return Seen(LEGACY, f"VERBATIM in {path} is C, and NEURON 9 compiles C++: {why}")
    return None


def _hoc(tree: _Tree) -> Iterator[Seen]:
    """Folders with HOC files that scripts elsewhere load by a bare name."""
    places: dict[str, list[PurePosixPath]] = {}
    for path in tree.files:
        if path.suffix == ".hoc":
            places.setdefault(path.name, []).append(path.parent)
    found: set[str] = set()
    for path, text in tree.ending(".hoc", ".py"):
        for name in _LOADED.findall(text):
            folders = places.get(name, [])
            if len(folders) == 1 and folders[0] not in (path.parent, PurePosixPath(".")):
                folder = str(folders[0])
                if folder not in found:
                    yield Seen(folder, f"{path} loads {name}")
                found.add(folder)


def _required(folder: Path) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
    """The requirements of requirements.txt, and its lines that devenv does not take."""
    path = folder / "requirements.txt"
    if not path.is_file() or path.is_symlink():
        return (), ()
    found, left_out = [], []
    for line in _text(path).splitlines():
        words = re.sub(r"(^|\s)#.*", "", line).strip()
        if not words:
            continue
        try:
            requirement_name(words)
        except UsageError:
            left_out.append(Seen(words, "in requirements.txt, and no requirement of one package"))
            continue
        if "@" in words:
            left_out.append(Seen(words, "in requirements.txt: it is not from the index"))
        else:
            found.append(Seen(words, "in requirements.txt"))
    return tuple(found), tuple(left_out)


def _package(folder: Path) -> Seen | None:
    """The package that the folder is the source of, by its pyproject.toml."""
    path = folder / "pyproject.toml"
    if not path.is_file() or path.is_symlink():
        return None
    project = toml_of(path).get("project", {})
    name = project.get("name") if isinstance(project, dict) else None
    return Seen(normalise_name(name), "pyproject.toml") if isinstance(name, str) else None


def _own_modules(tree: _Tree) -> set[str]:
    """What scripts import of the folder itself."""
    found = {path.stem for path in tree.files if path.suffix == ".py"}
    return found | {part for path in tree.files if path.suffix == ".py" for part in path.parts[:-1]}


def _imported(
    scripts: dict[PurePosixPath, str], own: set[str], named: set[str], *, developed: bool
) -> tuple[tuple[Seen, ...], tuple[Seen, ...]]:
    """The distributions that imports ask for, and the modules that no known distribution brings."""
    first: dict[str, PurePosixPath] = {}
    for path, text in scripts.items():
        if path.parts[0] in ("doc", "docs", "build") or (developed and len(path.parts) > 1):
            continue
        for one, other in _IMPORT.findall(text):
            first.setdefault(one or other, path)
    foreign = {m: p for m, p in first.items() if m not in own and m not in _STANDARD}
    known = {m: p for m, p in foreign.items() if m in _DISTRIBUTIONS}
    packages = tuple(
        Seen(_DISTRIBUTIONS[m], f"imported by {p}")
        for m, p in sorted(known.items())
        if _DISTRIBUTIONS[m] not in named
    )
    unknown = (m for m in sorted(foreign) if m not in known and normalise_name(m) not in named)
    return packages, tuple(Seen(m, f"imported by {first[m]}") for m in unknown)


_STANDARD = {*sys.stdlib_module_names, "neuron", "hoc", "__future__", "nrn", "pytest", "setuptools"}


def _script(tree: _Tree, scripts: Iterable[PurePosixPath]) -> tuple[str, ...]:
    """The command to try first; empty where no file says by its name that it is the one."""
    top = {str(path) for path in tree.files if len(path.parts) == 1}
    for name in ("run.py", "main.py", "init.py", "sim.py", "simulation.py"):
        if name in top:
            return ("python", name)
    for path in scripts:
        if path.name == "init.py" and len(path.parts) == 2:
            return ("python", str(path))
    return next((("nrniv", name) for name in ("init.hoc", "mosinit.hoc") if name in top), ())
