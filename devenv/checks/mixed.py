"""Does a module or this shell's PYTHONPATH bring another copy of a dev package?"""

from __future__ import annotations

from devenv.checks.evidence import Evidence, ModuleAnswer
from devenv.core.result import Finding

ID = "mixed"


def judge(evidence: Evidence) -> tuple[Finding, ...]:
    modules = evidence.answer.modules if evidence.answer else ()
    copies = tuple(f for module in modules for f in _copies(module, evidence))
    return (*copies, *_loaded(modules, evidence))


def _copies(module: ModuleAnswer, evidence: Evidence) -> tuple[Finding, ...]:
    others = [path for path in module.shell if path != module.expected]
    if not others:
        return ()
    name = evidence.generation.name
    active = evidence.environ.get("DEVENV_ENV") == name
    what = f"PYTHONPATH in this shell has another {module.name}: {', '.join(others)}"
    if active and module.shell[0] != module.expected:
        why = f"it was prepended after the activation: python here imports {others[0]}"
        return (Finding(ID, "warning", what, why, f"devenv activate {name}, or use devenv run"),)
    return (Finding(ID, "note", what, f"the dev source wins in {name}: {module.expected}"),)


def _loaded(modules: tuple[ModuleAnswer, ...], evidence: Evidence) -> tuple[Finding, ...]:
    """Loaded modules that are named after a dev package, in any of the usual spellings."""
    names = {module.name for module in modules} | {module.package for module in modules}
    plain = {_plain(name) for name in names}
    loaded = [m for m in evidence.environ.get("LOADEDMODULES", "").split(":") if m]
    mixed = [m for m in loaded if any(name in _plain(m) for name in plain)]
    if not mixed:
        return ()
    what = f"loaded modules bring another copy of a dev package: {', '.join(mixed)}"
    why = "the copy that comes later in PATH and PYTHONPATH is not used, but its variables are set"
    return (Finding(ID, "warning", what, why, f"module unload {' '.join(mixed)}"),)


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
