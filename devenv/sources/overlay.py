"""The overlay of a dev source: a folder of ours that stands in front of everything else.

It holds links to the source's top-level modules, a dist-info of the source's own (so that versions
and entry points are the source's) and its console scripts. The repository's root never goes on the
import path: its ``tests/`` would shadow others. What the top-level modules are is not guessed: it is
read off the wheel that the source's own build makes.
"""

from __future__ import annotations

import configparser
import json
import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from devenv.core.errors import UsageError
from devenv.core.plan import Link, MakeFolder, Step, Write

ROOTS = ("", "src", "python", "lib")
"""Where the top-level modules of a source are looked for, relative to its folder, in this order."""


@dataclass(frozen=True)
class Wheel:
    """What a wheel holds: the names of its files, and the text of those in its dist-info."""

    names: tuple[str, ...]
    dist_info: str
    texts: Mapping[str, str]

    @property
    def top_levels(self) -> tuple[str, ...]:
        """Its top-level modules and packages, sorted."""
        heads = {PurePosixPath(name).parts[0] for name in self.names}
        return tuple(sorted(h for h in heads if not h.endswith((".dist-info", ".data"))))

    @property
    def compiled(self) -> tuple[str, ...]:
        """Files that an edit of the source would leave stale.

        Not a library that its build made of the mods in it: these take part in the environment's model.
        """
        found = (n for n in self.names if n.endswith((".so", ".pyd", ".dylib")) or ".so." in n)
        return tuple(n for n in found if not (self.mods and _is_of_mods(n)))

    @property
    def mods(self) -> tuple[str, ...]:
        """The folders with the MOD files of which its build made a library; none where it made none."""
        if not any(map(_is_of_mods, self.names)):
            return ()
        mods = (PurePosixPath(name) for name in self.names if name.lower().endswith(".mod"))
        return tuple(sorted({str(path.parent) for path in mods}))

    def metadata(self, field: str) -> tuple[str, ...]:
        """All values of a field of METADATA, for instance ``Requires-Dist``."""
        header = self.texts.get("METADATA", "").split("\n\n", 1)[0]
        prefix = field.lower() + ":"
        return tuple(
            line[len(prefix) :].strip()
            for line in header.splitlines()
            if line.lower().startswith(prefix)
        )

    @property
    def version(self) -> str:
        """The version in the wheel's METADATA; empty if there is none."""
        return next(iter(self.metadata("Version")), "")


def _is_of_mods(name: str) -> bool:
    """What nrnivmodl makes, by its name."""
    return PurePosixPath(name).name in ("libnrnmech.so", "libcorenrnmech.so")


class CompiledModulesError(UsageError):
    """The package has compiled modules: links to its source are not what an installation of it is."""


def find_root(wheel: Wheel, source: str, listings: Mapping[str, frozenset[str]]) -> str:
    """The folder of ROOTS that holds all of the wheel's top-level modules.

    listings: for each of ROOTS what stands in it. UsageError where there is none; CompiledModulesError
    where the source is compiled.
    """
    if wheel.compiled:
        raise CompiledModulesError(
            f"{source} builds compiled modules ({wheel.compiled[0]}), and was developed as Python alone",
            fix=f"Develop it anew: devenv develop PACKAGE --path {shlex.quote(source)}",
        )
    if not wheel.top_levels:
        raise UsageError(f"the package in {source} contains no module", fix="Is this its folder?")
    for root in ROOTS:
        if set(wheel.top_levels) <= listings.get(root, frozenset()):
            return root
    raise UsageError(
        f"the modules {', '.join(wheel.top_levels)} of the package in {source} are neither in it"
        f" nor in {', '.join(r for r in ROOTS if r)}",
        fix="devenv links the modules from one of these folders.",
    )


def overlay_steps(source: str, root: str, wheel: Wheel, folder: str) -> tuple[Step, ...]:
    """Steps that make in `folder` what goes on PYTHONPATH for a source; root: from find_root."""
    modules_at = posixpath.join(source, root) if root else source
    links = [
        Link(posixpath.join(folder, top), posixpath.join(modules_at, top))
        for top in wheel.top_levels
    ]
    return (MakeFolder(folder), *links, *info_steps(source, wheel, folder))


def info_steps(source: str, wheel: Wheel, folder: str) -> tuple[Step, ...]:
    """Steps that write the dist-info of a source into its overlay `folder`."""
    info = posixpath.join(folder, wheel.dist_info)
    texts = {name: text for name, text in wheel.texts.items() if name != "RECORD"}
    texts["INSTALLER"] = "devenv\n"
    texts["direct_url.json"] = json.dumps(
        {"url": "file://" + quote(source), "dir_info": {"editable": True}}
    )
    return tuple(Write(posixpath.join(info, name), text) for name, text in sorted(texts.items()))


def script_steps(entry_points: str, folder: str, python: str) -> tuple[Step, ...]:
    """Steps that write a source's console scripts, to be run with the interpreter `python`."""
    programs = [
        Write(posixpath.join(folder, name), console_script(target, python), executable=True)
        for name, target in sorted(console_scripts(entry_points).items())
    ]
    return (MakeFolder(folder), *programs)


def console_scripts(entry_points: str) -> dict[str, str]:
    """name -> ``module:attribute`` from the text of entry_points.txt."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(entry_points)
    if not parser.has_section("console_scripts"):
        return {}
    return {
        name: target.split("[")[0].strip()
        for name, target in parser["console_scripts"].items()
        if "/" not in name
    }


def console_script(target: str, python: str) -> str:
    """A program that calls ``module:attribute``, for an interpreter whose path may be long.

    The first lines are a shell's `exec` and a string to Python: a ``#!`` line is cut at 127 bytes and
    takes no blanks.
    """
    module, _, attribute = target.partition(":")
    head = attribute.split(".")[0]
    return (
        "#!/bin/sh\n"
        f"'''exec' {shlex.quote(python)} \"$0\" \"$@\"\n"
        "' '''\n"
        "import sys\n"
        f"from {module} import {head}\n"
        f"sys.exit({attribute}())\n"
    )
