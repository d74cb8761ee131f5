"""Records when a step began and ended, and how."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from devenv.core.trace import StepRecord, Trace
from devenv.system.runner import Stopped


@contextmanager
def timed(trace: Trace, title: str, command: str, log: str = "") -> Iterator[StepRecord]:
    """Within the block a step is carried out. command: without secrets."""
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
