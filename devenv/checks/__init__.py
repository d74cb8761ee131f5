"""The checks of `devenv doctor`. A check judges evidence; it runs and reads nothing.

The workflow gathers one Evidence for all of them. `inspection` is the command that the environment's own
Python runs for it: one process, in the activated environment and the user's working directory.
"""

from __future__ import annotations

from devenv.checks.evidence import Check, Evidence, ModuleAnswer, PythonAnswer, Start
from devenv.checks.inspection import answer_of, inspection
from devenv.checks.registry import CHECKS, judge_all
from devenv.checks.starting import start_of, starts

__all__ = [
    "CHECKS",
    "Check",
    "Evidence",
    "ModuleAnswer",
    "PythonAnswer",
    "Start",
    "answer_of",
    "inspection",
    "judge_all",
    "start_of",
    "starts",
]
