"""The variables that packages bring, and what devenv proves in every rank before their own script.

A package whose script special runs in each rank names the variable with that script's folder
(`Package.in_ranks`). It is set to a folder of ours instead, which holds the proof, what is to be proved,
and links to all else that stands in the package's own folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from platform import machine

from devenv.config.resources import resource_file
from devenv.core.activation import Contribution
from devenv.core.engines import facts_of
from devenv.core.environment import BuiltModel
from devenv.core.plan import Link, Step, Write
from devenv.core.template import Package
from devenv.environment.foundation import Foundation
from devenv.environment.handle import Env
from devenv.models.stamp_file import stamp_of
from devenv.sources.overlays import SourceFacts

SCRIPT = "init.py"


def variables(foundation: Foundation) -> tuple[Contribution, ...]:
    """What the packages set."""
    return tuple(
        Contribution(name, value.format(root=root), f"package {package.name}")
        for package, root in _present(foundation)
        for name, value in sorted(package.env.items())
    )


def checked_variables(
    env: Env,
    foundation: Foundation,
    model: BuiltModel | None,
    hoc: tuple[str, ...],
    shim: Path,
    folder: Path,
) -> tuple[tuple[Contribution, ...], tuple[Step, ...]]:
    """`variables` with our script in front of the packages' own, and the steps that write it.

    hoc: the folders as NEURON is to find them. shim: the special. folder: to hold it. As `variables`
    where the settings say `proof: off`.
    """
    found: list[Contribution] = []
    steps: list[Step] = []
    on = env.settings.proof
    wanted = {package.in_ranks for package, _ in _present(foundation) if on and package.in_ranks}
    for one in variables(foundation):
        script = Path(one.value, SCRIPT)
        if one.name in wanted and script.is_file():
            facts = _facts(foundation, hoc, script, model, shim)
            steps += _steps(folder, script.parent, facts)
            origin = f"{one.origin}, behind devenv's proof"
            found.append(Contribution(one.name, str(folder), origin))
        else:
            found.append(one)
    return tuple(found), tuple(steps)


def proving(env: Env, foundation: Foundation) -> tuple[str, ...]:
    """The programs before which the proof stands: the packages' own, by their names."""
    if not env.settings.proof:
        return ()
    return tuple(package.name for package, _ in _present(foundation) if package.in_ranks)


def no_special(foundation: Foundation) -> tuple[tuple[str, str], ...]:
    """The variables with which the packages load the library instead of running special."""
    return tuple(
        item for package, _ in _present(foundation) for item in sorted(package.no_special.items())
    )


def proof_digest(env: Env) -> str:
    """Of what is run in the ranks of an environment; empty where nothing is."""
    return hashlib.sha256(_script().encode()).hexdigest() if env.settings.proof else ""


def _present(foundation: Foundation) -> list[tuple[Package, str]]:
    """The packages that are in the environment, with their roots."""
    return [
        (p, foundation.roots[n]) for n, p in foundation.packages.items() if n in foundation.roots
    ]


def _script() -> str:
    return resource_file(f"rank/{SCRIPT}").read_text(encoding="utf-8")


def _steps(folder: Path, original: Path, facts: dict[str, object]) -> Iterator[Step]:
    yield Write(str(folder / SCRIPT), _script())
    yield Write(str(folder / "proof.json"), json.dumps(facts, indent=1) + "\n")
    for entry in sorted(original.iterdir()):
        if entry.name not in (SCRIPT, "__pycache__"):
            yield Link(str(folder / entry.name), str(entry))


def _facts(
    foundation: Foundation, hoc: tuple[str, ...], script: Path, model: BuiltModel | None, shim: Path
) -> dict[str, object]:
    """proof.json: what must be so in every rank."""
    return {
        "environment": foundation.environment.name,
        "script": str(script),
        "modules": {name: [folder, origin] for name, folder, origin in _modules(foundation)},
        "hoc": list(hoc),
        "model": _model_facts(foundation, model, shim) if model else None,
    }


def _modules(foundation: Foundation) -> Iterator[tuple[str, str, str]]:
    """(module, the folder that it must come from, who brings it)."""
    developed = {source.package for source in foundation.sources}
    for package, root in _present(foundation):
        if package.name not in developed:
            yield from ((name, root, f"package {package.name}") for name in package.modules)
    for source in foundation.sources:
        origin = f"dev source {source.package}"
        yield from ((name, folder_of(source, name), origin) for name in source.modules)
    if foundation.lock.neuron:
        yield "neuron", str(foundation.installed.neuron_site), "the environment's NEURON"


def folder_of(source: SourceFacts, module: str) -> str:
    """The real folder that its overlay leads to: the source, or for what is compiled a store."""
    if source.compiled:
        overlay = Path(source.folder)
        for path in (overlay / module, overlay / f"{module}.py", *overlay.glob(f"{module}.*.so")):
            if path.exists():
                return str(path.resolve().parent)
    return source.root


def _model_facts(foundation: Foundation, model: BuiltModel, shim: Path) -> dict[str, str]:
    own = {"key": model.key, "special": model.special, "shim": str(shim)}
    if not facts_of(foundation.environment.engine).compiles_models:
        # It was built for this Python, and left no stamp.
        python = ".".join(foundation.installed.interpreter.version.split(".")[:2])
        return {**own, "NEURON": "", "compiler": "", "Python": python, "processor": machine()}
    stamp = stamp_of(Path(model.path))
    return {
        **own,
        "NEURON": stamp["neuron"]["version"],
        "compiler": stamp["compiler"],
        "Python": stamp["python"],
        "processor": stamp.get("machine", ""),
    }
