"""Call rotations of many reps at once, each in a process of its own."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd

from data.engines import ESTIMATE, engine_of
from geo.errors import InputError
from geo.frames import Accounts, Reps
from routing.engine import TravelEngine
from routing.rotation import Rotation, rotate
from routing.rules import RotationRules

Report = Callable[[str, float], None]

WORTH_A_PROCESS = 25_000
"""Rounds of search, ten seconds or so: below, one process is done sooner than two."""

_at_work: dict[str, Any] = {}
"""What a process of the pool was given when it began."""


@dataclass(frozen=True, eq=False)
class Job:
    """What is asked for one rep; rules may differ by rep (days off)."""

    accounts: Accounts
    rep: pd.Series
    weeks: int
    start: dt.date
    rules: RotationRules


def accounts_of(accounts: Accounts, reps: Reps) -> dict[str, pd.Index]:
    """Give each rep the accounts that name them.

    `owner` decides, by the rep's id or name; else `territory`, by the rep's
    territory. Where the accounts name nobody and there is one rep, all are theirs.

    Raises
    ------
    InputError
        No account names any of the reps.
    """
    owner, ground = _folded(accounts, "owner"), _folded(accounts, "territory")
    said: dict[str, str] = {}
    for field in ("territory", "name", "rep_id"):
        names = reps.index.to_series() if field == "rep_id" else reps[field]
        known = names.fillna("").astype("str").str.strip().str.casefold()
        said |= {f"{field != 'territory'}{n}": i for i, n in known.items() if n}
    found = ("True" + owner).map(said).fillna(("False" + ground).map(said))
    if len(reps) == 1 and not (owner != "").any() and not (ground != "").any():
        found = pd.Series(reps.index[0], accounts.index)
    if not found.notna().any():
        raise InputError(
            "No account names one of the reps",
            where=f"reps {', '.join(map(str, reps.index[:5]))}",
            fix="Fill the column owner with their ids or names, or territory",
        )
    mine = found.groupby(found).groups
    none = accounts.index[:0]
    return {str(rep): mine.get(rep, none) for rep in reps.index}


def rotate_all(
    jobs: Mapping[str, Job],
    *,
    roads: str = ESTIMATE,
    report: Report,
    workers: int | None = None,
) -> dict[str, Rotation]:
    """Draw up the calendars of several reps, several at a time.

    Parameters
    ----------
    jobs
        rep_id -> what is asked.
    roads
        A cache of roads or ``estimate``, as `data.engines.engine_of` takes it.
    report
        Told how many reps are done, and the share of them.
    workers
        Processes; if None, as many as there are processors where it is worth it.

    Returns
    -------
    dict
        rep_id -> calendar, in the order of `jobs`.
    """
    work = sum(job.rules.rounds for job in jobs.values())
    usual = 1 if work < WORTH_A_PROCESS else os.cpu_count() or 1
    most = min(len(jobs), workers or usual)
    if most <= 1:
        engine = engine_of(roads)
        return {rep_id: _one(job, engine, report) for rep_id, job in jobs.items()}
    done: dict[str, Rotation] = {}
    report(f"0 of {len(jobs)} reps", 0.0)
    with _pool(most, roads) as pool:
        with _deaf():  # processes begun here stay deaf: only the first one acts
            asked = {pool.submit(_work, job): rep_id for rep_id, job in jobs.items()}
        for future in as_completed(asked):
            done[asked[future]] = future.result()
            report(f"{len(done)} of {len(jobs)} reps", len(done) / len(jobs))
    return {rep_id: done[rep_id] for rep_id in jobs}


@contextmanager
def _pool(workers: int, roads: str) -> Iterator[ProcessPoolExecutor]:
    """Give processes that end at once when the work is broken off."""
    context = multiprocessing.get_context("spawn")
    halt = context.Event()
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(roads, halt)
    )
    try:
        yield pool
    except BaseException:
        with _deaf():
            halt.set()
            pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _deaf() -> Iterator[None]:
    """Take no second Ctrl-C: one that breaks off the ending would leave it hanging."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def _begin(roads: str, halt: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _at_work.update(engine=engine_of(roads), halt=halt)


def _work(job: Job) -> Rotation:
    halt, parent = _at_work["halt"], os.getppid()
    return rotate(
        job.accounts,
        job.rep,
        weeks=job.weeks,
        start=job.start,
        engine=_at_work["engine"],
        rules=job.rules,
        stop=lambda: halt.is_set() or os.getppid() != parent,
    )


def _one(job: Job, engine: TravelEngine, report: Report) -> Rotation:
    return rotate(
        job.accounts,
        job.rep,
        weeks=job.weeks,
        start=job.start,
        engine=engine,
        rules=job.rules,
        report=report,
    )


def _folded(accounts: Accounts, field: str) -> pd.Series:
    blank = pd.Series("", accounts.index)
    said = accounts.get(field, blank).fillna("").astype("str")
    folded: pd.Series = said.str.strip().str.casefold()
    return folded
