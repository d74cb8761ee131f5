"""Which launcher a request gets, and the argv that it makes."""

from __future__ import annotations

import pytest

from devenv.core.errors import PreconditionError, UsageError
from devenv.core.launch import Launch, LaunchRequest
from devenv.places import PLACES, HostFacts, Mpi, choose, launch

OPENMPI = Mpi("openmpi", "/usr/bin/mpirun.openmpi", "4.1.4")
MPICH = Mpi("mpich", "/usr/bin/mpirun.mpich", "4.0.2")
LAPTOP = HostFacts(cores=4)
WORKSTATION = HostFacts(cores=4, mpi=(OPENMPI,), libmpi="openmpi")
CLUSTER = HostFacts(
    cores=8,
    mpi=(OPENMPI,),
    libmpi="openmpi",
    scheduler="slurm",
    srun="/bin/srun",
    pmi=("pmix", "pmi2"),
)


def ranks(n: int) -> LaunchRequest:
    return LaunchRequest(("special", "a b"), n)


@pytest.mark.parametrize("facts", [LAPTOP, WORKSTATION, CLUSTER])
def test_without_ranks_the_command_runs_as_it_is(facts: HostFacts) -> None:
    made = launch(ranks(0), facts)
    assert made == Launch(("special", "a b"), "local", made.why)
    assert "no ranks" in made.why


@pytest.mark.parametrize(
    ("facts", "n", "argv"),
    [
        (WORKSTATION, 1, "/usr/bin/mpirun.openmpi -n 1"),
        (WORKSTATION, 4, "/usr/bin/mpirun.openmpi -n 4"),
        (WORKSTATION, 5, "/usr/bin/mpirun.openmpi -n 5 --oversubscribe"),
        (HostFacts(1, mpi=(MPICH,), libmpi="mpich"), 2, "/usr/bin/mpirun.mpich -n 2"),
        (HostFacts(2, mpi=(MPICH, OPENMPI), libmpi="openmpi"), 2, "/usr/bin/mpirun.openmpi -n 2"),
        (CLUSTER, 2, "/bin/srun -n 2 --mpi=pmix --quit-on-interrupt --export=ALL"),
        (
            HostFacts(libmpi="mpich", scheduler="slurm"),
            2,
            "srun -n 2 --mpi=pmi2 --quit-on-interrupt --export=ALL",
        ),
    ],
)
def test_the_argv_of_ranks(facts: HostFacts, n: int, argv: str) -> None:
    assert launch(ranks(n), facts).argv == (*argv.split(), "special", "a b")


def test_root_is_allowed_by_open_mpi_only_when_told() -> None:
    root = HostFacts(2, root=True, mpi=(OPENMPI,), libmpi="openmpi")
    names = {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"}
    assert dict(launch(ranks(2), root).env) == dict.fromkeys(names, "1")
    assert launch(ranks(2), HostFacts(2, root=True, mpi=(MPICH,), libmpi="mpich")).env == ()
    assert launch(ranks(0), root).env == ()


def test_one_rank_needs_no_mpi() -> None:
    made = launch(ranks(1), LAPTOP)
    assert (made.argv, made.launcher) == (("special", "a b"), "local")
    mismatch = HostFacts(mpi=(MPICH,), libmpi="openmpi")
    assert launch(ranks(1), mismatch).launcher == "local"


@pytest.mark.parametrize(
    ("facts", "override", "says"),
    [
        (LAPTOP, "", "no mpirun in PATH"),
        (LAPTOP, "mpi", "no mpirun in PATH"),
        (LAPTOP, "local", "2 ranks cannot be started without an MPI launcher"),
        (LAPTOP, "slurm", "no Slurm here"),
        (
            HostFacts(mpi=(MPICH,), libmpi="openmpi"),
            "",
            "MPICH.*but NEURON opens Open MPI's library",
        ),
        (
            HostFacts(mpi=(OPENMPI,), libmpi="mpich"),
            "",
            "Open MPI.*but NEURON opens MPICH's library",
        ),
        (HostFacts(mpi=(OPENMPI,)), "", "NEURON finds no MPI library"),
        (HostFacts(scheduler="slurm"), "", "NEURON finds no MPI library"),
        (
            HostFacts(libmpi="openmpi", scheduler="slurm", pmi=("pmi2",)),
            "",
            "needs srun --mpi=pmix",
        ),
    ],
)
def test_ranks_that_would_not_find_each_other_are_refused(
    facts: HostFacts, override: str, says: str
) -> None:
    with pytest.raises(PreconditionError, match=says) as error:
        launch(ranks(2), facts, override)
    assert error.value.fix


def test_the_override_decides_and_an_unknown_one_is_refused() -> None:
    assert choose(ranks(2), CLUSTER, "mpi")[0] == "mpi"
    assert choose(ranks(2), CLUSTER)[0] == "slurm"
    assert launch(ranks(0), CLUSTER, "slurm").argv[:3] == ("/bin/srun", "-n", "1")
    with pytest.raises(UsageError, match=r"unknown launcher 'slrum' in --launcher") as error:
        choose(ranks(2), CLUSTER, "slrum")
    assert "slurm" in error.value.fix


def test_the_reason_says_where_we_are() -> None:
    inside = HostFacts(libmpi="openmpi", scheduler="slurm", allocation=True)
    assert choose(ranks(2), inside) == ("slurm", "inside an allocation")


@pytest.mark.parametrize("n", [0, 4])
def test_inside_a_step_nothing_is_nested(n: int) -> None:
    step = HostFacts(libmpi="openmpi", scheduler="slurm", allocation=True, step=4)
    made = launch(ranks(n), step)
    assert (made.argv, made.launcher, made.env) == (("special", "a b"), "local", ())
    assert "4 ranks" in made.why


@pytest.mark.parametrize(("n", "override"), [(2, ""), (8, ""), (0, "mpi"), (4, "slurm")])
def test_inside_a_step_another_launch_is_refused(n: int, override: str) -> None:
    step = HostFacts(mpi=(OPENMPI,), libmpi="openmpi", scheduler="slurm", step=4)
    with pytest.raises(PreconditionError, match="inside a job step that has 4 ranks"):
        launch(ranks(n), step, override)


def test_without_special_a_ranks_python_is_told_to_start_mpi() -> None:
    told = ("NEURON_INIT_MPI", "1")
    assert launch(ranks(2), WORKSTATION, special=False).env == (told,)
    assert launch(ranks(0), HostFacts(step=2), special=False).env == (told,)
    assert launch(ranks(0), WORKSTATION, special=False).env == ()
    assert launch(ranks(2), WORKSTATION).env == (), "special starts MPI itself, and once"


def test_every_launcher_is_named_in_what_it_makes() -> None:
    for name, launcher in PLACES.items():
        assert launcher.command(ranks(1), CLUSTER).launcher == name
