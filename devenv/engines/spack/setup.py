"""devenv spack setup, update and status: a pinned Spack with its own Python."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.config.settings import SpackSettings
from devenv.core.errors import StateError, UsageError
from devenv.core.interpreter import Interpreter
from devenv.core.plan import Clone, Plan, Write
from devenv.core.result import Result
from devenv.engines.spack.program import Spack, command, repositories, scrubbed
from devenv.engines.venv.packages import make_venv
from devenv.engines.venv.spec import VenvSpec
from devenv.store.carry import ahead, carry_out, stop_dry_run
from devenv.store.changing import setting_up
from devenv.system import files, git, index, interpreters
from devenv.system import spack as observed

CLINGO = "clingo>=5.7"
"""The solver. If it is installed for the Python that runs Spack, Spack bootstraps nothing."""


@dataclass(frozen=True)
class SetupRequest:
    """Options that override the settings; empty: not given."""

    url: str = ""
    ref: str = ""
    packages_url: str = ""
    packages_ref: str = ""
    root: str = ""
    packages_root: str = ""


@dataclass(frozen=True)
class Ready:
    """The installed Spack, and the settings that it was made from."""

    spack: Spack
    wanted: SpackSettings


def setup(context: Context, request: SetupRequest) -> Result:
    """Set up the requested Spack. If it exists already, it is used unchanged."""
    wanted = _requested_settings(context, request)
    with setting_up(context):
        ready = find_ready(context)
        if ready and ready.wanted == wanted and not _missing_part(ready.spack):
            return _setup_result(ready.spack, "is ready")
        return _setup_result(_make(context, wanted), "is set up")


def update(context: Context) -> Result:
    """Set Spack up again from the current settings; for a branch, at its newest commit."""
    before = find_ready(context)
    with setting_up(context):
        wanted = (
            before.wanted if before and _changed_settings(context) == {} else context.settings.spack
        )
        spack = _make(context, wanted)
    same = before is not None and before.spack == spack
    return _setup_result(spack, "is what it was" if same else "is set up")


def status(context: Context) -> Result:
    """Report which Spack is installed, and whether it is complete."""
    ready = find_ready(context)
    if ready is None:
        line = "Spack is not set up. Set it up: devenv spack setup"
        return Result((line,), data={"ready": False})
    spack = ready.spack
    pairs = ((spack.core, spack.commit), (_clone_of(spack), spack.packages_commit))
    reports = [observed.damaged(Path(root), commit) for root, commit in pairs if commit]
    gone = _missing_part(spack)
    damage = [why for why in reports if why] or (
        [f"{gone} does not exist any more"] if gone else []
    )
    lines = tuple(
        f"DAMAGED: {why}\n  Remove what is left, and: devenv spack setup" for why in damage
    )
    data = {"ready": not damage, **asdict(spack), "damaged": damage}
    head = _lines(spack, "is damaged" if damage else "is ready")
    return Result((*head, *lines), data=data, code=6 if damage else 0)


def require(context: Context) -> Spack:
    """The installed Spack; StateError if there is none."""
    ready = find_ready(context)
    if ready is None:
        raise StateError("Spack is not set up", fix="Set it up: devenv spack setup")
    gone = _missing_part(ready.spack)
    if gone:
        raise StateError(
            f"{gone} does not exist any more", fix="Set it up again: devenv spack setup"
        )
    return ready.spack


def environ_for(context: Context, spack: Spack, cache: Path | None = None) -> dict[str, str]:
    """The variables for this Spack's process. cache: of a set of recipes other than its own."""
    folder = cache or context.layout.spack / "cache" / (spack.packages_commit or "own")[:12]
    ours = (str(context.layout.home), str(Path(sys.executable).parent.parent))
    # The recipe of a model finds devenv's build steps and object store by these.
    own = {"DEVENV_PYTHON": sys.executable, "DEVENV_HOME": str(context.layout.home)}
    return {**scrubbed(context.environ, str(folder), ours), **own, "SPACK_PYTHON": spack.python}


def find_ready(context: Context) -> Ready | None:
    """The record of `setup`; None if there is none, or it is of another version of devenv."""
    try:
        data = json.loads(installation(context).read_text(encoding="utf-8"))
        return Ready(Spack(**data["spack"]), SpackSettings(**data["wanted"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def installation(context: Context) -> Path:
    """The file that represents Spack and its store: while it is leased, nothing of them is pruned."""
    return context.layout.spack / "spack.json"


def _changed_settings(context: Context) -> dict[str, str]:
    default, chosen = SpackSettings(), asdict(context.settings.spack)
    return {n: v for n, v in chosen.items() if v != getattr(default, n)}


def _requested_settings(context: Context, request: SetupRequest) -> SpackSettings:
    """The settings with the options applied. A folder of the user's replaces a clone."""
    typed = {one.name: getattr(request, one.name) for one in fields(request)}
    wanted = replace(context.settings.spack, **{n: v for n, v in typed.items() if v})
    roots = {n: getattr(wanted, n) for n in ("root", "packages_root") if getattr(wanted, n)}
    paths = {n: (context.cwd / Path(v).expanduser()).resolve() for n, v in roots.items()}
    for name, path in paths.items():
        if not path.is_dir():
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"{option} {roots[name]}: {path} is not a directory", fix="Check the path."
            )
    return replace(wanted, **{n: str(p) for n, p in paths.items()})


def _missing_part(spack: Spack) -> str:
    """The first part that does not exist; empty for none."""
    parts = (f"{spack.core}/bin/spack", spack.recipes, spack.python)
    return next((part for part in parts if not Path(part).exists()), "")


def _make(context: Context, wanted: SpackSettings) -> Spack:
    if context.dry is None:
        for old in context.layout.spack.glob("devenv-*"):  # left by a killed call; we hold the lock
            files.remove(old)
    core, commit = _folder(context, wanted.root, wanted.url, wanted.ref)
    if not Path(core, "bin", "spack").is_file():
        raise UsageError(f"{core} contains no Spack: bin/spack does not exist", fix="Check --root.")
    roots, packages_commit = [core], ""
    own = observed.first_repository(repositories(str(core)))  # 0.2x includes its recipes
    if wanted.packages_root or not own:
        packages, packages_commit = _folder(
            context, wanted.packages_root, wanted.packages_url, wanted.packages_ref
        )
        roots.insert(0, packages)
    recipes = observed.first_repository(f for root in roots for f in repositories(str(root)))
    if not recipes:
        raise UsageError(
            f"no repository of recipes was found in {' or '.join(map(str, roots))}",
            fix="Name one: --packages-root DIR, or --packages-url URL.",
        )
    spack = Spack(str(core), recipes, _python(context), commit, packages_commit, "")
    stop_dry_run(context, "the version of Spack is queried and recorded")
    environ = environ_for(context, spack)
    spack = replace(spack, version=observed.version(command(spack, (), "--version"), environ))
    _write(context, Ready(spack, wanted))
    return spack


def _write(context: Context, ready: Ready) -> None:
    write = Write(str(installation(context)), json.dumps(asdict(ready), indent=1))
    carry_out(context, Plan("Spack", (write,)))


def keep(context: Context, spack: Spack) -> None:
    """Record `spack` as the installed Spack, made from the same settings as before."""
    ready = find_ready(context)
    if ready:
        _write(context, replace(ready, spack=spack))


def _folder(context: Context, root: str, url: str, ref: str) -> tuple[Path, str]:
    """(folder, commit): a folder of the user's without a commit, or our verified clone."""
    if root:
        return Path(root), ""
    whole = len(ref) in (40, 64) and not set(ref) - set("0123456789abcdef")
    place = context.layout.spack / ref
    if whole and place.is_dir():
        return place, ref
    clone = Clone(url, str(place), ref, depth=1, submodules=False)
    ahead(context, Plan("Spack", (clone,)), "what else is needed is known from what is in it")
    with files.temporary_folder(context.layout.spack) as scratch:
        step = replace(clone, path=str(scratch / "clone"))
        carry_out(context, Plan("Spack", (step,)))
        commit = git.state(scratch / "clone").commit
        if whole and commit != ref:
            raise StateError(
                f"{url} returned the commit {commit} instead of {ref}",
                fix="Do not use this mirror.",
            )
        place = context.layout.spack / commit
        if not place.exists():
            files.rename(scratch / "clone", place)
    return place, commit


def _python(context: Context) -> str:
    """The Python with the solver, in a virtual environment in the store."""
    ready = find_ready(context)
    if ready and Path(ready.spack.python).exists():
        return ready.spack.python
    return python_with(context)


def python_with(context: Context, *more: str) -> str:
    """A Python with the solver and these requirements."""
    interpreter = Interpreter(
        *interpreters.find_python(f"{sys.version_info[0]}.{sys.version_info[1]}")
    )
    solver = Plan("the solver of Spack", unknown=("a Python with the solver of Spack is made",))
    ahead(context, solver, "Spack runs with it")
    lines = index.resolve((CLINGO, *more), interpreter.path, environ=context.environ)
    venv = make_venv(context, VenvSpec(interpreter, lines), "the solver of Spack")
    return str(venv / "bin" / "python")


def _clone_of(spack: Spack) -> str:
    """The root of the clone that contains the recipes."""
    ends = (root.lstrip("/") for root in repositories("/"))
    return next(
        (spack.recipes.removesuffix(f"/{e}") for e in ends if spack.recipes.endswith(e)), ""
    )


def _setup_result(spack: Spack, what: str) -> Result:
    return Result(_lines(spack, what), data=asdict(spack))


def _lines(spack: Spack, what: str) -> tuple[str, ...]:
    at = f" (commit {spack.commit[:12]})" if spack.commit else ""
    recipes = f" (commit {spack.packages_commit[:12]})" if spack.packages_commit else ""
    return (
        f"Spack {spack.version} {what}: {spack.core}{at}",
        f"recipes: {spack.recipes}{recipes}",
        f"python: {spack.python}",
    )
