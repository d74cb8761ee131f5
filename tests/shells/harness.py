"""Real shells, told in their own words to do the same things."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from devenv.core.delta import Append, EnvironmentDelta, Prepend, Remove, Set, Unset
from devenv.core.environment import Generation, Overlay
from devenv.shells.record import RECORD
from devenv.shells.registry import DIALECTS, Dialect


@dataclass(frozen=True)
class Kind:
    """A shell. argv: to run a script. strict: options that make it touchy."""

    dialect: str
    argv: tuple[str, ...]
    strict: str = ""


KINDS = {
    "bash": Kind(
        "bash", ("bash", "--norc", "--noprofile"), "set -euf; shopt -s nocasematch; IFS=/0123456789"
    ),
    "zsh": Kind(
        "zsh",
        ("zsh", "-f"),
        "setopt err_exit no_unset ksh_arrays sh_word_split extended_glob rc_quotes null_glob"
        " warn_create_global no_case_match glob_subst err_return posix_strings; IFS=/0123456789",
    ),
    "fish": Kind("fish", ("fish", "-N")),
    "tcsh": Kind("tcsh", ("tcsh", "-f"), "set noglob nonomatch noclobber backslash_quote"),
    "dash": Kind("sh", ("dash",), "set -euf; IFS=/0123456789"),
    # The file that a script names, in the shells that hand on to their own.
    "bash-sh": Kind("sh", ("bash", "--norc", "--noprofile"), "set -euf; IFS=/0123456789"),
    "bash-posix": Kind("sh", ("bash", "--posix"), "set -euf; IFS=/0123456789"),
    "zsh-sh": Kind("sh", ("zsh", "-f"), "setopt err_exit no_unset sh_word_split; IFS=/0123456789"),
}
HERE = {name: kind for name, kind in KINDS.items() if shutil.which(kind.argv[0])}

KEPT_UP = ("_", "PWD", "OLDPWD", "SHLVL")
"""What shells change by themselves."""

HOSTILE = [
    "it's", 'say "hi"', "two\nlines\n", "\n", "$(touch hit)", "`touch hit`", "back\\slash\\", "\\n",
    "*", "[a-z]?", "  blanks  ", "tab\t", "ünïcødé/日本", "!!", "!$", "100%", "%41", "a;touch hit",
    "a|b&c>hit", "#no", "~", "~root", "-n", "+", "-", "a,b", "=x", "{a,b}", "\x01\x7f", "\udcff\udcfe",
    "${HOME}", "''", "&", "\\x41", "\r", "\\\n", "\\!", "(touch hit)", "^", "\x81\x88", "a\\\n'",
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
real_shell = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def marked(delta: EnvironmentDelta, name: str = "ring") -> EnvironmentDelta:
    """A delta as a generation has it."""
    return EnvironmentDelta((*delta.edits, Set("DEVENV_ENV", name, "o")))


def without_record(environ: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environ.items() if k != RECORD}


@dataclass
class Shell:
    """Runs a shell on scripts in a folder of its own, and reads the environments that it dumps."""

    kind: Kind
    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.kind.dialect]

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        return path

    def build(
        self,
        delta: EnvironmentDelta,
        name: str = "ring",
        *overlays: Overlay,
        folder: Path | None = None,
        **fields: Any,
    ) -> Path:
        """A generation with all its scripts; the path of this shell's."""
        generation = Generation(
            name, 1, "venv", "/bin/sh", "", "", marked(delta, name), overlays, **fields
        )
        folder = folder or self.folder / name
        for dialect in DIALECTS.values():
            path = folder / f"activate.{dialect.suffix}"
            self.write(str(path), dialect.activation_script(generation, str(path)))
        return folder / f"activate.{self.dialect.suffix}"

    def source(self, path: Path) -> str:
        return self.dialect.source(str(path))

    def run(self, *lines: str, code: int | None = 0, options: tuple[str, ...] = ()) -> str:
        """stdout and stderr of the lines, in which `dump NAME` writes the environment down."""
        text = "\n".join(
            f"/usr/bin/env -0 > {line[5:]}.env" if line.startswith("dump ") else line.rstrip()
            for line in lines
        )
        for old in self.folder.glob("*.env"):
            old.unlink()
        # sh has a PATH that it does not export, and cannot say so.
        if self.kind.dialect in ("sh", "tcsh"):
            self.env.setdefault("PATH", "/usr/bin:/bin")
        script = self.write("script", text + "\n")
        program = shutil.which(self.kind.argv[0])
        done = subprocess.run(
            [str(program), *self.kind.argv[1:], *options, str(script)],
            check=False, cwd=self.folder, env=self.env, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
        said = done.stdout.decode("utf-8", "surrogateescape")
        assert code is None or done.returncode == code, said
        assert not (self.folder / "hit").exists(), "text was evaluated"
        return said

    def dumped(self, name: str) -> dict[str, str]:
        """The environment as `dump` saw it, without what shells keep up."""
        text = (self.folder / f"{name}.env").read_bytes().decode("utf-8", "surrogateescape")
        pairs = dict(line.split("=", 1) for line in text.split("\0") if line)
        return {k: v for k, v in pairs.items() if k not in KEPT_UP}

    def raw(self, name: str) -> list[bytes]:
        """All of it, to the byte."""
        return sorted((self.folder / f"{name}.env").read_bytes().split(b"\0"))
