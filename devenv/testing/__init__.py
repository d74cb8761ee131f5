"""Tests of a developed package: tox environments of profiles and of its own, and their results."""

from devenv.testing.arguments import positional
from devenv.testing.neuron import NEURONS, group_requirements, required_neuron, satisfies
from devenv.testing.report import SuiteOutcome, outcome_of, read_junit
from devenv.testing.toxfile import TestRun, left_out, tox_deps, tox_ini
from devenv.testing.toxown import (
    CONFIGURATIONS,
    has_tox,
    not_applied,
    read_settings,
    tox_overrides,
)

__all__ = [
    "CONFIGURATIONS",
    "NEURONS",
    "SuiteOutcome",
    "TestRun",
    "group_requirements",
    "has_tox",
    "left_out",
    "not_applied",
    "outcome_of",
    "positional",
    "read_junit",
    "read_settings",
    "required_neuron",
    "satisfies",
    "tox_deps",
    "tox_ini",
    "tox_overrides",
]
