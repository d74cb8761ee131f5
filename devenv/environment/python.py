"""A Python for a new environment: uv's own build of a version that the machine lacks."""

from __future__ import annotations

import re

from devenv.config.context import Context
from devenv.core.errors import MissingPythonError
from devenv.core.plan import Plan, Run
from devenv.store.carry import announce
from devenv.system import interpreters

_VERSION = re.compile(r"3\.\d+(\.\d+)?")


def provide_python(context: Context, request: str) -> None:
    """Download the requested version, if it is one, and no interpreter of the machine is.

    UsageError where uv has no build of it, UnreachableError where it cannot be downloaded.
    """
    if not is_absent(context, request):
        return
    plan = Plan(f"download Python {request}", (Run(interpreters.install_argv(request)),))
    announce(context, plan, "the environment is made with it")
    interpreters.install_python(request, context.environ)


def is_absent(context: Context, request: str) -> bool:
    """Whether a version of Python is requested that the machine lacks."""
    if not _VERSION.fullmatch(request):
        return False
    try:
        interpreters.find_python(request, context.environ)
    except MissingPythonError:
        return True
    return False
