"""What was exported once leads to what is in use, after builds with other packages and a prune."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from mine import MODULES
from support import edited, plain_environ
from tiny import Tiny

pytestmark = pytest.mark.real

USE = "import iniconfig, neurodamus, os; from neuron import h; print('FROM', neurodamus.__file__)"


def bash(code: str) -> str:
    done = subprocess.run(
        ["bash", "--norc", "-c", code], env=plain_environ(), text=True, timeout=120, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_exports_follow_the_generation_in_use(tiny: Tiny, tmp_path: Path) -> None:
    root = tiny.devenv.home / "envs/tiny"
    kinds = ("dotenv", "modulefile", "modulefile-lua", "jupyter", "vscode", "envrc")
    texts = {kind: tiny.devenv("export", kind, "tiny").stdout for kind in kinds}
    for kind, text in texts.items():
        for store in ("venvs", "neuron", "models", "overlays", "envs/tiny/generations"):
            assert f"{tiny.devenv.home}/{store}/" not in text, kind
        assert "DEVENV_GENERATION" not in text, kind
        (tmp_path / kind).write_text(text)
    with edited(root / "environment.yaml", "packages: [iniconfig]\n"):
        tiny.devenv("build", "tiny")
        tiny.devenv("prune", "--keep", "1")
        use = f'python -c "{USE}" && special -c "quit()" >&2'
        said = bash(f"set -a; . {tmp_path}/dotenv; {use}")
        assert f"FROM {root}/current/links/overlay-neurodamus/" in said
        kernel = json.loads(texts["jupyter"])["argv"]
        start = kernel[2].replace('-m ipykernel_launcher -f "$1"', f'-c "{USE}"')
        assert start != kernel[2]
        done = subprocess.run(
            [*kernel[:2], start, kernel[3]], env=plain_environ(), text=True, capture_output=True,
            check=True, timeout=120,
        )  # fmt: skip
        assert "FROM" in done.stdout
        python = json.loads(texts["vscode"])["python.defaultInterpreterPath"]
        subprocess.run([python, "-c", "import iniconfig"], check=True, timeout=120)
        if (MODULES / "init/bash").exists():
            bash(f". {MODULES}/init/bash; module use {tmp_path}; module load modulefile; {use}")
    tiny.devenv("build", "tiny")
    said = tiny.devenv("doctor", "tiny").stdout
    assert "ERROR" not in said
