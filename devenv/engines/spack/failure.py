"""What Spack says when it fails, in one readable message: its reason, and the way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SPOKEN = re.compile(r"^==> Error: ?(.*)$")
_BUILD_LOG = re.compile(r"^\s*(/\S*/spack-build(?:-\w+)?-?\w*\.txt)\s*$")
_EXCERPT = re.compile(r"^\s*>> +\d+ +(.*\S)\s*$")
_FETCH = re.compile(r"All fetchers failed for (?:spack-stage-)?([\w.-]+?)(?:-[a-z0-9]{32})?$")
_NO_PACKAGE = re.compile(r"Package '([^']+)' not found")
_FOLLOWS = ("Package was not installed", "Installation request failed", "was not installed")


@dataclass(frozen=True)
class Reason:
    """what: Spack's own words, as few as tell it. fix: the way out. log: of the failed build."""

    what: str
    fix: str
    log: str = ""


def reason(output: str, manifest: str) -> Reason:
    """The first thing that went wrong in Spack's output. manifest: the user's spack.yaml, for people."""
    lines = output.splitlines()
    errors = [i for i, line in enumerate(lines) if _SPOKEN.match(line) and not _only_follows(line)]
    if not errors:
        tail = [line for line in lines if line.strip()][-5:]
        return Reason("\n    ".join(tail) or "it said nothing", "The whole output is in its log.")
    block = _block(lines, errors[0])
    first = block[0]
    if "failed to concretize" in first or "cannot satisfy" in "".join(block):
        return _unsatisfiable(block, manifest)
    if found := _FETCH.search(first):
        return _missing_source(found[1], block)
    if found := _NO_PACKAGE.search(first):
        return Reason(
            f"there is no recipe for {found[1]!r}",
            f"Correct the name in {manifest}, or name a repository that has it in a site file.",
        )
    if log := next((m[1] for line in lines if (m := _BUILD_LOG.match(line))), ""):
        return _failed_build(lines, errors[0], log)
    return Reason("\n    ".join(block[:6]), f"Correct the recipe, or {manifest}.")


def _only_follows(line: str) -> bool:
    return any(words in line for words in _FOLLOWS)


def _block(lines: Sequence[str], start: int) -> list[str]:
    """An error with the lines that belong to it."""
    found = [_text(lines[start])]
    for line in lines[start + 1 :]:
        if line.startswith("==>"):
            break
        if line.strip():
            found.append(line.strip())
    return [line for line in found if line]


def _text(line: str) -> str:
    match = _SPOKEN.match(line)
    return match[1].strip() if match else line.strip()


def _unsatisfiable(block: Sequence[str], manifest: str) -> Reason:
    """The numbered reasons; what is only how Spack came to them is left out."""
    reasons = [re.sub(r"^\d+\. ", "", line) for line in block if re.match(r"\d+\. ", line)]
    told = list(dict.fromkeys(reasons)) or list(block[:6])
    lines = "".join(f"\n    - {one}" for one in told[:8])
    if any("no compiler" in r or re.search(r"\b(c|cxx|fortran)\b.*provider", r) for r in told):
        fix = "Install that compiler (g++, gfortran), or name one in a site file; then build again."
    else:
        fix = f"Change the specs, variants or versions in {manifest}, then build again."
    return Reason(f"Spack finds no solution:{lines}", fix)


def _missing_source(stage: str, block: Sequence[str]) -> Reason:
    tried = [line for line in block[1:] if "://" in line]
    lines = "".join(f"\n    - {line[:200]}" for line in tried[:4])
    return Reason(
        f"the source of {stage} cannot be had:{lines}",
        "Check the network; or put the archive into a mirror and name it in a site file (mirrors).",
    )


def _failed_build(lines: Sequence[str], start: int, log: str) -> Reason:
    """The package and the first error that Spack found in the log of its build."""
    around = "\n".join(lines[max(0, start - 40) : start + 1])
    stages = re.findall(r"==> (\S+): Executing phase: '(\w+)'", around)
    package, phase = stages[-1] if stages else ("a package", "build")
    errors = [m[1] for line in lines[start:] if (m := _EXCERPT.match(line))]
    told = list(dict.fromkeys(errors))[:3] or [_text(lines[start])]
    text = "".join(f"\n    {line}" for line in told)
    return Reason(
        f"{package} failed in its phase {phase!r}:{text}",
        f"Its whole output is in {log}",
        log,
    )
