"""The guarantees of a wheel's platform tag: libraries and symbol versions that every system has.

The data are auditwheel's policies (PEP 600, PEP 656).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devenv.core.errors import PreconditionError

MACHINES = {
    "x86_64": "EM_X86_64",
    "i686": "EM_386",
    "aarch64": "EM_AARCH64",
    "ppc64le": "EM_PPC64",
    "s390x": "EM_S390",
    "armv7l": "EM_ARM",
    "riscv64": "EM_RISCV",
}
_LINUX = re.compile(
    r"(manylinux|musllinux|linux)\w*?_(x86_64|i686|aarch64|ppc64le|s390x|armv7l|riscv64)"
)


@dataclass(frozen=True)
class Platform:
    """A Linux platform. tag: empty for an unknown one. machine: ``x86_64``.

    libraries: those that need not be in the wheel; None: any (``linux_x86_64`` guarantees nothing).
    versions: prefix -> symbol versions (``GLIBC`` -> ``2.28``).
    """

    tag: str
    machine: str
    libraries: frozenset[str] | None = None
    versions: Mapping[str, frozenset[str]] = field(default_factory=dict)


def platform_of(tags: Iterable[str]) -> Platform | None:
    """The strictest Linux platform of the tags; None if none is for Linux (``any``, ``macosx_…``)."""
    linux = [tag for tag in tags if _LINUX.fullmatch(tag)]
    if not linux:
        return None
    match = _LINUX.fullmatch(linux[0])
    assert match is not None
    machine = match[2]
    if match[1] == "linux":
        return Platform(linux[0], machine)
    policies = _policies(machine, linux[0] if match[1] == "musllinux" else "")
    named = [p for p in policies if p.name in linux or set(p.aliases) & set(linux)]
    if not named:
        return Platform("", machine)
    strictest = max(named, key=lambda policy: policy.priority)
    return Platform(strictest.name, machine, strictest.whitelist, strictest.symbol_versions)


def _policies(machine: str, musl: str) -> Any:
    """auditwheel's policies for a machine. musl: the tag of a musl wheel; empty for glibc."""
    try:
        from auditwheel.architecture import Architecture
        from auditwheel.libc import Libc
        from auditwheel.policy import WheelPolicies
    except ImportError:
        raise PreconditionError(
            "auditwheel is not installed, whose policies say what a platform tag promises",
            fix="Install devenv with it: pip install 'simdevenv[wheel]'",
        ) from None
    return WheelPolicies(
        libc=Libc.MUSL if musl else Libc.GLIBC,
        arch=Architecture(machine),
        musl_policy=musl.removesuffix(f"_{machine}") or None,
    )
