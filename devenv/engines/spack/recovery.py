"""Repairs of Spack's store before Spack works: after kills, and after folders were removed by hand."""

from __future__ import annotations

from collections.abc import Mapping

from devenv.config.context import Context
from devenv.core.plan import Plan, RemovePath, Run
from devenv.engines.spack.setup import installation
from devenv.store.carry import carry_out
from devenv.system import spack as observed
from devenv.system.leases import unheld


def remove_backups(context: Context) -> None:
    """Remove what Spack put away while it overwrote a package, and was killed.

    Where another devenv is at work it may be that one's, and stays.
    """
    with unheld(installation(context)) as free:
        old = observed.backups(context.layout.spack / "opt") if free else ()
        steps = tuple(RemovePath(str(path)) for path in old)
        carry_out(context, Plan("", steps))


def mend_index(context: Context, reindex: Run, variables: Mapping[str, str]) -> None:
    """Spack goes by its index: what was removed by hand is installed anew only where that knows. After
    that it has no path there, and Spack fails where it is to overwrite it.

    Where something is put away at this moment the index would have that in its place: it is left alone.
    """
    store = context.layout.spack / "opt"
    gone, unplaced = observed.missing_prefixes(store), observed.unplaced(store)
    if (gone or unplaced) and not observed.backups(store):
        if gone:
            context.say(f"note: {gone[0]} is lost ({len(gone)} in all): Spack's index is rebuilt")
        carry_out(context, Plan("Spack", (reindex,)), environ=variables)
