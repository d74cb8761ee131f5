"""Jupyter's kernel of an environment: what it needs, and where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from devenv.environment.activation import active_variables
from devenv.environment.handle import Env


def has_kernel(env: Env) -> bool:
    """Whether its Python finds ipykernel in its own packages or on PYTHONPATH."""
    entries = active_variables(env.context, env.generation).get("PYTHONPATH", "").split(":")
    folders = [env.generation.site, *entries]
    return any(Path(one, "ipykernel").is_dir() for one in folders if one)


def kernel_file(env: Env) -> Path:
    """The kernel of the environment, in the folder where Jupyter looks for a user's kernels."""
    folder = _data_folder(env.context.environ)
    return folder / "kernels" / f"devenv-{env.name}" / "kernel.json"


def _data_folder(environ: Mapping[str, str]) -> Path:
    """As Jupyter's documentation has it, in "Directories and file locations"."""
    home = Path(environ.get("HOME", "/"))
    if environ.get("JUPYTER_DATA_DIR"):
        return Path(environ["JUPYTER_DATA_DIR"])
    if sys.platform == "darwin":
        return home / "Library" / "Jupyter"
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "jupyter"
