"""Activation of a real environment: in every shell, by a thousand at once, and proved."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mine import NAME, PROGRAM, Mine
from shells.harness import HERE, Shell
from support import plain_environ

pytestmark = pytest.mark.real


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
    assert only.startswith(f"{NAME} {mine.current.resolve()}/rank/")
    assert only.endswith("/bin/special")


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


def told(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


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
    (tmp_path / "shinit").write_text("export MY_OWN=read\n")
    environ |= {"ENV": str(tmp_path / "shinit")}
    environ |= {"SHELL": program, "TERM": "dumb", "ZDOTDIR": "", "XDG_CONFIG_HOME": ""}
    out = tmp_path / "out"
    lines = (
        f"/usr/bin/env > {out}; special -c 'quit()' > {out}.special\n"
        f"devenv deactivate; /usr/bin/env > {out}.after\nexit\n"
    )
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
    assert process.wait(120) == 0, said
    os.close(primary)
    variables = told(out)
    assert variables["DEVENV_ENV"] == NAME, said
    assert variables["PATH"].startswith(str(mine.devenv.home / "envs" / NAME))
    assert variables["MY_OWN"] == "read"
    assert f"({NAME}) ".encode() in said, "the prompt shows it"
    assert not any(name.startswith("__devenv") for name in variables)
    after = told(Path(f"{out}.after"))
    assert "DEVENV_ENV" not in after, "and `devenv deactivate` is there"
    assert (after["PATH"], after["HOME"]) == (environ["PATH"], environ["HOME"])
    assert after.get("ENV") == environ.get("ENV")
    assert Path(f"{out}.special").exists()


EVALUATED = {
    "bash": 'eval "$(devenv {})"',
    "zsh": 'eval "$(devenv {})"',
    "dash": 'eval "$(devenv {})"',
    "fish": "devenv {} --shell fish | source",
    "tcsh": "eval `devenv {} --shell tcsh`",
}


@pytest.mark.parametrize("name", EVALUATED)
@pytest.mark.parametrize("command", ["activate nosuch", "shell-hook nosuch"])
def test_a_failure_is_code_that_fails_and_a_message_apart(
    mine: Mine, name: str, command: str, tmp_path: Path
) -> None:
    if name not in HERE:
        pytest.skip(f"{name} is not here")
    path = f"{PROGRAM.parent}:/usr/bin:/bin"
    shell = Shell(HERE[name], tmp_path, {"PATH": path, "DEVENV_HOME": str(mine.devenv.home)})
    said = shell.run("dump before", EVALUATED[name].format(command), code=1)
    assert "unknown environment 'nosuch'" in said
    alone = subprocess.run(
        [PROGRAM, *command.split()], env=shell.env, capture_output=True, text=True, check=False
    )
    assert alone.stdout == "false\n", "nothing but code"


MOVED = {
    "run": ("run", NAME, "--", "true"),
    "run --no-build": ("run", NAME, "--no-build", "--", "true"),
    "build": ("build", NAME),
    "test": ("test", "-e", "own", "--env", NAME),
    "test --list": ("test", "--list", "--env", NAME),
    "which": ("which", "neurodamus", "--env", NAME),
    "activate": ("activate", NAME),
    "shell-hook": ("shell-hook", NAME),
    "shell": ("shell", NAME),
}


@pytest.fixture(scope="module")
def moved(mine: Mine) -> Iterator[Mine]:
    """The environment while its dev source stands elsewhere."""
    away = mine.source.with_name("away")
    mine.source.rename(away)
    yield mine
    away.rename(mine.source)


@pytest.mark.parametrize("arguments", MOVED.values(), ids=MOVED)
def test_a_moved_source_is_one_clear_error(moved: Mine, arguments: tuple[str, ...]) -> None:
    said = moved.devenv(*arguments, code=6).stdout
    assert f"the dev source neurodamus is gone: {moved.source}" in said
    assert f"devenv develop neurodamus --path DIR --env {NAME} && devenv build {NAME}" in said
    lines = [
        line for line in said.splitlines() if line != "false"
    ]  # for the shell that evaluates it
    assert len(lines) == 2, "nothing else is said"


def test_doctor_list_and_show_tell_a_moved_source_and_all_else(moved: Mine) -> None:
    data = json.loads(moved.devenv("doctor", NAME, "--json", code=1).stdout)
    (error,) = [f for f in data["findings"] if f["severity"] == "error"]
    assert error["id"] == "source"
    assert str(moved.source) in error["what"]
    assert f"devenv develop neurodamus --path DIR --env {NAME}" in error["fix"]
    told = {f["id"] for f in data["findings"]}
    assert {"variable", "special", "hoc", "mpi", "libpython", "compiler"} <= told
    before = moved.current.readlink()
    moved.devenv("doctor", NAME, "--fix", code=1)
    assert moved.current.readlink() == before, "what cannot be mended is not built anew"
    assert "source gone" in moved.devenv("list").stdout
    shown = moved.devenv("show", NAME).stdout
    assert "MISSING" in shown and f"neurodamus is gone: {moved.source}" in shown
    assert "14 mechanisms" in shown
