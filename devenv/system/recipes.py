"""Repositories of Spack recipes."""

from __future__ import annotations

from pathlib import Path

from devenv.system.os_errors import reporting


def folders(repository: Path) -> tuple[str, ...]:
    """The names of the directories that contain a recipe."""
    with reporting(repository):
        places = (repository / "packages").iterdir()
        return tuple(sorted(place.name for place in places if (place / "package.py").is_file()))


def recipe(repository: Path, folder: str) -> str:
    """The text of a recipe."""
    path = repository / "packages" / folder / "package.py"
    with reporting(path):
        return path.read_text(encoding="utf-8", errors="replace")


def build_system(repository: Path, module: str) -> str:
    """The text of a module of build systems; empty if the repository does not contain it."""
    path = repository / "build_systems" / f"{module}.py"
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def beside_packages(repository: Path) -> tuple[str, ...]:
    """The other files of a repository besides its packages, relative to it."""
    names = ("repo.yaml", "__init__.py", "build_systems", "packages/__init__.py")
    return tuple(name for name in names if (repository / name).exists())
