"""Records the start, the end and the outcome of a step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from devenv.core.trace import StepRecord, Trace
from devenv.system.runner import Stopped


@contextmanager
def timed(trace: Trace, title: str, command: str, log: str = "") -> Iterator[StepRecord]:
    """Record the step that the block carries out. command: without secrets."""
    step = StepRecord(title, command, log, time.time())
    trace.steps.append(step)
    try:
        yield step
    except Stopped:
        step.state = "stopped"
        raise
    except BaseException:
        step.state = "failed"
        raise
    finally:
        step.end = time.time()
