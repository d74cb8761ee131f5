"""devenv spack exec: runs Spack with devenv's configuration, isolated from the user's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

from devenv.config.context import Context
from devenv.core.errors import StateError, UsageError
from devenv.core.interpreter import Interpreter
from devenv.engines.spack.folder import kept_setting
from devenv.engines.spack.observe import read_request
from devenv.engines.spack.program import Spack, command
from devenv.engines.spack.setup import environ_for, installation, require
from devenv.engines.spack.site import setting_of
from devenv.engines.spack.work import OWN, work_in
from devenv.environment.handle import open_env
from devenv.system import interpreters, process
from devenv.system.leases import hold


def spack_exec(context: Context, name: str | None, arguments: tuple[str, ...]) -> NoReturn:
    """Replace this process by Spack. name: the environment to work in; None: none, even if one is
    active.
    """
    if not arguments:
        raise UsageError("no command for Spack was given", fix="devenv spack exec -- find")
    spack = require(context)
    hold(installation(context))
    if name is None:
        process.exec_(*outside(context, spack, *arguments))
    env = open_env(context, name)
    name, environment = env.name, env.request
    if environment.engine != "spack":
        raise UsageError(
            f"{name} uses the engine {environment.engine}, not Spack",
            fix="Omit --env to run Spack outside an environment.",
        )
    folder = env.layout.spack / env.lock.inputs
    if not (folder / "spack.yaml").exists():
        raise StateError(f"Spack has built nothing for {name} yet", fix=f"devenv build {name}")
    setting = kept_setting(folder)
    if setting:
        process.exec_(*with_setting(context, spack, setting, *arguments, env=str(folder)))
    work = work_in(context, read_request(env, environment, env.lock), folder)
    process.exec_(work.argv(*arguments), work.variables)


def outside(
    context: Context, spack: Spack, *arguments: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The argv and the variables of Spack outside any environment."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    interpreter = Interpreter(*interpreters.find_python(version))
    setting = setting_of(context, spack, environ_for(context, spack), interpreter)
    return with_setting(context, spack, (setting.scope, setting.cache), *arguments)


def with_setting(
    context: Context, spack: Spack, setting: tuple[Path, Path], *arguments: str, env: str = ""
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The argv and the variables of Spack with (scope, cache). env: the folder to work in."""
    scope, cache = setting
    own = (str(Path(env, OWN)),) if env and Path(env, OWN).is_dir() else ()
    argv = command(spack, (str(scope), *own), *arguments, env=env)
    return argv, environ_for(context, spack, cache)
