"""Determines, without Spack, which installed packages must be reinstalled.

Spack overwrites a package of a dev source in the prefix of its hash. It decides that by a record that
the recipe keeps, and rebuilds the dependents in the same process. Both are unreliable: all environments
share the record, and it is written even if the build of a dependent fails, is killed, or never starts
because a process that also concretizes does not see the dependents.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.engines.spack.running import built_from


def developed(lock: SpackLock) -> tuple[ConcreteSpec, ...]:
    """The packages that are built from dev sources, and all their dependents."""
    return built_from(lock, [node.dev for node in lock.nodes.values() if node.dev])


def outdated(
    lock: SpackLock, installed: Mapping[str, int | None], stale: Collection[str] = ()
) -> tuple[ConcreteSpec, ...]:
    """The packages to reinstall, in any order.

    installed: hash -> time of install, for all packages in Spack's database; None if incomplete. stale:
    hashes of packages known to be built from other sources than the current ones.

    Returns incomplete and stale packages. Of those that depend on dev sources, also each that is older
    than one of its dependencies or depends on an outdated package.
    """
    mutable = {node.hash for node in developed(lock)} & installed.keys()
    verdicts: dict[str, bool] = {}

    def is_outdated(hash_: str) -> bool:
        if hash_ not in verdicts:
            own, needs = installed[hash_], mutable & lock.nodes[hash_].needs.keys()
            verdicts[hash_] = own is None or hash_ in stale
            verdicts[hash_] |= hash_ in mutable and any(
                is_outdated(need) or (installed[need] or 0) > (own or 0) for need in needs
            )
        return verdicts[hash_]

    nodes = (lock.nodes[hash_] for hash_ in lock.nodes if hash_ in installed)
    return tuple(node for node in nodes if not node.external and is_outdated(node.hash))
