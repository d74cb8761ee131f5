"""The last Spack build of an environment, and the variables that its recipes set, kept with its lock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import StateError
from devenv.core.plan import Plan, Write
from devenv.engines.spack.folder import RUN
from devenv.engines.spack.freshness import ModelCopy
from devenv.engines.spack.lockfile import SpackLock, read_spack_lock
from devenv.engines.spack.program import bare
from devenv.engines.spack.running import RunVariables, run_variables
from devenv.engines.spack.work import SpackCall
from devenv.store.carry import carry_out
from devenv.system import process


@dataclass(frozen=True)
class SpackBuild:
    """A build by Spack. folder: where Spack worked. lock: None before the first install.

    variables: of all packages, with paths of the view. own: variables of the copied model, with
    paths of its prefix. copy: of the model, if it depends on a dev source.
    """

    folder: Path
    lock: SpackLock | None = None
    variables: RunVariables | None = None
    own: RunVariables | None = None
    copy: ModelCopy | None = None

    @property
    def view(self) -> Path:
        """Spack's view: the directory that links the files of all packages."""
        return self.folder / "view"


def lock_in(folder: Path) -> SpackLock:
    """The spack.lock in `folder`."""
    path = folder / "spack.lock"
    return read_spack_lock(path.read_text(encoding="utf-8"), str(path))


def record_run_variables(context: Context, work: SpackCall, copy: ModelCopy | None) -> None:
    """Store, next to the lock, Spack's output with the variables that the installed recipes set.

    copy: of the model. A path of the view does not show which package it belongs to, so Spack is asked
    once more for the model alone, which gives paths of its prefix.
    """
    argv = work.argv("env", "activate", "--sh", "-d", str(work.folder), env=False)
    environ = bare(work.variables)
    activation = process.capture(argv, environ=environ)
    load = work.argv("load", "--sh", f"/{copy.node.hash}") if copy else ()
    own = process.capture(load, environ=environ) if load else ""
    text = json.dumps({"before": environ, "said": activation, "own": own})
    carry_out(context, Plan("run", (Write(str(work.folder / RUN), text),)))


def read_last_build(work: SpackCall) -> SpackBuild:
    """The last build; StateError if its record is damaged."""
    path = work.folder / RUN
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        variables = run_variables(kept["said"], kept["before"])
        own = run_variables(kept.get("own", ""), kept["before"])
    except (OSError, ValueError, KeyError, TypeError):
        name = work.request.environment.name
        raise StateError(f"{path} is damaged", fix=f"devenv build {name} --update") from None
    return SpackBuild(work.folder, lock_in(work.folder), variables, own)
