"""devenv wheel ci github."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from devenv.config.context import Context
from devenv.core.errors import UsageError
from devenv.core.names import did_you_mean
from devenv.core.result import Result
from devenv.products.wheel.cells import chosen_variants
from devenv.products.wheel.ci import RUNNERS, RunnerJob, workflow_text
from devenv.products.wheel.matrix import choose, from_identifiers
from devenv.products.wheel.observe_cibuildwheel import build_identifiers, pinned_images
from devenv.products.wheel.policy import WheelProject, config_of, project_of

_DEFAULT = "manylinux_2_28"


@dataclass(frozen=True)
class CiRequest:
    """What was typed. source: a directory in the repository. image: as in --in, or manylinux's name for
    a platform. index: where a tag is published; empty: nowhere."""

    source: Path = Path()
    python: str = ""
    archs: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    image: str = ""
    index: str = ""
    policy: Path | None = None


def ci_github(context: Context, request: CiRequest) -> Result:
    """The text of a workflow with a job for every interpreter, architecture and variant."""
    archs = request.archs or tuple(RUNNERS)
    for arch in archs:
        if arch not in RUNNERS:
            known = did_you_mean(arch, RUNNERS)
            raise UsageError(f"--arch {arch}: GitHub has no runner of that kind", fix=known)
    folder = context.cwd / request.source
    if not folder.is_dir() or request.source.is_absolute():
        raise UsageError(
            f"{request.source} is not a directory of this repository",
            fix="Run it at the root of the repository, and name a directory below it.",
        )
    project = project_of(folder)
    if request.policy:
        project = replace(project, config=config_of(context.cwd / request.policy))
    jobs, notes = [], []
    for arch in archs:
        found = _jobs(context, request, project, arch)
        jobs += found
        notes += [] if found else [f"{arch}: [tool.cibuildwheel] builds nothing for it"]
    if not jobs:
        raise UsageError(
            "[tool.cibuildwheel] selects no wheel for these architectures",
            fix="Change its build and skip, or --arch.",
        )
    options = ("--policy", str(request.policy)) if request.policy else ()
    text = workflow_text(jobs, str(request.source), options, request.index, notes)
    return Result((text.rstrip("\n"),))


def _jobs(
    context: Context, request: CiRequest, project: WheelProject, arch: str
) -> list[RunnerJob]:
    system, _, machine = arch.rpartition("-")
    tags = build_identifiers(context, context.cwd / request.source, machine, system or "linux")
    known, _ = from_identifiers(tags, None)
    if not known:
        return []
    asked = request.python or project.config.python
    where = f"that [tool.cibuildwheel] selects for {arch}"
    chosen = choose(asked, known, project.requires, where)
    variants = chosen_variants(request.variants, project.config)
    return [
        RunnerJob(python.tag, arch, _image(request, project, arch, variant.image), name or "plain")
        for name, variant in variants.items()
        for python in chosen
    ]


def _image(request: CiRequest, project: WheelProject, arch: str, own: str) -> str:
    """The variant's, --in, cibuildwheel's own setting, or the usual one; with its digest if it is
    manylinux's."""
    if arch.startswith("macos-"):
        return "macos"
    table: Mapping[str, object] = project.cibuildwheel
    linux = table.get("linux", {})
    given = {**table, **(linux if isinstance(linux, dict) else {})}
    image = own or request.image or str(given.get(f"manylinux-{arch}-image", _DEFAULT))
    return pinned_images(arch).get(image, image.replace("{arch}", arch))
