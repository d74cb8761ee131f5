"""The package index, through uv and pip as commands: their settings and caches are the user's."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from devenv.core.errors import PreconditionError, StepError, UnreachableError, UsageError
from devenv.system.files import make_folder, temporary_folder, write_text
from devenv.system.process import Completed, redacted, run

_UNREACHABLE = re.compile(
    r"(?i)failed to fetch|error sending request|dns error|connection (?:refused|error|reset)"
    r"|timed out|network is unreachable|name resolution|retries exceeded|no route to host"
)


def uv_argv() -> tuple[str, ...]:
    """uv, from its wheel."""
    from uv import find_uv_bin

    return (os.fsdecode(find_uv_bin()),)


def find_python(request: str, environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """(path, full version) of the interpreter that `request` names: a version, a specifier or a path.

    The path is the interpreter's own, not that of a shim. PreconditionError where there is none.
    """
    environ = _plain(os.environ if environ is None else environ)
    done = run((*uv_argv(), "python", "find", "--no-project", "--system", request), environ=environ)
    path = done.stdout.strip()
    if done.returncode or not path:
        raise PreconditionError(
            f"no Python {request} was found on this machine", fix=_pythons_there(environ)
        )
    code = "import platform,sys; print(sys.executable); print(platform.python_version())"
    told = run((path, "-I", "-c", code), environ=environ).stdout.split("\n")
    return os.path.realpath(told[0]), told[1]


def _pythons_there(environ: Mapping[str, str]) -> str:
    listing = run((*uv_argv(), "python", "list", "--only-installed"), environ=environ).stdout
    names = sorted({line.split()[0] for line in listing.splitlines() if line.strip()})
    versions = sorted({name.split("-")[1] for name in names if name.count("-") > 1})
    return f"There is {', '.join(versions) or 'none'}; name one with --python."


def _plain(environ: Mapping[str, str]) -> dict[str, str]:
    """Without what an activated environment or a virtual one says: neither is meant here."""
    hidden = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON")
    return {name: value for name, value in environ.items() if name not in hidden}


def resolve(
    requirements: Sequence[str],
    python: str,
    *,
    environ: Mapping[str, str],
    excludes: Sequence[str] = (),
    prefer: Sequence[str] = (),
) -> tuple[str, ...]:
    """The lines of a requirements file with exact versions and hashes.

    excludes: distributions that are taken to be there. prefer: a lock whose choices are kept where
    they are allowed. UsageError for what cannot be resolved, UnreachableError with no index; then
    what the cache of uv still holds is tried.
    """
    with temporary_folder(Path(environ.get("TMPDIR", "/tmp"))) as folder:  # noqa: S108
        names = ("in", "excludes", "out")
        wanted, excluded, out = (folder / f"{name}.txt" for name in names)
        write_text(wanted, _lines(requirements))
        write_text(excluded, _lines(excludes))
        write_text(out, _lines(prefer))
        argv = (
            *(*uv_argv(), "pip", "compile", "--quiet", "--no-header", "--no-annotate"),
            *("--generate-hashes", "--no-build-isolation-package", "none", "--python", python),
            *("--excludes", str(excluded), "--output-file", str(out), str(wanted)),
        )
        done = run(argv, environ=_plain(environ))
        if done.returncode and _UNREACHABLE.search(done.stderr):
            done = run((*argv, "--offline"), environ=_plain(environ))
            if done.returncode:
                raise _unreachable(done)
        if done.returncode:
            raise UsageError(
                f"these requirements cannot be met together: {', '.join(requirements)}\n"
                + _essential(done.stderr, str(folder)),
                fix="Change a version, or the Python (--python).",
            )
        return tuple(out.read_text(encoding="utf-8").splitlines())


def _lines(values: Sequence[str]) -> str:
    return "".join(f"{value}\n" for value in values)


def _unreachable(done: Completed) -> UnreachableError:
    reason = next((line for line in done.stderr.splitlines() if _UNREACHABLE.search(line)), "")
    return UnreachableError(
        f"the package index cannot be reached: {redacted(reason.strip(' ×╰─▶├│'))}",
        fix="Check the network, or the index that your uv or pip settings name.",
    )


def _essential(text: str, folder: str) -> str:
    """The reason, without marks and our temporary paths."""
    lines = (re.sub(r"^[\s×╰─▶├│]+", "", line) for line in redacted(text).splitlines())
    return "\n".join(f"    {line.replace(folder, '')}" for line in lines if line)[:2000]


def build_wheel(source: Path, out: Path, environ: Mapping[str, str]) -> Path:
    """Build the wheel of a source tree (a copy: some builds write into it) and give its path."""
    make_folder(out)
    argv = (*uv_argv(), "build", "--quiet", "--wheel", "--out-dir", str(out), str(source))
    done = run(argv, environ=_plain(environ))
    wheels = sorted(out.glob("*.whl"))
    if done.returncode or not wheels:
        if _UNREACHABLE.search(done.stderr):
            raise _unreachable(done)
        raise StepError(
            f"the package cannot be built:\n{_essential(done.stderr, str(source))}",
            fix="Does 'pip wheel --no-deps .' work in it?",
        )
    return wheels[0]


def download_source(requirement: str, folder: Path, *, environ: Mapping[str, str]) -> Path:
    """Download a source release, as pip is set up to; the archive's path."""
    argv = (
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-build-isolation", "--no-binary", ":all:"),
        *("--dest", str(folder), requirement),
    )
    done = run(argv, environ=_plain(environ))
    archives = sorted(folder.glob("*.tar.gz")) + sorted(folder.glob("*.zip"))
    if archives:
        return archives[0]
    if "No matching distribution" in done.stderr and not _UNREACHABLE.search(done.stderr):
        raise UsageError(
            f"the index has no source release of {requirement}", fix="Name another version."
        )
    raise _unreachable(done)
