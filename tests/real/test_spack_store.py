"""What Spack installed, on real Spack: pruned where nothing has it, and taken from caches of others."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from ports import free_port
from slurm_cluster import wait
from spack_trial import Trial, another
from support import Devenv, plain_environ

pytestmark = pytest.mark.real


@contextmanager
def running(devenv: Devenv, *arguments: str) -> Iterator[None]:
    """A command of devenv's that says a line and then waits, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devenv", *arguments],
        env={**plain_environ(), "DEVENV_HOME": str(devenv.home), **devenv.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout
    try:
        assert process.stdout.readline() == "there\n"
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_what_no_generation_has_is_pruned_and_what_is_in_use_stays(
    trial: Trial, tmp_path: Path
) -> None:
    devenv = another(trial, tmp_path)
    env = devenv.home / "envs" / "taken"
    manifest = env / "spack.yaml"

    def build(old: str, new: str, code: int = 0) -> Path:
        """The folder that Spack worked in for spack.yaml with `new` in place of `old`."""
        before = set((env / "spack").glob("*"))
        manifest.write_text(manifest.read_text().replace(old, new))
        devenv("build", "taken", code=code)
        return next(iter(set((env / "spack").glob("*")) - before))

    def prune() -> str:
        return devenv("prune", "--keep", "1", "--packages").stdout

    def packages() -> set[str]:
        folders = (devenv.home / "spack" / "opt").glob("*/*-*-*")
        return {folder.name.rpartition("-")[0] for folder in folders}

    first = build("- trial-model", "- trial-model")
    with running(devenv, "run", "taken", "--", "sh", "-c", "echo there; exec sleep 600"):
        second = build("trial-model", "trial-model@1.0")
        assert {"trial-model-1.0", "trial-model-1.1"} <= packages()
        assert f"In use: {env / 'generations' / '2'}" in prune()
        assert not (env / "generations" / "1").exists()
        assert (first / "spack.lock").exists()
        assert {"trial-model-1.0", "trial-model-1.1"} <= packages()
    tool = "trial-model@1.0\n  - trial-tool@1.0"
    broken_off = build("trial-model@1.0", tool, code=4)
    python = "print('there', flush=True); import time; time.sleep(600)"
    with running(devenv, "spack", "exec", "--", "python", "-c", python):
        assert "In use: what Spack made" in prune()
        assert first.exists()
    dry = devenv("prune", "--packages", "--dry-run").stdout
    assert str(first) in dry
    assert "trial-model-1.1" in dry
    assert first.exists()
    assert f"Kept: {broken_off}" in prune()
    assert not first.exists()
    assert "trial-model-1.1" not in packages()
    assert {"trial-model-1.0", "py-trial-1.0", "py-setuptools-80.9.0"} <= packages()
    assert "the special of the trial" in devenv("run", "taken", "--", "special").stdout
    found = devenv("spack", "exec", "--", "find", "--format", "{name}@{version}").stdout
    assert "trial-model@1.0" in found
    assert "trial-model@1.1" not in found
    build(tool, "trial-model@1.0 +coreneuron")
    # Without a scope of a build, one is made for the uninstall; not by a dry run.
    spack = devenv.home / "spack"
    for kind in ("scopes", "recipes"):
        (spack / kind).rename(tmp_path / kind)
    entries = sorted(spack.rglob("*"))
    assert "uninstall" in devenv("prune", "--packages", "--dry-run").stdout
    assert sorted(spack.rglob("*")) == entries
    for kind in ("scopes", "recipes"):
        (tmp_path / kind).rename(spack / kind)
    prune()
    assert not broken_off.exists()
    assert not second.exists()
    assert "the special of the trial" in devenv("run", "taken", "--", "special").stdout


TYPED = "it is a secret"
LINE = "someone:$2y$05$.RM.PvNJCBPpV6aLweP5Su0auqqL/0ipi8R..G3P9PtuuLwedpAV2"
"""What htpasswd -B makes of that password."""

REGISTRY = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: {root}/store}}}}
auth: {{htpasswd: {{realm: trial, path: {root}/htpasswd}}}}
http: {{addr: 127.0.0.1:{port}, tls: {{certificate: {root}/cert.pem, key: {root}/key.pem}}}}
"""


@dataclass(frozen=True)
class Registry:
    """An OCI registry that wants a password. address: of a build cache in it."""

    address: str
    certificate: Path

    @property
    def login(self) -> dict[str, str]:
        variables = {"DEVENV_CACHE_USER": "someone", "DEVENV_CACHE_PASSWORD": TYPED}
        return {**variables, "SSL_CERT_FILE": str(self.certificate)}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    program, root = shutil.which("docker-registry"), tmp_path / "registry"
    if program is None:
        pytest.skip("docker-registry is not installed")
    root.mkdir()
    (root / "htpasswd").write_text(f"{LINE}\n")
    names = "subjectAltName=DNS:localhost"
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem")
    openssl = ("openssl", "req", "-x509", *key, "-subj", "/CN=localhost", "-addext", names)
    subprocess.run(openssl, cwd=root, check=True, capture_output=True)
    port = free_port()
    (root / "config.yml").write_text(REGISTRY.format(root=root, port=port))
    with (root / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", root / "config.yml"], stdout=log, stderr=log)
    try:
        wait(lambda: answers(port), 60, (root / "log").read_text)
        yield Registry(f"oci://localhost:{port}/team/builds", root / "cert.pem")
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def test_what_a_registry_has_is_taken_and_not_compiled(
    trial: Trial, registry: Registry, tmp_path: Path
) -> None:
    address, login = registry.address, registry.login
    trial.devenv("create", "shared", "--template", "trial")
    trial.devenv("build", "shared")
    wrong = {**login, "DEVENV_CACHE_PASSWORD": "it is another one"}
    refused = trial.devenv("cache", "push", address, "--env", "shared", code=4, **wrong).stdout
    assert "returned 401" in refused
    assert "DEVENV_CACHE_PASSWORD" in refused
    pushed = trial.devenv("cache", "push", address, "--env", "shared", **login).stdout
    assert "3 packages are in" in pushed
    listed = trial.devenv("cache", "list", address, "--env", "shared", **login).stdout
    assert "trial-model@1.1" in listed
    other = another(trial, tmp_path)
    other("cache", "pull", address, "--env", "taken", **login)
    log = next((other.home / "envs" / "taken" / "spack").glob("*/spack.log")).read_text()
    assert "Extracting trial-model-1.1" in log
    assert "Executing phase" not in log
    store = (other.home / "spack" / "opt").glob("*/*-*-*")
    names = {folder.name.rpartition("-")[0] for folder in store}
    assert names == {"python-venv-1.0", "py-trial-1.0", "trial-model-1.1"}
    assert "the special of the trial" in other("run", "taken", "--", "special").stdout
    assert all(TYPED not in text for text in written(trial.devenv.home, other.home))
    held = f"oci://someone:{TYPED}@localhost/builds"
    said = other("cache", "list", held, "--env", "taken", code=2).stdout
    assert "no password" in said
    assert TYPED not in said


def written(*homes: Path) -> Iterator[str]:
    """All that devenv and Spack wrote of environments and of configuration."""
    for home in homes:
        for folder in (home / "envs", home / "spack" / "scopes"):
            for path in folder.rglob("*"):
                if path.is_file():
                    yield path.read_text(errors="replace")
