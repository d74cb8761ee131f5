"""What lies under an environment: the site's modules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from devenv.core.errors import UsageError

_MODULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+@/-]*")
_PREFIX = "modules:"

_BOOKKEEPING = re.compile(
    r"LOADEDMODULES|_LMFILES_|MODULE\w*|__MODULES_\w*|_*LMOD_\w*|_ModuleTable\w*|BASH_FUNC_.*"
    r"|BASH_ENV|ENV|FPATH|_|SHLVL|PWD|OLDPWD"
)


@dataclass(frozen=True)
class Base:
    """Modules to load before an activation, in order.

    home: MODULESHOME, in whose init folder each shell finds what defines `module`. path: MODULEPATH as
    it was, for shells that do not have it. names: the variables that loading the modules changes.
    """

    modules: tuple[str, ...] = ()
    home: str = ""
    path: str = ""
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.modules)


def base_modules(text: str) -> tuple[str, ...]:
    """The modules of a base (``modules:archive/2024,neurodamus``); UsageError for another kind."""
    if not text:
        return ()
    modules = tuple(name.strip() for name in text.removeprefix(_PREFIX).split(","))
    if not text.startswith(_PREFIX) or not all(map(_MODULE.fullmatch, modules)):
        raise UsageError(
            f"{text!r} is not a base", fix="Name modules, in order: modules:archive/2024,neurodamus"
        )
    return modules


def is_bookkeeping(name: str) -> bool:
    """Whether a variable is the module system's own, or every shell's."""
    return bool(_BOOKKEEPING.fullmatch(name))
