"""Packages bound to a host: mpi4py on the machine's Open MPI, built in a job, found by its build."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conda_parts import (
    VERSION,
    assemble,
    channel_records,
    contents,
    download,
    make_python,
    wheel_recipe,
    write,
)
from pbs_standin import install as install_pbs
from slurm_cluster import Cluster
from support import Devenv

from devenv.products.wheel.observe import elf_of

pytestmark = pytest.mark.real

META = """\
package:
  name: mpi4py
  version: '{{ environ.get('MPI4PY_VERSION', '4.0.1') }}'
build:
  number: 1000 # high priority over other builds of this version
  string: @STRING@
  host_runpath_whitelist:
    - '@FOLDER@/*'
  missing_dso_whitelist:
    - '*/libmpi.so*'
requirements:
  build:
    - cython
    - pip
    - python
    - setuptools
  run:
    - python
    - openmpi =4*=external_*
test:
  imports:
    - mpi4py
    - mpi4py.MPI
about:
  license: BSD-3-Clause
"""
BUILD = """\
#!/usr/bin/env bash
export CFLAGS=-O0
export MPI4PY_BUILD_MPICC="$(which mpicc) -Wl,-rpath,@FOLDER@/mpi -Wl,-rpath,/opt/foreign/lib"
python -m pip install --no-deps --no-build-isolation @SDIST@
"""
RUN_TEST = """\
import mpi4py.MPI
print("built with", mpi4py.MPI.Get_library_version().split(",")[0])
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the host's that holds its MPI, as a site has it."""
    if shutil.which("mpicc") is None:
        pytest.skip("mpicc was not found")
    folder = tmp_path_factory.mktemp("host")
    (folder / "mpi").mkdir()
    shown = subprocess.run(
        ["mpicc", "--showme:libdirs"], capture_output=True, text=True, check=False
    )
    library = next(Path(d) for d in (*shown.stdout.split(), "/usr/lib/x86_64-linux-gnu")
                   if Path(d, "libmpi.so.40").exists())  # fmt: skip
    (folder / "mpi" / "libmpi.so.40").symlink_to(library / "libmpi.so.40")
    return folder


@pytest.fixture(scope="module")
def parts(
    make_devenv: Callable[[str], Devenv], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A channel with python, pip, Cython and setuptools; mpi4py's source."""
    folder = tmp_path_factory.mktemp("parts")
    devenv, channel = make_devenv("conda-host"), folder / "channel"
    (sdist,) = download(
        folder / "sdist", "--no-binary", ":all:", "--no-build-isolation", "mpi4py==4.0.1"
    )
    wheels = {
        p.name.split("-")[0].lower(): p for p in download(folder / "wheels", "cython", "setuptools")
    }
    make_python(devenv, folder, channel, VERSION)
    recipes = [wheel_recipe(folder, name, wheel) for name, wheel in wheels.items()]
    devenv("conda", "build", *recipes, "--output", channel)
    stub = {
        "name": "openmpi",
        "version": "4.1.4",
        "build": "external_0",
        "files": {"share/openmpi": ""},
    }
    assemble(channel, folder / "stub", stub)
    devenv("conda", "index", channel)
    return channel, sdist


def recipe(folder: Path, host: Path, sdist: Path, string: str) -> Path:
    """string: the build string, a template."""
    texts = {"meta.yaml": META, "build.sh": BUILD, "run_test.py": RUN_TEST}
    places = {"@FOLDER@": str(host), "@SDIST@": str(sdist), "@STRING@": string}
    return write(folder / "mpi4py", {name: _filled(text, places) for name, text in texts.items()})


def _filled(text: str, places: Mapping[str, str]) -> str:
    for mark, place in places.items():
        text = text.replace(mark, place)
    return text


def test_mpi4py_of_the_host_in_a_slurm_job(
    slurm: Cluster, devenv: Devenv, host: Path, parts: tuple[Path, Path], tmp_path: Path
) -> None:
    """In the style of a site's recipes, and found by the site's spelling in an environment file."""
    shared, sdist = parts
    channel = Path(shutil.copytree(shared, tmp_path / "channel"))
    string = "{{ environ.get('SITE_ENV').replace('-','_') }}_py{{ PY_VER }}_{{ PKG_BUILDNUM }}"
    folder = recipe(tmp_path, host, sdist, string)
    at_site = Devenv(devenv.home, {**slurm.environ, "SITE_ENV": "mycluster-gcc-12"})
    done = at_site("conda", "build", folder, "--output", channel, "--on", "slurm")
    assert "built and tested" in done.stdout
    string = f"mycluster_gcc_12_py{VERSION}_1000"
    check_package(channel, string, host)
    found = devenv("conda", "search", "mpi4py=*=*mycluster*", "-c", channel).stdout
    assert string in found
    prefix = environment(devenv, channel, "mpi4py =*=mycluster*")
    devenv("conda", "verify", prefix)
    lost(devenv, host, prefix)


def test_mpi4py_of_the_host_in_a_pbs_job(
    devenv: Devenv, host: Path, parts: tuple[Path, Path], tmp_path: Path
) -> None:
    """A build string of the site wins over a newer package of another channel."""
    shared, sdist = parts
    channel = Path(shutil.copytree(shared, tmp_path / "channel"))
    others = tmp_path / "others"
    newer = {"name": "mpi4py", "version": "9", "depends": ["python"]}
    assemble(others, tmp_path / "newer", newer)
    devenv("conda", "index", others)
    variables = install_pbs(tmp_path / "pbs")
    at_site = Devenv(devenv.home, variables)
    at_site("config", "set", "pbs_wrapper", "qcmd")
    folder = recipe(tmp_path, host, sdist, "py{{ PY_VER }}_{{ PKG_BUILDNUM }}_mycluster")
    done = at_site("conda", "build", folder, "--output", channel, "--on", "pbs", "-p", "main")
    assert "built and tested" in done.stdout
    check_package(channel, f"py{VERSION}_1000_mycluster", host)
    environment(devenv, channel, "mpi4py=*=*_mycluster", others)


def check_package(channel: Path, string: str, host: Path) -> None:
    """The RPATH into the host's folder is kept, all others are stripped; its needs are recorded."""
    place = f"linux-64/mpi4py-4.0.1-{string}.conda"
    assert "openmpi 4.* external_*" in channel_records(channel)[place]["depends"]
    files = contents(channel / place)
    (extension,) = [n for n in files if re.search(r"mpi4py/MPI\..*\.so$", n)]
    searched = elf_of(io.BytesIO(files[extension]), extension).searched
    assert f"{host}/mpi" in searched
    assert not any("foreign" in one for one in searched)
    note = json.loads(files["share/devenv/host/mpi4py.json"])
    assert note["libraries"]["libmpi.so.40"] == f"{host}/mpi/libmpi.so.40"


def environment(devenv: Devenv, channel: Path, spec: str, *others: Path) -> Path:
    """An environment from an environment file, in which two ranks find each other; its prefix."""
    file = devenv.home.parent / "environment.yml"
    channels = "".join(f"  - {one.as_uri()}\n" for one in (channel, *others))
    file.write_text(f"name: site\nchannels:\n{channels}dependencies:\n  - python\n  - {spec}\n")
    assert "warning" not in devenv("conda", "env", "create", "--file", file).stdout
    # One rank prints: lines of two may come mixed.
    code = (
        "from mpi4py.MPI import COMM_WORLD as c; found = c.gather((c.rank, c.size));"
        " c.rank or print('ranks', found, flush=True)"
    )
    done = devenv("run", "site", "-n", "2", "--", "python", "-c", code)
    assert "ranks [(0, 2), (1, 2)]" in done.stdout
    assert "conda-host" not in devenv("doctor", "site").stdout
    (prefix,) = (devenv.home / "conda-envs").glob("[!.]*")
    return prefix


def lost(devenv: Devenv, host: Path, prefix: Path) -> None:
    """Where the host lacks what a package needs, verify and doctor name it."""
    note = prefix / "share/devenv/host/mpi4py.json"
    note.chmod(0o644)
    needs = json.loads(note.read_text())["libraries"]
    needs |= {"libnothing.so.1": "/opt/nothing/libnothing.so.1"}
    note.write_text(json.dumps({"libraries": needs}))
    words = "mpi4py needs libnothing.so.1 from the host, which does not have it"
    assert words in devenv("conda", "verify", prefix, code=1).stdout
    assert words in devenv("doctor", "site", code=1).stdout


def test_a_build_in_a_pbs_job(devenv: Devenv, tmp_path: Path) -> None:
    """Through the site's own command that runs something in a job and waits for it."""
    variables = install_pbs(tmp_path / "pbs")
    meta = "package: {name: where, version: '1'}\nbuild: {number: 0, script: 'echo 1 > $PREFIX/where'}\n"
    folder = write(tmp_path / "where", {"meta.yaml": meta})
    at_site = Devenv(devenv.home, variables)
    at_site("config", "set", "pbs_wrapper", "qcmd")
    done = at_site("conda", "build", folder, "--output", tmp_path / "channel", "--on", "pbs",
                   "-A", "SCSG0001", "-p", "main", "-t", "2:00:00")  # fmt: skip
    assert "built and tested" in done.stdout
    assert channel_records(tmp_path / "channel")
    given = json.loads((tmp_path / "pbs" / "qcmd").read_text())
    assert given[:4] == ["-A", "SCSG0001", "-q", "main"]
    assert "walltime=2:00:00" in given
    (folder / "meta.yaml").write_text(meta.replace("echo 1", "no-such-command"))
    failed = at_site("conda", "build", folder, "--output", tmp_path / "channel", "--on=pbs", code=4)
    assert "no-such-command" in failed.stdout


@pytest.mark.parametrize(("place", "code"), [("moon", 2), ("pbs", 3), ("slurm", 3)])
def test_a_place_that_is_not_there(devenv: Devenv, tmp_path: Path, place: str, code: int) -> None:
    folder = write(tmp_path / "where", {"meta.yaml": "package: {name: a, version: '1'}\n"})
    environ = {"PATH": "/usr/bin:/bin", "SLURM_CONF": "/nowhere"}
    done = Devenv(devenv.home, environ)("conda", "build", folder, "--on", place, code=code)
    assert place in done.stdout.lower()


def test_scripts_of_wheels_run_while_the_package_is_built(
    devenv: Devenv, parts: tuple[Path, Path], tmp_path: Path
) -> None:
    """The path of the environment is longer than kernels take behind #!, as with nrnivmodl."""
    shared, _ = parts
    channel = Path(shutil.copytree(shared, tmp_path / "channel"))
    meta = """\
package: {name: scripts, version: '1'}
requirements: {host: [python, pip], run: [python]}
test: {commands: [hello-script]}
"""
    script = """\
cd $PREFIX/bin
printf '#!%s\\nimport sys; print("hello", sys.argv[1:])\\n' "$PREFIX/bin/python" > hello-script
chmod +x hello-script
hello-script one "two three" > $PREFIX/said
grep -q "hello .'one', 'two three'." $PREFIX/said
"""
    folder = write(tmp_path / "scripts", {"meta.yaml": meta, "build.sh": script})
    devenv("conda", "build", folder, "--output", channel)
    (place,) = [one for one in channel_records(channel) if "scripts" in one]
    text = contents(channel / place)["bin/hello-script"].decode()
    assert text.startswith("#!/bin/sh\n")
