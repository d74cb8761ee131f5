"""A package without a tox configuration: pytest in the environment, which runs unittest's cases too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from devenv.core.environment import DevSource, Generation
from devenv.core.names import normalised
from devenv.core.template import Profile
from devenv.testing import NEURONS

PLAIN = "pytest"
"""What stands for it behind -e."""
_EXTRAS = ("test", "tests", "testing")
_CONFIGURED = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": r"^\[tool\.pytest\b",
    "tox.ini": r"^\[pytest\]",
    "setup.cfg": r"^\[tool:pytest\]",
}


def plain_profile(source: DevSource) -> Profile:
    """A profile of what pytest itself finds in the source."""
    return Profile(package=source.package, tests=(".",), forked=False)


def with_requirements(profile: Profile, generation: Generation) -> Profile:
    """The profile with what the package's extras for its tests require."""
    lines = required_lines(generation, profile.package)
    return replace(profile, deps=tuple(dict.fromkeys(_of_tests(profile.package, lines))))


def required_lines(generation: Generation, package: str) -> list[str]:
    """What a developed package requires, with its extras: lines of PEP 508."""
    overlays = [o.path for o in generation.overlays if o.package == package]
    return [line for one in metadata.distributions(path=overlays) for line in one.requires or ()]


def _of_tests(package: str, lines: list[str]) -> Iterator[str]:
    for requirement in map(Requirement, lines):
        marker, requirement.marker = requirement.marker, None
        wanted = marker is not None and any(marker.evaluate({"extra": e}) for e in _EXTRAS)
        if wanted and normalised(requirement.name) not in {package, *NEURONS}:
            yield str(requirement)


def plain_options(source: DevSource) -> tuple[str, ...]:
    """Options for pytest: where it is not configured, it also takes the files that unittest would."""
    for name, pattern in _CONFIGURED.items():
        path = Path(source.path, name)
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
        if text is not None and re.search(pattern, text, re.MULTILINE):
            return ()
    return ("-o", "python_files=test*.py *_test.py")
