"""What a person sees while a plan is carried out: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Protocol


class Progress(Protocol):
    """Told of each piece of work as it starts (a title) or is done (an empty title)."""

    def __enter__(self) -> object: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def advance(self, title: str) -> None: ...


class Silent:
    """Nothing."""

    def __enter__(self) -> object:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def advance(self, title: str) -> None:
        return None


class Lines(Silent):
    """The plan's title and each command's, on standard error."""

    def __init__(self, title: str) -> None:
        self.title = title

    def __enter__(self) -> object:
        print(f"devenv: {self.title}", file=sys.stderr)
        return self

    def advance(self, title: str) -> None:
        if title:
            print(f"devenv:   {title}", file=sys.stderr)


class Bar(Silent):
    """A bar that counts the pieces."""

    def __init__(self, title: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import Progress as RichProgress

        self.bar = RichProgress(console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task(title, total=total)
        self.title = title

    def __enter__(self) -> object:
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bar.stop()

    def advance(self, title: str) -> None:
        description = f"{self.title}: {title}" if title else self.title
        self.bar.update(self.task, advance=1, description=description)


def make_progress(quiet: bool, title: str, total: int) -> Progress:
    """What suits standard error; nothing where there is nothing to wait for."""
    if quiet or total == 0:
        return Silent()
    return Bar(title, total) if sys.stderr.isatty() else Lines(title)
