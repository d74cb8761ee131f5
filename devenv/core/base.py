"""The base of an environment: modules of the site."""

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

    home: MODULESHOME; its init folder defines `module` for each shell. path: MODULEPATH when the
    environment was built, for shells without one. names: the variables that loading the modules
    changes.
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
    """Whether a variable belongs to the module system itself, or to every shell."""
    return bool(_BOOKKEEPING.fullmatch(name))
