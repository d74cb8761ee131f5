"""devenv cache: builds in a folder, in S3 or in an OCI registry, for others to take."""

from __future__ import annotations

from devenv.core.result import Result
from devenv.engines.registry import engine
from devenv.environment.handle import Env
from devenv.workflows.build import build


def push(env: Env, address: str) -> Result:
    """Put what an environment stands on into a build cache."""
    return engine(env.request.engine).push(env, address)


def pull(env: Env, address: str) -> Result:
    """Install an environment, taking from a build cache what is in it."""
    return build(env, engine(env.request.engine).cached(env, address))


def list_cache(env: Env, address: str) -> Result:
    """What is in a build cache."""
    return engine(env.request.engine).list_cache(env, address)
