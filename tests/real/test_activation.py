"""Activation of a real environment: in every shell, over a module, by a thousand, for other tools."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from shells.harness import HERE, Shell
from support import Devenv, plain_environ

from devenv.core.base import is_bookkeeping

pytestmark = pytest.mark.real

PROGRAM = Path(sys.executable).with_name("devenv")
NAME = "mine"
TEMPLATE = """\
summary: The simulator's own mechanisms and the ring's
python: ">=3.10,<3.15"
neuron: neuron==9.0.2
packages: [neurodamus==4.2.9]
model:
  mods: [{package: neurodamus}, {package: devenv, path: ring/mod}]
  hoc: [{package: neurodamus}, {package: devenv, path: ring/hoc}]
  flags: [-DDISABLE_REPORTINGLIB]
tests:
  own:
    package: neurodamus
    acceptance: [neurodamus]
    deps: ["pytest<9.1", pytest-forked]
    env: {NEURON_INIT_MPI: "0"}
"""
MODULES = Path("/usr/share/modules")
needs_modules = pytest.mark.skipif(
    not (MODULES / "init/bash").exists(), reason="Environment Modules are not here"
)
WHERE = "import neurodamus, os; print('FROM', os.path.realpath(neurodamus.__file__))"


@dataclass(frozen=True)
class Mine:
    """A small environment with a developed neurodamus, and a module that shadows it."""

    devenv: Devenv
    source: Path
    site: Path

    @property
    def current(self) -> Path:
        return self.devenv.home / "envs" / NAME / "current"

    @property
    def neurodamus(self) -> str:
        return f"FROM {os.path.realpath(self.source)}/neurodamus/__init__.py"

    def bash(self, code: str, returncode: int | None = 0, **variables: str) -> str:
        """What bash says to `code`, with the program in PATH and the modules to be had."""
        environ = {
            **plain_environ(),
            "DEVENV_HOME": str(self.devenv.home),
            "MODULEPATH": str(self.site / "modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        }
        environ["PATH"] = f"{PROGRAM.parent}:{environ['PATH']}"
        text = f". {MODULES}/init/bash 2>/dev/null\n{code}"
        done = subprocess.run(
            ["bash", "--norc", "--noprofile", "-c", text], env=environ, cwd=self.site, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600, check=False,
        )  # fmt: skip
        assert returncode is None or done.returncode == returncode, done.stdout
        return done.stdout


def shadow(site: Path) -> None:
    """What a site's module brings: another copy of all that is ours."""
    for file, text in {
        "python/neurodamus/__init__.py": "raise SystemExit('the shadow was imported')\n",
        "python/neurodamus/data/init.py": "raise SystemExit('the init script of the shadow')\n",
        "hoc/neurodamus.hoc": 'print "the HOC file of the shadow"\n',
        "bin/special": "#!/bin/sh\necho the special of the shadow\nexit 9\n",
        "modules/neurodamus-neocortex/1.0": f"""#%Module
prepend-path PATH {site}/bin
prepend-path PYTHONPATH {site}/python
prepend-path HOC_LIBRARY_PATH {site}/hoc
setenv NEURODAMUS_PYTHON {site}/python/neurodamus/data
""",
    }.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)
    (site / "bin/special").chmod(0o755)


@pytest.fixture(scope="module")
def mine(make_devenv: Callable[[str], Devenv]) -> Mine:
    devenv = make_devenv("activation")
    site = devenv.home.parent / "site"
    shadow(site)
    template = devenv.home.parent / "small.yaml"
    template.write_text(TEMPLATE)
    devenv("create", NAME, "--template", template)
    devenv("develop", "neurodamus-py", "--release")
    devenv("build")
    return Mine(devenv, devenv.home / "sources" / NAME / "neurodamus", site)


def script(mine: Mine, shell: Shell) -> str:
    return shell.source(mine.current / f"activate.{shell.dialect.suffix}")


@pytest.mark.parametrize("name", HERE)
def test_activated_once_is_activated_twice_and_undone_to_the_byte(
    mine: Mine, name: str, tmp_path: Path
) -> None:
    shell = Shell(HERE[name], tmp_path, {"PATH": "/usr/bin:/bin", "HOC_LIBRARY_PATH": "/my hoc:"})
    source = script(mine, shell)
    said = shell.run(
        shell.kind.strict, "dump before", source, "dump one", source, "dump two",
        "special -c 'quit()'", "devenv deactivate", "dump after",
    )  # fmt: skip
    assert shell.dumped("one")["DEVENV_ENV"] == NAME, said
    assert shell.dumped("two") == shell.dumped("one")
    assert shell.raw("after") == shell.raw("before")


@contextmanager
def read_only(folder: Path) -> Iterator[list[str]]:
    """Argv that runs a command where the folder is mounted read-only, in a name space of its own."""
    code = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    argv = ["unshare", "--mount", "sh", "-c", code, "sh", str(folder)]
    if subprocess.run([*argv, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a read-only mount needs root here")
    yield argv


def test_a_thousand_at_once_on_a_read_only_home(mine: Mine) -> None:
    script = mine.current / "activate.sh"
    one = f'. "{script}" && echo "$DEVENV_ENV $NEURODAMUS_PYTHON $(command -v special)"'
    code = f"""
        touch "{mine.devenv.home}/x" 2>/dev/null && exit 7
        for shell in dash 'bash --norc'; do
            for i in $(seq 500); do $shell -c '{one}' & done
            wait
        done"""
    environ = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    with read_only(mine.devenv.home) as argv:
        done = subprocess.run(
            [*argv, "bash", "-c", code], env=environ, text=True, capture_output=True, check=False,
            timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 1000
    (only,) = set(lines)
    assert only.startswith(f"{NAME} {mine.source}/")
    assert only.endswith("/bin/special")


@needs_modules
@pytest.mark.parametrize("when", ["before", "as the base"])
def test_the_dev_source_wins_over_a_module(mine: Mine, when: str) -> None:
    name = NAME
    load = "module load neurodamus-neocortex; "
    if when == "as the base":
        name, load = "based", ""
        template = mine.devenv.home.parent / "small.yaml"
        base = ("--base", "modules:neurodamus-neocortex")
        found = {"MODULEPATH": str(mine.site / "modules")}
        mine.devenv("create", name, "--template", template, *base, **found)
        mine.devenv("develop", "neurodamus", "--path", mine.source, "--env", name, **found)
        mine.devenv("build", name, **found)
    dump = "env -0 | sort -z | tr '\\0' '\\n'"
    said = mine.bash(
        f"""{load}export HOC_LIBRARY_PATH=${{HOC_LIBRARY_PATH-}}
        echo BEFORE:; {dump}; echo BEFORE:
        . {mine.devenv.home}/envs/{name}/current/activate.sh || exit 3
        echo "LOADED $LOADEDMODULES"
        python -c "{WHERE}"; special -python -c "{WHERE}"
        hoc=${{HOC_LIBRARY_PATH%%:*}}; echo "HOC $hoc"; echo "INIT $NEURODAMUS_PYTHON"
        echo "SPECIAL $(command -v special)"
        devenv deactivate
        echo AFTER:; {dump}"""
    )
    assert said.count(mine.neurodamus) == 2, said
    assert "shadow" not in said
    assert f"HOC {mine.source}/neurodamus/data/hoc" in said
    assert f"INIT {mine.source}/neurodamus/data\n" in said
    assert f"SPECIAL {mine.devenv.home}" in said
    assert "LOADED neurodamus-neocortex" in said
    before, after = said.split("BEFORE:\n")[1], said.split("AFTER:\n")[1]

    def theirs_apart(text: str) -> list[str]:
        return [line for line in text.splitlines() if not is_bookkeeping(line.partition("=")[0])]

    assert theirs_apart(after) == theirs_apart(before)


@needs_modules
def test_a_module_loaded_afterwards_is_named_and_put_right(mine: Mine, tmp_path: Path) -> None:
    said = mine.bash(
        f""". {mine.current}/activate.sh; module load neurodamus-neocortex
        python -c "{WHERE}"; echo "SPECIAL $(command -v special)"
        devenv doctor; echo "DOCTOR $?"
        cd {tmp_path}
        devenv run -- python -c "{WHERE}"
        devenv run -- special -python -c "{WHERE}"
        devenv which neurodamus-py; devenv which special; devenv which neurodamus.hoc
        devenv test -e own; echo "TESTS $?" """
    )
    assert "the shadow was imported" in said, "the module is in front in this shell"
    assert f"SPECIAL {mine.site}/bin/special" in said
    assert "DOCTOR 1" in said
    for variable in ("PATH", "PYTHONPATH", "HOC_LIBRARY_PATH"):
        assert f"comes before ours in {variable}" in said
    assert f"NEURODAMUS_PYTHON is {mine.site}/python/neurodamus/data" in said
    assert "modules that are loaded here: neurodamus-neocortex/1.0" in said
    assert said.count(mine.neurodamus) == 2, said
    assert f"{mine.source}/neurodamus\n  because of: dev source neurodamus" in said
    assert f"shadows: {mine.site}/python/neurodamus" in said
    assert f"shadows: {mine.site}/bin/special" in said
    assert f"shadows: {mine.site}/hoc/neurodamus.hoc" in said
    assert "TESTS 0" in said, said


@needs_modules
def test_the_sites_stack_with_our_sources_in_front(mine: Mine) -> None:
    """The quick path: nothing of NEURON is ours, and special is the site's."""
    found = {"MODULEPATH": str(mine.site / "modules")}
    base = ("--template", "site", "--base", "modules:neurodamus-neocortex")
    mine.devenv("create", "quick", *base, **found)
    mine.devenv("develop", "neurodamus", "--path", mine.source, "--env", "quick", **found)
    said = mine.bash(
        """eval "$(devenv shell-init bash)"; devenv activate quick
        echo "PY ${PYTHONPATH}"; echo "HOC $HOC_LIBRARY_PATH"; echo "INIT $NEURODAMUS_PYTHON"
        special; devenv run -- special; python -c 'import pytest'
        python -c "import importlib.util as u; print('FOUND', u.find_spec('neurodamus').origin)" """
    )
    found_at = said.split("FOUND ")[1].splitlines()[0]
    assert os.path.realpath(found_at) == mine.neurodamus.removeprefix("FROM ")
    assert said.count("the special of the shadow") == 2
    assert f"HOC {mine.source}/neurodamus/data/hoc:{mine.site}/hoc" in said
    assert f"INIT {mine.source}/neurodamus/data\n" in said


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
    data = json.loads(mine.devenv("shell-hook", NAME, "--json").stdout)
    assert data["variables"]["DEVENV_ENV"] == NAME


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


def test_a_kernel_really_starts(mine: Mine, tmp_path: Path) -> None:
    request = mine.devenv.home / "envs" / NAME / "environment.yaml"
    request.write_text(request.read_text() + "packages: [ipykernel]\n")
    # The shell function sees that it was edited, and so does the program.
    assert "was edited since" in mine.devenv("activate", NAME).stdout
    mine.devenv("build", NAME)
    assert "was edited since" not in mine.devenv("activate", NAME).stdout
    spec = tmp_path / "kernel.json"
    spec.write_text(mine.devenv("export", "kernelspec", NAME).stdout)
    python = json.loads(spec.read_text())["argv"][0]
    environ = {k: v for k, v in plain_environ().items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-c", KERNEL, str(spec)], env={**environ, "JUPYTER_PLATFORM_DIRS": "1"},
        text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    file, special = done.stdout.split()
    assert os.path.realpath(file).startswith(os.path.realpath(mine.source))
    assert special.startswith(str(mine.devenv.home / "envs" / NAME))


def test_doctor_mends_what_is_ours(mine: Mine) -> None:
    shim = mine.current.resolve() / "bin/special"
    shim.unlink()
    data = json.loads(mine.devenv("doctor", NAME, "--json", code=1).stdout)
    assert {"special", "error"} <= {
        v for f in data["findings"] if f["severity"] == "error" for v in (f["id"], f["severity"])
    }
    mine.devenv("doctor", NAME, "--fix")
    assert (mine.current / "bin/special").exists()
    good = str(mine.current.readlink())
    mine.current.unlink()
    mine.current.symlink_to("generations/999")
    assert good.rpartition("/")[2] in mine.devenv("doctor", NAME, "--fix").stdout
    assert str(mine.current.readlink()) == good


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh", "dash"])
def test_devenv_shell_starts_the_users_shell(mine: Mine, shell: str, tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not here")
    (tmp_path / ".zshrc").write_text("export MY_OWN=read\n")
    (tmp_path / ".bashrc").write_text("export MY_OWN=read\n")
    (tmp_path / ".tcshrc").write_text("setenv MY_OWN read\n")
    (tmp_path / ".config/fish").mkdir(parents=True)
    (tmp_path / ".config/fish/config.fish").write_text("set -gx MY_OWN read\n")
    environ = {**plain_environ(), "DEVENV_HOME": str(mine.devenv.home), "HOME": str(tmp_path)}
    environ |= {"SHELL": program, "TERM": "dumb", "ZDOTDIR": "", "XDG_CONFIG_HOME": ""}
    out = tmp_path / "out"
    lines = f"/usr/bin/env > {out}; special -c 'quit()' > {out}.special\nexit\n"
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, "shell", NAME], env=environ, cwd=tmp_path,
        stdin=secondary, stdout=secondary, stderr=secondary, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
    )  # fmt: skip
    os.close(secondary)
    os.write(primary, lines.encode())
    said = b""
    try:
        while chunk := os.read(primary, 4096):
            said += chunk
    except OSError:
        pass  # the shell has ended
    assert process.wait(30) == 0, said
    os.close(primary)
    variables = dict(line.split("=", 1) for line in out.read_text().splitlines() if "=" in line)
    assert variables["DEVENV_ENV"] == NAME, said
    assert variables["PATH"].startswith(str(mine.devenv.home / "envs" / NAME))
    assert (shell == "dash") or variables["MY_OWN"] == "read"
    assert Path(f"{out}.special").exists()
