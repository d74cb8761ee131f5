"""Which copy of each dev package does the environment's Python import?"""

from __future__ import annotations

from collections.abc import Mapping

from devenv.checks.evidence import Evidence, ModuleAnswer
from devenv.core.result import Finding

ID = "import"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    generation = evidence.generation
    # Another finding reports a failed activation or a shadowed standard library.
    if evidence.answer is None and (evidence.base_error or evidence.shadows):
        return ()
    if evidence.answer is None:
        why = evidence.failure or "it printed nothing"
        what = f"{generation.python} did not answer"
        return (Finding(ID, "error", what, why, f"devenv build {generation.name}"),)
    missing = {package for package, _ in evidence.missing_sources}
    modules = (module for module in evidence.answer.modules if module.package not in missing)
    owners = {one.expected: one.package for one in evidence.answer.modules}
    return tuple(_finding(module, generation.name, owners) for module in modules)


def _finding(module: ModuleAnswer, environment: str, owners: Mapping[str, str]) -> Finding:
    """owners: where each module of a dev source is -> the package."""
    came_from = module.imported or module.found
    if not came_from:
        why = module.error or "no directory on the search path has it"
        what = f"{module.name} cannot be found; it should come from {module.expected}"
        return Finding(ID, "error", what, why, f"devenv build {environment}")
    if came_from != module.expected:
        what = f"{module.name} comes from {came_from}, not from the dev source {module.expected}"
        why = f"it comes before the overlay of {module.package} on the search path"
        fix = f"Leave or remove the directory {came_from.rpartition('/')[0]}, then: devenv doctor"
        if other := owners.get(came_from):
            why = f"the dev source of {other} brings {module.name} as well, and comes first"
            fix = f"Use one of the two: devenv undevelop {other} --env {environment}"
        return Finding(ID, "error", what, why, fix)
    if module.error:
        what = f"{module.name} comes from the dev source ({came_from}), but its import fails"
        return Finding(ID, "error", what, module.error, "Fix the source, then: devenv doctor")
    return Finding(ID, "ok", f"{module.name} is imported from {came_from}")
