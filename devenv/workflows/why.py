"""devenv build --why: what changed since a model was built, and what will be done about it."""

from __future__ import annotations

from devenv.core.result import Result
from devenv.engines.registry import engine
from devenv.environment.build_request import BuildRequest
from devenv.environment.handle import Env


def why(env: Env, request: BuildRequest) -> Result:
    """Say it; nothing is built."""
    return engine(env.request.engine).why(env, request)
