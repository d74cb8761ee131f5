"""A command that fails leaves nothing of what it made, and its error names nothing that is gone."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import DevSource
from devenv.core.errors import DevenvError, StepError
from devenv.sources.address import parse_address
from devenv.store.observe import FAILED
from devenv.system import files


@dataclass
class Acquired:
    """The dev sources of a command, and the notes on how it got them, for the error if it fails."""

    sources: tuple[DevSource, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def all_or_nothing(context: Context, name: str, *paths: Path, repeat: str) -> Iterator[Acquired]:
    """If the block fails, remove those of `paths` that it created, and correct its error.

    Advice on a clone is then for one of the user's own. repeat: what to do in place of other advice that
    names one of `paths`. A log in them is kept for the environment `name`, until `prune`.
    """
    acquired, new = Acquired(), [path for path in paths if not files.exists(path)]
    try:
        with files.all_or_nothing(*new):
            try:
                yield acquired
            except StepError as error:
                _keep_log(error, new, context.layout.home / "log" / f"{FAILED}{name}.log")
                raise
    except DevenvError as error:
        error.what = "\n  ".join((error.what, *acquired.notes))
        for source in acquired.sources:
            if not files.exists(Path(source.path)):
                _name_own_clone(error, source, name)
        lines = error.fix.split("\n  ")
        kept = [line for line in lines if not any(str(path) in line for path in new)]
        error.fix = "\n  ".join(kept if kept == lines else (*kept, repeat))
        raise


def _keep_log(error: StepError, new: Sequence[Path], kept: Path) -> None:
    """Copy its log out of what is removed."""
    if not any(Path(error.log).is_relative_to(path) for path in new):
        return
    with suppress(DevenvError, OSError):  # the first failure matters
        files.make_folder(kept.parent)
        shutil.copyfile(error.log, kept)
        error.fix = error.fix.replace(error.log, str(kept))
        error.log = str(kept)


def _name_own_clone(error: DevenvError, source: DevSource, name: str) -> None:
    """Advice on the source, or on a file in it, is for a copy in a folder DIR that is made first."""
    path = re.compile("|".join(map(re.escape, (shlex.quote(source.path), source.path))))
    if not (path.search(error.fix) or f"{source.path}/" in error.what):
        return
    lines = error.fix.split("\n  ")
    about = [path.sub("DIR", line) for line in lines if path.search(line)]
    others = [line for line in lines if not path.search(line)]
    if not any("devenv develop " in line for line in about):
        about.append(f"devenv develop {source.package} --path DIR --env {name}")
    how, _, origin = source.origin.partition(" ")
    address = parse_address(origin) if how == "git" else None
    clone = f"git clone {shlex.quote(address.url)} DIR" if address else ""
    checkout = f", and check out {address.ref}" if address and address.ref else ""
    copy = "clone" if address else "source"
    title = f"That {copy} was removed again. With one of your own in a folder DIR:"
    error.fix = "\n  ".join((*others, title, *filter(None, [clone + checkout]), *about))
