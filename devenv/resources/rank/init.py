"""Run by `special` in every rank, before neurodamus's own init.py: is this the run that was meant?

A copy of it stands with each generation, where NEURODAMUS_PYTHON points, and proof.json beside it says
what must be so. NEURON has started MPI by then. Where something else is so, all ranks end, and one of
them says why; otherwise the package's own script takes over, with the same argv. The standard library
is all that it needs. DEVENV_PROOF=off switches it off.

Sources: the variables of Open MPI's mpirun(1), of srun(1) and of PMI; NEURON's nrnmpi_dynam.cpp, which
opens libnrnmpi_ompi or libnrnmpi_mpich beside the MPI library.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Environ = Mapping[str, str]
    Reason = tuple[str, str]

CODE = 6
"""The exit code of an aborted run: that of devenv's own for what is not as it must be."""
SIZES = (
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("PMI_SIZE", "PMI_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
)
TITLES = {"openmpi": "Open MPI", "mpich": "MPICH"}
PMI = {"openmpi": "pmix", "mpich": "pmi2"}
MINIMUM = 3
"""Of ParallelContext.allreduce."""
FIRST_OF_SLURMS_OWN = 0xFFFFFFF0
"""SLURM_STEP_ID from here on is no srun: a batch script, an interactive shell (slurm.h)."""


def main() -> str:
    """Prove what proof.json asks for; the package's own script.

    A plain Python, which has no NEURON in it yet, proves nothing: neurodamus makes it special, which
    comes by here again.
    """
    facts = read(os.path.dirname(os.path.abspath(__file__)))
    off = os.environ.get("DEVENV_PROOF", "").lower() in ("off", "0", "no", "false")
    if not off and "hoc" in sys.modules:
        prove(facts)
    return facts["script"]


def read(here: str) -> dict[str, Any]:
    path = os.path.join(here, "proof.json")
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        raise SystemExit(f"devenv: {path}: {error}\n  Rebuild it: devenv build") from None


def prove(facts: dict[str, Any]) -> None:
    """Return where all is as it should be; else end all ranks."""
    import hoc  # special's own, whatever package `neuron` would be imported

    h = hoc.HocObject()
    context = h.ParallelContext()
    hosts, rank = int(context.nhost()), int(context.id())
    wrong = [
        *lost(hosts, os.environ, sys.argv),
        *wrong_copies(facts, os.environ),
        *wrong_special(facts),
    ]
    first = int(context.allreduce(rank if wrong else hosts, MINIMUM))
    if first < hosts:
        if rank == first:
            report(wrong, alone=hosts == 1)
        context.barrier()
        h.quit(CODE)


# What was promised ------------------------------------------------------------------------------


def promised(environ: Environ) -> tuple[int, int, str]:
    """(ranks, this one's number, who started them): (0, 0, "") where no launcher did.

    mpirun's own variables count before Slurm's: inside a batch script mpirun starts its helpers with
    srun, so that a rank of it sees both. SLURM_NTASKS alone is the allocation's.
    """
    for size, rank in SIZES:
        if number(environ.get(size, "")):
            return number(environ[size]), number(environ.get(rank, "")), launcher(size, environ)
    step, tasks = environ.get("SLURM_STEP_ID", ""), number(environ.get("SLURM_STEP_NUM_TASKS", ""))
    if step.isdecimal() and number(step) < FIRST_OF_SLURMS_OWN and tasks:
        return tasks, number(environ.get("SLURM_PROCID", "")), "srun"
    return 0, 0, ""


def number(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]+", text) else 0


def launcher(variable: str, environ: Environ) -> str:
    if variable == "PMI_SIZE" and environ.get("SLURM_STEP_NUM_TASKS") == environ["PMI_SIZE"]:
        return "srun"
    return "mpirun"


def speaks(environ: Environ) -> str:
    """The flavour of MPI whose ranks the launcher can bring together; empty: none."""
    if "OMPI_COMM_WORLD_SIZE" in environ or "PMIX_RANK" in environ:
        return "openmpi"
    return "mpich" if {"PMI_RANK", "PMI_ID", "MV2_COMM_WORLD_RANK"} & set(environ) else ""


def loaded() -> str:
    """The flavour of the MPI library that NEURON has opened; empty: none, or it is unknown."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return ""
    found = re.search(r"libnrnmpi_(ompi|mpich)\w*\.so", text)
    return {"ompi": "openmpi", "mpich": "mpich"}[found[1]] if found else ""


def lost(
    hosts: int, environ: Environ, argv: list[str], library: str | None = None
) -> Iterator[Reason]:
    """Whether each rank, or each group of them, is a simulation of its own."""
    ranks, _, by = promised(environ)
    if ranks in (0, hosts):
        return
    what = f"{by} started {ranks} ranks, and NEURON sees {hosts}"
    if hosts == 1:
        what += f": each would do the whole run, {ranks} times over"
    opened = loaded() if library is None else library
    why, fix = cause(by, speaks(environ), opened, "-mpi" in argv)
    yield f"{what}\n  {why}", fix


def cause(by: str, speaking: str, library: str, asked: bool) -> Reason:
    """(why the ranks do not find each other, the fix)."""
    title = TITLES.get(library, "MPI")
    ours = "devenv run -n RANKS chooses what fits"
    if library and library != speaking:
        fits = f"srun --mpi={PMI[library]}" if by == "srun" else f"the mpirun of {title}"
        theirs = f"{by} speaks {PMI[speaking]}, {TITLES[speaking]}'s" if speaking else "no PMI"
        return f"wrong PMI: NEURON opened {title}, and {theirs}", f"Start it with {fits}; {ours}."
    if library:
        return (
            f"two flavours or versions at once? NEURON opened {title}, which does not find its ranks",
            f"See `devenv doctor`: launcher and library have to be one installation's; {ours}.",
        )
    if asked:
        why = "no MPI library found: libmpi is not where the loader looks"
        return why, "Install Open MPI (Debian: libopenmpi-dev) or load its module."
    if by == "srun" and not speaking:
        why = "wrong PMI: srun gave them none (--mpi=none), so that NEURON did not start MPI"
        return why, f"Use srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH); {ours}."
    why = "special was started without -mpi, so that NEURON did not start MPI"
    return why, "Give it -mpi, or use the environment's special, which adds it."


# What is imported and loaded --------------------------------------------------------------------


def place_of(module: str) -> str:
    """The real folder that an import would take a module from; empty for none."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return ""
    places = [*(spec.submodule_search_locations or []), spec.origin or ""] if spec else [""]
    return os.path.dirname(os.path.realpath(places[0])) if places[0] else ""


def wrong_copies(facts: dict[str, Any], environ: Environ) -> Iterator[Reason]:
    """Modules and HOC files of which another copy would win."""
    for module, (folder, origin) in facts["modules"].items():
        found = place_of(module)
        if found != os.path.realpath(folder):
            what = f"another copy is imported: {module} from {found or 'nowhere'},"
            meant = f"and the environment's is in {folder} ({origin})"
            fix = "Take it from PYTHONPATH, or develop that one: devenv develop NAME --path DIR"
            yield f"{what}\n  {meant}", fix
    yield from wrong_hoc(facts["hoc"], environ.get("HOC_LIBRARY_PATH", ""))


def wrong_hoc(ours: list[str], variable: str) -> Iterator[Reason]:
    """Folders that are not there, and those in front with files of ours. NEURON splits at blanks."""
    entries = [entry for entry in re.split(r"[:\s]", variable) if entry]
    gone = [folder for folder in ours if folder not in entries]
    if gone:
        yield f"HOC_LIBRARY_PATH lacks {' '.join(gone)}", "Activate the environment again."
        return
    last = max((entries.index(folder) for folder in ours), default=0)
    foreign = [folder for folder in entries[:last] if folder not in ours and os.path.isdir(folder)]
    names = {name for folder in ours for name in os.listdir(folder)} if foreign else set()
    for folder in foreign:
        same = sorted(
            name for name in names.intersection(os.listdir(folder)) if name[-4:] == ".hoc"
        )
        if same:
            what = f"another copy of {same[0]} is found first: in {folder}"
            yield what, "Take that folder from HOC_LIBRARY_PATH."


def wrong_special(facts: dict[str, Any]) -> Iterator[Reason]:
    """Whether the program is the environment's special, and fits its Python and this machine."""
    model = facts["model"]
    if not model:
        return
    try:
        running = os.path.realpath("/proc/self/exe")
    except OSError:
        return
    fix = f"Start the environment's: {model['shim']}"
    if os.path.exists("/proc/self/exe") and running != os.path.realpath(model["special"]):
        yield f"special is {running}{stamped(running, model)},\n  and not {model['special']}", fix
        return
    here = {"Python": "{}.{}".format(*sys.version_info), "processor": os.uname().machine}
    for name, found in here.items():
        if model[name] and model[name] != found:
            what = f"the model {model['key']} was built for {name} {model[name]}; this is {found}"
            yield what, f"Build it again: devenv build {facts['environment']}"


def stamped(special: str, model: dict[str, str]) -> str:
    """How the model that a special belongs to differs, where it is one of devenv's."""
    path = os.path.join(os.path.dirname(os.path.dirname(special)), "model.json")
    try:
        with open(path, encoding="utf-8") as file:
            other = json.load(file)
        found = {"NEURON": other["neuron"]["version"], "compiler": other["compiler"]}
    except (OSError, ValueError, LookupError):
        return ""
    differs = [f"{name} {value}" for name, value in found.items() if value != model[name]]
    return f" (model {other.get('key', '')}{': ' if differs else ''}{', '.join(differs)})"


# The end ----------------------------------------------------------------------------------------


def report(wrong: list[Reason], alone: bool) -> None:
    """Say it once. Ranks that do not find each other leave it to the first that was started."""
    if alone and promised(os.environ)[1]:
        time.sleep(1)  # mpirun ends all ranks as soon as one ends: the first has to speak before
        return
    lines = "".join(f"- {what}\n  {fix}\n" for what, fix in wrong)
    sys.stderr.write(f"devenv: this is not the run that was meant; all ranks end.\n{lines}")
    sys.stderr.write("  To run all the same (separate runs are meant): DEVENV_PROOF=off\n")
    sys.stderr.flush()


def become(script: str) -> None:
    """Run the script as if it had been named itself: in __main__, with nothing of this file left."""
    names = globals()
    with open(script, "rb") as file:
        code = compile(file.read(), script, "exec", dont_inherit=True)
    here = os.path.dirname(os.path.abspath(names["__file__"]))
    if sys.path and os.path.abspath(sys.path[0]) == here:
        sys.path[0] = os.path.dirname(script)
    for name in [name for name in names if not name.startswith("__")]:
        del names[name]
    names.update(__file__=script, __doc__=None)
    exec(code, names)


if __name__ == "__main__":
    become(main())
