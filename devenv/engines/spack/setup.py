"""devenv spack setup, status, update and exec: Spack itself, pinned, with a Python of its own."""

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
"""The solver; with it beside the Python that runs Spack nothing is bootstrapped."""


@dataclass(frozen=True)
class SetupRequest:
    """What was typed, in place of the settings; empty: not given."""

    url: str = ""
    ref: str = ""
    packages_url: str = ""
    packages_ref: str = ""
    root: str = ""
    packages_root: str = ""


@dataclass(frozen=True)
class Ready:
    """What stands ready, and what it was made from."""

    spack: Spack
    wanted: SpackSettings


def setup(context: Context, request: SetupRequest) -> Result:
    """Have the Spack that is asked for; what is there already is used as it is."""
    wanted = _wanted(context, request)
    with setting_up(context):
        ready = find_ready(context)
        if ready and ready.wanted == wanted and not _gone(ready.spack):
            return _setup_result(ready.spack, "is ready")
        return _setup_result(_make(context, wanted), "is set up")


def update(context: Context) -> Result:
    """Take what the settings ask for now; of a branch, its newest commit."""
    before = find_ready(context)
    with setting_up(context):
        wanted = before.wanted if before and _named(context) == {} else context.settings.spack
        spack = _make(context, wanted)
    same = before is not None and before.spack == spack
    return _setup_result(spack, "is what it was" if same else "is set up")


def status(context: Context) -> Result:
    """What stands ready, and whether it is whole."""
    ready = find_ready(context)
    if ready is None:
        line = "Spack is not set up. Set it up: devenv spack setup"
        return Result((line,), data={"ready": False})
    spack = ready.spack
    pairs = ((spack.core, spack.commit), (_clone_of(spack), spack.packages_commit))
    looked = [observed.damaged(Path(root), commit) for root, commit in pairs if commit]
    gone = _gone(spack)
    wrong = [why for why in looked if why] or ([f"{gone} does not exist any more"] if gone else [])
    lines = tuple(
        f"DAMAGED: {why}\n  Remove what is left, and: devenv spack setup" for why in wrong
    )
    data = {"ready": not wrong, **asdict(spack), "damaged": wrong}
    told = _lines(spack, "is damaged" if wrong else "is ready")
    return Result((*told, *lines), data=data, code=6 if wrong else 0)


def require(context: Context) -> Spack:
    """The Spack that stands ready; StateError where there is none."""
    ready = find_ready(context)
    if ready is None:
        raise StateError("Spack is not set up", fix="Set it up: devenv spack setup")
    gone = _gone(ready.spack)
    if gone:
        raise StateError(
            f"{gone} does not exist any more", fix="Set it up again: devenv spack setup"
        )
    return ready.spack


def environ_for(context: Context, spack: Spack, cache: Path | None = None) -> dict[str, str]:
    """The variables that this Spack gets. cache: of a set of recipes other than its own."""
    folder = cache or context.layout.spack / "cache" / (spack.packages_commit or "own")[:12]
    ours = (str(context.layout.home), str(Path(sys.executable).parent.parent))
    # By these the recipe of a model finds devenv's own steps and its store of objects.
    own = {"DEVENV_PYTHON": sys.executable, "DEVENV_HOME": str(context.layout.home)}
    return {**scrubbed(context.environ, str(folder), ours), **own, "SPACK_PYTHON": spack.python}


def find_ready(context: Context) -> Ready | None:
    """What `setup` left; None where there is nothing, or of another devenv."""
    try:
        data = json.loads(installation(context).read_text(encoding="utf-8"))
        return Ready(Spack(**data["spack"]), SpackSettings(**data["wanted"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def installation(context: Context) -> Path:
    """What stands for Spack and its store: whoever leases it has nothing of them pruned."""
    return context.layout.spack / "spack.json"


def _named(context: Context) -> dict[str, str]:
    default, chosen = SpackSettings(), asdict(context.settings.spack)
    return {n: v for n, v in chosen.items() if v != getattr(default, n)}


def _wanted(context: Context, request: SetupRequest) -> SpackSettings:
    """The settings with what was typed. A folder of the user's takes the place of a clone."""
    typed = {one.name: getattr(request, one.name) for one in fields(request)}
    wanted = replace(context.settings.spack, **{n: v for n, v in typed.items() if v})
    roots = {n: getattr(wanted, n) for n in ("root", "packages_root") if getattr(wanted, n)}
    found = {n: (context.cwd / Path(v).expanduser()).resolve() for n, v in roots.items()}
    for name, path in found.items():
        if not path.is_dir():
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"{option} {roots[name]}: {path} is not a directory", fix="Check the path."
            )
    return replace(wanted, **{n: str(p) for n, p in found.items()})


def _gone(spack: Spack) -> str:
    """The first of its parts that is not there; empty for none."""
    parts = (f"{spack.core}/bin/spack", spack.recipes, spack.python)
    return next((part for part in parts if not Path(part).exists()), "")


def _make(context: Context, wanted: SpackSettings) -> Spack:
    if context.dry is None:
        for old in context.layout.spack.glob(
            "devenv-*"
        ):  # of a call that was killed; we hold the lock
            files.remove(old)
    core, commit = _folder(context, wanted.root, wanted.url, wanted.ref)
    if not Path(core, "bin", "spack").is_file():
        raise UsageError(f"{core} contains no Spack: bin/spack does not exist", fix="Check --root.")
    roots, packages_commit = [core], ""
    own = observed.first_repository(repositories(str(core)))  # 0.2x brings its recipes along
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
    stop_dry_run(context, "Spack is asked for its version, and recorded as set up")
    environ = environ_for(context, spack)
    spack = replace(spack, version=observed.version(command(spack, (), "--version"), environ))
    _write(context, Ready(spack, wanted))
    return spack


def _write(context: Context, ready: Ready) -> None:
    write = Write(str(installation(context)), json.dumps(asdict(ready), indent=1))
    carry_out(context, Plan("Spack", (write,)))


def keep(context: Context, spack: Spack) -> None:
    """From now on this is the Spack that stands ready; it was made from what the one before was."""
    ready = find_ready(context)
    if ready:
        _write(context, replace(ready, spack=spack))


def _folder(context: Context, root: str, url: str, ref: str) -> tuple[Path, str]:
    """A folder of the user's as it is, or our clone of the commit, verified."""
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
    """A virtual environment with the solver, in the store of all virtual environments."""
    there = find_ready(context)
    if there and Path(there.spack.python).exists():
        return there.spack.python
    return python_with(context)


def python_with(context: Context, *more: str) -> str:
    """A Python with the solver, and with what these requirements name."""
    interpreter = Interpreter(
        *interpreters.find_python(f"{sys.version_info[0]}.{sys.version_info[1]}")
    )
    solver = Plan("the solver of Spack", unknown=("a Python with the solver of Spack is made",))
    ahead(context, solver, "Spack runs with it")
    lines = index.resolve((CLINGO, *more), interpreter.path, environ=context.environ)
    venv = make_venv(context, VenvSpec(interpreter, lines), "the solver of Spack")
    return str(venv / "bin" / "python")


def _clone_of(spack: Spack) -> str:
    """The clone that the recipes stand in."""
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
