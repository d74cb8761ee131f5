"""The keys of a config.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from devenv.config.decode import decode
from devenv.config.settings import PROJECT_FILE, PROJECT_KEYS, Layer, Plain
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError


@dataclass(frozen=True)
class SettingsFile(Plain):
    """All KEYS, with their types in a file. The defaults here are not used."""

    home: str = ""
    jobs: int = 0
    stores: tuple[str, ...] = ()
    spack_url: str = ""
    spack_ref: str = ""
    spack_packages_url: str = ""
    spack_packages_ref: str = ""
    spack_root: str = ""
    spack_packages_root: str = ""


def parsed_layer(text: str, path: Path) -> Layer:
    """The settings in the text of a file; UsageError if it is not valid."""
    data = parse_yaml(text, str(path))
    decode(SettingsFile, data, str(path))
    refused = [k for k in data or {} if path.name == PROJECT_FILE and k not in PROJECT_KEYS]
    if refused:
        raise UsageError(
            f"{path}: {refused[0]!r} cannot be set in a project, whose file comes with a clone",
            fix=f"Set it for yourself: devenv config set {refused[0]} …",
        )
    return dict(data or {})
