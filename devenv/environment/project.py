"""The project that a folder belongs to, the name of its environment, and whether it may be used."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from devenv.config.context import Context
from devenv.config.project_file import LOCK_FILE, PROJECT_FILE, name_exists, project_bytes
from devenv.core.errors import DevenvError
from devenv.core.plan import Write


@dataclass(frozen=True)
class ProjectFolder:
    """A folder with a devenv.yaml. folder: absolute, links resolved."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / PROJECT_FILE

    @property
    def lock(self) -> Path:
        return self.folder / LOCK_FILE

    @property
    def name(self) -> str:
        """The name of its environment: the folder's own, and a hash of where it stands."""
        words = re.sub(r"[^A-Za-z0-9]+", "-", self.folder.name).strip("-")[:40] or "project"
        return f"{words}-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:6]}"

    @property
    def content(self) -> tuple[bytes, bytes]:
        """What is in the file, and in its lock."""
        lock = project_bytes(self.lock) if name_exists(self.lock) else b""
        return project_bytes(self.file), lock

    @cached_property
    def digest(self) -> str:
        """The hash of the file and its lock, as they were when it was first read."""
        return digest_of(*self.content)

    def reread(self) -> ProjectFolder:
        """The same with its files as they are now."""
        return ProjectFolder(self.folder)


def digest_of(file: bytes, lock: bytes) -> str:
    """The hash of a project's file and its lock: of all that decides what devenv does for it."""
    content = hashlib.sha256(file).digest() + hashlib.sha256(lock).digest()
    return hashlib.sha256(content).hexdigest()


def find_project(cwd: Path) -> ProjectFolder | None:
    """The project that `cwd` is in: the nearest folder upwards with a devenv.yaml."""
    here = cwd.resolve()
    folders = (here, *here.parents)
    return next((ProjectFolder(one) for one in folders if name_exists(one / PROJECT_FILE)), None)


def is_allowed(context: Context, project: ProjectFolder) -> bool:
    """Whether the user has allowed this file, with this content, at this place."""
    return _mark(context, project, project.digest).is_file()


def allowing(context: Context, project: ProjectFolder, digest: str = "") -> Write:
    """The step that allows it. digest: of the content that it is about to get."""
    return Write(str(_mark(context, project, digest or project.digest)), f"{project.file}\n")


def _mark(context: Context, project: ProjectFolder, digest: str) -> Path:
    key = hashlib.sha256(f"{project.file}\0{digest}".encode("utf-8", "surrogateescape"))
    return context.layout.home / "allowed" / key.hexdigest()


def outdated_marks(context: Context) -> Iterator[Path]:
    """The marks of files that are gone, or have other content by now."""
    for mark in sorted((context.layout.home / "allowed").glob("*")):
        holds = False
        with suppress(OSError, DevenvError):
            project = ProjectFolder(Path(mark.read_text("utf-8").removesuffix("\n")).parent)
            holds = mark == _mark(context, project, project.digest)
        if not holds:
            yield mark


def is_current(context: Context, project: ProjectFolder) -> bool:
    """Whether its environment was made from the files as they are."""
    layout = context.layout.env(project.name)
    try:
        made = _record(context, project).read_text(encoding="utf-8").split("\n")[0]
    except OSError:
        return False
    return made == project.digest and layout.current.is_symlink()


def recording(context: Context, project: ProjectFolder) -> Write:
    """The step that notes it."""
    return Write(str(_record(context, project)), f"{project.digest}\n{project.file}\n")


def _record(context: Context, project: ProjectFolder) -> Path:
    return context.layout.env(project.name).root / "project"


def recorded_project(root: Path) -> ProjectFolder | None:
    """The project that the environment in `root` was made for, where its files are as they were then."""
    with suppress(OSError, IndexError, DevenvError):
        digest, file = (root / "project").read_text(encoding="utf-8").split("\n")[:2]
        project = ProjectFolder(Path(file).parent)
        return project if project.digest == digest else None
    return None
