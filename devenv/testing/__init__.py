"""How a developed package is tested: a tox environment made from a profile, and what came of it."""

from devenv.testing.report import Outcome, read_junit
from devenv.testing.toxfile import TestRun, left_out, tox_ini, tox_overrides

__all__ = ["Outcome", "TestRun", "left_out", "read_junit", "tox_ini", "tox_overrides"]
