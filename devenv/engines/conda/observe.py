"""Runs the activation scripts of installed packages once, to record their changes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from devenv.core.delta import EnvironmentDelta, Set
from devenv.core.errors import StateError
from devenv.engines.conda.activation import MARK, edits_between, lists_in
from devenv.system import process

_SCRIPTS = "etc/conda/activate.d/*.sh"
_SYSTEM = "/usr/bin:/bin"
_SOURCE = 'for file; do . "$file" >&2 || exit; done; env -0'


def contribution(prefix: Path, environ: Mapping[str, str]) -> EnvironmentDelta:
    """The changes by the packages of an installation, except to PATH and PYTHONPATH.

    The scripts run in bash if it is installed, which conda's users mostly have, and with few variables,
    so that the result does not depend on the caller. StateError if a script fails.
    """
    origin = "conda packages"
    own = Set("CONDA_PREFIX", str(prefix), origin)
    scripts = sorted(prefix.glob(_SCRIPTS))
    if not scripts:
        return EnvironmentDelta((own,))
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in scripts]
    before = {
        **{name: environ[name] for name in ("HOME", "USER") if name in environ},
        **dict.fromkeys(lists_in(texts), MARK),
        "CONDA_PREFIX": str(prefix),
        "PATH": f"{prefix}/bin:{_SYSTEM}",
    }
    shell = shutil.which("bash") or "/bin/sh"
    done = process.run((shell, "-c", _SOURCE, "activate", *map(str, scripts)), environ=before)
    if done.returncode:
        raise StateError(
            f"an activation script of the packages in {prefix} failed: {done.stderr.strip()[-300:]}",
            fix=f"Look at {prefix}/{_SCRIPTS}, and correct the package that brings it.",
        )
    pairs = (one.partition("=") for one in done.stdout.split("\0") if one)
    after = {name: value for name, _, value in pairs}
    return EnvironmentDelta((own, *edits_between(before, after, origin)))
