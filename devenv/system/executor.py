"""The one place where plans are carried out.

A plan is made so that it may be stopped anywhere: it stages, and its last step is a rename. So nothing
is taken back here; what was staged is removed when the plan is made again.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from devenv.core.errors import StepError
from devenv.core.plan import (
    Clone,
    Copy,
    Link,
    MakeFolder,
    Parallel,
    Plan,
    Remove,
    Rename,
    Run,
    Step,
    Write,
)
from devenv.system import files
from devenv.system.host import cores
from devenv.system.process import cannot_start, end, redacted
from devenv.system.progress import Progress, make_progress

_ERROR_LINE = re.compile(r"(?i)\b(?:fatal )?error\b")


def execute(
    plan: Plan, *, environ: Mapping[str, str], jobs: int = 0, quiet: bool = True
) -> None:
    """Carry out the steps in order; stop at the first that fails, with its StepError.

    jobs: how many chains of a Parallel at once, 0: as many as cores. What is running when another
    chain fails, or at Ctrl-C, is ended with its children.
    """
    progress = make_progress(quiet, plan.title, _count(plan.steps))
    work = _Work(environ, jobs or cores(), progress)
    try:
        with progress:
            work.chain(plan.steps)
    except BaseException:
        work.stop()
        raise


def _count(steps: Sequence[Step]) -> int:
    """How many chains and titled commands there are to tell of."""
    return sum(
        len(step.chains) if isinstance(step, Parallel) else isinstance(step, Run) and bool(step.title)
        for step in steps
    )


@dataclass
class _Work:
    """One execution: what is running, and whether it is to stop."""

    environ: Mapping[str, str]
    jobs: int
    progress: Progress
    running: set[subprocess.Popen[bytes]] = field(default_factory=set)
    stopped: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def chain(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if self.stopped.is_set():
                return
            if isinstance(step, Parallel):
                self.parallel(step)
            elif isinstance(step, Run):
                self.command(step)
            else:
                _do(step)

    def parallel(self, step: Parallel) -> None:
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            futures = [pool.submit(self.one_chain, chain) for chain in step.chains]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            except BaseException:
                for future in futures:
                    future.cancel()
                self.stop()
                raise

    def one_chain(self, chain: Sequence[Step]) -> None:
        self.chain(chain)
        self.progress.advance("")

    def command(self, step: Run) -> None:
        if step.title:
            self.progress.advance(step.title)
        environ = {**self.environ, **dict(step.env)}
        for name, value in step.env:
            if not value:
                environ.pop(name, None)
        started = time.monotonic()
        process = self.start(step, environ)
        try:
            output = process.communicate()[0]
        finally:
            with self.guard:
                self.running.discard(process)
        text = redacted(output.decode("utf-8", "replace"))
        if step.log:
            _record(step, text, process.returncode, time.monotonic() - started)
        if process.returncode and not self.stopped.is_set():
            raise _failure(step, text, process.returncode)

    def start(self, step: Run, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self.guard:
            try:
                process = subprocess.Popen(
                    list(step.argv),
                    env=dict(environ),
                    cwd=step.cwd or None,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise cannot_start(step.argv[0], error) from None
            self.running.add(process)
        return process

    def stop(self) -> None:
        """End all that is running."""
        self.stopped.set()
        with self.guard:
            running = list(self.running)
        for process in running:
            end(process)


def _record(step: Run, text: str, returncode: int, seconds: float) -> None:
    """Append a command and what it printed to its log."""
    line = redacted(shlex.join(step.argv))
    with files.reporting(step.log):
        Path(step.log).parent.mkdir(parents=True, exist_ok=True)
        with open(step.log, "a", encoding="utf-8", errors="surrogateescape") as log:
            log.write(f"$ {line}\n{text}# exit code {returncode} after {seconds:.2f} s\n")


def _failure(step: Run, text: str, returncode: int) -> StepError:
    lines = [line for line in text.splitlines() if line.strip()]
    first = next((i for i, line in enumerate(lines) if _ERROR_LINE.search(line)), None)
    shown = lines[-8:] if first is None else lines[first : first + 8]
    what = step.title or Path(step.argv[0]).name
    head = f"{what} failed with exit code {returncode}: {redacted(shlex.join(step.argv))[:300]}"
    return StepError(
        "\n".join([head, *(f"    {line}" for line in shown)]), log=step.log, returncode=returncode
    )


def _do(step: Step) -> None:
    """The steps that start no process of their own."""
    if isinstance(step, Write):
        files.write_text(step.path, step.text, executable=step.executable)
    elif isinstance(step, Link):
        files.link(step.path, step.target)
    elif isinstance(step, Copy):
        files.copy(step.source, step.path)
    elif isinstance(step, MakeFolder):
        files.make_folder(step.path)
    elif isinstance(step, Remove):
        files.remove(step.path)
    elif isinstance(step, Rename):
        files.rename(step.source, step.path)
    elif isinstance(step, Clone):
        from devenv.system.git import clone

        clone(step)
