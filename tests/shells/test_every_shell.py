"""Every dialect in the real shell: the same as core.delta, and undone to the byte."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shells.harness import (
    HERE,
    HOSTILE,
    Shell,
    deltas,
    environs,
    marked,
    real_shell,
    without_record,
)

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
from devenv.core.environment import Overlay
from devenv.shells.record import RECORD, decode


@pytest.fixture(params=HERE)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Shell:
    return Shell(HERE[request.param], tmp_path)


TWO_LISTS = EnvironmentDelta((Prepend("LIST", "it's", "o"), Prepend("PATH", "/a", "o")))


@real_shell
@given(deltas, environs, st.sampled_from(["C", "C.UTF-8"]))
@example(TWO_LISTS, {}, "C")
def test_the_script_does_what_apply_does_and_undoes_it_to_the_byte(
    shell: Shell, delta: EnvironmentDelta, environ: dict[str, str], lang: str
) -> None:
    shell.env = {**environ, "LANG": "C.UTF-8" if shell.kind.dialect == "fish" else lang}
    source = shell.source(shell.build(delta))
    said = shell.run(
        shell.kind.strict, "dump before", source, "dump one", source, "dump two",
        "devenv deactivate", "dump after",
    )  # fmt: skip
    before = shell.dumped("before")
    assert without_record(shell.dumped("one")) == apply(marked(delta), before), said
    one, two = shell.dumped("one"), shell.dumped("two")
    assert without_record(two) == without_record(one)
    # The short cut may note the variables in another order than the whole: each is on its own.
    assert set(decode(two[RECORD])) == set(decode(one[RECORD]))
    assert shell.raw("after") == shell.raw("before")
    assert "setlocale" in said or said == ""


PUT_AND_TAKEN = EnvironmentDelta((Append("LIST", "/b", "o"), Remove("LIST", "/b", "o")))
OVER_AND_TAKEN = EnvironmentDelta(
    (
        Prepend("LIST", "/c:/b", "o"),
        Remove("LIST", "/b", "o"),
        Prepend("LIST", "/d", "o", only_over=True),
        Remove("LIST", "/d", "o"),
    )
)


@real_shell
@given(deltas, environs, environs)
@example(PUT_AND_TAKEN, {}, {"LIST": "/b"})
@example(PUT_AND_TAKEN, {"LIST": "/b:/x"}, {"LIST": "/b"})
@example(OVER_AND_TAKEN, {"LIST": "/x"}, {"LIST": "/b:/d:/c"})
@example(OVER_AND_TAKEN, {}, {"LIST": "/b:/d:/c"})
def test_a_later_edit_of_the_users_survives_as_revert_has_it(
    shell: Shell, delta: EnvironmentDelta, environ: dict[str, str], later: dict[str, str]
) -> None:
    shell.env = environ
    shell.run("dump before", shell.source(shell.build(delta)), "dump active")
    before, active = shell.dumped("before"), shell.dumped("active")
    edited = {**active, **later}
    lists_now = {k: f"{v}:{active.get(k, '')}" for k, v in later.items()}
    off = shell.dialect.deactivation_script()
    for now in (edited, {**active, **lists_now}):
        shell.env = dict(now)
        shell.run(shell.kind.strict, "dump now", off, "dump after")
        there = shell.dumped("now")
        after = shell.dumped("after")
        assert after == revert(decode(there[RECORD]), without_record(there))
        assert after == revert(invert(marked(delta), before), without_record(there))


@pytest.mark.parametrize("value", HOSTILE)
def test_a_word_reaches_the_shell_as_it_is(shell: Shell, value: str) -> None:
    shell.run(shell.dialect.assignments([("V", value), ("GONE", None)]), "dump quoted")
    assert shell.dumped("quoted")["V"] == value


CLEAN = {"PATH": "/usr/bin:/bin", "LIST": "/mine:/yours"}
DELTA = EnvironmentDelta(
    (
        Unset("GONE", "o"),
        Prepend("LIST", "/site", "o", True),
        Prepend("LIST", "/dev's", "o"),
        Append("LIST", "/last", "o"),
        Prepend("ALONE", "/x y", "o", True),
        Prepend("NEW", "/site", "o", True),
        Prepend("NEW", "/dev", "o"),
        Prepend("PATH", "/our bin", "o"),
        Set("SCALAR", "it's", "o"),
    )
)


def test_the_short_cut_and_the_whole_rules_give_the_same(shell: Shell) -> None:
    shell.env = CLEAN
    source = shell.source(shell.build(DELTA))
    shell.run(
        shell.kind.strict, "dump before", source, "dump one", source, "dump two",
        "devenv deactivate", "dump after",
    )  # fmt: skip
    assert without_record(shell.dumped("one")) == apply(marked(DELTA), shell.dumped("before"))
    assert shell.dumped("one") == shell.dumped("two")
    assert shell.raw("after") == shell.raw("before")


def test_another_environment_is_undone_first(shell: Shell) -> None:
    shell.env = {"PATH": "/mine:/bin", "X": "x"}
    one = shell.build(EnvironmentDelta((Prepend("PATH", "/one", "o"), Set("X", "1", "o"))), "one")
    two = shell.build(EnvironmentDelta((Prepend("PATH", "/two", "o"),)), "two")
    shell.run(
        "dump before", shell.source(one), shell.source(two), "dump two", "devenv deactivate",
        "dump after",
    )  # fmt: skip
    after = apply(
        marked(EnvironmentDelta((Prepend("PATH", "/two", "o"),)), "two"), shell.dumped("before")
    )
    assert without_record(shell.dumped("two")) == after
    assert shell.raw("after") == shell.raw("before")


def test_what_a_login_shell_reset_is_applied_again(shell: Shell) -> None:
    """DEVENV_RECORD says that it is active, as in tmux or behind sbatch, and PATH is another."""
    shell.env = {"PATH": "/usr/bin:/bin", "LIST": "/mine"}
    source = shell.source(shell.build(DELTA))
    shell.run(source, "dump active")
    shell.env = {**shell.dumped("active"), "PATH": "/sbin:/bin", "LIST": "/reset"}
    shell.run(source, "dump again", "devenv deactivate", "dump after")
    again, after = shell.dumped("again"), shell.dumped("after")
    assert again["PATH"] == "/our bin:/sbin:/bin"
    assert again["LIST"] == "/dev's:/site:/reset:/last"
    assert (after["PATH"], after["LIST"]) == ("/sbin:/bin", "/reset")
    assert RECORD not in after


@pytest.mark.parametrize("child", HERE)
def test_a_child_of_any_shell_in_another_folder_deactivates(shell: Shell, child: str) -> None:
    values = {"LIST": "ünï'\n", "SCALAR": "a\\b", "LANG": "C.UTF-8"}  # fish knows no other
    shell.env = {"PATH": "/usr/bin:/bin", **values}
    source = shell.source(shell.build(DELTA))
    inner = Shell(HERE[child], shell.folder)
    off = inner.write(
        "off", inner.dialect.deactivation_script() + f"/usr/bin/env -0 > {shell.folder}/off.env\n"
    )
    shell.run("dump before", source, "cd /", f"{' '.join(inner.kind.argv)} {off}")
    ours = {*marked(DELTA).names(), RECORD}
    before, after = shell.dumped("before"), shell.dumped("off")
    assert {k: v for k, v in after.items() if k in ours} == {
        k: v for k, v in before.items() if k in ours
    }


def test_a_missing_dev_source_fails_before_anything_changes(shell: Shell) -> None:
    shell.env = {"PATH": "/usr/bin:/bin"}
    there, gone = shell.folder / "it's there", shell.folder / "gone $(touch hit)"
    there.mkdir()
    overlays = [Overlay(p.name[:4].strip("' "), "/o", "/s", str(p), ()) for p in (there, gone)]
    delta = EnvironmentDelta((Prepend("PATH", "/one", "o"),))
    other = shell.source(shell.build(delta, "other"))
    source = shell.source(shell.build(delta, "ring", *overlays))
    said = shell.run(other, "dump before", source, "dump after")
    assert f"the dev source gone is gone: {gone}" in said
    assert "devenv develop gone --path DIR --env ring" in said
    assert shell.raw("after") == shell.raw("before")
    assert shell.dumped("after")["DEVENV_ENV"] == "other"
    shell.run(source, code=1)
    gone.mkdir()
    shell.run(source, "dump active")
    assert shell.dumped("active")["PATH"] == "/one:/usr/bin:/bin"


@pytest.mark.parametrize(
    "record",
    ["2,PATH,-,-,+", "1,$(touch hit),-,+x,-", "1,a[$(touch hit)],-,+x,-", "1,PATH", "1,PATH,x,y,z",
     "1,PATH,+ok,+/one,-,X;touch hit,-,-,-", "garbage", "1,,-,-,-", "1,`touch hit`,-,-,-"],
)  # fmt: skip
def test_a_record_that_was_tampered_with_changes_nothing(shell: Shell, record: str) -> None:
    shell.env = {"PATH": "/usr/bin:/bin", RECORD: record}
    off = shell.dialect.deactivation_script()
    said = shell.run("dump before", off, "dump after")
    assert "DEVENV_RECORD cannot be read" in said
    assert shell.raw("after") == shell.raw("before")
    shell.run(off, code=1)


def test_deactivation_with_nothing_active_is_no_error(shell: Shell) -> None:
    shell.env = {"PATH": "/usr/bin:/bin"}
    said = shell.run(shell.kind.strict, shell.dialect.deactivation_script())
    assert "no environment is active" in said


HOME = "home; $(touch hit) *"


def program(shell: Shell, code: str) -> None:
    """A stand-in for the program: it notes its arguments."""
    shell.write("bin/devenv", f'#!/bin/sh\necho "$*" >> asked\n{code}\n').chmod(0o755)
    shell.env = {"PATH": f"{shell.folder}/bin:/usr/bin:/bin"}


def environment(shell: Shell, name: str) -> Path:
    """An environment's folder with a generation, built just now."""
    root = shell.folder / HOME / "envs" / name
    delta = EnvironmentDelta((Prepend("LIST", "/one", "o"),))
    shell.build(delta, name, folder=root / "current")
    (root / "environment.yaml").write_text("template: x\n")
    (root / "built").write_text("stamp\n")
    return root


def init(shell: Shell) -> str:
    """The start-up line as the user has it, evaluated from a file."""
    return shell.source(shell.write("init", shell.dialect.shell_init(str(shell.folder / HOME))))


def test_the_function_sources_the_file_and_else_asks_the_program(shell: Shell) -> None:
    asked = "setenv ASKED $2" if shell.kind.dialect == "tcsh" else "export ASKED=$2"
    program(shell, f'[ "$1" != activate ] || echo "{asked}"')
    environment(shell, "ring")
    said = shell.run(
        shell.kind.strict, init(shell), "dump before", "devenv activate ring", "dump active",
        "devenv deactivate", "dump after", "devenv activate other", "dump asked",
        "devenv run --json 'a  b'", "devenv activate --help",
    )  # fmt: skip
    assert shell.dumped("active")["DEVENV_ENV"] == "ring", said
    assert shell.raw("after") == shell.raw("before")
    assert shell.dumped("asked")["ASKED"] == "other"
    asked = (shell.folder / "asked").read_text().splitlines()
    mine = shell.dialect.name if shell.kind.dialect != "sh" else "sh"
    assert asked == [f"activate other --shell {mine}", "run --json a  b", "activate --help"]


def test_every_argument_reaches_the_program(shell: Shell) -> None:
    """Also none, and empty ones; through the function of a start-up file and of a script."""
    program(shell, "printf '<%s>' \"$@\" >> words; echo $# >> words")
    script = environment(shell, "ring") / f"current/activate.{shell.dialect.suffix}"
    whole = ["run", "x", *(word for word in HOSTILE if word.isascii())]
    holes = ["run", "", *(word for word in whole if "\\\n" not in word), ""]
    lines = [" ".join(["devenv", *map(shell.dialect.quote, words)]) for words in (whole, holes)]
    for begin in (init(shell), shell.source(script)):
        said = shell.run(shell.kind.strict, begin, *lines, "devenv", "devenv ''")
        found = (shell.folder / "words").read_bytes().decode("utf-8", "surrogateescape")
        (shell.folder / "words").unlink()
        told = ["".join(f"<{w}>" for w in words) + f"{len(words)}\n" for words in (whole, holes)]
        assert found == "".join([*told, "<>0\n<>1\n"]), said


def test_refresh_takes_up_what_was_built_since(shell: Shell) -> None:
    program(shell, "exit 6")
    root = shell.folder / HOME / "envs" / "ring"
    for number, entry in ("1", "/one"), ("2", "/two"):
        delta = EnvironmentDelta((Prepend("LIST", entry, "o"),))
        shell.build(delta, "ring", folder=root / number)
    (root / "environment.yaml").write_text("template: x\n")
    (root / "built").write_text("stamp\n")
    (root / "current").symlink_to("1")
    newer = f"ln -sfn 2 {shell.dialect.quote(str(root / 'current'))}"
    shell.run(
        shell.kind.strict, init(shell), "dump before", "devenv activate ring", "dump first", newer,
        "devenv refresh", "dump second", "devenv deactivate", "dump after",
    )  # fmt: skip
    assert shell.dumped("first")["LIST"].split(":")[0] == "/one"
    assert shell.dumped("second")["LIST"].split(":")[0] == "/two"
    assert "/one" not in shell.dumped("second")["LIST"].split(":")
    assert shell.raw("after") == shell.raw("before")
    assert not (shell.folder / "asked").exists()
    shell.run(init(shell), "devenv refresh", code=6)
    assert (shell.folder / "asked").read_text() == "refresh\n"


def test_what_the_function_does_in_a_substitution_reaches_the_shell(shell: Shell) -> None:
    """The line that the README gives is used again where the function is there already."""
    if shell.kind.dialect not in ("bash", "zsh"):
        pytest.skip("fish substitutes in its own process; dash and tcsh cannot tell")
    program(shell, "exit 6")
    for name in ("ring", "other"):
        environment(shell, name)
    said = shell.run(
        shell.kind.strict, init(shell), 'eval "$(devenv activate ring)"', "dump first",
        'eval "$(devenv activate other)"', "dump second", 'eval "$(devenv deactivate)"', "dump after",
    )  # fmt: skip
    assert shell.dumped("first")["DEVENV_ENV"] == "ring", said
    assert shell.dumped("second")["DEVENV_ENV"] == "other"
    assert "DEVENV_ENV" not in shell.dumped("after")


def test_the_functions_failure_is_the_programs(shell: Shell) -> None:
    program(shell, "echo no >&2; exit 6")
    assert "no" in shell.run(init(shell), "devenv activate ring", code=None)
    shell.run(init(shell), "devenv run x", code=6)
    shell.run(
        init(shell), "devenv activate ring", code=1 if shell.kind.dialect in ("fish", "tcsh") else 6
    )


def test_a_request_that_is_newer_than_the_build_asks_the_program(shell: Shell) -> None:
    program(shell, "")
    root = environment(shell, "ring")
    now = (root / "built").stat().st_mtime
    os.utime(root / "environment.yaml", (now + 5, now + 5))
    shell.run(init(shell), "devenv activate ring", "dump after")
    assert "DEVENV_ENV" not in shell.dumped("after")
    assert "activate ring --shell" in (shell.folder / "asked").read_text()
    # In a rank of a job no Python is started: it fails, with what to do.
    (shell.folder / "asked").unlink()
    shell.env |= {"SLURM_STEP_ID": "0"}
    fails = shell.run(init(shell), "devenv activate ring", "dump after")
    assert "devenv build" in fails
    assert not (shell.folder / "asked").exists()
    shell.run(init(shell), "devenv activate ring", code=1)
    os.utime(root / "environment.yaml", (now - 5, now - 5))
    shell.run(init(shell), "devenv activate ring", "dump after")
    assert shell.dumped("after")["DEVENV_ENV"] == "ring"
    assert not (shell.folder / "asked").exists()
