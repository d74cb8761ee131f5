"""Observes the container engine in cibuildwheel's option, and the contents of an image."""

from __future__ import annotations

import shlex
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import PreconditionError, UsageError
from devenv.products.wheel.container_build import ContainerEngine, Image
from devenv.products.wheel.policy import WheelProject
from devenv.system import containers


def engine_of(context: Context, project: WheelProject) -> ContainerEngine:
    """The engine in cibuildwheel's option: ``podman``, ``podman; create_args: --dns=1.2.3.4``, or a
    table.
    """
    environ = context.environ
    given = environ.get("CIBW_CONTAINER_ENGINE") or project.cibuildwheel.get("container-engine", "")
    if isinstance(given, dict):
        wanted, arguments = given.get("name", ""), tuple(map(str, given.get("create-args", ())))
    else:
        wanted, _, rest = given.partition(";")
        _, _, words = rest.partition("create_args:")
        arguments = tuple(shlex.split(words.partition(";")[0]))
    name = containers.engine(environ, wanted.strip())
    certificates = environ.get("PIP_CERT") or environ.get("SSL_CERT_FILE") or ""
    return ContainerEngine(name, arguments, certificates if Path(certificates).is_file() else "")


_PROBE = (
    "ls -1 /opt/python 2>/dev/null; echo --; for p in ccache auditwheel patchelf; do"
    " command -v $p >/dev/null && echo $p; done; echo --; ldd --version 2>&1 | head -n 1"
)


def image_of(context: Context, name: str, engine: ContainerEngine, arch: str) -> Image:
    """An image of this machine. devenv does not pull images itself."""
    local = containers.find_image(name, engine.name, context.environ)
    if local is None:
        raise containers.missing_image(name, engine.name)
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(local.arch, local.arch)
    if machine != arch:
        raise UsageError(
            f"{name} is for {machine}, not for {arch}", fix="Name an image of that architecture."
        )
    text = containers.probe(name, _PROBE, engine.name, engine.arguments, context.environ)
    pythons_, programs, libc = (part.split("\n") for part in text.split("--\n"))
    image = Image(
        name,
        local.id,
        arch,
        tuple(filter(None, pythons_)),
        tuple(filter(None, programs)),
        libc[0].rpartition(" ")[2],
    )
    lacking = [one for one in ("auditwheel", "patchelf") if one not in image.programs]
    if not image.pythons or lacking:
        lacks = ", ".join([*([] if image.pythons else ["/opt/python"]), *lacking])
        raise PreconditionError(
            f"{name} cannot build wheels: it has no {lacks}",
            fix="Use a manylinux image, or make one: devenv wheel image build.",
        )
    return image
