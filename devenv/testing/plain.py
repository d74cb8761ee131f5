"""Tests of a package without a tox configuration: pytest, which also runs unittest's cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from devenv.core.environment import DevSource, Generation
from devenv.core.names import normalise_name
from devenv.core.template import Profile
from devenv.testing import NEURONS

PLAIN = "pytest"
"""The name for these tests after -e."""
_EXTRAS = ("test", "tests", "testing")
_CONFIGURED = {
    "pytest.ini": "",
    ".pytest.ini": "",
    "pyproject.toml": r"^\[tool\.pytest\b",
    "tox.ini": r"^\[pytest\]",
    "setup.cfg": r"^\[tool:pytest\]",
}


def plain_profile(source: DevSource) -> Profile:
    """A profile of all tests that pytest finds in the source."""
    return Profile(package=source.package, tests=(".",), forked=False)


def with_requirements(profile: Profile, generation: Generation) -> Profile:
    """The profile with the requirements of the package's test extras."""
    lines = required_lines(generation, profile.package)
    return replace(profile, deps=tuple(dict.fromkeys(_of_tests(profile.package, lines))))


def required_lines(generation: Generation, package: str) -> list[str]:
    """The requirements of a developed package, including its extras, as PEP 508 strings."""
    overlays = [o.path for o in generation.overlays if o.package == package]
    return [line for one in metadata.distributions(path=overlays) for line in one.requires or ()]


def _of_tests(package: str, lines: list[str]) -> Iterator[str]:
    for requirement in map(Requirement, lines):
        marker, requirement.marker = requirement.marker, None
        in_extra = marker is not None and any(marker.evaluate({"extra": e}) for e in _EXTRAS)
        if in_extra and normalise_name(requirement.name) not in {package, *NEURONS}:
            yield str(requirement)


def plain_options(source: DevSource) -> tuple[str, ...]:
    """Options for pytest. Without a configuration, it also collects the files that unittest would."""
    for name, pattern in _CONFIGURED.items():
        path = Path(source.path, name)
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
        if text is not None and re.search(pattern, text, re.MULTILINE):
            return ()
    return ("-o", "python_files=test*.py *_test.py")
