"""podman and docker: finds the engine, and inspects images."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from devenv.core.errors import DevenvError, PreconditionError, UnreachableError, UsageError
from devenv.system.answers import require_answer
from devenv.system.process import Completed, run
from devenv.system.redaction import redacted

ENGINES = ("podman", "docker")

_LIMITS = re.compile(r"setting rlimit|setrlimit", re.IGNORECASE)
_NOT_REACHED = re.compile(
    r"connection refused|no such host|timeout|network is unreachable|dial tcp|TLS", re.IGNORECASE
)


@dataclass(frozen=True)
class LocalImage:
    """An image of this machine. names: with their tags. size: bytes."""

    id: str
    names: tuple[str, ...]
    arch: str
    size: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


def engine(environ: Mapping[str, str], requested: str = "") -> str:
    """The requested engine, else the first that is installed. PreconditionError if there is none."""
    names = (requested,) if requested else ENGINES
    for name in names:
        if shutil.which(name, path=environ.get("PATH", os.defpath)):
            return name
    raise PreconditionError(
        f"{' and '.join(names)} not found: a build in a container needs "
        + ("it" if requested else "one of them"),
        fix="Install podman (Debian: apt-get install podman), or build with --in here or --in zig.",
    )


def find_image(name: str, engine_name: str, environ: Mapping[str, str]) -> LocalImage | None:
    """The image, or None if this machine does not have it. UsageError for what cannot be a name,
    PreconditionError if the engine fails.
    """
    argv = (engine_name, "image", "inspect", name)
    done = run(argv, environ=environ)
    if done.returncode:
        if re.search(r"no such (image|object)|image not known", done.stderr, re.IGNORECASE):
            return None
        if re.search(r"invalid reference format|repository name must", done.stderr):
            raise UsageError(f"{name!r} is not the name of an image", fix="Write it as NAME:TAG.")
        raise engine_failure(engine_name, done, environ)
    (data,) = json.loads(done.stdout)
    return _local(data)


def images(engine_name: str, label: str, environ: Mapping[str, str]) -> tuple[LocalImage, ...]:
    """The images of this machine that have a label."""
    listed = run((engine_name, "images", "-q", "--filter", f"label={label}"), environ=environ)
    if listed.returncode:
        raise engine_failure(engine_name, listed, environ)
    ids = tuple(dict.fromkeys(listed.stdout.split()))
    if not ids:
        return ()
    done = run((engine_name, "image", "inspect", *ids), environ=environ)
    if done.returncode:
        raise engine_failure(engine_name, done, environ)
    return tuple(_local(one) for one in json.loads(done.stdout))


def _local(data: dict[str, Any]) -> LocalImage:
    labels = data.get("Labels") or (data.get("Config") or {}).get("Labels") or {}
    return LocalImage(
        str(data["Id"]).removeprefix("sha256:"),
        tuple(data.get("RepoTags") or ()),
        str(data["Architecture"]),
        int(data.get("Size") or 0),
        labels,
    )


def probe(
    name: str, script: str, engine_name: str, arguments: Sequence[str], environ: Mapping[str, str]
) -> str:
    """The output of a shell script in a new container of the image."""
    argv = (engine_name, "run", "--rm", "--pull=never", *arguments, name, "sh", "-c", script)
    done = run(argv, environ=environ)
    if done.returncode:
        raise engine_failure(engine_name, done, environ)
    return done.stdout


def require_registry(image: str, environ: Mapping[str, str]) -> None:
    """UnreachableError if the registry in an image's name accepts a connection but never answers.

    The engines would wait for it without a limit. A name without a registry is not checked.
    """
    host = registry_of(image)
    if host:
        scheme = "http" if is_loopback(image) else "https"
        require_answer(f"{scheme}://{host}/v2/", f"the registry {host}", environ)


def registry_of(image: str) -> str:
    """The host, with its port, of the registry in an image's name; empty for a name without one."""
    host, slash, _ = image.partition("/")
    return host if slash and re.search(r"[.:]", host) else ""


def is_loopback(image: str) -> bool:
    """Whether the registry in an image's name is on this machine."""
    return bool(re.match(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?/", image))


def engine_failure(name: str, done: Completed, environ: Mapping[str, str]) -> DevenvError:
    """The error for a failed call of the engine, with its reason and a fix."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    why = redacted(lines[-1] if lines else "it gave no reason", environ)
    if _LIMITS.search(done.stderr):
        fix = (
            "Lower its limits: CONTAINERS_CONF names a file with [containers]"
            ' default_ulimits=["nofile=20000:20000","nproc=1024:1024"].'
        )
    elif _NOT_REACHED.search(done.stderr):
        return UnreachableError(
            f"{name} cannot reach the registry: {why}", fix="Check the name and the network."
        )
    else:
        fix = f"Try it alone: {name} info"
    return PreconditionError(f"{name} failed: {why}", fix=fix)


def missing_image(name: str, engine_name: str) -> UsageError:
    """The error for an image that this machine does not have. engine_name: podman or docker."""
    return UsageError(
        f"there is no image {name} on this machine",
        fix=f"If it is in a registry: {engine_name} pull {name}. To make a stand-in: devenv wheel image"
        " build.",
    )
