"""devenv.lock: the exact packages of a project's environment, readable, and for other machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from devenv.config.decode import decode
from devenv.config.project_file import name_exists, project_bytes
from devenv.config.yaml_text import parse_yaml
from devenv.core.errors import UsageError
from devenv.core.project import ProjectLock

_HEAD = """\
# Exactly what the environment of devenv.yaml was made of. devenv writes it and goes by it: commit both.
"""
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._,-]+\])?( @ |==)[^\s\\;#]+")
_HASH = re.compile(r"sha(256|384|512):[0-9a-f]{64,128}")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class _File:
    """The keys of the file. neuron, packages: name==version -> the hashes of its archives."""

    python: str
    inputs: str = ""
    commits: dict[str, str] = field(default_factory=dict)
    neuron: dict[str, tuple[str, ...]] = field(default_factory=dict)
    packages: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conda: str = ""


def read_project_lock(path: Path) -> ProjectLock | None:
    """The lock at `path`; None if there is none. UsageError if it is damaged, or a link."""
    if not name_exists(path):
        return None
    fix = "Take it from the repository again, or remove it: devenv then resolves everything again."
    content = project_bytes(path)
    try:
        file = decode(_File, parse_yaml(content.decode("utf-8"), str(path)), str(path))
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not valid UTF-8", fix=fix) from None
    except UsageError as error:  # nobody edits it by hand
        raise UsageError(error.what, fix=fix) from None
    pins = {**file.neuron, **file.packages}
    wrong = [
        *(pin for pin in pins if not _PIN.fullmatch(pin)),
        *(one for hashes in pins.values() for one in hashes if not _HASH.fullmatch(one)),
        *(one for one in file.commits.values() if not _COMMIT.fullmatch(one)),
        *(() if re.fullmatch(r"\d+\.\d+", file.python) else (file.python,)),
    ]
    if wrong:
        raise UsageError(f"{path}: invalid entry {wrong[0]!r}", fix=fix)
    return ProjectLock(
        file.python,
        file.inputs,
        _lines(file.neuron),
        _lines(file.packages),
        file.commits,
        file.conda,
    )


def project_lock_text(lock: ProjectLock) -> str:
    """The text of a lock, always the same for equal locks. Each package is a block with its hashes."""
    lines = [f'python: "{lock.python}"', f"inputs: {_quoted(lock.inputs)}"]
    if lock.commits:
        lines += [
            "commits:",
            *(f"  {_quoted(k)}: {_quoted(v)}" for k, v in sorted(lock.commits.items())),
        ]
    for name, requirements in (("neuron", lock.neuron), ("packages", lock.packages)):
        pins = dict(_pins(requirements))
        lines += [f"{name}:" if pins else f"{name}: {{}}", *_blocks(pins)]
    if lock.conda:
        lines += ["# conda.lock, in the format that pixi reads", "conda: |"]
        lines += [f"  {line}".rstrip() for line in lock.conda.splitlines()]
    return _HEAD + "\n".join(lines) + "\n"


def _blocks(pins: dict[str, list[str]]) -> Iterator[str]:
    for pin in sorted(pins):
        yield f"  {_quoted(pin)}:" if pins[pin] else f"  {_quoted(pin)}: []"
        yield from (f"    - {one}" for one in sorted(pins[pin]))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _pins(lines: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """(name==version, hashes) of each package in the lines of a requirements file."""
    words = [
        word for line in lines if not line.lstrip().startswith("#") for word in (line.strip(),)
    ]
    pin, hashes = "", list[str]()
    for word in (w.removesuffix("\\").strip() for w in words):
        if word.startswith("--hash="):
            hashes.append(word.removeprefix("--hash="))
        elif word:
            if pin:
                yield pin, hashes
            pin, hashes = word, []
    if pin:
        yield pin, hashes


def _lines(pins: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The lines of a requirements file with these packages and hashes."""
    lines: list[str] = []
    for pin, hashes in pins.items():
        lines.append(f"{pin} \\" if hashes else pin)
        lines += [f"    --hash={one} \\" for one in hashes[:-1]]
        lines += [f"    --hash={one}" for one in hashes[-1:]]
    return tuple(lines)
