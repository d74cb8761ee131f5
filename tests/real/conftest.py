"""What the tests with real parts share: it is made once for the session, since it takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import slurm_cluster
from mine import Mine, make_mine
from mpich import Mpich, unpacked
from neocortex import Neocortex, make_neocortex
from slurm_cluster import Cluster
from spack_trial import Trial, make_trial
from stand_ins import Repositories, make_repositories
from support import RING, Devenv, report_of
from tiny import TINY, Tiny, template
from wheel_image import Image, make_image
from wheel_mpis import install_mpis


@pytest.fixture(scope="session")
def tiny(make_devenv: Callable[[str], Devenv]) -> Tiny:
    devenv = make_devenv("tiny")
    template(devenv, "tiny", TINY)
    devenv("create", "tiny")
    devenv("develop", "neurodamus", "--release")
    devenv("build")
    circuit = devenv.home.parent / "ring"
    devenv("run", "--", "python", RING / "make_ring.py", circuit)
    return Tiny(devenv, circuit)


@pytest.fixture(scope="session")
def mine(make_devenv: Callable[[str], Devenv]) -> Mine:
    return make_mine(make_devenv)


@pytest.fixture(scope="session")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> Repositories:
    """What templates and `develop` clone: the real ones, or stand-ins where they are out of reach."""
    return make_repositories(tmp_path_factory.mktemp("repositories"))


@pytest.fixture(scope="session")
def neocortex(make_devenv: Callable[[str], Devenv], repositories: Repositories) -> Neocortex:
    return make_neocortex(make_devenv("neocortex").home, repositories)


@pytest.fixture(scope="session")
def slurm() -> Iterator[Cluster]:
    """A Slurm of two nodes, each with 8 CPUs; give a command its `environ`."""
    why = slurm_cluster.lacking()
    if why:
        pytest.skip(why)
    with slurm_cluster.cluster() as made:
        yield made


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An image that wheels are built in, with two interpreters."""
    found = make_image(tmp_path_factory.mktemp("image") / "home")
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture(scope="session")
def mpich(tmp_path_factory: pytest.TempPathFactory) -> Mpich:
    found = unpacked(tmp_path_factory.mktemp("mpich") / "debian")
    if isinstance(found, str):
        pytest.skip(found)
    return found


@pytest.fixture
def make_package(tmp_path: Path) -> Callable[..., Path]:
    """Packages of our own, by name, build backend, layout and module text."""

    def make(name: str, backend: str, root: str = "", module: str = "ANSWER = 42\n") -> Path:
        folder = tmp_path / name
        code = folder / root / name.replace("-", "_")
        code.mkdir(parents=True)
        (code / "__init__.py").write_text(module, encoding="utf-8")
        build = {
            "hatchling": 'requires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
            "setuptools": 'requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
        }[backend]
        (folder / "pyproject.toml").write_text(
            f'[build-system]\n{build}[project]\nname = "{name}"\nversion = "1.2.3"\n'
            f'[project.scripts]\nsay-{name} = "{code.name}:say"\n',
            encoding="utf-8",
        )
        (folder / "tests").mkdir()
        (folder / "tests" / "__init__.py").write_text("", encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="session")
def spack_home(make_devenv: Callable[[str], Devenv]) -> Devenv:
    """A home with the pinned Spack and its recipes, for all tests of the Spack engine."""
    devenv = make_devenv("spack")
    devenv = Devenv(devenv.home, {"DEVENV_SITE": "trial", "DEVENV_WHEELS": "off"})
    sites = devenv.home / "sites"
    sites.mkdir(parents=True)
    (sites / "trial.yaml").write_text("summary: nothing yet\n", encoding="utf-8")
    done = devenv("spack", "setup", code=None)
    if done.returncode == 5:
        why = next(line for line in done.stdout.splitlines() if "error:" in line)
        pytest.skip(f"Spack itself cannot be cloned: {why}")
    assert done.returncode == 0, done.stdout
    report_of(devenv, "spack setup")
    return devenv


@pytest.fixture(scope="session")
def trial(spack_home: Devenv) -> Trial:
    return make_trial(spack_home)


@pytest.fixture(scope="session")
def mpis(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """MPICH, Open MPI and Intel MPI of the package index."""
    return install_mpis(tmp_path_factory.mktemp("mpi"))
