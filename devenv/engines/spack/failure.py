"""Turns the output of a failed Spack into one readable message: the reason and the fix."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ERROR = re.compile(r"^==> Error: ?(.*)$")
_BUILD_LOG = re.compile(r"^\s*(/\S*/spack-build(?:-\w+)?-?\w*\.txt)\s*$")
_EXCERPT = re.compile(r"^\s*>> +\d+ +(.*\S)\s*$")
_CONTINUED = re.compile(r"^ {9,}(\S.*)$")
_RECIPES_OWN = re.compile(r"InstallError: (.*)$")
"""An error raised by the recipe. Its long message, with the fix, is on the next line."""
_FETCH = re.compile(r"All fetchers failed for (?:spack-stage-)?([\w.-]+?)(?:-[a-z0-9]{32})?$")
_URL = re.compile(r"((?:\w+://)\S+?): (?:\w+: )?(.*)")
_NO_PACKAGE = re.compile(r"Package '([^']+)' not found|'([^']+)' does not exist")
_NO_VARIANT = re.compile(r"No such variant \{?'([^']+)'.*? for spec: '([\w-]+)")
_UNREACHED = re.compile(
    r"((?:(?:HEAD|GET|PUT|POST) \S+ )?(?:errored with: .*|returned \d{3}\b.*)|<?urlopen error .*"
    r"|An error occurred \(\w+\).*|Could not connect to the endpoint.*|Unable to locate credentials.*)"
)
_HINT = re.compile(r"\.? ?You could consider setting `concretizer:unify`.*")
_KNOWN = re.compile(r" \d+\(([^)]*)\)$")
_MOD_FILE = re.compile(r"(?:/[^\s:]+/)?[\w.-]+\.mod\b", re.IGNORECASE)
_NO_SPACE = "No space left on device"
_BAD_REQUEST = (
    "variant",
    "cannot depend on",
    "Cannot satisfy",
    "failed to concretize",
    "is unsatisfiable",
)
LOGIN = ("DEVENV_CACHE_USER", "DEVENV_CACHE_PASSWORD")
"""The variables with the user and the password of a build cache."""

BY = f"Log in by {' and '.join(LOGIN)}, or by the variables of S3 itself (AWS_…)."
REACH = f"Check its address. {BY}"
_CONSEQUENCES = ("Package was not installed", "Installation request failed", "was not installed")


@dataclass(frozen=True)
class Reason:
    """A failure of Spack. what: Spack's words, shortened. fix: what to do. log: of the failed build.

    package, variant: if the package does not have this variant. missing: a package without a recipe.
    """

    what: str
    fix: str
    log: str = ""
    package: str = ""
    variant: str = ""
    missing: str = ""


def reason(output: str, manifest: str) -> Reason:
    """The first error in Spack's output. manifest: path of the user's spack.yaml, for the message."""
    lines = [_HINT.sub("", line) for line in output.splitlines()]
    if full := next((line.strip() for line in lines if _NO_SPACE in line), ""):
        return Reason(
            f"the disk is full: {full}", "Free some space, or set DEVENV_HOME to another disk."
        )
    starts = (i for i, line in enumerate(lines) if _ERROR.match(line) and not _is_consequence(line))
    errors = [i for i in starts if _block(lines, i)]  # a failed assertion in Spack has no text
    if not errors:
        tail = [line for line in lines if line.strip()][-5:]
        return Reason("\n    ".join(["Spack failed:", *tail]), "See what it did:")
    block = _block(lines, errors[0])
    first, edit_manifest = (
        block[0],
        f"Change the specs, variants or versions in {manifest}, then build again.",
    )
    if match := _NO_VARIANT.search(first):
        return Reason(first, edit_manifest, package=match[2], variant=match[1])
    if match := _FETCH.search(first):
        return _missing_source(match[1], block)
    if unreached(first):
        return Reason(f"a build cache cannot be reached: {unreached(first)}", REACH)
    if match := _NO_PACKAGE.search(first):
        return _no_recipe(match[1] or match[2], manifest)
    if any(words in line for words in _BAD_REQUEST for line in block):
        return _unsatisfiable(block, edit_manifest)
    if log := next((m[1] for line in lines if (m := _BUILD_LOG.match(line))), ""):
        return _failed_build(lines, errors[0], log)
    return Reason("\n    ".join(block[:6]), f"Fix the recipe, or change {manifest}.")


def mod_files(message: str) -> tuple[str, ...]:
    """The MOD files that a message names: paths of copies in a stage, or plain file names."""
    return tuple(dict.fromkeys(_MOD_FILE.findall(message)))


def with_origins(message: str, origins: Mapping[str, str]) -> str:
    """`message` with each of `mod_files` replaced by the path that it was copied from, if known."""
    return _MOD_FILE.sub(lambda match: origins.get(match[0], match[0]), message)


def unreached(output: str) -> str | None:
    """Why a build cache could not be reached, from Spack's output; None if that is not the error."""
    matches = (_UNREACHED.search(line) for line in output.splitlines())
    return next((match[1].strip() for match in matches if match), None)


def _is_consequence(line: str) -> bool:
    return any(words in line for words in _CONSEQUENCES)


def _block(lines: Sequence[str], start: int) -> list[str]:
    """The lines of one error."""
    block = [_text(lines[start])]
    for line in lines[start + 1 :]:
        if line.startswith("==>"):
            break
        if line.strip():
            block.append(line.strip())
    return [line for line in block if line]


def _text(line: str) -> str:
    match = _ERROR.match(line)
    return match[1].strip() if match else line.strip()


def _unsatisfiable(block: Sequence[str], fix: str) -> Reason:
    """The numbered reasons, each once, without Spack's derivation of them."""
    numbered = [re.sub(r"^\d+\. ", "", line) for line in block if re.match(r"\d+\. ", line)]
    reasons = [_KNOWN.sub(r" (there is \1)", line) for line in numbered] or list(block[:6])
    lines = "".join(f"\n    - {one}" for one in dict.fromkeys(reasons[:8]))
    return Reason(f"Spack finds no solution:{lines}", fix)


def _no_recipe(package: str, manifest: str) -> Reason:
    return Reason(
        f"there is no recipe for {package!r}",
        f"Correct the name in {manifest}, or name a repository that has it in a site file.",
        missing=package,
    )


def _missing_source(stage: str, block: Sequence[str]) -> Reason:
    tried = [m for line in block[1:] if (m := _URL.match(line))]
    lines = "".join(
        f"\n    - {m[1]}: {m[2].rpartition('] ')[2].rstrip('>')[:80]}" for m in tried[:4]
    )
    return Reason(
        f"the source of {stage} cannot be fetched:{lines}",
        "Check the network; or put the archive into a mirror and name it in a site file (mirrors).",
    )


def _failed_build(lines: Sequence[str], start: int, log: str) -> Reason:
    """The package, and the first error that Spack found in its build log."""
    stages = [
        m for line in lines[:start] if (m := re.match(r"==> (\S+): Executing phase: '(\w+)'", line))
    ]
    package, phase = (stages[-1][1], stages[-1][2]) if stages else ("a package", "build")
    if found := _RECIPES_OWN.match(_text(lines[start])):
        follows = lines[start + 1].strip() if len(lines) > start + 1 else ""
        return Reason(f"{package}: {found[1]}", follows or f"Its whole output is in {log}", log)
    reasons = list(dict.fromkeys(_excerpts(lines[start:])))[:2] or [_text(lines[start])]
    text = "".join(f"\n    {line}" for line in reasons)
    return Reason(
        f"{package} failed in its phase {phase!r}:{text}", f"Its whole output is in {log}", log
    )


def _excerpts(lines: Sequence[str]) -> list[str]:
    """The errors that Spack quotes from a log, with its wrapped lines joined."""
    errors: list[str] = []
    within = False
    for line in lines:
        error, more = _EXCERPT.match(line), _CONTINUED.match(line)
        if error:
            errors.append(error[1])
        elif within and more:
            errors[-1] += more[1]
        within = bool(error or (within and more))
    return errors
