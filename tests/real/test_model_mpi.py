"""Two flavours of MPI side by side, as on a cluster: Open MPI installed, MPICH unpacked beside it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest
from small_models import Small, make_small
from support import plain_environ

pytestmark = pytest.mark.real

ASK = (
    "from neuron import h; pc = h.ParallelContext();"
    ' print("RANK %d OF %d" % (pc.id(), pc.nhost()), flush=True); pc.barrier(); h.quit()'
)
SPECIAL = ("special", "-nobanner", "-python", "-c", ASK)


@dataclass(frozen=True)
class Mpich:
    """mpirun: its path. needs: the folder of its libraries. first: and before it one whose libmpi.so is
    MPICH's, as MPICH itself installs it; both for LD_LIBRARY_PATH."""

    mpirun: str
    needs: str
    first: str


@pytest.fixture(scope="module")
def mpich(tmp_path_factory: pytest.TempPathFactory) -> Mpich:
    """Debian's packages, unpacked: to install them would change what `mpirun` is."""
    if not shutil.which("apt-get") or not shutil.which("mpirun.openmpi"):
        pytest.skip("this needs Debian's packages, and Open MPI")
    root = tmp_path_factory.mktemp("mpich")
    names = ["mpich", "libmpich12", "libslurm38"]
    fetched = subprocess.run(
        ["apt-get", "download", *names], cwd=root, check=False, capture_output=True
    )
    if fetched.returncode:
        pytest.skip("Debian's packages of MPICH cannot be reached")
    for archive in root.glob("*.deb"):
        subprocess.run(["dpkg", "-x", archive.name, "."], cwd=root, check=True)
    (library,) = root.glob("usr/lib/*/libmpich.so.12")
    (root / "first").mkdir()
    (root / "first" / "libmpi.so").symlink_to(library)
    needs = str(library.parent)
    return Mpich(str(root / "usr/bin/mpirun.mpich"), needs, f"{root / 'first'}:{needs}")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Small:
    found = make_small(tmp_path_factory.mktemp("mpi") / "home", "mpi", 1)
    found.build()
    return found


def ranks(
    small: Small, mpirun: str, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Two ranks of devenv run, started by that mpirun."""
    environ = {**plain_environ(), "DEVENV_HOME": str(small.devenv.home), **small.devenv.environ}
    run = (sys.executable, "-m", "devenv", "run", small.name, "--no-build", *options)
    return subprocess.run(
        [mpirun, "-n", "2", *run, "--", *SPECIAL],
        cwd=small.folder,
        env={**environ, **variables},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_ranks_of_another_mpi_than_neuron_opens_are_refused(small: Small, mpich: Mpich) -> None:
    done = ranks(small, mpich.mpirun, LD_LIBRARY_PATH=mpich.first)
    assert sorted(re.findall(r"RANK \d OF \d", done.stdout)) == ["RANK 0 OF 2", "RANK 1 OF 2"]
    done = ranks(small, mpich.mpirun, LD_LIBRARY_PATH=mpich.needs)
    assert done.returncode
    assert "this rank was started by MPICH, and NEURON opens the library of Open MPI" in done.stderr
    assert "RANK" not in done.stdout


def test_a_model_for_one_mpi_is_refused_with_the_other(small: Small, mpich: Mpich) -> None:
    _, calls = small.build(small.name, "mpi=mpich")
    assert calls == ["link libnrnmech.so"]  # what is compiled is the same
    with_mpich = {"LD_LIBRARY_PATH": mpich.first}
    done = ranks(small, mpich.mpirun, "--model", "mpi=mpich", **with_mpich)
    assert sorted(re.findall(r"RANK \d OF \d", done.stdout)) == ["RANK 0 OF 2", "RANK 1 OF 2"]
    run = ("run", small.name, "--model", "mpi=mpich", "--", "true")
    refused = small.devenv(*run, code=6).stdout
    assert "was built for the MPI MPICH, and this is Open MPI" in refused
    small.devenv(*run, **with_mpich)
    why = small.devenv("build", small.name, "mpi=openmpi", "--why").stdout
    assert "1 link" in why
    assert "compilation" not in why
