"""Environments without a template: from an existing spack.yaml, or from specs on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devenv.config.context import Context, read_text
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError
from devenv.engines.spack.manifest import package_of, read_manifest
from devenv.engines.spack.setup import require
from devenv.engines.spack.site import repositories_of
from devenv.system import spack as observed


def manifest_at(path: Path) -> Path | None:
    """The manifest of a Spack environment: `path`, or the one in that folder. None if there is none.

    UsageError for a file that is not one. Source: Spack's documentation, "Environments".
    """
    file = path / "spack.yaml" if path.is_dir() else path
    if not file.is_file() or file.suffix not in (".yaml", ".yml"):
        return None
    text = read_text(file, "Check the path.")
    read_manifest(parse_yaml(text, str(file)), str(file))
    return file


def require_specs(context: Context, specs: Sequence[str]) -> None:
    """UsageError for an invalid spec, or a package that Spack has no recipe for."""
    if not specs:
        return
    repositories = tuple(repositories_of(context, require(context)).values())
    for spec in specs:
        name = package_of(spec)
        if not name:
            raise UsageError(f"--spec: {spec!r} is not a spec", fix="Name a package: zlib@1.3 +pic")
        if not observed.recipe(repositories, name):
            raise UsageError(
                f"--spec {spec}: Spack has no recipe for {name!r}",
                fix="Check the name; recipes of your own stand in a site file: repositories.",
            )
