"""A Spack of the benchmark's own: cloned, set up for no network, with an environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

URL, VERSION = "https://github.com/spack/spack.git", "v1.1.0"
_FILES = {
    "config/bootstrap.yaml": "bootstrap: {enable: false}\n",
    "config/repos.yaml": "repos:: {bench: $here/repo/spack_repo/bench}\n",
    "config/config.yaml": "config: {install_tree: {root: $here/tree}, build_stage: [$here/stage]}\n",
    "repo/spack_repo/bench/repo.yaml": "repo: {namespace: bench, api: v2.0}\n",
    "repo/spack_repo/bench/packages/.keep": "",
    "env/spack.yaml": "spack: {specs: [], view: false}\n",
}


def spack_activate(folder: Path) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """The argv of `spack env activate --sh` and its variables; None where Spack cannot be had.

    SPACK_ROOT and SPACK_BENCH_ENV name a Spack and an environment to take instead, as they are. The
    environment made here is the least there can be, without specs or a view: what remains is what Spack
    needs for any.
    """
    root, name = os.environ.get("SPACK_ROOT"), os.environ.get("SPACK_BENCH_ENV")
    if root and name:
        return (f"{root}/bin/spack", "env", "activate", "--sh", name), {**os.environ}
    clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", VERSION, URL, f"{folder}/spack"]
    if subprocess.run(clone, capture_output=True, check=False).returncode:
        return None
    for file, text in _FILES.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("$here", str(folder)))
    environ = {
        **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
        "SPACK_PYTHON": sys.executable,
        "SPACK_DISABLE_LOCAL_CONFIG": "1",
        "SPACK_USER_CACHE_PATH": f"{folder}/cache",
    }
    argv = (f"{folder}/spack/bin/spack", "--color=never", "-C", f"{folder}/config")
    argv = (*argv, "env", "activate", "--sh", f"{folder}/env")
    said = subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout
    if "export SPACK_ENV=" not in said:
        raise RuntimeError(f"that was no activation: {said}")
    return argv, environ
