"""devenv cache: builds in a folder, in S3 or in an OCI registry, for others to take."""

from __future__ import annotations

from devenv.core.errors import UsageError
from devenv.core.result import Result
from devenv.engines.protocol import BuildCache
from devenv.engines.registry import engine
from devenv.environment.handle import Env
from devenv.upkeep.build import build


def push(env: Env, address: str) -> Result:
    """Put what an environment consists of into a build cache."""
    return _cache_of(env).push(env, address)


def pull(env: Env, address: str) -> Result:
    """Install an environment, taking from a build cache what is in it."""
    return build(env, _cache_of(env).build_from(env, address))


def list_cache(env: Env, address: str) -> Result:
    """What is in a build cache."""
    return _cache_of(env).list_cache(env, address)


def _cache_of(env: Env) -> BuildCache:
    found = engine(env.request.engine).build_cache()
    if found is None:
        raise UsageError(
            f"{env.name} uses the engine {env.request.engine}, which has no build cache",
            fix="Its lock makes the same elsewhere: devenv create --from-lock FILE",
        )
    return found
