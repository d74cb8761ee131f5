"""Repairs Spack's store before Spack runs: after it was killed, or folders were removed by hand."""

from __future__ import annotations

from collections.abc import Mapping

from devenv.config.context import Context
from devenv.core.plan import Plan, RemovePath, Run
from devenv.engines.spack.setup import installation
from devenv.store.carry import carry_out
from devenv.system import spack as observed
from devenv.system.leases import unheld


def remove_backups(context: Context) -> None:
    """Remove the backups of a Spack that was killed while it overwrote a package.

    They are kept while another devenv is running, since they may belong to it.
    """
    with unheld(installation(context)) as free:
        old = observed.backups(context.layout.spack / "opt") if free else ()
        steps = tuple(RemovePath(str(path)) for path in old)
        carry_out(context, Plan("", steps))


def mend_index(context: Context, reindex: Run, variables: Mapping[str, str]) -> None:
    """Rebuild Spack's index if packages were removed by hand: Spack reinstalls them only if the index
    lacks them. Their entries then have no path, and Spack fails to overwrite those.

    While Spack has backups, the index is left alone: it would contain the backups instead.
    """
    store = context.layout.spack / "opt"
    gone, unplaced = observed.missing_prefixes(store), observed.unplaced(store)
    if (gone or unplaced) and not observed.backups(store):
        if gone:
            context.say(f"note: {gone[0]} is lost ({len(gone)} in all): Spack's index is rebuilt")
        carry_out(context, Plan("Spack", (reindex,)), environ=variables)
