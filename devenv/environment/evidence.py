"""Gathers the evidence that the checks of `devenv doctor` judge."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from devenv.checks import Evidence, PythonAnswer, answer_of, inspection
from devenv.config.context import Context
from devenv.core.delta import apply, entries
from devenv.core.environment import Generation
from devenv.core.errors import DevenvError
from devenv.environment.handle import Env
from devenv.environment.intact import find_damage, parts
from devenv.environment.mark import edits
from devenv.environment.quick import edited_built, edited_files
from devenv.environment.starting import start_programs
from devenv.models.stale import stale
from devenv.places.host import host_facts
from devenv.places.modules import based, with_environ, without_ours
from devenv.shells.registry import DIALECTS
from devenv.sources.compiled import edited
from devenv.sources.presence import missing_sources
from devenv.system import host, process


def gather_evidence(env: Env) -> Evidence:
    """All that the checks judge, of the generation in use and of the calling shell."""
    context, generation = env.context, env.generation
    lost = missing_sources(env.request.develop)
    below, base = context_on_base(context, generation)
    active = replace(below, environ=apply(generation.delta, below.environ))
    answer, failure = _ask(active if lost else context, generation, by_script=not lost)
    harm = find_damage(context, generation, fully=True)
    facts = host_facts(active)
    compiler, compiler_error = _compiler(below)
    fields = edits(env)
    asked = f"environment.yaml was edited since ({', '.join(fields)})" if fields else ""
    changed = "" if lost else edited(generation.compiled) or edited_built(env)
    files = [f"{file} was edited since" for file in edited_files(env)]
    return Evidence(
        generation=generation,
        environ=context.environ,
        cwd=str(context.cwd),
        answer=answer,
        failure=failure,
        missing_sources=lost,
        damaged=tuple(one.text for one in harm),
        verified=len(parts(context, generation)),
        shadows=tuple(_shadows(active)),
        base_error=base,
        stale=tuple(filter(None, (asked, *files, changed, stale(generation)))),
        mpi=facts.mpi,
        libmpi=facts.libmpi,
        libpython=_libpython(generation, below),
        compiler=compiler,
        compiler_error=compiler_error,
        starts=() if base else start_programs(active, generation),
    )


def context_on_base(context: Context, generation: Generation) -> tuple[Context, str]:
    """The context with the base of the environment active, and why its modules cannot be loaded."""
    try:
        return with_environ(context, based(context.environ, generation.base)), ""
    except DevenvError as error:
        return with_environ(context, without_ours(context.environ)), str(error)


def _shadows(context: Context) -> Iterator[str]:
    """Modules on PYTHONPATH, in an active environment, with a name of the standard library's."""
    for folder in map(Path, entries(context.environ.get("PYTHONPATH"))):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            name = path.stem if path.suffix == ".py" else path.name
            if name in sys.stdlib_module_names and (path.suffix or (path / "__init__.py").exists()):
                yield str(path)


def _libpython(generation: Generation, context: Context) -> str:
    """Empty where there is none, or no Python that could be asked."""
    try:
        return host.libpython(generation.python, context.environ)
    except DevenvError:
        return ""


def _compiler(context: Context) -> tuple[str, str]:
    """The compiler that a build would take; or, where what is named does not do, why."""
    try:
        found = host.compiler(context.environ)
    except DevenvError as error:
        return "", str(error)
    return (found.identity if found else ""), ""


def _ask(
    context: Context, generation: Generation, *, by_script: bool
) -> tuple[PythonAnswer | None, str]:
    """What the environment's own Python says, and why it says nothing.

    by_script: in a fresh shell that its script activates. That refuses where a source is gone, though
    the rest can be looked at: `context` is then activated already.
    """
    environ = {n: v for n, v in context.environ.items() if n != "NEURON_INIT_MPI"}
    argv = inspection(generation, environ)
    if by_script:
        layout = context.layout.env(generation.name).generation(generation.number)
        script = str(layout.activation(DIALECTS["sh"].suffix))
        argv = ("sh", "-c", '. "$0" && exec "$@"', script, *argv)
    try:
        done = process.run(argv, environ=environ, cwd=context.cwd)
    except DevenvError as error:
        return None, error.what
    return answer_of(done.stdout), done.stderr.strip()[-500:]
