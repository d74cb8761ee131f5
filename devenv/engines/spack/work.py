"""A call of Spack for an environment: its folder, and its recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.engines.spack.folder import recorded_setting
from devenv.engines.spack.manifest import own_scope
from devenv.engines.spack.narrowing import narrowed
from devenv.engines.spack.observe import SpackRequest
from devenv.engines.spack.program import command
from devenv.engines.spack.scope import install_config
from devenv.engines.spack.setup import environ_for
from devenv.engines.spack.site import Setting, written

OWN = "own"
"""The folder of the scope with the settings in the user's spack.yaml, if there are any."""


@dataclass(frozen=True)
class SpackCall:
    """One call of Spack. setting: with recipes that may be narrowed to those that it can need."""

    request: SpackRequest
    folder: Path
    setting: Setting
    variables: Mapping[str, str]

    @property
    def log(self) -> Path:
        """The file that records Spack's output."""
        return self.folder / "spack.log"

    @property
    def own_files(self) -> dict[str, str]:
        """Name -> text of the files of the user's own scope."""
        return own_scope(self.request.top, install_config(self.setting.configuration.store))

    def argv(self, *arguments: str, env: bool = True, more: Path | None = None) -> tuple[str, ...]:
        """The argv of the call. more: a scope with precedence over the others."""
        own = (str(self.folder / OWN),) if self.own_files else ()
        scopes = (str(self.setting.scope), *own, *((str(more),) if more else ()))
        return command(self.request.spack, scopes, *arguments, env=str(self.folder) if env else "")


def work_in(context: Context, request: SpackRequest, folder: Path) -> SpackCall:
    """The call with the settings of the last time, or else with narrowed recipes. Those leave out tools
    of the machine, which Spack may build only if the narrowed recipes fail.
    """
    kept = recorded_setting(folder, request.setting)
    if kept:
        return work_with(context, request, folder, kept)
    plain = replace(request.setting.configuration, buildable=())
    cut = narrowed(context, request.spack, plain, request.top, request.seed.packages)
    setting = request.setting if cut is plain else written(context, cut)
    return work_with(context, request, folder, setting)


def work_with(context: Context, request: SpackRequest, folder: Path, setting: Setting) -> SpackCall:
    """The call with the recipes of `setting`."""
    return SpackCall(request, folder, setting, environ_for(context, request.spack, setting.cache))
