"""Code that all steps of a build share: staging folders, logs, the environment of commands."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from devenv.core.activation import NO_LEAKS
from devenv.core.ccache import NO_DIRECT_MODE
from devenv.core.plan import RemovePath, Run, Step
from devenv.core.product import publish, staging_of
from devenv.models.build import Build, Half, Mechanism, StoreEntry

# A precompiled header costs 1.7 s and saves 0.4 s for each mechanism (gcc 12).
WORTH_A_HEADER = 4

FIRST_OF_ALL = "-Wl,--disable-new-dtags"
"""For the linker: the folders with a program's libraries count before LD_LIBRARY_PATH, which may lead to
another NEURON's, or another model's (ld.so(8): RPATH before it, RUNPATH after it)."""

HIDDEN = ("CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "MODL_INCLUDE")
"""Where the compiler and nocmodl look for headers beside what they are given. What they find there is in
no key, and would be in everybody's objects."""

MARKS = (
    *("bin", "bin/special-core", "bin/special.nrn"),
    *("lib", "lib/libcorenrnmech.so", "lib/libnrnmech.so"),
    "model.json",
)
"""What of a model every use of it looks at."""

Chains = list[tuple[Step, ...]]


@dataclass(frozen=True)
class Header:
    """The precompiled header of a half. new: whether to make it. use: whether it exists, or will."""

    stored: StoreEntry | None
    new: bool
    use: bool

    def words(self, plain: bool) -> tuple[str, ...]:
        """Options for the compiler of a mechanism. plain: whether its flags are those of the header."""
        return ("-include", _beside(self.stored)) if self.stored and self.use and plain else ()


def header_of(
    half: Half, missing: Sequence[Mechanism], flags: tuple[str, ...], have: Collection[str]
) -> Header:
    """The header of `half`, and whether the compilation of its `missing` mechanisms uses it."""
    stored = half.header
    plain = [part for part in missing if part.flags == flags]
    available = stored is not None and stored.path in have
    new = stored is not None and not available and len(plain) >= WORTH_A_HEADER
    return Header(stored, new, new or available)


def _beside(header: StoreEntry) -> str:
    """The header as another object's folder sees it: a path that is the same in every $DEVENV_HOME."""
    *_, prefix, key = Path(header.path).parts
    return f"../../{prefix}/{key}/prefix.h"


def prefix_text(headers: Sequence[str]) -> str:
    """The text of a header that includes `headers`, except those that this NEURON does not have."""
    return "".join(f'#if __has_include("{h}")\n#include "{h}"\n#endif\n' for h in headers)


def missing_of(half: Half, have: Collection[str]) -> list[Mechanism]:
    """The mechanisms that the store does not have, the longest first, to keep all cores busy."""
    missing = [part for part in half.parts if part.stored.path not in have]
    return sorted(missing, key=lambda part: len(part.mod.content), reverse=True)


@dataclass(frozen=True)
class BuildRun:
    """One build. token: of this process. log: the folder for logs."""

    build: Build
    token: str
    log: str

    @property
    def include(self) -> tuple[str, ...]:
        """NEURON's headers, from a folder of the store."""
        return self.build.compiler.flags.include

    def staging(self, path: str) -> str:
        """The hidden folder beside `path` in which this process makes it."""
        return staging_of(path, self.token)

    def publish_steps(self, stored: StoreEntry) -> tuple[Step, ...]:
        """Steps that move an entry from its staging folder to its place, with a record of its inputs."""
        return publish(self.staging(stored.path), stored.path, stored.inputs, MARKS)

    def run(
        self,
        argv: tuple[str, ...],
        name: str,
        cwd: str,
        title: str = "",
        more: tuple[tuple[str, str], ...] = (),
    ) -> Run:
        """A command of mechanism or part `name`, with its output in ``<name>.log``.

        In the locale C: complaints are read again, and a MOD file may be in any encoding. Translators of
        a NEURON with the address sanitizer end with an error where they leak. more: variables beside
        NEURON's.
        """
        tools = self.build.tools
        home = f"{tools.home}/share/nrn"
        hidden = [(name, "") for name in HIDDEN]
        own = (("MODLUNIT", tools.units), ("NEURONHOME", home), ("ASAN_OPTIONS", NO_LEAKS))
        env = [*hidden, ("LC_ALL", "C"), *own, *more]
        if tools.ccache:
            env += self._ccache()
        return Run(argv, title, cwd, tuple(env), self.log_of(name))

    def debug(self, part: Mechanism) -> tuple[str, ...]:
        """Options that make a debugger look for the translated source at its final path."""
        if "-g" not in part.flags:
            return ()
        return (f"-ffile-prefix-map={self.staging(part.stored.path)}={part.stored.path}",)

    def log_of(self, name: str) -> str:
        """The log of a mechanism or another part."""
        return f"{self.log}/{name}.log"

    def new_log(self, name: str) -> Step:
        """The step that removes the log of an earlier attempt."""
        return RemovePath(self.log_of(name))

    def _ccache(self) -> list[tuple[str, str]]:
        """So that ccache takes a precompiled header, and hits in another $DEVENV_HOME.

        The header's file is never twice the same: its ``.sum`` stands in for it (ccache's manual,
        "Precompiled headers" and "Compiling in different directories").
        """
        sloppiness = "pch_defines,time_macros,include_file_mtime,include_file_ctime"
        return [
            ("CCACHE_NOHASHDIR", "1"),
            ("CCACHE_SLOPPINESS", sloppiness),
            ("CCACHE_PCH_EXTSUM", "1"),
            *NO_DIRECT_MODE.items(),
        ]
