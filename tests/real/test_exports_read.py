"""What an environment exports for other tools is really read by them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from mine import MODULES, NAME, WHERE, Mine
from support import plain_environ

pytestmark = pytest.mark.real


KERNEL = """
import json, sys
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec
manager = KernelManager()
manager._kernel_spec = KernelSpec(**json.load(open(sys.argv[1])))
manager.start_kernel()
client = manager.blocking_client()
client.start_channels()
client.wait_for_ready(timeout=60)
code = "import neurodamus, shutil; print(neurodamus.__file__, shutil.which('special'))"
client.execute_interactive(code, timeout=60)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


def test_a_modulefile_really_loads(mine: Mine, tmp_path: Path) -> None:
    if not (MODULES / "init/bash").exists():
        pytest.skip("Environment Modules are not here")
    (tmp_path / "exported").write_text(mine.devenv("export", "modulefile", NAME).stdout)
    said = mine.bash(
        f"""module use {tmp_path}; module load exported; python -c "{WHERE}"
        special -python -c "{WHERE}"; module unload exported; command -v special"""
        , returncode=1,
    )  # fmt: skip
    assert said.count(mine.neurodamus) == 2, said


def test_an_envrc_and_a_dotenv_are_read(mine: Mine, tmp_path: Path) -> None:
    (tmp_path / ".envrc").write_text(mine.devenv("export", "envrc", NAME).stdout)
    hook = mine.devenv("shell-hook", NAME, "--shell", "bash").stdout
    (tmp_path / "hook").write_text(hook)
    for code in (f"watch_file() {{ [ -r $1 ]; }}; . {tmp_path}/.envrc", f". {tmp_path}/hook"):
        said = mine.bash(f'set -eu; {code}; python -c "{WHERE}"; echo "$NRNMECH_LIB_PATH"')
        assert mine.neurodamus in said
    (tmp_path / ".env").write_text(mine.devenv("export", "dotenv", NAME).stdout)
    said = mine.bash(f'set -a; . {tmp_path}/.env; python -c "{WHERE}"; command -v special')
    assert mine.neurodamus in said
    assert f"{mine.devenv.home}/envs/{NAME}/" in said
    data = json.loads(mine.devenv("shell-hook", NAME, "--json").stdout)
    assert data["variables"]["DEVENV_ENV"] == NAME


def test_a_kernel_really_starts(mine: Mine, tmp_path: Path) -> None:
    request = mine.devenv.home / "envs" / NAME / "environment.yaml"
    request.write_text(request.read_text() + "packages: [ipykernel]\n")
    # The shell function sees that it was edited, and so does the program.
    assert "was edited since" in mine.devenv("activate", NAME).stdout
    mine.devenv("build", NAME)
    assert "was edited since" not in mine.devenv("activate", NAME).stdout
    spec = tmp_path / "kernel.json"
    spec.write_text(mine.devenv("export", "kernelspec", NAME).stdout)
    python = json.loads((mine.current / "environment.json").read_text())["python"]
    environ = {k: v for k, v in plain_environ().items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", KERNEL, str(spec)], env={**environ, "JUPYTER_PLATFORM_DIRS": "1"},
        text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file, special = done.stdout.split()
    assert os.path.realpath(file).startswith(os.path.realpath(mine.source))
    assert special.startswith(str(mine.devenv.home / "envs" / NAME))
