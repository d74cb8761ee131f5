"""Wheels built in a real container: the image, the build by cibuildwheel, the shell, the registry."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from neuron_wheel import IMAGE
from support import Devenv
from trees import tree
from wheel_image import PYTHON, Image
from wheel_samples import layered

from devenv.system.pythons import pythons

pytestmark = pytest.mark.real

THIRD = [one for one in pythons(os.environ) if one.tag == "cp312" and one.headers]

TABLE = """
[tool.cibuildwheel]
build = "cp3*"
environment = { FROM_TABLE = "1" }
before-build = "test $FROM_TABLE = 1 && test $FROM_VARIANT = 2 && test -f /vendor/mpi.h"
test-command = "python -m unittest discover -s {project}/tests"

[tool.devenv.wheel]
environment = { FROM_VARIANT = "2" }
before = "touch /ran-before"
packages = ["libbz2-dev"]
mounts = [
    { source = "vendor", target = "/vendor" },
    { source = "nowhere", target = "/nowhere", optional = true },
]

[tool.devenv.wheel.repair]
exclude = ["libdoesnotmatter.so.1"]
"""


def test_cibuildwheel_builds_repairs_and_tests_in_the_image(image: Image, tmp_path: Path) -> None:
    devenv = Devenv(tmp_path / "home", image.environ)
    source = layered(tmp_path / "layered", more=TABLE.replace('"vendor"', f'"{tmp_path}/vendor"'))
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "mpi.h").write_text("")
    before = tree(source)
    argv = ("wheel", "build", source, "--in", image.name, "--python", PYTHON)
    done = devenv(*argv, "--json").stdout
    (cell,) = json.loads(done[done.index('{\n  "schema"') :])["cells"]
    assert cell["state"] == "built"
    assert "manylinux_2_" in cell["tags"][0]
    log = Path(cell["log"]).read_text()
    assert "Ran 3 tests" in log
    assert "--exclude libdoesnotmatter.so.1" in log
    assert "touch /ran-before" in log
    assert any((devenv.home / "wheels" / "ccache").iterdir())
    assert tree(source) == before
    wheel = tmp_path / "wheelhouse" / cell["wheel"]
    assert "ERROR" not in devenv("wheel", "check", wheel).stdout
    again = devenv(*argv, "--json").stdout
    assert '"state": "cached"' in again
    (tmp_path / "vendor" / "mpi.h").unlink()
    (tmp_path / "vendor").rmdir()
    said = devenv(*argv, code=3).stdout
    assert "is to be mounted at /vendor" in said


def test_the_oldest_release_with_a_python_that_was_compiled_in_it(
    image: Image, tmp_path: Path
) -> None:
    """This machine's Pythons do not run in it. tests/neuron_wheel.py makes it."""
    devenv = Devenv(tmp_path / "home", image.environ)
    if IMAGE not in devenv("wheel", "image", "list").stdout:
        pytest.skip(f"the image {IMAGE} is not made; DEVENV_BUILD_NEURON=1 makes it")
    source = layered(tmp_path / "layered", more='[tool.devenv.wheel]\npackages = ["libbz2-dev"]\n')
    argv = ("wheel", "build", source, "--in", IMAGE, "--python", "3.11", "--json")
    done = devenv(*argv).stdout
    (cell,) = json.loads(done[done.index('{\n  "schema"') :])["cells"]
    newest = max(int(tag.split("_")[2]) for tag in cell["tags"][0].split("-")[2].split("."))
    assert newest <= 31


@pytest.mark.skipif(not THIRD, reason="there is no Python 3.12 that needs a newer glibc")
def test_a_python_that_an_old_release_neither_runs_nor_compiles(devenv: Devenv) -> None:
    argv = ("wheel", "image", "build", "localhost/x:1", "--debian", "bullseye", "--python", "3.12")
    said = devenv(*argv, code=3).stdout
    assert "needs glibc" in said
    assert "cp311, cp313, which are compiled in the image" in said


def test_a_python_of_the_distribution_is_not_copied(image: Image, tmp_path: Path) -> None:
    """Its prefix is /usr, with all libraries of the machine."""
    devenv = Devenv(tmp_path / "home", {**image.environ, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"})
    argv = ("wheel", "image", "build", "localhost/x:1", "--python", PYTHON, "--dry-run")
    said = devenv(*argv, code=None).stdout
    assert f"copy /usr {devenv.home}" not in said
    assert "podman build" in said or "outside of /usr/bin" in said


def test_a_full_disk_in_the_container(image: Image, tmp_path: Path) -> None:
    """create_args of cibuildwheel's option count; the cell fails by name and leaves nothing."""
    devenv = Devenv(tmp_path / "home", image.environ)
    source = layered(tmp_path / "layered")
    engine = {"CIBW_CONTAINER_ENGINE": "podman; create_args: --tmpfs=/tmp:size=64k"}
    argv = ("wheel", "build", source, "--in", image.name, "--python", PYTHON)
    said = devenv(*argv, code=4, **engine).stdout
    assert "No space left on device" in said
    assert f"cp3{PYTHON[2:]} x86_64 failed" in said
    assert not list((tmp_path / "wheelhouse").glob("*"))
    assert not list((devenv.home / "wheels").glob("built/*"))
    assert not list((devenv.home / "wheels").glob("work/*"))


def test_no_such_image_or_interpreter(image: Image, tmp_path: Path) -> None:
    devenv = Devenv(tmp_path / "home", image.environ)
    source = layered(tmp_path / "layered")
    said = devenv("wheel", "build", source, "--in", "localhost/nothing:1", code=2).stdout
    assert "there is no image localhost/nothing:1" in said
    argv = ("wheel", "build", source, "--in", image.name, "--python", "3.14")
    assert f"no Python 3.14 in {image.name}" in devenv(*argv, code=2).stdout
    said = devenv("wheel", "build", source, "--in", "localhost/devenv-debian:bookworm", code=3)
    assert "it has no /opt/python, auditwheel, patchelf" in said.stdout
    for name in ("", "a b", "A:B:C"):
        said = devenv("wheel", "build", source, "--in", name, code=2)
        assert f"'{name}' is not the name of an image" in said.stdout
    for target in ("", "name", "host/a b"):
        said = devenv("wheel", "image", "push", image.name, target, code=2)
        assert f"'{target}' names no image in a registry" in said.stdout
    said = devenv("wheel", "shell", image.name, "--source", tmp_path / "nowhere", code=2)
    assert "nowhere is not a directory" in said.stdout


def test_the_image_is_listed_and_made_once(image: Image, tmp_path: Path) -> None:
    devenv = Devenv(tmp_path / "home", image.environ)
    listed = devenv("wheel", "image", "list").stdout
    assert image.name in listed
    assert "manylinux_2_36" in listed
    again = devenv(
        "wheel", "image", "build", image.name, "--python", ",".join(image.pythons)
    ).stdout
    assert "already there" in again
    said = devenv("wheel", "image", "build", "localhost/x:1", "--debian", "buster", code=2).stdout
    assert "Known: bookworm, bullseye, trixie" in said
    argv = ("wheel", "image", "build", "localhost/x:1", "--python", PYTHON, "--dry-run")
    before = tree(tmp_path)
    assert "podman build" in devenv(*argv).stdout
    assert tree(tmp_path) == before


def test_a_shell_sees_the_source_and_the_cache(image: Image, tmp_path: Path) -> None:
    devenv = Devenv(tmp_path / "home", image.environ)
    source = layered(tmp_path / "layered")
    words = "test -d /devenv-ccache && ls && echo from-inside > made-inside; exit 7"
    argv = ("wheel", "shell", image.name, "--source", source, "--command", words)
    done = devenv(*argv, code=7).stdout
    assert "pyproject.toml" in done
    assert (source / "made-inside").read_text() == "from-inside\n"
