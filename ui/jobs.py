"""Long work in one spawned process: submit, progress, cancel, result.

A job that crashes, runs out of memory or is killed ends as "failed" with a sentence;
the app and its other sessions live on. Nothing here touches streamlit.
"""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Literal, Protocol

from geo.errors import TerritoryError

State = Literal["waiting", "running", "done", "cancelled", "failed"]
Report = Callable[[Any], bool]
"""Given to the work: call it with progress, stop when it answers True."""

GRACE_S = 1.2
"""How long a cancelled job may take to hand over its best result by itself."""

REPORT_EVERY_S = 0.2
"""Progress is sent at most this often; the question whether to stop is free."""

CRASHED = "The work ended unexpectedly. The plan is unchanged; run it again."

KEPT = 16
"""Ended jobs remembered; older ones are forgotten."""


class Work(Protocol):
    """A function of a module: its first argument is the report."""

    def __call__(self, report: Report, /, *args: Any) -> object:
        """Do the work and give its result."""


@dataclass(frozen=True, eq=False)
class Job:
    """Where a job stands; a new one is made at each change.

    Parameters
    ----------
    job_id
        Its key at the worker.
    state
        waiting, running, done, cancelled or failed.
    progress
        What the work reported last, or None.
    result
        What it gave back; a cancelled job may have one too.
    message
        Why it failed, one sentence.
    started_s
        Monotonic clock when it began to run, 0 before.
    stop_by_s
        Monotonic clock when the worker is ended if the job still runs, 0 if nobody
        has cancelled it.
    """

    job_id: str
    state: State = "waiting"
    progress: Any = None
    result: Any = None
    message: str = ""
    started_s: float = 0.0
    stop_by_s: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("done", "cancelled", "failed")


class Worker:
    """One spawned process that does one job at a time, in the order submitted."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._jobs: dict[str, Job] = {}
        self._cancelled: set[str] = set()
        self._queue: queue.SimpleQueue[tuple[str, Work, tuple[Any, ...]] | None]
        self._queue = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, work: Work, *args: Any) -> str:
        """Put work in the queue; give its job id.

        `work` is a function of a module, its arguments and result are plain values,
        arrays and frames: both cross a process border.
        """
        job_id = uuid.uuid4().hex
        with self._changed:
            ended = [job.job_id for job in self._jobs.values() if job.ended]
            for old in ended[:-KEPT]:
                del self._jobs[old]
            self._jobs[job_id] = Job(job_id)
        self._queue.put((job_id, work, args))
        return job_id

    def look(self, job_id: str) -> Job:
        """Give where a job stands; a forgotten one has failed."""
        with self._changed:
            gone = Job(job_id, "failed", message="This work is no longer known.")
            return self._jobs.get(job_id, gone)

    def wait(self, job_id: str, timeout_s: float) -> Job:
        """Give the job when it has ended, or as it stands after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self.look(job_id).ended, timeout_s)
            return self.look(job_id)

    def cancel(self, job_id: str) -> None:
        """Ask a job to end; the worker is replaced if it does not within `GRACE_S`."""
        with self._changed:
            self._cancelled.add(job_id)
            if self.look(job_id).state == "waiting":
                self._set(replace(self.look(job_id), state="cancelled"))

    def forget(self, job_id: str) -> None:
        """Drop a job and its result; ends it first if it still runs."""
        if not self.look(job_id).ended:
            self.cancel(job_id)
        with self._changed:
            self._jobs.pop(job_id, None)

    def close(self) -> None:
        """End the process and the thread that serves it."""
        self._queue.put(None)
        with self._changed:
            self._cancelled |= set(self._jobs)
        self._thread.join(GRACE_S + 2)

    @property
    def pid(self) -> int | None:
        """Process id of the worker, None while it has none."""
        return self._process.pid if self._process else None

    def _set(self, job: Job) -> None:
        with self._changed:
            if job.job_id in self._jobs:
                self._jobs[job.job_id] = job
            self._changed.notify_all()

    def _serve(self) -> None:
        while (task := self._queue.get()) is not None:
            job_id, work, args = task
            if not self.look(job_id).ended:
                self._run(job_id, work, args)
        self._end_process()

    def _run(self, job_id: str, work: Work, args: tuple[Any, ...]) -> None:
        """Follow one job to its end, whatever becomes of the worker."""
        job = Job(job_id, "running", started_s=time.monotonic())
        self._set(job)
        try:
            pipe = self._start_process()
            pipe.send((work, args))
            while not job.ended:
                job = self._heard(job, pipe)
                self._set(job)
        except (EOFError, OSError):
            self._end_process()
            crashed = replace(job, state="failed", message=CRASHED)
            stopped = job_id in self._cancelled
            self._set(replace(job, state="cancelled") if stopped else crashed)

    def _heard(self, job: Job, pipe: Connection) -> Job:
        """Give the job as it stands a moment later; pass on a wish to cancel."""
        cancelled = job.job_id in self._cancelled
        if cancelled and job.stop_by_s == 0:
            pipe.send("stop")
            return replace(job, stop_by_s=time.monotonic() + GRACE_S)
        if cancelled and time.monotonic() > job.stop_by_s:
            raise EOFError
        if not wait([pipe], timeout=0.05):
            return job
        kind, value = pipe.recv()
        if kind == "progress":
            return replace(job, progress=value)
        if kind == "refused":
            return replace(job, state="failed", message=value)
        return replace(job, state="cancelled" if cancelled else "done", result=value)

    def _start_process(self) -> Connection:
        """Give the pipe to a live worker that has said it is ready."""
        if self._process and self._pipe and self._process.is_alive():
            return self._pipe
        self._end_process()
        here, there = self._context.Pipe()
        self._process = self._context.Process(target=_work, args=(there,), daemon=True)
        self._process.start()
        there.close()
        self._pipe = here
        here.recv()
        return here

    def _end_process(self) -> None:
        if self._process:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._pipe:
            self._pipe.close()
        self._process, self._pipe = None, None


def _work(pipe: Connection) -> None:
    """Run in the worker: take work, say how far it is, give its result back.

    A bug in the work ends the process; the app sees the pipe close.
    """
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        if task == "stop":
            continue
        work, args = task
        try:
            pipe.send(("result", work(_reporter(pipe), *args)))
        except TerritoryError as error:
            pipe.send(("refused", str(error)))


def _reporter(pipe: Connection) -> Report:
    stopped = False
    last_s = 0.0

    def report(progress: Any) -> bool:
        nonlocal stopped, last_s
        now_s = time.monotonic()
        if now_s - last_s >= REPORT_EVERY_S:
            last_s = now_s
            pipe.send(("progress", progress))
        while pipe.poll():
            stopped |= pipe.recv() == "stop"
        return stopped

    return report
