"""The mark of the last build, which shows whether something else has been requested since.

It holds the stamp of the generation and the hash of environment.yaml. A shell compares the times of the
two files, and asks the program where the request is newer; the program goes by the hash alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path

from devenv.config.context import Context
from devenv.core.environment import Generation
from devenv.core.layout import EnvironmentLayout
from devenv.environment.handle import Env


def mark_text(stamp: str, request: str) -> str:
    """The mark for a generation that is what the text of environment.yaml asks for."""
    return f"{stamp} {_hash(request.encode('utf-8', 'surrogateescape'))}\n"


def edited_since(layout: EnvironmentLayout) -> bool:
    """Whether environment.yaml is another than at the last build; False where it is not there.

    An earlier devenv noted no hash, and went by the times of the files.
    """
    content, mark = _read(layout.request), _read(layout.built).split()
    if content and len(mark) == 1:
        return _is_newer(layout.request, layout.built)
    return bool(content) and mark[1:] != [_hash(content).encode()]


def edits(env: Env) -> tuple[str, ...]:
    """What environment.yaml asks for and the generation in use is not: the names of its fields.

    None if what that was built from cannot be read.
    """
    if not edited_since(env.layout):
        return ()
    _, lock = env.in_use
    if lock is None:
        return ()
    request, built = env.request, lock.environment
    names = (one.name for one in fields(request))
    return tuple(name for name in names if getattr(request, name) != getattr(built, name))


def mark_built(context: Context, generation: Generation) -> None:
    """Note that the generation is what the request asks for now."""
    layout = context.layout.env(generation.name)
    content = _read(layout.request)
    if edited_since(layout) or (content and _is_newer(layout.request, layout.built)):
        # Nearly always it was not, and nothing is to be done.
        from devenv.core.plan import Plan, Write
        from devenv.store.carry import carry_out

        text = mark_text(generation.stamp, content.decode("utf-8", "surrogateescape"))
        carry_out(context, Plan("mark", (Write(str(layout.built), text),)))


def _is_newer(path: Path, than: Path) -> bool:
    return path.stat().st_mtime_ns > than.stat().st_mtime_ns


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
