"""devenv run --ref: an environment with dev sources at commits, beside the one that develops them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace

from devenv.config.catalogue import known_name
from devenv.core.environment import DevSource, Environment
from devenv.core.errors import CommitError, DevenvError, StateError, UsageError
from devenv.core.names import DERIVED, checked_name, unknown
from devenv.engines.registry import engine
from devenv.environment.handle import Env
from devenv.places.host import is_rank
from devenv.sources.commits import at_commit, commit_of
from devenv.store.changing import changing
from devenv.system.leases import hold


def at_commits(env: Env, refs: Sequence[str]) -> Env:
    """An environment like this one, with each SOURCE=COMMIT of `refs`, built where it is not.

    All of them share one name, and the handle is of the generation with these commits. UsageError for
    what is not developed or has no such commit; CommitError where that commit cannot be built.
    """
    context, environment = env.context, env.request
    if is_rank(context):
        raise StateError(
            "--ref builds, and this is a rank of a job",
            fix=f"devenv run {env.name} -n RANKS --ref {refs[0]} -- COMMAND",
        )
    wanted = _commits(environment, refs)
    name = checked_name(f"{environment.name}{DERIVED}commits")
    with changing(context, name):
        derived = Env(context, name)
        try:
            number = _derive(env, derived, environment, wanted)
        except DevenvError as error:
            what = ", ".join(f"{one.package} at {commit[:12]}" for one, commit in wanted.items())
            raise CommitError(f"{what} cannot be tested: {error.what}", fix=error.fix) from None
        derived = replace(derived, number=number)
        hold(derived.current.manifest)
    return derived


def _derive(
    env: Env, derived: Env, environment: Environment, wanted: Mapping[DevSource, str]
) -> int:
    """The number of the generation with the sources at these commits, and all else as in `env`."""
    develop = tuple(
        at_commit(env.context, one, wanted[one]) if one in wanted else one
        for one in environment.develop
    )
    changed = replace(environment, name=derived.name, develop=develop)
    return engine(environment.engine).derive(derived, changed, env.in_use[1]).number


def _commits(environment: Environment, refs: Sequence[str]) -> dict[DevSource, str]:
    """Dev source -> the hash of its commit."""
    sources = {one.package: one for one in environment.develop}
    found = dict[DevSource, str]()
    for typed in refs:
        package, mark, ref = typed.partition("=")
        if not (mark and ref):
            raise UsageError(
                f"--ref {typed}: not SOURCE=COMMIT", fix="Such as: --ref neuron=HEAD~3"
            )
        source = sources.get(known_name(package))
        if source is None:
            raise unknown("dev source", package, sources, environment.name)
        found[_fit(source, typed)] = commit_of(source, ref)
    return found


def _fit(source: DevSource, typed: str) -> DevSource:
    if source.kind == "built":
        folder = shlex.quote(source.path)
        raise UsageError(
            f"--ref {typed}: Spack builds {source.package} from {source.path}, not from a commit",
            fix="--ref takes sources of the kinds python, extension, model and toolchain. For this one:"
            f" git -C {folder} checkout COMMIT && devenv build",
        )
    return source
