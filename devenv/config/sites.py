"""Site files: what a cluster provides. envs/sites/NAME.yaml, $DEVENV_HOME/sites/NAME.yaml, or a path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from devenv.config.decode import decode
from devenv.config.resources import resource_folder
from devenv.config.yaml_text import read_yaml
from devenv.core.names import unknown
from devenv.core.site import Site


def site_folders(home: Path) -> tuple[Path, ...]:
    """The directories of site files, in order of precedence."""
    return (home / "sites", resource_folder("envs") / "sites")


def site_file(name: str, folders: Sequence[Path]) -> Path:
    """The file of a site, by its name or path. UsageError for an unknown name."""
    if "/" in name or name.endswith(".yaml"):
        return Path(name)
    known = {p.stem: p for folder in reversed(folders) for p in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise unknown("site", name, known)
    return known[name]


def load_site(name: str, folders: Sequence[Path]) -> Site:
    """The site in a site file; an empty site for an empty name. UsageError if the file is not valid."""
    if not name:
        return Site()
    path = site_file(name, folders)
    data = read_yaml(path, "site file", "Check its path.")
    return decode(Site, data, str(path), name=path.stem)
