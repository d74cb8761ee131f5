"""Chooses the interpreters that a wheel is built for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from packaging.specifiers import SpecifierSet

from devenv.core.errors import UsageError

_REQUEST = re.compile(r"(?:cp)?(\d)(?:\.?(\d+|\*))?(t?)")


@dataclass(frozen=True)
class TargetPython:
    """A Python to build for. tag: ``cp311``, ``cp313t``. version: as precise as known (``3.11.7``).

    path: of its program, here or in the image. headers: whether C extensions can be compiled for it.
    """

    tag: str
    version: str
    path: str
    headers: bool = True

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the version, to sort by."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version))


def choose(
    request: str, known: Sequence[TargetPython], requires: str, where: str
) -> tuple[TargetPython, ...]:
    """The interpreters that `request` names, oldest first.

    request: ``3.11,3.12``, ``38``, ``3*``, ``cp313t``, ``all`` (or empty). requires: the project's
    ``requires-python``, which patterns and ``all`` respect. where: for messages. UsageError, with the
    available ones, for a Python that is not available, or that the project excludes.
    """
    allowed = SpecifierSet(requires)
    ordered = sorted(known, key=lambda one: (one.order, one.tag))
    chosen: dict[str, TargetPython] = {}
    words = [word for part in request.split(",") if (word := part.strip())]
    for word in words or ["all"]:
        pattern, exact = _pattern(word)
        named = [one for one in ordered if fnmatchcase(one.tag, pattern)]
        fitting = [one for one in named if allowed.contains(one.version, prereleases=True)]
        if not named:
            raise _missing(word, where, ordered)
        if not fitting:
            raise UsageError(
                f"--python {word}: the project requires Python {requires}",
                fix=f"Choose among {_listed(ordered)}, or change requires-python.",
            )
        chosen |= {one.tag: one for one in (fitting[:1] if exact else fitting)}
    return tuple(sorted(chosen.values(), key=lambda one: (one.order, one.tag)))


def _pattern(word: str) -> tuple[str, bool]:
    """(pattern of tags, whether it names one interpreter)."""
    if word == "all":
        return "cp*", False
    match = _REQUEST.fullmatch(word)
    if match is None:
        raise UsageError(
            f"--python {word}: not a Python version", fix="Write 3.11,3.12 or 38 or 3* or all."
        )
    major, minor, threaded = match[1], match[2] or "*", match[3]
    return f"cp{major}{minor}{threaded}", minor != "*"


def _missing(word: str, where: str, known: Iterable[TargetPython]) -> UsageError:
    return UsageError(
        f"no Python {word} {where}",
        fix=f"There are: {_listed(known)}. Install it, or choose among them with --python.",
    )


def _listed(known: Iterable[TargetPython]) -> str:
    return ", ".join(one.tag for one in known) or "none"


def from_identifiers(
    identifiers: Iterable[str], present: Iterable[str] | None
) -> tuple[tuple[TargetPython, ...], tuple[str, ...]]:
    """(available, missing) interpreters of cibuildwheel's build identifiers in an image.

    present: names below /opt/python (``cp311-cp311``); None: cibuildwheel installs what it needs.
    """
    tags = dict.fromkeys(one.split("-")[0] for one in identifiers)
    names = [f"{tag}-{tag}" for tag in tags] if present is None else present
    installed = {name.split("-")[1]: name for name in names if name.count("-") == 1}
    available, missing = [], []
    for tag in tags:
        match = re.fullmatch(r"cp(\d)(\d+)t?", tag)
        if match is None:
            continue
        if tag in installed:
            path = f"/opt/python/{installed[tag]}/bin/python"
            available.append(TargetPython(tag, f"{match[1]}.{match[2]}", path))
        else:
            missing.append(tag)
    return tuple(available), tuple(missing)
