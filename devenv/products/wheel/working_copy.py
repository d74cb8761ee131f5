"""Changes the copy of the source before a wheel is built: its name, and patches. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from devenv.core.plan import Run, Step, Write
from devenv.products.wheel.cells import WheelCell, renamed

_HIDE = (
    'for name; do if git ls-files --error-unmatch -- "$name" && git diff --quiet -- "$name";'
    ' then git update-index --assume-unchanged -- "$name"; fi; done >/dev/null 2>&1'
)
_CHANGED = re.compile(r"^--- a/(.+?)(?:\t.*)?$", re.MULTILINE)


def copy_steps(
    cell: WheelCell, pyproject: str, patches: Sequence[str], work: str, source: str, log: str
) -> tuple[Step, ...]:
    """The steps that change the copy `source` in the folder `work`; none if nothing changes.

    pyproject: its text, for a cell with its own name. patches: texts, applied in order. The changes are
    hidden from git, since version tools would otherwise add to a tag. The copy has its own index.
    """
    # A directory that is not a repository must not be mistaken for a part of a surrounding one.
    alone = (("GIT_CEILING_DIRECTORIES", work),)
    names = [name for text in patches for name in _CHANGED.findall(text)]
    names += ["pyproject.toml"] if cell.name else []
    steps: list[Step] = []
    if names:
        argv = ("sh", "-c", _HIDE, "hide", *dict.fromkeys(names))
        steps.append(Run(argv, "hide changes of the copy from git", source, alone, log))
    if cell.name:
        steps.append(Write(f"{source}/pyproject.toml", renamed(pyproject, cell.name)))
    return (*steps, *_patched(patches, work, source, log))


def _patched(patches: Sequence[str], work: str, source: str, log: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for number, text in enumerate(patches, 1):
        file = f"{work}/patches/{number}.patch"
        argv = ("git", "apply", "--whitespace=nowarn", file)
        run = Run(argv, f"apply patch {number}", source, (("GIT_CEILING_DIRECTORIES", work),), log)
        steps += [Write(file, text), run]
    return tuple(steps)
