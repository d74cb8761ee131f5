"""Which installed packages have to be installed again, judged without Spack.

Spack overwrites what stands on a dev source in the prefix of its hash. It goes by a record of the
recipe's, and rebuilds what depends on the package in the same process. Both go wrong: the record is
shared by all environments, and it is written although a dependent's build fails, is killed, or never
starts, since a process that also concretizes does not see the dependents.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock
from devenv.engines.spack.running import built_from


def developed(lock: SpackLock) -> tuple[ConcreteSpec, ...]:
    """The packages that are built from dev sources, and all that stand on one of them."""
    return built_from(lock, [node.dev for node in lock.nodes.values() if node.dev])


def outdated(
    lock: SpackLock, installed: Mapping[str, int | None], stale: Collection[str] = ()
) -> tuple[ConcreteSpec, ...]:
    """What to install again, in any order.

    installed: hash -> when that was done, of all that Spack has as installed; None: it is not whole.
    stale: hashes of those known to be made of something else than they are to be.

    That is what is not whole, what is stale, and of what stands on dev sources whatever is older than a
    package that it needs, or stands on one of these.
    """
    mutable = {node.hash for node in developed(lock)} & installed.keys()
    judged: dict[str, bool] = {}

    def judge(hash_: str) -> bool:
        if hash_ not in judged:
            own, needs = installed[hash_], mutable & lock.nodes[hash_].needs.keys()
            judged[hash_] = own is None or hash_ in stale
            judged[hash_] |= hash_ in mutable and any(
                judge(need) or (installed[need] or 0) > (own or 0) for need in needs
            )
        return judged[hash_]

    nodes = (lock.nodes[hash_] for hash_ in lock.nodes if hash_ in installed)
    return tuple(node for node in nodes if not node.external and judge(node.hash))
