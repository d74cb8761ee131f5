"""devenv remove."""

from __future__ import annotations

from devenv.core.plan import Plan, Remove
from devenv.core.result import Result
from devenv.system.executor import execute
from devenv.system.locks import locked
from devenv.workflows.context import Context, chosen, load_environment


def remove(context: Context, name: str) -> Result:
    """Remove an environment. Dev sources are the user's and stay; so do the stores, shared by key."""
    name = chosen(context, name)
    sources = load_environment(context, name).develop
    layout = context.layout.env(name)
    with locked(context.layout.lock(f"env-{name}"), f"environment {name}"):
        # The link first: from then on the environment is not there, whenever the rest is done.
        steps = (Remove(str(layout.current)), Remove(str(layout.root)))
        execute(Plan(f"remove {name}", steps), environ=context.environ)
    kept = tuple(f"Your source stays: {s.path}" for s in sources)
    return Result((f"Removed {name}.", *kept))
