"""Is every dev source still where it was developed?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "source"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    name = evidence.generation.name
    gone = tuple(
        Finding(
            ID,
            "error",
            f"the dev source {package} is gone: {path}",
            "the environment refuses to be activated without it",
            f"Put it back, or: devenv develop {package} --path DIR --env {name} && devenv build {name}",
        )
        for package, path in evidence.gone
    )
    if gone or not evidence.generation.overlays:
        return gone
    packages = ", ".join(overlay.package for overlay in evidence.generation.overlays)
    return (Finding(ID, "ok", f"dev sources are in place: {packages}"),)
