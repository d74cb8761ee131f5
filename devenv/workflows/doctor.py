"""devenv doctor: gather the evidence once, let every check judge it."""

from __future__ import annotations

from devenv.checks import Answer, Evidence, MpiFact, answer_of, inspection, judge_all
from devenv.core.environment import Generation
from devenv.core.errors import DevenvError
from devenv.core.result import Result
from devenv.system import host, process
from devenv.workflows.activate import activated
from devenv.workflows.context import Context, chosen, load_environment, load_generation
from devenv.workflows.machine import host_facts
from devenv.workflows.model import stale
from devenv.workflows.places import moved


def doctor(context: Context, name: str | None) -> Result:
    """Every finding; exit code 1 where one is an error."""
    name = chosen(context, name)
    findings = judge_all(_evidence(context, name))
    failed = any(finding.severity == "error" for finding in findings)
    return Result(findings=findings, data={"name": name}, code=1 if failed else 0)


def _evidence(context: Context, name: str) -> Evidence:
    generation = load_generation(context, name)
    answer, failure = _ask(context, generation)
    facts = host_facts(context)
    compiler = host.compiler(context.environ)
    reason = stale(generation)
    return Evidence(
        generation=generation,
        environ=context.environ,
        cwd=str(context.cwd),
        answer=answer,
        failure=failure,
        gone=tuple((s.package, s.path) for s in moved(load_environment(context, name).develop)),
        stale=(reason,) if reason else (),
        mpi=tuple(MpiFact(mpi.flavour, mpi.mpirun) for mpi in facts.mpi),
        libmpi=facts.libmpi,
        libpython=host.libpython(generation.python, context.environ),
        compiler=compiler.identity if compiler else "",
    )


def _ask(context: Context, generation: Generation) -> tuple[Answer | None, str]:
    """What the environment's own Python says, and why it says nothing."""
    environ = activated(context, generation)
    environ.pop("NEURON_INIT_MPI", None)
    try:
        done = process.run(
            inspection(generation, context.environ), environ=environ, cwd=context.cwd
        )
    except DevenvError as error:
        return None, error.what
    return answer_of(done.stdout), done.stderr.strip()[-500:]
