"""A stand-in image for the tests, kept in the user's cache: to make it takes minutes."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from support import Devenv
from user_cache import cached

from devenv.system.files import write_text
from devenv.system.pythons import pythons

NAME = "localhost/devenv-tests:bookworm-two"
PYTHON = f"3.{sys.version_info[1]}"


@dataclass(frozen=True)
class Image:
    """pythons: the tags of its interpreters: ours, and another one where this machine has one."""

    name: str
    environ: dict[str, str]
    pythons: tuple[str, ...]


def make_image(home: Path) -> Image | str:
    """The image, or why there is none."""
    for program in ("podman", "debootstrap", "runc"):
        if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin"):
            return f"{program} is not installed"
    if os.geteuid() != 0:
        return "debootstrap needs root"
    environ = settings()
    # The mount points of an engine of one's own are root's alone.
    tags = image_pythons()
    argv = ("wheel", "image", "build", NAME, "--python", ",".join(tags))
    with cached("podman"):
        done = Devenv(home, environ)(*argv, code=None)
    if done.returncode:
        return f"the image cannot be made: {done.stdout.strip()[-600:]}"
    return Image(NAME, environ, tags)


def image_pythons() -> tuple[str, ...]:
    known = [p.tag for p in pythons(os.environ) if p.headers and len(p.tag) == 5]
    own = f"cp3{sys.version_info[1]}"
    return (own, *[tag for tag in sorted(known) if tag not in (own, "cp39")][:1])


def settings() -> dict[str, str]:
    """podman with a store of its own, and with limits that a container without rights may set."""
    with cached("podman") as cache:
        cache.mkdir(exist_ok=True)
        storage, containers = cache / "storage.conf", cache / "containers.conf"
        # By renames: the podman of another worker may be reading them.
        write_text(
            storage,
            f'[storage]\ndriver = "overlay"\ngraphroot = "{cache}/graph"\nrunroot = "{cache}/run"\n',
        )
        write_text(
            containers,
            '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=1024:1024"]\nnetns = "host"\n'
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n',
        )
    return {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(containers)}
