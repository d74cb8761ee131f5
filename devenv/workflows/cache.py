"""devenv cache: builds of Spack's in a folder, in S3 or in an OCI registry, for others to take."""

from __future__ import annotations

from devenv.config.context import Context
from devenv.core.result import Result
from devenv.engines.spack import cache
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import open_env
from devenv.workflows.build import build

push = cache.push
list_cache = cache.list_cache


def pull(context: Context, address: str, name: str | None) -> Result:
    """Install an environment, taking from a build cache what is in it."""
    where = cache.place_to_pull(context, address)
    return build(open_env(context, name), BuildRequest(cache=where))
