"""Does the directory of every dev source exist?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence
from devenv.core.result import Finding

ID = "source"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    name = evidence.generation.name
    missing = tuple(
        Finding(
            ID,
            "error",
            f"the dev source {package} is gone: {path}",
            "the environment cannot be activated without it",
            f"Put it back, or: devenv develop {package} --path DIR --env {name} && devenv build {name}",
        )
        for package, path in evidence.missing_sources
    )
    if missing or not evidence.generation.overlays:
        return missing
    packages = ", ".join(overlay.package for overlay in evidence.generation.overlays)
    return (Finding(ID, "ok", f"all dev sources exist: {packages}"),)
