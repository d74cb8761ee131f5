"""Starting each program that has the model, to see whether it does."""

from __future__ import annotations

from devenv.checks import Start, start_of, starts
from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.errors import DevenvError
from devenv.system import process


def start_programs(context: Context, generation: Generation) -> tuple[Start, ...]:
    """What each said. context: with the environment active, and the user's working directory."""
    environ = {n: v for n, v in context.environ.items() if n != "NEURON_INIT_MPI"}
    programs = starts(generation)
    try:
        done = process.run_all(programs.values(), environ=environ, cwd=context.cwd)
    except DevenvError as error:
        return tuple(Start(program, failure=error.what) for program in programs)
    return tuple(
        start_of(program, one.returncode, one.stdout, one.stderr)
        for program, one in zip(programs, done, strict=True)
    )
