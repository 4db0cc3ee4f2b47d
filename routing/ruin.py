"""Find a calendar: ruin some of it and recreate it, colder and colder.

Schrimpf et al. 2000, doi:10.1006/jcph.1999.6413; the removal of accounts near each
other follows Christiaens & Vanden Berghe 2020, doi:10.1287/trsc.2019.0914.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.board import Board, Kept
from routing.detours import best_pattern
from routing.shorten import shorten

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOT, COLD = 0.3, 0.001
"""First and last temperature, as shares of the mean driving of a day."""

MOST_RUINED = 14
BLINK = 0.02
"""Share of the days passed over when an account is put back, so that it varies."""

ASK_EVERY = 25

NIGHTS_TRIED = 0.2
"""Share of the rounds that put in, move or drop a night away."""

IDLE_S = 1e7
"""What a night away costs whose day before or after has no visit."""


@dataclass(frozen=True, eq=False)
class Choice:
    """What may be done with one account.

    Parameters
    ----------
    place
        Its place on the ground.
    days
        Shape (p, n): the patterns it may have, rows of the working days.
    soft_s
        Shape (p,): seconds of driving each pattern is worth avoiding.
    loss_s
        Seconds of driving it is worth to have it planned at all.
    """

    place: int
    days: Ints
    soft_s: Floats
    loss_s: float


class Draft:
    """A calendar with a pattern chosen for each account, or none.

    Parameters
    ----------
    board
        The days; they are changed.
    choices
        The accounts.
    """

    def __init__(self, board: Board, choices: list[Choice]) -> None:
        self.board, self.choices = board, choices
        self.chosen: list[tuple[int, ...]] = [() for _ in choices]
        self.told: dict[int, str] = {}
        self.closed: dict[int, set[int]] = {}
        self.soft_s = np.array([choice.loss_s for choice in choices])

    def forbid(self, i: int, day: int, why: str) -> None:
        """Keep an account off a day from now on, and remember why."""
        self.told[i] = why
        self.closed.setdefault(i, set()).add(day)
        self.offer(i, self.choices[i])

    def offer(self, i: int, choice: Choice) -> None:
        """Give an account other patterns, less those with a day it is kept off."""
        free = ~np.isin(choice.days, list(self.closed.get(i, ()))).any(axis=1)
        days, soft_s = choice.days[free], choice.soft_s[free]
        self.choices[i] = Choice(choice.place, days, soft_s, choice.loss_s)

    def cost_s(self) -> float:
        """Give the driving and what is to be avoided, in seconds."""
        board, away = self.board, self.board.ground.away
        cost_s = float(board.drive_s.sum() + self.soft_s.sum())
        if away.allowed:
            cost_s += away.night_s * np.count_nonzero(board.nights)
            cost_s += IDLE_S * board.idle()
        return cost_s

    def take_out(self, i: int) -> set[int]:
        """Take an account out of its days; give them."""
        gone = set(self.chosen[i])
        for day in gone:
            self.board.remove(self.choices[i].place, day)
        self.chosen[i], self.soft_s[i] = (), self.choices[i].loss_s
        return gone

    def put_in(self, i: int, skipped: NDArray[np.bool_] | None = None) -> set[int]:
        """Put an account on the pattern that costs least; give its days."""
        choice, board = self.choices[i], self.board
        if not len(choice.days):
            return set()
        adds_s = board.adds_s[:, choice.place]
        if skipped is not None:
            adds_s = np.where(skipped, np.inf, adds_s)
        visits_s = board.ground.visit_s[choice.place] * choice.days.shape[1]
        room_s = board.room_s() - visits_s + 1e-6
        best, driven_s = best_pattern(choice.days, choice.soft_s, adds_s, room_s)
        if best < 0 or not driven_s + choice.soft_s[best] < choice.loss_s:
            return set()
        self.chosen[i] = tuple(int(day) for day in choice.days[best])
        self.soft_s[i] = choice.soft_s[best]
        for day in self.chosen[i]:
            board.add(choice.place, day)
        return set(self.chosen[i])

    def tidy(self, days: set[int]) -> None:
        """Shorten the tours of these days, and sleep where it saves most."""
        board = self.board
        for day in sorted(days):
            tour = board.tours[day]
            order = shorten(board.path(day).tolist(), board.ground.drive_s)
            if order != tour:
                board.put(day, order)
        for day in sorted({*days, *(day - 1 for day in days)}):
            if day >= 0 and board.nights[day]:
                self._settle(day)

    def _settle(self, day: int) -> None:
        """Sleep at the last stop of a day or the first of the next, if that is less."""
        board = self.board
        tours = board.tours[day], board.tours[day + 1]
        if not all(tours):
            return
        far = set(board.ground.away.places)
        here, drive_s = int(board.nights[day]), board.ground.drive_s
        near = {place for place in (tours[0][-1], tours[1][0]) if place in far}
        ways = {p: drive_s[tours[0][-1], p] + drive_s[p, tours[1][0]] for p in near}
        now_s = drive_s[tours[0][-1], here] + drive_s[here, tours[1][0]]
        best = min(sorted(ways), key=lambda place: ways[place], default=here)
        if best != here and ways[best] < now_s - 1e-6:
            board.sleep(day, best)
            if not (board.holds(day) and board.holds(day + 1)):
                board.sleep(day, here)

    def keep(self) -> tuple[Kept, list[tuple[int, ...]], Floats]:
        """Give a copy to go back to."""
        return self.board.keep(), list(self.chosen), self.soft_s.copy()

    def restore(self, kept: tuple[Kept, list[tuple[int, ...]], Floats]) -> None:
        """Go back to a copy."""
        self.board.restore(kept[0])
        self.chosen, self.soft_s = list(kept[1]), kept[2].copy()


def fill(draft: Draft, rng: np.random.Generator) -> None:
    """Put in every account that is not planned, the hardest first."""
    _recreate(draft, [i for i, days in enumerate(draft.chosen) if not days], rng, 0.0)


def search(
    draft: Draft,
    *,
    rounds: int,
    rng: np.random.Generator,
    halt: Callable[[float], bool],
) -> None:
    """Improve a draft in place; it ends as the best one seen.

    Parameters
    ----------
    rounds
        Times a part is ruined and recreated.
    halt
        Asked now and then with the share done; True ends the search.
    """
    if not draft.choices:
        return
    near = _nearest(draft)
    best, best_s = draft.keep(), draft.cost_s()
    here_s = best_s
    scale = max(float(draft.board.drive_s.mean()), 60.0)
    for i in range(rounds):
        if i % ASK_EVERY == 0 and halt(i / rounds):
            break
        before = draft.keep()
        _try(draft, near, rng)
        cost_s = draft.cost_s()
        heat = scale * HOT * (COLD / HOT) ** (i / rounds)
        if cost_s < here_s - heat * np.log(max(rng.random(), 1e-12)):
            here_s = cost_s
        else:
            draft.restore(before)
        if here_s < best_s - 1e-6:
            best, best_s = draft.keep(), here_s
    draft.restore(best)


def _try(draft: Draft, near: Ints, rng: np.random.Generator) -> None:
    """Ruin a part of the calendar and recreate it."""
    n = len(draft.choices)
    count = int(rng.integers(1, min(MOST_RUINED, n) + 1))
    night = _night(draft, rng) if draft.board.ground.away.allowed else None
    if night is not None:
        day, place = night
        out = _on(draft, {day, day + 1})
        if place:
            out += [int(i) for i in near[place - 1][:count] if i not in out]
    elif rng.random() < 0.25:
        day = int(rng.integers(len(draft.board.tours)))
        out = _on(draft, {day}) or [int(rng.integers(n))]
    else:
        around = near[rng.integers(n)]
        out = rng.permutation(around[: 2 * count])[:count].tolist()
    touched: set[int] = set()
    for i in out:
        touched |= draft.take_out(i)
    if night is not None:
        draft.board.sleep(*night)
        touched |= {night[0], night[0] + 1}
    missing = [i for i, days in enumerate(draft.chosen) if not days and i not in out]
    touched |= _recreate(draft, out + missing[:MOST_RUINED], rng, BLINK)
    draft.tidy(touched)


def _on(draft: Draft, days: set[int]) -> list[int]:
    """Give the accounts with a visit on one of the days."""
    return [i for i, chosen in enumerate(draft.chosen) if days & set(chosen)]


def _night(draft: Draft, rng: np.random.Generator) -> tuple[int, int] | None:
    """Choose a night to try: after which day, and where; None for none this time."""
    board, away = draft.board, draft.board.ground.away
    if rng.random() >= NIGHTS_TRIED:
        return None
    day = away.after[rng.integers(len(away.after))]
    if board.nights[day] and rng.random() < 0.5:
        return day, 0
    lost = [p for p in away.places if not draft.chosen[p - 1]]
    among = lost if lost and rng.random() < 0.5 else away.places
    place = int(among[rng.integers(len(among))])
    before = int(board.nights[day])
    board.nights[day] = place
    allowed = board.in_a_row() <= away.most
    board.nights[day] = before
    return (day, place) if allowed else None


def _recreate(
    draft: Draft, out: list[int], rng: np.random.Generator, blink: float
) -> set[int]:
    """Put accounts back in one of four orders, each into its best days."""
    choices = draft.choices
    home_s = draft.board.ground.drive_s[0]
    away_s = np.array([home_s[choices[i].place] for i in out])
    visits = np.array([choices[i].days.shape[1] for i in out])
    orders = (
        np.lexsort((-away_s, -visits)),  # the most often visited first
        np.argsort(-away_s, kind="stable"),
        np.argsort(away_s, kind="stable"),
        rng.permutation(len(out)),
    )
    order = orders[int(rng.integers(4)) if blink else 0]
    touched: set[int] = set()
    for i in [out[int(j)] for j in order]:
        skipped = rng.random(len(draft.board.tours)) < blink if blink else None
        touched |= draft.put_in(i, skipped)
    return touched


def _nearest(draft: Draft) -> Ints:
    """Give the accounts nearest to each one, shape (n, k), itself first."""
    places = [choice.place for choice in draft.choices]
    apart_s = draft.board.ground.drive_s[np.ix_(places, places)]
    apart_s = apart_s + apart_s.T
    np.fill_diagonal(apart_s, -1.0)
    return np.argsort(apart_s, axis=1, kind="stable")[:, : 2 * MOST_RUINED]
