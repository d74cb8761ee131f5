"""devenv spack exec: Spack itself, with devenv's configuration and nothing of the user's."""

from __future__ import annotations

import sys
from typing import NoReturn

from devenv.core.errors import UsageError
from devenv.engines.spack.program import command
from devenv.engines.venv import Interpreter
from devenv.system import index, process
from devenv.workflows.context import Context, chosen, load_environment, load_lock
from devenv.workflows.spack.ground import asked
from devenv.workflows.spack.install import OWN, kept_setting, work_in
from devenv.workflows.spack.setup import environ_for, require
from devenv.workflows.spack.site import setting_of


def spack_exec(context: Context, name: str | None, arguments: tuple[str, ...]) -> NoReturn:
    """Become Spack. name: an environment to work in; None: none, whatever is active."""
    if not arguments:
        raise UsageError("there is no command for Spack", fix="devenv spack exec -- find")
    spack = require(context)
    if name is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        interpreter = Interpreter(*index.find_python(version))
        setting = setting_of(context, spack, environ_for(context, spack), interpreter)
        argv = command(spack, (str(setting.scope),), *arguments)
        process.exec_(argv, environ_for(context, spack, setting.cache))
    name = chosen(context, name)
    lock = load_lock(context, name)
    folder = context.layout.env(name).root / "spack" / lock.inputs
    there = kept_setting(folder)
    if there:
        scope, cache = there
        own = (str(folder / OWN),) if (folder / OWN).is_dir() else ()
        argv = command(spack, (str(scope), *own), *arguments, env=str(folder))
        process.exec_(argv, environ_for(context, spack, cache))
    work = work_in(context, asked(context, load_environment(context, name), lock), folder)
    process.exec_(work.argv(*arguments), work.variables)
