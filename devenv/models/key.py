"""Keys: the hash of all that goes into a thing, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from devenv.core.content import digest
from devenv.models.toolchain import Toolchain

# Part of every key: a change of how devenv compiles makes new ones.
RECIPE = "devenv model 1"


def object_key(tools: Toolchain, kind: str, content: Sequence[str], flags: Sequence[str]) -> str:
    """Of something compiled. kind: what is done with it; content: digests and names of its sources."""
    return _of_groups((RECIPE, kind), content, flags, *tools.identities())


def model_key(tools: Toolchain, objects: Sequence[str], mpi: str = "") -> str:
    """Of a model: the keys of all that is linked, in order, and how it is linked.

    mpi: the one flavour that it is for, which stands in its stamp.
    """
    flags = tools.flags
    kind = (RECIPE, "model", *([mpi] if mpi else []))
    return _of_groups(kind, objects, flags.shared, flags.library, *tools.identities())


def _of_groups(*groups: Sequence[str]) -> str:
    """Each group with its length, so that a word cannot move from one into the next."""
    return digest(*(part for group in groups for part in (str(len(group)), *group)))
