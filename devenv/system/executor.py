"""Carries out plans: the only place that executes their steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from devenv.core.errors import DevenvError
from devenv.core.estimate import Estimate, is_slow
from devenv.core.plan import (
    Clone,
    Copy,
    Link,
    LinkFiles,
    MakeFolder,
    Parallel,
    Plan,
    Relocate,
    RemovePath,
    Rename,
    Run,
    Seal,
    Snapshot,
    Step,
    Write,
    describe,
    simple_steps,
)
from devenv.core.trace import Trace
from devenv.system import files, relocation, seals, snapshot
from devenv.system.cores import cores
from devenv.system.durations import add_durations, read_durations
from devenv.system.jobserver import Slots, slots
from devenv.system.os_errors import reporting
from devenv.system.process import interruptible
from devenv.system.progress import Progress, make_progress
from devenv.system.redaction import redacted
from devenv.system.runner import Runner, Stopped
from devenv.system.timing import timed

SlowStep = TypeVar("SlowStep", Run, Clone)


def execute(
    plan: Plan,
    *,
    environ: Mapping[str, str],
    jobs: int = 0,
    log: Path | None = None,
    quiet: bool = False,
    events: bool = False,
    live: bool = False,
    trace: Trace | None = None,
    durations: Path | None = None,
) -> None:
    """Execute the steps of `plan` in order, and the chains of a Parallel concurrently, at most `jobs`
    at once.

    environ: the variables of the commands; in a GNU make its job slots limit them too (MAKEFLAGS).
    jobs: 0 for the number of cores. log: the file that the output of steps without their own log is
    appended to, without secrets. quiet: no progress display; plans without commands and clones have
    none either. events: progress as lines of JSON. live: progress as a table. trace: records the steps
    carried out, with times. durations: the file with the times of earlier runs, for the estimate.

    The first failure ends all running commands and is raised: StepError for a command. An interrupt
    ends them too and raises KeyboardInterrupt. In both cases staged paths of the plan are removed; what
    was renamed already stays.
    """
    slow = sum(map(is_slow, simple_steps(plan.steps)))
    trace, most = trace or Trace(), jobs or cores(environ)
    estimate = Estimate(plan, read_durations(durations) if slow else {}, most)
    quiet = quiet or not slow
    progress = make_progress(
        plan.title, slow, estimate, trace, quiet=quiet, events=events, live=live
    )
    try:
        with interruptible(), slots(environ) as shared:
            runner = Runner(environ, log)
            _in_thread(_Execution(runner, most, shared, progress, trace, estimate), plan.steps)
    finally:
        progress.done()
        if durations and slow:
            add_durations(durations, estimate.seconds_of(plan.title))


def _in_thread(execution: _Execution, steps: tuple[Step, ...]) -> None:
    """Signals reach the main thread, which only waits."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(execution.chain, steps)
        try:
            future.result()
        except BaseException:
            execution.runner.stop()
            wait([future])
            _remove_staged(tuple(simple_steps(steps)))
            raise


def _remove_staged(steps: Sequence[Step]) -> None:
    for step in steps:
        if isinstance(step, Rename) and step.staged:
            # The first failure matters, not that its clean-up failed too.
            with suppress(DevenvError, OSError):
                files.remove(step.source)


class _Execution:
    """Executes steps, from several threads at once."""

    def __init__(
        self,
        runner: Runner,
        jobs: int,
        shared: Slots,
        progress: Progress,
        trace: Trace,
        estimate: Estimate,
    ) -> None:
        self.runner = runner
        self._estimate = estimate
        self._trace = trace
        self._jobs = min(jobs, shared.most or jobs)
        self._slots = shared
        self._progress = progress

    def chain(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if self.runner.stopped:
                raise Stopped
            self._do(step)

    def _do(self, step: Step) -> None:
        if isinstance(step, Parallel):
            self._parallel(step)
        elif isinstance(step, Run):
            with self._slots.one(lambda: self.runner.stopped):
                self._slow(step, self._run)
        elif isinstance(step, Clone):
            self._slow(step, self._clone)
        elif isinstance(step, (Copy, Relocate, Seal, Snapshot)):
            with timed(self._trace, describe(step), describe(step)):
                _do_trees(step)
        else:
            _do_files(step)

    def _slow(self, step: SlowStep, do: Callable[[SlowStep], None]) -> None:
        self._estimate.begin(step, time.time())
        do(step)
        self._estimate.end(step, time.time())
        self._progress.advance()

    def _run(self, step: Run) -> None:
        self._progress.step(step.title)
        command = self.runner.shown(step)
        with timed(self._trace, step.title or command, command, step.log) as record:

            def tell(text: str) -> None:
                self._progress.step(text)
                record.marks.append((time.time(), text))

            self.runner.run(step, tell)

    def _parallel(self, step: Parallel) -> None:
        self._progress.step(step.title)
        with ThreadPoolExecutor(self._jobs) as pool:
            futures = [pool.submit(self.chain, chain) for chain in step.chains]
            try:
                # In the order in which they end: the first failure is reported.
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                self.runner.stop()
                raise

    def _clone(self, step: Clone) -> None:
        from devenv.system import git

        title = f"clone {redacted(step.url)}"
        self._progress.step(title)
        with timed(self._trace, title, redacted(describe(step))):
            for note in git.clone(step):
                self._progress.step(note)


def _do_files(
    step: Write | Link | LinkFiles | MakeFolder | RemovePath | Rename,
) -> None:
    match step:
        case Write(path, text, executable, private):
            files.write_text(path, text, executable, private)
        case Link(path, target):
            files.link(path, target)
        case LinkFiles(source, path, names):
            files.link_files(source, path, names)
        case MakeFolder(path):
            files.make_folder(path)
        case RemovePath(path):
            files.remove(path)
        case Rename(source, path, _):
            files.rename(source, path)


def _do_trees(step: Copy | Relocate | Snapshot | Seal) -> None:
    """Steps that take as long as there are files."""
    match step:
        case Copy(source, path):
            files.copy(source, path)
        case Relocate(source, path, place, without):
            relocation.copy_relocated(Path(source), Path(path), Path(place), without)
        case Snapshot(source, path, without):
            snapshot.snapshot(Path(source), Path(path), frozenset(map(Path, without)))
        case Seal(path, marks, read_only, without):
            with reporting(path):
                seals.seal(path, marks, read_only=read_only, without=without)
