"""The dialect of bash in the real bash: the same as core.delta, and undone to the byte."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devenv.core.delta import (
    Append,
    EnvironmentDelta,
    Prepend,
    Remove,
    Set,
    Unset,
    apply,
    invert,
    revert,
)
from devenv.core.environment import Generation, Overlay
from devenv.shells import DIALECTS
from devenv.shells.program import RECORD
from devenv.shells.record import compact, decode, encode

BASH = DIALECTS["bash"]
ENV = "/usr/bin/env"
STRACE = shutil.which("strace")

HOSTILE = [
    "it's", 'say "hi"', "two\nlines\n", "\n", "$(touch hit)", "`touch hit`", "back\\slash\\", "\\n",
    "*", "[a-z]?", "  blanks  ", "tab\t", "ünïcødé/日本", "!!", "!$", "100%", "%41", "a;touch hit",
    "a|b&c>hit", "#no", "~", "~root", "-n", "+", "-", "a,b", "=x", "{a,b}", "\x01\x7f", "\udcff\udcfe",
    "${HOME}", "''", "&", "\\x41", "\r",
]  # fmt: skip

words = st.one_of(
    st.sampled_from(HOSTILE),
    st.sampled_from(["/a", "/b", "/c", "/a/b", "a"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
)
odd = st.one_of(words, st.sampled_from(["", ".", "/a:/b", ":/c", "/b::.:/a:/b"]))
lists = st.lists(odd, max_size=5).map(":".join)
names = st.sampled_from(["PATH", "HOC_LIBRARY_PATH", "LIST", "name"])
edits = st.one_of(
    st.builds(Prepend, names, odd, st.just("o"), st.booleans()),
    st.builds(Append, names, odd, st.just("o")),
    st.builds(Remove, names, odd, st.just("o")),
    st.builds(Set, st.sampled_from(["SCALAR", "LC_ALL", "LIST"]), words, st.just("o")),
    st.builds(Unset, st.sampled_from(["SCALAR", "GONE"]), st.just("o")),
)
deltas = st.lists(edits, max_size=7).map(lambda e: EnvironmentDelta(tuple(e)))
environs = st.dictionaries(
    st.sampled_from(["PATH", "HOC_LIBRARY_PATH", "LIST", "name", "SCALAR", "GONE"]),
    st.one_of(lists, words),
)


class Shell:
    """Runs bash on scripts in a folder of its own, and reads the environments that it dumps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        return path

    def activate(self, delta: EnvironmentDelta, name: str = "ring", *overlays: Overlay) -> Path:
        """The script of a generation, as a file."""
        marked = EnvironmentDelta((*delta.edits, Set("DEVENV_ENV", name, "o")))
        generation = Generation(name, 1, "venv", "/py", "", "", marked, overlays)
        return self.write(f"{name}.sh", BASH.activation_script(generation))

    def run(self, code: str, *options: str, code_expected: int = 0) -> str:
        """stdout and stderr of `code`, in which `dump NAME` writes the environment down."""
        dump = f'dump() {{ {ENV} -0 > "$1.env"; }}\n'
        done = subprocess.run(
            ["/bin/bash", "--norc", "--noprofile", *options, "-c", dump + code],
            check=False, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", errors="surrogateescape", timeout=60,
        )  # fmt: skip
        assert done.returncode == code_expected, done.stdout
        assert not (self.folder / "hit").exists(), "text was evaluated"
        return done.stdout

    def dumped(self, name: str) -> dict[str, str]:
        """The environment as `dump` saw it, without what bash itself keeps up."""
        text = (self.folder / f"{name}.env").read_bytes().decode("utf-8", "surrogateescape")
        pairs = dict(line.split("=", 1) for line in text.split("\0") if line)
        return {k: v for k, v in pairs.items() if k not in ("_", "PWD", "OLDPWD", "SHLVL")}

    def raw(self, name: str) -> list[bytes]:
        return sorted((self.folder / f"{name}.env").read_bytes().split(b"\0"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def without_record(environ: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environ.items() if k != RECORD}


real_shell = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@real_shell
@given(deltas, environs, st.sampled_from(["C", "C.UTF-8"]))
def test_the_script_does_what_apply_does_and_undoes_it_to_the_byte(
    shell: Shell, delta: EnvironmentDelta, environ: dict[str, str], lang: str
) -> None:
    shell.env = {**environ, "LANG": lang}
    script = shell.activate(delta)
    shell.run(
        f"set -euf; shopt -s nocasematch; IFS=/; dump before; . {script}; dump one; . {script};"
        "dump two; devenv deactivate; dump after; shopt -q nocasematch"
    )
    before = shell.dumped("before")
    marked = EnvironmentDelta((*delta.edits, Set("DEVENV_ENV", "ring", "o")))
    assert without_record(shell.dumped("one")) == apply(marked, before)
    assert shell.dumped("two") == shell.dumped("one")
    assert shell.raw("after") == shell.raw("before")


@real_shell
@given(deltas, environs, environs)
def test_a_later_edit_of_the_users_survives_as_revert_has_it(
    shell: Shell, delta: EnvironmentDelta, environ: dict[str, str], later: dict[str, str]
) -> None:
    shell.env = environ
    script = shell.activate(delta)
    shell.run(f"set -eu; dump before; . {script}; dump active")
    before, active = shell.dumped("before"), shell.dumped("active")
    marked = EnvironmentDelta((*delta.edits, Set("DEVENV_ENV", "ring", "o")))
    edited = {**active, **later}
    lists_now = {k: f"{v}:{active.get(k, '')}" for k, v in later.items()}
    for now in (edited, {**active, **lists_now}):
        shell.env = now
        shell.run(f"set -eu; {BASH.deactivation_script()} dump after")
        assert shell.dumped("after") == revert(invert(marked, before), without_record(now))
        assert shell.dumped("after") == revert(decode(now[RECORD]), without_record(now))


@real_shell
@given(deltas, environs)
def test_code_that_python_computed_does_the_same(
    shell: Shell, delta: EnvironmentDelta, environ: dict[str, str]
) -> None:
    shell.env = environ
    shell.run("dump before")
    before = shell.dumped("before")
    changes = invert(delta, before)
    code = shell.write("code", BASH.activation_code("ring", changes))
    shell.run(
        f'set -eu; dump before; eval "$(< {code})"; dump active; devenv deactivate; dump after'
    )
    active = shell.dumped("active")
    assert without_record(active) == apply(delta, before)
    assert decode(active[RECORD]) == tuple(map(compact, changes))
    assert shell.raw("after") == shell.raw("before")


@pytest.mark.parametrize("value", HOSTILE)
def test_a_word_reaches_the_shell_as_it_is(shell: Shell, value: str) -> None:
    shell.run(f"export V={BASH.quote(value)}; dump quoted")
    assert shell.dumped("quoted")["V"] == value


def test_another_environment_is_undone_first(shell: Shell) -> None:
    shell.env = {"PATH": "/mine:", "X": "x"}
    one = shell.activate(
        EnvironmentDelta((Prepend("PATH", "/one", "o"), Set("X", "1", "o"))), "one"
    )
    two = shell.activate(EnvironmentDelta((Prepend("PATH", "/two", "o"),)), "two")
    shell.run(f"dump before; . {one}; . {two}; dump two; devenv deactivate; dump after")
    assert without_record(shell.dumped("two")) == {
        "PATH": "/two:/mine",
        "X": "x",
        "DEVENV_ENV": "two",
    }
    assert shell.raw("after") == shell.raw("before")


def test_a_child_shell_in_another_folder_deactivates(shell: Shell) -> None:
    shell.env = {"PATH": "/usr/bin:/bin"}
    script = shell.activate(EnvironmentDelta((Prepend("PATH", "/o n e", "o"),)))
    off = shell.write("off", BASH.deactivation_script())
    shell.run(f". {script}; cd /; bash -euc 'PATH=/later:$PATH; . {off}; echo $PATH > {off}.path'")
    assert (shell.folder / "off.path").read_text() == "/later:/usr/bin:/bin\n"


def test_a_missing_dev_source_fails_before_anything_changes(shell: Shell) -> None:
    shell.env = {"PATH": "/usr/bin:"}
    there, gone = shell.folder / "it's there", shell.folder / "gone $(touch hit)"
    there.mkdir()
    overlays = [Overlay(p.name[:4].strip("' "), "/o", "/s", str(p), ()) for p in (there, gone)]
    delta = EnvironmentDelta((Prepend("PATH", "/one", "o"),))
    other = shell.activate(delta, "other")
    script = shell.activate(delta, "ring", *overlays)
    said = shell.run(
        f". {other}; dump before; . {script} || {{ dump after; exit 7; }}", code_expected=7
    )
    assert f"the dev source gone is gone: {gone}" in said
    assert "devenv develop gone --path DIR --env ring" in said
    assert shell.raw("after") == shell.raw("before")
    assert shell.dumped("after")["DEVENV_ENV"] == "other"
    shell.run(f"set -e; . {script}; touch went-on", code_expected=1)
    assert not (shell.folder / "went-on").exists()
    gone.mkdir()
    shell.run(f"set -e; . {script}; dump active")
    assert shell.dumped("active")["PATH"] == "/one:/usr/bin"


@pytest.mark.parametrize(
    "record",
    ["2,PATH,-,-,+", "1,$(touch hit),-,+x,-", "1,a[$(touch hit)],-,+x,-", "1,PATH", "1,PATH,x,y,z",
     "1,PATH,+ok,+/one,-,X;touch hit,-,-,-", "garbage", "1,,-,-,-"],
)  # fmt: skip
def test_a_record_that_was_tampered_with_changes_nothing(shell: Shell, record: str) -> None:
    shell.env = {"PATH": "/one", RECORD: record}
    code = f"dump before; {BASH.deactivation_script()} dump after; devenv deactivate"
    assert "DEVENV_RECORD cannot be read" in shell.run(code, code_expected=1)
    assert shell.raw("after") == shell.raw("before")


def test_deactivation_with_nothing_active_is_no_error(shell: Shell) -> None:
    assert "no environment is active" in shell.run(f"set -eu; {BASH.deactivation_script()}")


def test_a_variable_that_is_not_exported_is_not_in_the_environment(shell: Shell) -> None:
    script = shell.activate(EnvironmentDelta((Prepend("LIST", "/one", "o"),)))
    shell.run(f"LIST=/shell; dump before; . {script}; dump active; devenv deactivate; dump after")
    assert shell.dumped("active")["LIST"] == "/one"
    assert shell.raw("after") == shell.raw("before")


def test_the_prompt_shows_the_name_and_is_put_back(shell: Shell) -> None:
    script = shell.activate(EnvironmentDelta())
    code = f"""PS1='a\\$ '; . {script}; . {script}; echo "1$PS1"
        PS1="(venv) $PS1"; devenv deactivate; echo "2$PS1"
        DEVENV_NO_PROMPT=1; . {script}; echo "3$PS1"; devenv deactivate; echo "4$PS1" """
    said = shell.run(code).splitlines()
    assert said == ["1(ring) a\\$ ", "2(venv) a\\$ ", "3(venv) a\\$ ", "4(venv) a\\$ "]


def test_the_function_sources_the_file_and_else_asks_the_program(shell: Shell) -> None:
    current = shell.folder / "home it's" / "envs" / "ring" / "current"
    current.mkdir(parents=True)
    script = shell.activate(EnvironmentDelta((Prepend("PATH", "/one", "o"),)))
    script.rename(current / "activate.sh")
    program = shell.write("devenv", '#!/bin/sh\necho "$*" >> asked; echo "export ASKED=$2"\n')
    program.chmod(0o755)
    shell.env = {"PATH": f"{shell.folder}:/usr/bin:/bin"}
    init = shell.write("init", BASH.shell_init(str(current.parents[2])))
    shell.run(
        f"set -eu; . {init}; dump before; devenv activate ring; dump active; devenv deactivate;"
        "dump after; devenv activate other; dump asked; devenv run -- x; devenv activate --help"
    )
    assert shell.dumped("active")["DEVENV_ENV"] == "ring"
    assert shell.raw("after") == shell.raw("before")
    assert shell.dumped("asked")["ASKED"] == "other"
    asked = (shell.folder / "asked").read_text().splitlines()
    assert asked == ["activate other", "run -- x", "activate --help"]


def test_the_functions_failure_is_the_programs(shell: Shell) -> None:
    shell.write("devenv", "#!/bin/sh\necho no >&2; exit 6\n").chmod(0o755)
    shell.env = {"PATH": f"{shell.folder}:/usr/bin:/bin"}
    init = shell.write("init", BASH.shell_init("/nowhere"))
    assert "no" in shell.run(f". {init}; devenv activate ring", code_expected=6)


def test_a_failure_is_printed_and_fails(shell: Shell) -> None:
    code = BASH.quote(BASH.failure("a 'quoted' $(reason)"))
    assert shell.run(f"set -e; eval {code}; touch hit", code_expected=1) == "a 'quoted' $(reason)\n"


@pytest.mark.skipif(STRACE is None, reason="strace is not here to watch")
def test_no_process_is_started_and_nothing_is_written(shell: Shell) -> None:
    delta = EnvironmentDelta(tuple(Prepend("LIST", f"/{w}", "o") for w in "abc"))
    script = shell.activate(delta)
    env = {"LIST": "it's:é", "PATH": "/nowhere", "HOME": "/nowhere"}
    trace = shell.folder / "trace"
    code = f"set -eu; . {script}; . {script}; devenv deactivate"
    strace = [str(STRACE), "-f", "-o", str(trace), "-e", "trace=process,file,desc"]
    bash = ["/bin/bash", "--norc", "--noprofile", "-c", code]
    subprocess.run([*strace, *bash], env=env, check=True, timeout=60)
    calls = trace.read_text().splitlines()
    assert sum("execve(" in call for call in calls) == 1, "the trace holds bash itself"
    assert any(f'"{script}"' in call and "O_RDONLY" in call for call in calls)
    forbidden = ("fork(", "clone(", "clone3(", "O_WRONLY", "O_RDWR", "O_CREAT", "flock(", "mkdir")
    assert [c for c in calls if any(f in c for f in forbidden) and "/dev/tty" not in c] == []


@pytest.mark.parametrize("ours", [10, 1000])
def test_it_is_quick(shell: Shell, ours: int) -> None:
    """Generous bounds: these guard against a quadratic shell, not against a busy machine."""
    delta = EnvironmentDelta(
        tuple(Prepend("PATH", f"/our/folder/{i}/bin", "o") for i in range(ours))
    )
    script = shell.activate(delta)
    shell.env = {"PATH": ":".join(f"/another/folder/{i}/bin" for i in range(1000))}
    said = shell.run(
        f"dump before; t=${{EPOCHREALTIME/[.,]/}}; . {script}; u=${{EPOCHREALTIME/[.,]/}};"
        "devenv deactivate; v=${EPOCHREALTIME/[.,]/}; dump after; echo $((u - t)) $((v - u))"
    )
    activation, deactivation = (int(word) / 1e6 for word in said.split())
    assert activation < (0.1 if ours == 10 else 2)
    assert deactivation < (0.1 if ours == 10 else 2)
    assert shell.raw("after") == shell.raw("before")


def test_a_record_of_bashs_is_the_one_of_pythons(shell: Shell) -> None:
    scalars = [Set(f"V{i}", value, "o") for i, value in enumerate(HOSTILE)]
    delta = EnvironmentDelta(
        (*scalars, Append("LIST", "it's", "o"), Set("DEVENV_ENV", "ring", "o"))
    )
    script = shell.activate(delta)
    shell.run(f"dump before; . {script}; dump active")
    assert shell.dumped("active")[RECORD] == encode(invert(delta, shell.dumped("before")))
