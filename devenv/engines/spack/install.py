"""Runs Spack for an environment: concretizes, installs, and records the variables of its recipes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import PreconditionError, StateError, StepError, UsageError
from devenv.core.names import did_you_mean
from devenv.core.plan import Plan, RemovePath, Run, Step, Write
from devenv.engines.spack.build_cache import cache_scope
from devenv.engines.spack.externals import COMPILERS
from devenv.engines.spack.failure import Reason, reason
from devenv.engines.spack.folder import SETTING
from devenv.engines.spack.freshness import renew, watching
from devenv.engines.spack.installed import (
    SpackBuild,
    lock_in,
    read_last_build,
    record_run_variables,
)
from devenv.engines.spack.lockfile import ConcreteSpec, SpackLock, read_spack_lock
from devenv.engines.spack.manifest import may_repeat
from devenv.engines.spack.narrowing import ALL, worth_all_recipes
from devenv.engines.spack.observe import SpackRequest, generation_text
from devenv.engines.spack.origins import by_origins
from devenv.engines.spack.program import SHOWS
from devenv.engines.spack.recipe_model import live_mods
from devenv.engines.spack.recovery import mend_index, remove_backups
from devenv.engines.spack.setup import installation
from devenv.engines.spack.site import Setting
from devenv.engines.spack.user_manifest import in_spack
from devenv.engines.spack.work import OWN, SpackCall, work_in, work_with
from devenv.environment.build_request import BuildRequest
from devenv.store.carry import ahead, carry_out
from devenv.system import host
from devenv.system import spack as observed
from devenv.system.cores import cores
from devenv.system.leases import leased

_RACE = "Can't call `poll()` before `start()`"
"""The error of Spack 1.1 if the Spack of a killed devenv has just overwritten the same package."""


def install_words(context: Context, request: BuildRequest, *options: str) -> tuple[str, ...]:
    """The arguments of the one Spack call that concretizes and installs."""
    jobs = request.jobs or context.settings.jobs or cores()
    fresh = ("--fresh",) if request.update else ()
    # A cache from the command line is trusted; the site file says which of its caches are.
    trusted = ("--no-check-signature",) if request.cache else ()
    return ("install", f"-j{jobs}", *fresh, *trusted, *options)


def install(
    context: Context, spack_request: SpackRequest, folder: Path, request: BuildRequest
) -> SpackBuild:
    """Install the request. If the narrowed recipes are not enough, devenv uses all recipes.

    StepError with Spack's own reason; PreconditionError if there is no compiler.
    """
    require_compiler(spack_request.setting)
    remove_backups(context)
    with leased(installation(context)):
        return _installed(context, spack_request, folder, request)


def require_compiler(setting: Setting) -> None:
    """PreconditionError if Spack would have no compiler. The fix names one that the site file describes
    incompletely."""
    externals = setting.configuration.externals
    if any(one.compilers for one in externals):
        return
    named = next((one.spec for one in externals if one.package in COMPILERS), "")
    fix = f"Say of {named}, in the site's file, which 'compilers' it has."
    raise PreconditionError(
        "no C++ compiler was found for Spack", fix=fix if named else host.install_hint("g++")
    )


def _installed(
    context: Context, spack_request: SpackRequest, folder: Path, request: BuildRequest
) -> SpackBuild:
    work = work_in(context, spack_request, folder)
    words = work.argv(*install_words(context, request))
    run = Run(words, title="spack install")
    ahead(context, Plan("Spack", (*_files(work), run)), "a generation of what Spack installs")
    for source in in_spack(spack_request.environment, spack_request.repositories):
        observed.hide_litter(Path(source.path))
    _mend_index(context, work)
    with watching(context, live_mods(spack_request), _expected_lock(work)) as watch:
        failed = _run(context, work, request)
        if needs_all(work, failed):
            work = with_all_recipes(context, work)
            failed = _run(context, work, request)
        if failed:
            raise explained(work, failed)
        _require_lock(work)
        copy = renew(watch, lock_in(folder), partial(_reinstall, context, work, request))
    record_run_variables(context, work, copy)
    return replace(read_last_build(work), copy=copy)


def _mend_index(context: Context, work: SpackCall) -> None:
    run = Run(work.argv("reindex", env=False), title="spack reindex", log=str(work.log))
    mend_index(context, run, work.variables)


def _expected_lock(work: SpackCall) -> SpackLock | None:
    """The lock that Spack will install; None if it still has to concretize."""
    removed = (step.path for step in _files(work) if isinstance(step, RemovePath))
    path = work.folder / "spack.lock"
    return lock_in(work.folder) if path.exists() and str(path) not in removed else None


def _reinstall(
    context: Context, work: SpackCall, request: BuildRequest, nodes: Sequence[ConcreteSpec]
) -> None:
    """Reinstall packages by hash, in a process that does not concretize. StepError as `install`."""
    context.say(f"installing again: {', '.join(node.name for node in nodes)}")
    options = ("--only-concrete", "--no-cache", "--overwrite", "--yes-to-all")
    words = install_words(context, BuildRequest(jobs=request.jobs), *options)
    failed = _call(context, work, work.argv(*words, *(f"/{n.hash}" for n in nodes)))
    if failed:
        raise explained(work, failed)


def _require_lock(work: SpackCall) -> None:
    """UsageError if there is no lock: Spack does not fail when nothing is requested."""
    if not (work.folder / "spack.lock").exists():
        raise UsageError(
            f"{work.request.path} requests no package",
            fix="Name some in it, as 'specs:'; or delete it: the next build writes the template's.",
        )


def _run(context: Context, work: SpackCall, request: BuildRequest) -> StepError | None:
    """Concretize if there is no spack.lock, and install what is missing, in one process.

    With a build cache that lacks packages, two processes: in a single one, Spack would also install the
    build dependencies of packages that it then finds in the cache.
    """
    more = cache_scope(context, request.cache) if request.cache else None
    if more:
        words = install_words(context, request, "--cache-only")
        failed = _call(context, work, work.argv(*words, more=more))
        if failed is None or not (work.folder / "spack.lock").exists():
            return failed
        context.say("not all of it is in the build cache: what is not is compiled")
    return _call(context, work, work.argv(*install_words(context, request), more=more))


def _call(context: Context, work: SpackCall, argv: tuple[str, ...]) -> StepError | None:
    run = Run(argv, title="spack install", log=str(work.log), shows=SHOWS)
    if may_repeat(work.request.top) and (failed := _concretized(context, work)):
        return failed
    for last in (False, True):
        _mend_index(context, work)
        try:
            carry_out(context, Plan("Spack", (*_files(work), run)), environ=work.variables)
        except StepError as error:
            if last or _RACE not in _reason(work, "").what:
                return error
        else:
            break
    return None


def _concretized(context: Context, work: SpackCall) -> StepError | None:
    """Concretize before the install, so that the view can exclude packages whose names repeat."""
    run = Run(work.argv("concretize"), title="spack concretize", log=str(work.log))
    try:
        carry_out(context, Plan("Spack", (*_files(work), run)), environ=work.variables)
    except StepError as error:
        return error
    return None


def concretize_steps(work: SpackCall) -> tuple[Step, ...]:
    """The steps that make a spack.lock and install nothing."""
    files = _files(work)
    locked = (work.folder / "spack.lock").exists()
    if locked and not any(
        isinstance(s, RemovePath) and s.path.endswith("spack.lock") for s in files
    ):
        return files
    run = Run(work.argv("concretize"), title="spack concretize", log=str(work.log))
    return (*files, run)


def _files(work: SpackCall) -> tuple[Step, ...]:
    """The steps that write the request in the folder, and remove a lock that is damaged or of another
    request."""
    folder, setting = work.folder, work.setting
    steps: tuple[Step, ...] = (RemovePath(str(work.log)), *_request_steps(work))
    data = {
        "scope": str(setting.scope),
        "whole": str(work.request.setting.scope),
        "cache": str(setting.cache),
        "repositories": dict(setting.configuration.repositories),
    }
    own = work.own_files.items()
    steps += tuple(Write(str(folder / OWN / name), content) for name, content in own)
    return (*steps, Write(str(folder / SETTING), json.dumps(data)))


def _request_steps(work: SpackCall) -> tuple[Step, ...]:
    """The steps that write spack.yaml, and replace a lock of another request by the seed, if any."""
    folder, seed = work.folder, work.request.seed.text
    manifest, lock = folder / "spack.yaml", folder / "spack.lock"
    seeded = (Write(str(lock), seed),) if seed else ()
    readable = lock.exists() and not _damaged(folder)
    chosen = lock_in(folder) if readable else read_spack_lock(seed, str(lock)) if seed else None
    repeated = [f"/{node.hash}" for node in chosen.repeated()] if chosen else []
    plain, text = (
        generation_text(work.request, str(folder / "view"), hidden) for hidden in ((), repeated)
    )
    written = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
    if written in (plain, text) and (readable or not lock.exists()):
        write = (Write(str(manifest), text),) if written != text else ()
        return (*write, *(() if readable else seeded))
    return (RemovePath(str(lock)), Write(str(manifest), text), *seeded)


def _damaged(folder: Path) -> bool:
    try:
        lock_in(folder)
    except (StateError, UnicodeDecodeError):
        return True
    except FileNotFoundError:
        return False
    return False


def needs_all(work: SpackCall, failed: StepError | None) -> bool:
    """Whether the failure may be due to a recipe that narrowing left out."""
    if work.setting == work.request.setting or failed is None:
        return False
    concretized = (work.folder / "spack.lock").exists()
    why = _reason(work, "")
    return worth_all_recipes(why, work.request.repositories, concretized=concretized)


def with_all_recipes(context: Context, work: SpackCall) -> SpackCall:
    """The same call with the full repository of recipes. The lock made without them is removed."""
    context.say(f"note: with narrowed recipes Spack fails: {ALL}")
    carry_out(context, Plan("", (RemovePath(str(work.folder / "spack.lock")),)))
    return work_with(context, work.request, work.folder, work.request.setting)


def _reason(work: SpackCall, manifest: str) -> Reason:
    text = work.log.read_text(encoding="utf-8", errors="replace") if work.log.exists() else ""
    return reason(text, manifest)


def explained(work: SpackCall, error: StepError) -> StepError:
    """The error with Spack's own reason in place of the last lines of output."""
    manifest = str(work.request.path)
    why = _reason(work, manifest)
    # Spack read a generated file, whose line numbers are not those of the user's.
    what = re.sub(rf"{re.escape(str(work.folder / 'spack.yaml'))}(:\d+)?", manifest, why.what)
    what = by_origins(what, (source.path for source in work.request.environment.develop))
    names = observed.variants(observed.recipe(work.request.repositories, why.package))
    hint = f"{did_you_mean(why.variant, names)}\n  " if why.variant and names else ""
    fix = f"{hint}{why.fix}" + ("" if why.log else f"\n  The whole output is in {work.log}")
    return StepError(what, fix=fix, log=str(work.log), returncode=error.returncode)
