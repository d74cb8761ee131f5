"""What an environment exports for other tools is really read by them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mine import MODULES, NAME, WHERE, Mine
from support import plain_environ

pytestmark = pytest.mark.real


KERNEL = """
import sys
from jupyter_client import KernelManager
manager = KernelManager(kernel_name=sys.argv[1])
manager.start_kernel()
client = manager.blocking_client()
client.start_channels()
client.wait_for_ready(timeout=180)
client.execute_interactive(sys.argv[2], timeout=180)
client.stop_channels()
manager.shutdown_kernel(now=True)
"""
IN_A_NOTEBOOK = """
import neurodamus, shutil
from neuron import h
section = h.Section()
section.insert("ring_na")
print(neurodamus.__file__, shutil.which("special"), section(0.5).ring_na.gbar >= 0)
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


def test_a_kernel_is_installed_in_one_command(mine: Mine, tmp_path: Path) -> None:
    jupyter = {"JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}
    asked = ("export", "jupyter", NAME, "--install")
    said = mine.devenv(*asked, "--dry-run", **jupyter).stdout
    assert "ipykernel" in said
    assert list(tmp_path.iterdir()) == []
    said = mine.devenv(*asked, **jupyter).stdout
    assert f"{NAME} lacks ipykernel: devenv add ipykernel --env {NAME}" in said
    assert "ipykernel" in (mine.devenv.home / "envs" / NAME / "environment.yaml").read_text()
    spec = tmp_path / "jupyter" / "kernels" / f"devenv-{NAME}" / "kernel.json"
    before = spec.read_text()
    assert "lacks" not in mine.devenv(*asked, **jupyter).stdout
    assert spec.read_text() == before
    python = json.loads((mine.current / "environment.json").read_text())["python"]
    environ = {k: v for k, v in plain_environ().items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", KERNEL, f"devenv-{NAME}", IN_A_NOTEBOOK],
        env={**environ, **jupyter, "JUPYTER_PLATFORM_DIRS": "1"},
        text=True, capture_output=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file, special, inserted = done.stdout.split()
    assert os.path.realpath(file).startswith(os.path.realpath(mine.source))
    assert special.startswith(str(mine.devenv.home / "envs" / NAME))
    assert inserted == "True"


SETTINGS = """{
    // mine
    "editor.rulers": [80, 105,], // two
    "terminal.integrated.env.linux": {
        "MY_OWN": "1", // stays
    },
    "clangd.arguments": ["--log=error", "--compile-commands-dir=/elsewhere"],
}
"""


def in_vs_code(text: str) -> dict[str, Any]:
    """The settings as Node reads them, by the rules of JavaScript: comments and commas at ends."""
    code = "process.stdout.write(JSON.stringify(eval('(' + require('fs').readFileSync(0) + ')')))"
    argv = ["node", "-e", code]
    done = subprocess.run(argv, input=text, text=True, capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def test_vs_code_gets_what_it_needs_and_keeps_what_it_has(mine: Mine, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not here")
    folder = tmp_path / ".vscode"
    folder.mkdir()
    settings = folder / "settings.json"
    settings.write_text(SETTINGS)
    own = '{"version": "0.2.0", "configurations": [{"name": "mine", "type": "debugpy"}]}\n'
    (folder / "launch.json").write_text(own)
    asked = ("export", "vscode", NAME, "--write")
    diff = mine.devenv(*asked, "--dry-run", cwd=tmp_path).stdout
    assert settings.read_text() == SETTINGS
    assert '+    "python.defaultInterpreterPath": ' in diff
    assert mine.devenv(*asked, cwd=tmp_path).stdout.startswith(diff.partition("# ")[0])
    kept = [line for line in SETTINGS.splitlines() if "clangd" not in line]
    assert [line for line in kept if line not in settings.read_text().splitlines()] == []
    found = in_vs_code(settings.read_text())
    subprocess.run([found["python.defaultInterpreterPath"], "-c", "import numpy"], check=True)
    assert found["terminal.integrated.env.linux"]["MY_OWN"] == "1"
    assert "NRNMECH_LIB_PATH" in found["terminal.integrated.env.linux"]
    commands, other = found["clangd.arguments"]
    assert other == "--log=error"
    compiled = json.loads(Path(commands.partition("=")[2], "compile_commands.json").read_text())
    assert any("ring_na" in one["file"] for one in compiled)
    variables = found["python.envFile"].replace("${workspaceFolder}", str(tmp_path))
    said = mine.bash(f'set -a; . {variables}; python -c "{WHERE}"')
    assert mine.neurodamus in said
    launch = in_vs_code((folder / "launch.json").read_text())["configurations"]
    assert launch[0] == {"name": "mine", "type": "debugpy"}
    assert [one["type"] for one in launch[1:]] == ["debugpy", "cppdbg"]
    texts = [path.read_bytes() for path in sorted(folder.iterdir())]
    assert "All is as it should be" in mine.devenv(*asked, cwd=tmp_path).stdout
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == texts
    settings.write_text('{\n  "a": \n}')
    refused = mine.devenv(*asked, cwd=tmp_path, code=2).stdout
    assert f"{settings} cannot be edited: line 3: unexpected }}" in refused


def test_an_envrc_and_a_modulefile_are_written_beside_what_is_there(
    mine: Mine, tmp_path: Path
) -> None:
    (tmp_path / ".envrc").write_text("export MINE=1\n")
    mine.devenv("export", "envrc", NAME, "--write", tmp_path)
    started = f"watch_file() {{ :; }}; . {tmp_path}/.envrc"
    said = mine.bash(f'{started}; echo $MINE; python -c "{WHERE}"')
    assert said.startswith("1\n")
    assert mine.neurodamus in said
    mine.devenv("export", "modulefile", NAME, "--write", tmp_path)
    if (MODULES / "init/bash").exists():
        said = mine.bash(f'module use {tmp_path}; module load {NAME}; python -c "{WHERE}"')
        assert mine.neurodamus in said
    (tmp_path / NAME).write_text("#%Module\nsetenv MINE 1\n")
    refused = mine.devenv("export", "modulefile", NAME, "--write", tmp_path, code=2).stdout
    assert f"{tmp_path / NAME} cannot be edited: it is not a modulefile of devenv's" in refused
    assert (tmp_path / NAME).read_text() == "#%Module\nsetenv MINE 1\n"


def test_what_cannot_be_written_or_installed(mine: Mine, tmp_path: Path) -> None:
    for words, what in {
        ("json", NAME, "--write"): "json is not written into a folder",
        ("vscode", NAME, "--install"): "--install is for jupyter, and not for vscode",
        ("jupyter", NAME, "--write", "--install"): "exclude each other",
        ("vscode", "--write", tmp_path / "none"): f"{tmp_path}/none is not a directory",
        ("kernelspec", NAME, "--install"): "unknown format 'kernelspec'",
    }.items():
        assert what in mine.devenv("export", *words, code=2, cwd=tmp_path).stdout
    assert list(tmp_path.iterdir()) == []
