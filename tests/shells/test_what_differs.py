"""What only some shells can say, or say differently."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from shells.harness import HERE, HOSTILE, KINDS, Kind, Shell

from devenv.core.delta import Append, EnvironmentDelta, Prepend, Set, Unset, invert
from devenv.shells.record import RECORD, decode, encode

STRACE = shutil.which("strace")


def shell_of(name: str, folder: Path) -> Shell:
    if name not in HERE:
        pytest.skip(f"{name} is not here")
    return Shell(HERE[name], folder)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return shell_of("bash", tmp_path)


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_variable_that_is_not_exported_is_not_in_the_environment(
    name: str, tmp_path: Path
) -> None:
    shell = shell_of(name, tmp_path)
    source = shell.source(shell.build(EnvironmentDelta((Prepend("LIST", "/one", "o"),))))
    mine = "set -g LIST /shell" if name == "fish" else "LIST=/shell"
    shell.run(mine, "dump before", source, "dump active", "devenv deactivate", "dump after")
    assert shell.dumped("active")["LIST"] == "/one"
    assert shell.raw("after") == shell.raw("before")


def test_a_universal_variable_of_fish_stays(tmp_path: Path) -> None:
    """It is kept on the disk for all shells: an activation hides it from this one. Fish can
    hide it by a value alone, an empty one."""
    if "fish" not in HERE:
        pytest.skip("fish is not here")
    # With -N it has no universal variables.
    shell = Shell(
        Kind("fish", ("fish",)), tmp_path, {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    )
    delta = EnvironmentDelta(
        (Unset("GONE", "o"), Set("MINE", "ours", "o"), Prepend("LIST", "/a", "o"))
    )
    source = shell.source(shell.build(delta))
    shell.run("set -Ux GONE kept; set -Ux MINE 'my own'; set -Ux LIST /b")
    said = shell.run(
        "dump before", source, "dump active", source, "devenv deactivate", "dump after",
        "set -U GONE later; echo (env | string match -r '^GONE=.*')",
    )  # fmt: skip
    active = shell.dumped("active")
    assert (active["MINE"], active["LIST"], active["GONE"]) == ("ours", "/a:/b", "")
    assert shell.raw("after") == shell.raw("before")
    assert said.split() == ["GONE=later"]
    said = shell.run('echo "$GONE $MINE $LIST"')
    assert said.strip() == "later my own /b"


@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "bash-sh"])
@pytest.mark.parametrize(
    "before", ["", "export LIST='it''s' SCALAR=x __devenv_done=1 __devenv_is=x"]
)
def test_what_is_exported_by_default_is_not_ours(name: str, before: str, tmp_path: Path) -> None:
    """`set -a` exports each variable, and bash each function, that is made from then on."""
    shell = shell_of(name, tmp_path)
    delta = EnvironmentDelta((Prepend("LIST", "/one", "o"), Set("SCALAR", "ours", "o")))
    source = shell.source(shell.build(delta))
    shell.run(
        before, "unset __devenv_is", "dump before", "set -a", source, "dump active", source,
        "dump again", "devenv deactivate", "dump after", "MINE=1", "dump still",
    )  # fmt: skip
    assert shell.dumped("active").keys() - shell.dumped("before").keys() <= {
        *("LIST", "SCALAR", "DEVENV_ENV", RECORD)
    }
    assert shell.dumped("active")["SCALAR"] == "ours"
    assert shell.dumped("again") == shell.dumped("active")
    assert without(shell.raw("after")) == without(shell.raw("before"))
    assert shell.dumped("still")["MINE"] == "1"


def without(raw: list[bytes]) -> list[bytes]:
    return [entry for entry in raw if not entry.startswith(b"__devenv_done=")]


@pytest.mark.parametrize("name", ["bash", "zsh", "dash"])
def test_a_function_with_the_name_of_a_variable_stays(name: str, tmp_path: Path) -> None:
    """Without -v, bash's `unset` takes the function where there is no such variable."""
    shell = shell_of(name, tmp_path)
    source = shell.source(shell.build(EnvironmentDelta((Unset("GONE", "o"), Set("NEW", "x", "o")))))
    mine = ("GONE() { echo mine; }", "NEW() { echo new; }", "NEW=old; export NEW")
    said = shell.run(*mine, source, source, "devenv deactivate", "devenv deactivate", "GONE", "NEW")
    assert said.split("active\n")[-1].split() == ["mine", "new"]


@pytest.mark.parametrize("name", ["bash", "zsh", "dash"])
@pytest.mark.parametrize("how", ["script", "function"])
def test_the_function_replaces_an_alias_of_its_name(name: str, how: str, tmp_path: Path) -> None:
    shell = shell_of(name, tmp_path)
    script = shell.build(EnvironmentDelta((Prepend("LIST", "/a", "o"),)))
    init = shell.write("init", shell.dialect.shell_init(str(tmp_path)))
    begin = [shell.source(script), shell.source(script)]
    if how == "function":
        begin = [f'eval "$(cat {init})"', *begin]
    said = shell.run(
        "shopt -s expand_aliases" if name == "bash" else "", "alias devenv='/nowhere/devenv --x'",
        "dump before", *begin, "dump active", "devenv deactivate", "dump after",
    )  # fmt: skip
    assert said == ""
    assert shell.dumped("active")["LIST"] == "/a"
    assert shell.raw("after") == shell.raw("before")


def test_set_k_of_bash(shell: Shell) -> None:
    """Under it, what `export NAME=value` assigns is for that command alone."""
    shell.env = {"PATH": "/usr/bin:/bin", "SCALAR": "mine"}
    delta = EnvironmentDelta((Prepend("LIST", "/a", "o"), Set("SCALAR", "ours", "o")))
    source = shell.source(shell.build(delta))
    said = shell.run(
        "set -k", "dump before", source, "dump active", source, "dump again", "devenv deactivate",
        "dump after", "case $- in *k*) echo kept ;; esac",
    )  # fmt: skip
    assert said.split() == ["kept"]
    assert shell.dumped("active")["SCALAR"] == "ours"
    assert shell.dumped("again") == shell.dumped("active")
    assert shell.raw("after") == shell.raw("before")


@pytest.mark.parametrize("name", ["bash", "zsh", "dash"])
def test_the_prompt_shows_the_name_and_is_put_back(name: str, tmp_path: Path) -> None:
    shell = shell_of(name, tmp_path)
    source = shell.source(shell.build(EnvironmentDelta()))
    said = shell.run(
        "PS1='a> '", source, source, 'echo "1$PS1"', 'PS1="(venv) $PS1"', "devenv deactivate",
        'echo "2$PS1"', "DEVENV_NO_PROMPT=1", source, 'echo "3$PS1"', "devenv deactivate",
        'echo "4$PS1"',
    )  # fmt: skip
    assert said.splitlines() == ["1(ring) a> ", "2(venv) a> ", "3(venv) a> ", "4(venv) a> "]


def test_the_prompt_of_tcsh(tmp_path: Path) -> None:
    shell = shell_of("tcsh", tmp_path)
    source = shell.source(shell.build(EnvironmentDelta()))
    show = 'echo "$prompt:q"'
    said = shell.run(
        "set prompt = 'a\\!%~ '", source, source, show, "devenv deactivate", show,
        "setenv DEVENV_NO_PROMPT 1", source, show,
    )  # fmt: skip
    assert said.splitlines() == ["(ring) a!%~ ", "a!%~ ", "a!%~ "]


def test_the_prompt_of_fish(tmp_path: Path) -> None:
    shell = shell_of("fish", tmp_path)
    shell.env = {"TERM": "dumb", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    source = shell.source(shell.build(EnvironmentDelta()))
    prompt = "function fish_prompt; printf 'a%s> ' $status; end"
    said = shell.run(
        prompt, source, source, "false", "fish_prompt", "echo", "devenv deactivate", "fish_prompt",
        options=("-i",),
    )  # fmt: skip
    assert [line for line in said.splitlines() if "a" in line] == ["(ring) a1> ", "a0> "]


@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "bash-sh", "bash-posix"])
def test_a_function_that_sources_it_goes_on(name: str, tmp_path: Path) -> None:
    shell = shell_of(name, tmp_path)
    source = shell.source(shell.build(EnvironmentDelta((Prepend("LIST", "/a", "o"),))))
    said = shell.run(
        "dump before", "mine() {", source, "echo behind; }", "mine", "mine", "dump active",
        "off() { devenv deactivate; echo off; }", "off", "dump after",
    )  # fmt: skip
    assert said.split() == ["behind", "behind", "off"]
    assert shell.dumped("active")["LIST"] == "/a"
    assert shell.raw("after") == shell.raw("before")


@pytest.mark.parametrize("options", [(), ("-i",)])
def test_fish_in_functions(options: tuple[str, ...], tmp_path: Path) -> None:
    """A `return` in a file ends the function that sources it: the user's, and our own."""
    shell = shell_of("fish", tmp_path)
    shell.env = {"TERM": "dumb", "HOME": str(tmp_path), "PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    shell.write("bin/devenv", '#!/bin/sh\necho "asked $*"\n').chmod(0o755)
    root = tmp_path / "envs/ring"
    script = shell.build(EnvironmentDelta((Prepend("LIST", "/a", "o"),)), folder=root / "current")
    shell.write(f"{root}/environment.yaml", "template: x\n")
    shell.write(f"{root}/built", "stamp\n")
    init = shell.source(shell.write("init", shell.dialect.shell_init(str(tmp_path))))
    said = shell.run(
        "function fish_prompt; echo 'a> '; end", "dump before", "function mine",
        shell.source(script), "echo behind", "end", "mine", "dump one", "devenv deactivate",
        "dump two", shell.source(script), "devenv run x", "devenv deactivate", init,
        "devenv activate ring", "fish_prompt", "devenv deactivate", "devenv activate ring",
        "dump three", "fish_prompt", "devenv deactivate", "dump after", options=options,
    )  # fmt: skip
    prompt = "(ring) a> " if options else "a> "
    assert said.splitlines() == ["behind", "asked run x", prompt, prompt]
    assert shell.dumped("one") == shell.dumped("three")
    assert shell.dumped("one")["LIST"].startswith("/a")
    assert shell.raw("before") == shell.raw("two") == shell.raw("after")


@pytest.mark.skipif(STRACE is None, reason="strace is not here to watch")
@pytest.mark.parametrize("name", ["bash", "zsh", "dash", "fish", "tcsh"])
@pytest.mark.parametrize("value", ["/a:/b", "it's"])
@pytest.mark.parametrize("how", ["script", "function"])
def test_no_python_is_started_and_nothing_is_written(
    name: str, how: str, value: str, tmp_path: Path
) -> None:
    """No process at all, but where decision 7 in docs/explanation/decisions says so."""
    shell = shell_of(name, tmp_path)
    root = tmp_path / "envs/ring"
    delta = EnvironmentDelta(tuple(Prepend("LIST", f"/{w}", "o") for w in "abc"))
    script = shell.build(delta, folder=root / "current")
    shell.write(f"{root}/environment.yaml", "template: x\n")
    shell.write(f"{root}/built", "stamp\n")
    init = shell.source(shell.write("init", shell.dialect.shell_init(str(tmp_path))))
    again = shell.source(script) if how == "script" else "devenv activate ring"
    lines = [shell.source(script) if how == "script" else init, again, again, "devenv deactivate"]
    trace, empty = shell.folder / "trace", shell.write("empty", "\n")
    code = shell.write("watched", "".join(f"{line.strip()}\n" for line in lines))

    def calls(path: Path) -> list[str]:
        argv = [str(shutil.which(shell.kind.argv[0])), *shell.kind.argv[1:], str(path)]
        env = {"LIST": value, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        strace = [str(STRACE), "-f", "-o", str(trace), "-e", "trace=process,file,desc"]
        subprocess.run([*strace, *argv], env=env, check=True, timeout=60)
        return trace.read_text(errors="replace").splitlines()

    def bad(found: list[str]) -> list[str]:
        words = ("O_WRONLY", "O_RDWR", "O_CREAT", "flock(", "mkdir", "F_SETLK")
        return [c for c in found if any(w in c for w in words) and "/dev/" not in c]

    idle, active = calls(empty), calls(code)
    assert any(f'"{script}"' in call for call in active)
    if name != "fish":  # its start writes
        assert bad(active) == []
    assert len(bad(active)) <= len(bad(idle))
    started = [c for c in active if "execve(" in c][1:]
    if name == "tcsh":
        assert all('"/bin/sh"' in c or "printenv" in c for c in started)
    else:
        assert started == []
        forks = ("fork(", "clone(", "SIGCHLD")
        if name != "dash" or value == "/a:/b":
            assert not any(f in c and "CLONE_THREAD" not in c for c in active for f in forks)


@pytest.mark.parametrize("ours", [10, 1000])
def test_it_is_quick(shell: Shell, ours: int) -> None:
    """Generous bounds: these guard against a quadratic shell, not against a busy machine."""
    delta = EnvironmentDelta(
        tuple(Prepend("PATH", f"/our/folder/{i}/bin", "o") for i in range(ours))
    )
    source = shell.source(shell.build(delta))
    shell.env = {"PATH": ":".join(f"/another/folder/{i}/bin" for i in range(1000))}
    now = "=${EPOCHREALTIME/[.,]/}"
    once = (
        f"t{now}", source, f"u{now}", source, f"v{now}", "devenv deactivate", f"w{now}",
        "echo $((u - t)) $((v - u)) $((w - v))",
    )  # fmt: skip
    said = shell.run("dump before", *once * 5, "dump after")
    rounds = zip(*(map(int, line.split()) for line in said.splitlines()), strict=True)
    # The best of them: what a busy machine takes away in the others is no fault of the script's.
    first, again, off = (min(each) / 1e6 for each in rounds)
    assert first < (0.1 if ours == 10 else 1)
    assert again < (0.2 if ours == 10 else 4)
    assert off < (0.1 if ours == 10 else 2)
    assert shell.raw("after") == shell.raw("before")


@pytest.mark.parametrize("name", HERE)
def test_a_shells_record_says_what_pythons_says(name: str, tmp_path: Path) -> None:
    shell = shell_of(name, tmp_path)
    scalars = [Set(f"V{i}", value, "o") for i, value in enumerate(HOSTILE)]
    delta = EnvironmentDelta((*scalars, Append("LIST", "it's", "o"), Prepend("LIST", "/a", "o")))
    shell.env = {"LANG": "C.UTF-8", "V1": "é\n%"}
    shell.run("dump before", shell.source(shell.build(delta)), "dump active")
    marked = EnvironmentDelta((*delta.edits, Set("DEVENV_ENV", "ring", "o")))
    expected = decode(encode(invert(marked, shell.dumped("before"))))
    found = decode(shell.dumped("active")[RECORD])

    def plain(changes: object) -> set[object]:
        return {(c.name, c.before, c.after, frozenset(c.added or ())) for c in changes}  # type: ignore[attr-defined]

    assert plain(found) == plain(expected)


def test_every_dialect_is_tested_where_its_shell_is() -> None:
    assert {kind.dialect for kind in KINDS.values()} == {"bash", "zsh", "fish", "tcsh", "sh"}
