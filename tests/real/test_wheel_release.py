"""A release of wheels from its source to two indexes and back, in one piece."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from package_indexes import PASSWORD, USER, devpi, pypiserver
from support import Devenv, plain_environ
from wheel_image import Image
from wheel_samples import layered

from devenv.system.pythons import pythons

pytestmark = pytest.mark.real

LOGIN = {"UV_PUBLISH_USERNAME": USER, "UV_PUBLISH_PASSWORD": PASSWORD}
DEAD = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
SETTINGS = """
[tool.cibuildwheel]
test-command = "python -m unittest discover -s {project}/tests"

[tool.devenv.wheel]
packages = ["libbz2-dev"]
"""
INDEX = '\n[[tool.devenv.wheel.index]]\nname = "{}"\nurl = "{}"\npublish = "{}"\n'


def test_from_the_source_to_two_indexes_and_back(image: Image, tmp_path: Path) -> None:
    """Built in the image, checked, tested, sent, downloaded, compared, installed with no index."""
    if len(image.pythons) < 2:
        pytest.skip("a matrix needs two Pythons with headers on this machine")
    devenv = Devenv(tmp_path / "home", image.environ)
    source = layered(tmp_path / "layered", more=SETTINGS)
    wheels = built(devenv, image, source)
    devenv("wheel", "check", *wheels.values())
    with pypiserver(tmp_path / "pypi") as first, devpi(tmp_path / "devpi") as second:
        indexes = {"site": (f"{first.url}simple/", first.url)}
        for name in ("staging", "production"):
            indexes[name] = (f"{second.url}{name}/+simple/", f"{second.url}{name}/")
        named = "".join(INDEX.format(name, *both) for name, both in indexes.items())
        (tmp_path / "pyproject.toml").write_text(named)
        for name, (simple, _) in indexes.items():
            argv = ("wheel", "upload", *wheels.values(), "--index", name)
            said = devenv(*argv, cwd=tmp_path, **LOGIN).stdout
            assert said.count("sent and verified") == 2
            assert PASSWORD not in said
            for tag, wheel in wheels.items():
                copy = downloaded(tag, simple, tmp_path / f"from {name}")
                assert copy.name == wheel.name
                assert sha256(copy) == sha256(wheel)
    for tag in wheels:
        (copy,) = (tmp_path / "from production").glob(f"*-{tag}-*.whl")
        junit = tmp_path / f"{tag}.xml"
        Devenv(devenv.home, DEAD)("wheel", "test", tag, copy, "--project", source, "--junit", junit)
        assert 'name="own tests"' in junit.read_text()
        assert "<failure" not in junit.read_text()


def built(devenv: Devenv, image: Image, source: Path) -> dict[str, Path]:
    """The wheels by the tag of their interpreter: repaired, with a record that holds."""
    done = devenv(
        *("wheel", "build", source, "--in", image.name, "--python", ",".join(image.pythons)),
        *("--output", source.parent / "wheelhouse", "--json"),
    ).stdout
    cells = json.loads(done[done.index('{\n  "schema"') :])["cells"]
    assert [cell["state"] for cell in cells] == ["built", "built"]
    found = {}
    for cell in cells:
        assert "Ran 3 tests" in Path(cell["log"]).read_text()
        assert cell["tags"][0].split("-")[2].startswith("manylinux_2_")
        wheel = source.parent / "wheelhouse" / cell["wheel"]
        assert sha256(wheel) == cell["sha256"]
        names = zipfile.ZipFile(wheel).namelist()
        assert any(name.startswith("layered.libs/libbz2-") for name in names)
        found[cell["python"]] = wheel
    assert sorted(found) == sorted(image.pythons)
    return found


def downloaded(tag: str, simple: str, folder: Path) -> Path:
    """What pip gets for an interpreter of this machine."""
    python = next(p.path for p in pythons(plain_environ()) if p.tag == tag)
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    options = ["-q", "--no-deps", "--no-cache-dir", "--index-url", simple, "--dest", folder]
    argv = [*pip, "download", *options, "layered==1.0"]
    subprocess.run(list(map(str, argv)), check=True, env=plain_environ())
    (found,) = folder.glob(f"*-{tag}-*.whl")
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
