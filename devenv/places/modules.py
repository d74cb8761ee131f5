"""Loads modules of Lmod or Environment Modules in one shell process, and reads the variables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.base import Base, base_modules, is_bookkeeping
from devenv.core.delta import Change, revert
from devenv.core.errors import PreconditionError, StateError
from devenv.shells.record import RECORD, decode, encode
from devenv.system import process

LOADED = "DEVENV_MODULES"
"""The modules that we loaded, and what they changed: see devenv/shells/modules.sh."""
CHANGED = "DEVENV_MODULES_RECORD"

_HOMES = ("/usr/share/modules", "/usr/share/Modules", "/usr/share/lmod/lmod", "/opt/apps/lmod/lmod")
_MARK = "\0devenv\0"
_SCRIPT = r"""
. "$1/init/sh" >&2 || exit 3
path=$2 unload=$3
shift 3
loaded() { case :${LOADEDMODULES-}: in *":$1:"* | *":$1/"*) ;; *) return 1 ;; esac; }
dump() { printf '\0devenv\0'; /usr/bin/env -0; }
for name in $unload; do ! loaded "$name" || module unload "$name" >&2; done
dump
for name; do
  loaded "$name" || module load "$name" >&2
  if ! loaded "$name" && [ -n "$path" ]; then
    module use --append "$path" >&2
    module load "$name" >&2
  fi
  loaded "$name" || { printf 'devenv-missing %s\n' "$name" >&2; exit 3; }
done
dump
"""


def module_home(environ: Mapping[str, str]) -> str:
    """MODULESHOME, from the variables, the usual paths, or a login shell; else PreconditionError."""
    lmod = environ.get("LMOD_CMD", "")
    named = [environ.get("MODULESHOME", ""), str(Path(lmod).parents[1]) if lmod else ""]
    for home in filter(None, (*named, *_HOMES)):
        if Path(home, "init", "sh").is_file():
            return home
    clean = {name: environ[name] for name in ("HOME", "PATH", "USER") if name in environ}
    home = process.run(["sh", "-lc", 'printf %s "${MODULESHOME-}"'], environ=clean).stdout
    if home and Path(home, "init", "sh").is_file():
        return home
    raise PreconditionError(
        "the environment's base needs a module system, and none was found",
        fix="Install one (Debian: apt-get install environment-modules), or set MODULESHOME.",
    )


def observe(environ: Mapping[str, str], base: str) -> tuple[Base, dict[str, str]]:
    """The current state of a base, and the variables with its modules loaded, without an activation.

    StateError if a module cannot be loaded.
    """
    modules = base_modules(base)
    clean = without_ours(environ)
    if not modules:
        return Base(), clean
    home = module_home(environ)
    path = environ.get("MODULEPATH", "")
    mine = [name for name in clean.get(LOADED, "").split(":") if name]
    before, after = _shell(clean, home, path, (*mine, *modules), modules)
    names = sorted(
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name) and not is_bookkeeping(name)
    )
    return Base(modules, home, path, tuple(names)), _without_notes(after)


def based(environ: Mapping[str, str], base: Base) -> dict[str, str]:
    """The variables without an activation, and with a generation's base loaded as an activation does."""
    clean = without_ours(environ)
    mine = [name for name in clean.get(LOADED, "").split(":") if name]
    if not base and not mine:
        return clean
    home = base.home or module_home(environ)
    unloaded, after = _shell(clean, home, base.path, mine, base.modules)
    restored = _restored(clean, unloaded)
    if not base:
        return _without_notes(restored)
    loaded = unloaded.get("LOADEDMODULES", "").split(":")
    ours = [name for name in base.modules if not _is_loaded(name, loaded)]
    changes = [
        Change(name, restored.get(name), after.get(name))
        for name in base.names
        if restored.get(name) != after.get(name)
    ]
    return {**after, LOADED: ":".join(ours), CHANGED: encode(changes)}


def without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables with an activation reverted. The modules that it loaded stay loaded."""
    result = dict(environ)
    record = result.pop(RECORD, "")
    return revert(decode(record), result) if record else result


def _is_loaded(name: str, loaded: Sequence[str]) -> bool:
    return any(each == name or each.startswith(f"{name}/") for each in loaded)


def _restored(clean: Mapping[str, str], unloaded: Mapping[str, str]) -> dict[str, str]:
    """The variables after an unload, with values restored that the modules had overwritten.

    A variable that was not set before, and that `module purge` left empty, is unset. shells/modules.sh
    does the same.
    """
    changes = decode(clean[CHANGED]) if clean.get(CHANGED) else ()
    empty = {
        change.name for change in changes if change.before is None and not clean.get(change.name)
    }
    still = [c for c in changes if clean.get(c.name) == c.after or c.name in empty]
    now = [replace(change, after=unloaded.get(change.name)) for change in still]
    return revert(now, unloaded)


def _without_notes(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in (LOADED, CHANGED)}


def _shell(
    environ: Mapping[str, str], home: str, path: str, unload: Sequence[str], load: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The variables after unloading, and then after loading."""
    argv = ["sh", "-c", _SCRIPT, "sh", home, path, " ".join(reversed(unload)), *load]
    own = {**environ, "PATH": environ.get("PATH", os.defpath)}
    done = process.run(argv, environ=own)
    dumps = [_variables(text) for text in done.stdout.split(_MARK)[1:]]
    if done.returncode or len(dumps) != 2:
        said = done.stderr.strip().splitlines()
        name = next((line.split()[1] for line in said if line.startswith("devenv-missing ")), "")
        why = "; ".join(line.strip() for line in said if not line.startswith("devenv-missing "))
        raise StateError(
            f"the module {name or load} cannot be loaded: {why[-300:] or 'no reason was given'}",
            fix=f"See what there is: module avail {name}".rstrip(),
        )
    return dumps[0], dumps[1]


def _variables(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.split("\0") if line)
    return {name: value for name, _, value in pairs if name not in ("_", "SHLVL", "PWD", "OLDPWD")}


def with_environ(context: Context, environ: Mapping[str, str]) -> Context:
    """The context with these variables."""
    return replace(context, environ=environ)
