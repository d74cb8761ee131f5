"""Small conda packages for the tests: a stand-in for python, and recipes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support import Devenv, plain_environ

PLATFORM = "linux-64"
VERSION = "{}.{}".format(*sys.version_info[:2])


def write(folder: Path, files: Mapping[str, str | Path]) -> Path:
    """Files below `folder`, scripts executable. A path: a copy of that file."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copy2(content, path, follow_symlinks=False)
            continue
        path.write_text(content, encoding="utf-8")
        if name.endswith(".sh"):
            path.chmod(0o755)
    return folder


def interpreters() -> dict[str, Path]:
    """major.minor -> an interpreter of this machine: pyenv's, and the one that runs the tests."""
    found = {VERSION: Path(sys._base_executable)}  # type: ignore[attr-defined]
    for path in sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3.*")):
        version = path.name.removeprefix("python")
        if version.count(".") == 1 and version.replace(".", "").isdigit():
            found.setdefault(version, path)
    return dict(sorted(found.items(), key=lambda item: tuple(map(int, item[0].split(".")))))


def python_recipe(folder: Path, version: str, interpreter: Path) -> Path:
    """A python of 3 KB that stands for the machine's: bound to this machine, and its summary says so."""
    site = f"lib/python{version}/site-packages"
    return write(
        folder / f"python-{version}",
        {
            "recipe.yaml": f"""\
package:
  name: python
  version: {version}.99
build:
  number: 0
  string: 0_standin
  python:
    site_packages_path: {site}
  script:
    - mkdir -p $PREFIX/bin $PREFIX/{site}
    - ln -s {interpreter} $PREFIX/bin/python{version}
    - ln -s python{version} $PREFIX/bin/python
    - ln -s python{version} $PREFIX/bin/python3
    - printf 'home = {interpreter.parent}\\ninclude-system-site-packages = false\\n' > $PREFIX/pyvenv.cfg
requirements:
  run_exports:
    weak: [python_abi {version}.*]
    noarch: [python]
about:
  summary: a stand-in for the python of this machine, and of no use on another
""",
        },
    )


def abi_recipe(folder: Path, version: str) -> Path:
    return write(
        folder / f"python_abi-{version}",
        {
            "recipe.yaml": f"package: {{name: python_abi, version: '{version}'}}\n"
            f"build: {{number: 0, string: 0_cp{version.replace('.', '')}}}\n"
            f"requirements: {{run_constraints: [python {version}.*]}}\n"
        },
    )


def make_python(
    devenv: Devenv, folder: Path, channel: Path, *versions: str, pip: bool = True
) -> None:
    """Stand-ins for python in a channel, pip with them."""
    known = interpreters()
    recipes = [python_recipe(folder, v, known[v]) for v in versions]
    recipes += [abi_recipe(folder, v) for v in versions]
    recipes += [pip_recipe(folder)] if pip else []
    devenv("conda", "build", *recipes, "--output", channel)


def pip_recipe(folder: Path) -> Path:
    """pip out of the wheel that venv brings along."""
    import ensurepip

    wheels = Path(ensurepip.__file__).parent / "_bundled"
    wheel = next(wheels.glob("pip-*.whl"))
    version = wheel.name.split("-")[1]
    return write(
        folder / "pip",
        {
            "recipe.yaml": f"""\
package: {{name: pip, version: '{version}'}}
build:
  number: 0
  noarch: python
  script:
    - python {wheel}/pip install --no-deps --no-index {wheel}
requirements:
  host: [python]
  run: [python]
""",
        },
    )


def channel_records(channel: Path) -> dict[str, Any]:
    """place -> record, of a channel's index."""
    found = {}
    for path in channel.glob("*/repodata.json"):
        data = json.loads(path.read_text(encoding="utf-8"))
        for file, record in {**data["packages"], **data["packages.conda"]}.items():
            found[f"{path.parent.name}/{file}"] = record
    return found


def contents(package: Path) -> dict[str, bytes]:
    """The files of a .conda package, info/ as well."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            if name.endswith(".tar.zst"):
                found |= _tar(archive.read(name))
    return found


def _tar(data: bytes) -> dict[str, bytes]:
    import io
    import tarfile

    done = subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = [one for one in archive.getmembers() if one.isfile()]
        return {one.name: archive.extractfile(one).read() for one in files}  # type: ignore[union-attr]


_ASSEMBLE = """
import json, os, sys
from rattler_build import ArchiveType, assemble_package
for one in json.load(sys.stdin):
    assemble_package(**one, compression_level=1)
sys.stdout.flush()
os._exit(0)
"""


def assemble(channel: Path, scratch: Path, *packages: Mapping[str, Any]) -> None:
    """Packages of nothing but files, into a channel: name, version, files, depends, build, subdir."""
    wanted = []
    for number, one in enumerate(packages):
        title = f"{one['name']}-{one.get('version', '1')}-{number}"
        folder = write(scratch / title, one.get("files", {f"share/{one['name']}": "x"}))
        subdir = one.get("subdir", PLATFORM)
        (channel / subdir).mkdir(parents=True, exist_ok=True)
        wanted.append(
            {
                "name": one["name"],
                "version": one.get("version", "1"),
                "target_platform": subdir,
                "build_string": one.get("build", "0"),
                "output_dir": str(channel / subdir),
                "files_dir": str(folder),
                "depends": one.get("depends", []),
            }
        )
    subprocess.run(
        [sys.executable, "-c", _ASSEMBLE], input=json.dumps(wanted), text=True, check=True
    )


def download(folder: Path, *arguments: str) -> list[Path]:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run([*pip, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the package index cannot be reached: {done.stderr.splitlines()[-1]}")
    return sorted(folder.iterdir())


def wheel_recipe(folder: Path, name: str, wheel: Path) -> Path:
    """A package out of a wheel."""
    version = wheel.name.split("-")[1]
    return write(
        folder / name,
        {
            "recipe.yaml": f"""\
package: {{name: {name}, version: '{version}'}}
build:
  number: 0
  script: python -m pip install --no-deps --no-index {wheel}
requirements:
  host: [python, pip]
  run: [python]
"""
        },
    )


def install(devenv: Devenv, prefix: Path, channel: Path, *specs: str) -> None:
    asked = {"specs": specs, "channels": [channel.as_uri()], "priority": "strict"}
    found = ask(prefix, "solve", {**asked, "platform": PLATFORM})
    ask(prefix, "install", {"lock": found["lock"], "prefix": str(prefix), "final": str(prefix)})
    assert list(prefix.glob("conda-meta/*.json"))


def ask(beside: Path, verb: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What rattler answers. beside: the files in between are beside this path."""
    request, answer = beside.with_suffix(".json"), beside.with_suffix(".answer")
    request.write_text(json.dumps(asked))
    child = [sys.executable, "-m", "devenv.products.conda.child", verb, request, answer]
    subprocess.run(list(map(str, child)), check=True, env=plain_environ())
    found: dict[str, Any] = json.loads(answer.read_text())
    return found
