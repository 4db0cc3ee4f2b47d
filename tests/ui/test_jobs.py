"""The worker: real processes, really cancelled, really killed."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from geo.errors import PlanError
from ui.jobs import CRASHED, Report, Worker


def add(report: Report, left: int, right: int) -> int:
    report({"share": 0.5})
    return left + right


def count_until_stopped(report: Report) -> int:
    steps = 0
    while not report(steps):
        steps += 1
        time.sleep(0.01)
    return steps


def ignore_the_wish_to_stop(report: Report) -> None:
    report("deaf")
    time.sleep(60)


def refuse(report: Report) -> None:
    raise PlanError("No units", fix="Load accounts first")


def crash(report: Report) -> None:
    ctypes.string_at(0)


def divide(report: Report) -> float:
    return 1 / 0


def echo(report: Report, values: np.ndarray) -> np.ndarray:
    return values


def whoami(report: Report) -> int:
    return os.getpid()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_a_job_runs_in_another_process_and_gives_its_result(worker: Worker) -> None:
    assert worker.wait(worker.submit(add, 2, 3), 20).result == 5
    other = worker.wait(worker.submit(whoami), 20).result
    assert other == worker.pid != os.getpid()


def test_arrays_cross_the_border_unchanged(worker: Worker) -> None:
    values = np.arange(1_000_000, dtype=np.float64)
    job = worker.wait(worker.submit(echo, values), 20)
    np.testing.assert_array_equal(job.result, values)


def test_progress_is_seen_while_the_job_runs(worker: Worker) -> None:
    job_id = worker.submit(count_until_stopped)
    until(lambda: (worker.look(job_id).progress or 0) > 5)
    assert worker.look(job_id).state == "running"
    worker.cancel(job_id)
    worker.wait(job_id, 5)


def test_a_cancelled_job_ends_within_two_seconds_with_its_best(worker: Worker) -> None:
    job_id = worker.submit(count_until_stopped)
    until(lambda: worker.look(job_id).progress is not None)
    start = time.monotonic()
    worker.cancel(job_id)
    job = worker.wait(job_id, 5)
    assert time.monotonic() - start < 2
    assert job.state == "cancelled"
    assert job.result >= 1


def test_a_deaf_job_is_ended_within_two_seconds(worker: Worker) -> None:
    job_id = worker.submit(ignore_the_wish_to_stop)
    until(lambda: worker.look(job_id).progress == "deaf")
    start = time.monotonic()
    worker.cancel(job_id)
    job = worker.wait(job_id, 5)
    assert time.monotonic() - start < 2
    assert (job.state, job.result) == ("cancelled", None)
    assert worker.wait(worker.submit(add, 1, 1), 20).result == 2


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(worker: Worker) -> None:
    first = worker.submit(count_until_stopped)
    second = worker.submit(add, 1, 1)
    worker.cancel(second)
    assert worker.look(second).state == "cancelled"
    worker.cancel(first)
    worker.wait(first, 5)
    assert worker.wait(worker.submit(add, 4, 4), 20).result == 8
    assert worker.look(second).result is None


def test_a_refusal_comes_back_as_its_sentence(worker: Worker) -> None:
    job = worker.wait(worker.submit(refuse), 20)
    assert job.state == "failed"
    assert job.message == "No units. Load accounts first."


@pytest.mark.parametrize("work", [crash, divide])
def test_a_crash_fails_the_job_and_the_next_one_runs(
    worker: Worker, work: Callable[[Report], object]
) -> None:
    job = worker.wait(worker.submit(work), 20)
    assert (job.state, job.message) == ("failed", CRASHED)
    assert worker.wait(worker.submit(add, 2, 2), 20).result == 4


def test_a_killed_worker_fails_the_job_and_the_app_lives(worker: Worker) -> None:
    job_id = worker.submit(count_until_stopped)
    until(lambda: worker.look(job_id).progress is not None)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    job = worker.wait(job_id, 5)
    assert (job.state, job.message) == ("failed", CRASHED)
    assert worker.wait(worker.submit(add, 2, 2), 20).result == 4


def test_a_forgotten_job_says_so() -> None:
    worker = Worker()
    try:
        assert worker.look("nobody").message == "This work is no longer known."
    finally:
        worker.close()


def test_closing_ends_the_process() -> None:
    worker = Worker()
    worker.wait(worker.submit(add, 1, 1), 20)
    pid = worker.pid
    assert pid is not None
    worker.close()
    assert worker.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
