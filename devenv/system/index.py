"""The package index, through uv and pip as commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from devenv.core.errors import DevenvError, UnreachableError, UsageError
from devenv.system import files
from devenv.system.failures import failure
from devenv.system.index_address import named_index, with_index
from devenv.system.process import run
from devenv.system.redaction import redacted
from devenv.system.repository import environment
from devenv.system.stand_ins import (
    in_words,
    is_about_stand_ins,
    without_stand_ins,
    write_stand_ins,
)
from devenv.system.uv import clean, uv_argv

_NETWORK = re.compile(
    r"error sending request|dns error|connection (?:refused|reset|timed out|broken)"
    r"|could not connect|network (?:is unreachable|was disabled|connectivity is disabled)"
    r"|name or service not known|temporary failure in name resolution|newconnectionerror"
    r"|max retries exceeded|tls handshake|invalid peer certificate|certificate verify failed"
    r"|operation timed out|read timed out|status (?:client|server) error|proxyerror",
    re.IGNORECASE,
)

_DENIED = re.compile(r"401 Unauthorized|403 Forbidden")
"""uv's hint if an index rejects a password. pip has none."""

_REGISTRY = "the package registry"
"""uv's name for any index."""

_PREFIX = re.compile(r"^[\s×╰─▶│]*(?:Caused by:|cause:|WARNING:|ERROR:|error:)?\s*")


def resolve(
    requirements: Sequence[str],
    python: str,
    *,
    environ: Mapping[str, str],
    excludes: Sequence[str] = (),
    prefer: Sequence[str] = (),
    provided: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Resolve `requirements`: the lines of a requirements file with hashes, for all packages.

    python: the interpreter they are for. excludes: distributions to omit, with dependencies that only
    they need. prefer: lines of an earlier resolution, which are kept if they still fit. provided:
    distributions that are installed elsewhere, name -> version: they are omitted, and the others must
    fit them. ConflictError if they do not, UsageError if no versions fit, UnreachableError if the index
    does not answer.
    """
    import tempfile

    with files.temporary_folder(tempfile.gettempdir()) as folder:
        constraints = write_stand_ins(folder / "provided", provided or {})
        texts = {"in": requirements, "lock": prefer, "excludes": excludes, "fixed": constraints}
        for name, lines in texts.items():
            (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
        argv = (
            *(*uv_argv(), "pip", "compile", "in.txt", "--output-file", "lock.txt"),
            *("--excludes", "excludes.txt", "--python", python, "--no-python-downloads"),
            *("--generate-hashes", "--no-header", "--no-annotate", "--quiet"),
            *("--constraint", "fixed.txt"),
        )
        places = [environ.get("UV_FIND_LINKS", ""), str(folder / "provided")]
        links = {"UV_FIND_LINKS": ",".join(filter(None, places))} if provided else {}
        # In an empty directory: uv also reads settings from a pyproject.toml in the current one.
        done = run(argv, environ={**with_index(clean(environ)), **links}, cwd=folder)
        if done.returncode:
            raise _unresolved(requirements, done.stderr, environ)
        locked = (folder / "lock.txt").read_text().splitlines()
        return without_stand_ins(locked, provided or {})


class ConflictError(UsageError):
    """No versions fit the distributions that are installed elsewhere."""


def _unresolved(
    requirements: Sequence[str], stderr: str, environ: Mapping[str, str]
) -> DevenvError:
    what = ", ".join(requirements)
    if _NETWORK.search(stderr):
        return _unreachable(what, stderr, environ)
    if is_about_stand_ins(stderr):
        return ConflictError(redacted(in_words(_essence(stderr)), environ))
    if denied := _DENIED.search(stderr):
        return _denied(what, denied[0], stderr, environ)
    why = _essence(stderr)
    if _REGISTRY in why:
        why = why.replace(_REGISTRY, named_index(environ, stderr))
    return UsageError(
        f"no versions fit {what}: {redacted(why, environ)}",
        fix="Loosen or correct the requirements (the template, --neuron, or the source's own).",
    )


def _essence(stderr: str) -> str:
    """uv's reason in one line: the last cause, without hints and warnings."""
    text = re.split(r"\n\s*hint:", stderr)[0]
    cause = re.split(r"╰─▶|\b(?:Caused by|cause|error):", text)[-1]
    return " ".join(cause.replace("│", " ").split())


def _unreachable(what: str, stderr: str, environ: Mapping[str, str]) -> UnreachableError:
    cause = [line for line in stderr.splitlines() if _NETWORK.search(line)][-1]
    errno = re.search(r"\[Errno -?\d+\] ([^')]+)", cause)
    why = errno[1] if errno else _PREFIX.sub("", cause)
    return UnreachableError(
        f"{named_index(environ, stderr)} cannot be reached for {what}: {redacted(why, environ)}",
        fix="Check the network and the proxy; an index of your own is named with UV_DEFAULT_INDEX"
        " or PIP_INDEX_URL.",
    )


def network_failure(what: str, output: str, environ: Mapping[str, str]) -> UnreachableError | None:
    """The error for a failed uv command whose output shows that the index was not reached; else None.

    what: the purpose of the command, in words.
    """
    return _unreachable(what, output, environ) if _NETWORK.search(output) else None


def _denied(what: str, answer: str, stderr: str, environ: Mapping[str, str]) -> UnreachableError:
    return UnreachableError(
        f"{named_index(environ, stderr)} denies access to {what}: {answer}",
        fix="Check its address, and the user and password for it (in the URL, or in ~/.netrc).",
    )


def installed(site: Path) -> tuple[tuple[str, str], ...]:
    """(name, version) of each distribution in a directory of packages, sorted."""
    from importlib import metadata

    return tuple(sorted((d.name, d.version) for d in metadata.distributions(path=[str(site)])))


def pip_failure(
    argv: Sequence[str], requirement: str, code: int, stderr: str, environ: Mapping[str, str]
) -> DevenvError:
    """The error for a failed ``pip download``."""
    if _NETWORK.search(stderr):
        return _unreachable(requirement, stderr, environ)
    if "No matching distribution" in stderr:
        return UsageError(
            f"{named_index(environ, stderr)} has no source release of {requirement}",
            fix="Name another version, or develop it from its repository (--git URL).",
        )
    return failure(argv, code, stderr.splitlines(), environ, title="pip download")


def build_wheel(source: Path, out: Path, environ: Mapping[str, str], *, known_as: Path) -> Path:
    """Build the wheel of `source` into `out` (which is created), in an isolated environment.

    A build may write into `source`, so pass a `devenv.system.snapshot`; known_as: the original, for
    messages. UsageError if it contains no package; StepError with the last lines of the backend;
    UnreachableError if build requirements are not available.
    """
    if not any((source / name).is_file() for name in ("pyproject.toml", "setup.py")):
        raise UsageError(
            f"{known_as} contains no package: it has neither a pyproject.toml nor a setup.py",
            fix="Name the folder that has one (--path DIR).",
        )
    options = (
        "--wheel",
        "--python",
        sys.executable,
        "--no-python-downloads",
        "--out-dir",
        str(out),
    )
    argv = (*uv_argv(), "build", *options, str(source))
    done = run(argv, environ=environment(with_index(clean(environ))))
    wheels = sorted(out.glob("*.whl")) if out.is_dir() else []
    if done.returncode == 0 and wheels:
        return wheels[0]
    if _NETWORK.search(done.stderr):
        raise _unreachable(f"the build of {known_as}", done.stderr, environ)
    lines = (done.stdout + done.stderr).replace(str(source), str(known_as)).splitlines()
    raise failure(argv, done.returncode, lines, environ, title=f"the build of {known_as}")
