"""Queries cibuildwheel for the wheels that a project builds, and for the images."""

from __future__ import annotations

from configparser import ConfigParser
from importlib import resources
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.system import tools
from devenv.system.process import run


def build_identifiers(
    context: Context, source: Path, arch: str, system: str = "linux"
) -> tuple[str, ...]:
    """What cibuildwheel would build, with the project's `build` and `skip`. system: linux or macos."""
    argv = (tools.of_ours("cibuildwheel", context.environ), "--print-build-identifiers")
    more = ("--platform", system, "--archs", arch, "--allow-empty", str(source))
    done = run((*argv, *more), environ=context.environ, cwd=source)
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
        raise UsageError(
            "cibuildwheel does not accept the project's settings: " + " ".join(why),
            fix="Correct [tool.cibuildwheel].",
        )
    return tuple(line for line in done.stdout.split() if "-musllinux_" not in line)


def pinned_images(arch: str) -> dict[str, str]:
    """Platform -> manylinux image with the digest that cibuildwheel pins."""
    parser = ConfigParser(interpolation=None, inline_comment_prefixes="#")
    file = resources.files("cibuildwheel") / "resources" / "pinned_docker_images.cfg"
    parser.read_string(file.read_text(encoding="utf-8"))
    return dict(parser[arch]) if parser.has_section(arch) else {}
