"""What a plan changes for a rep: which accounts came, which went, and why.

Plain values in, plain values out: nothing here touches streamlit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.events import Event
from geo.edits import touches
from geo.plan import Plan, owners
from ui import words
from ui.routes.who import Who
from ui.session import Session

COLUMNS = ["Account", "Other", "Hours a year", "Why", "When"]

BEGAN = "as the plan began"
"""Why of what differs from today without an edit in the plan's log."""


@dataclass(frozen=True, eq=False)
class Changes:
    """What differs between today's territories and the plan, for one rep.

    Parameters
    ----------
    came, went
        Index account_id; Account (its name), Other (who had it, or has it now), Hours
        a year, Why and When ("3 Nov 12:04"); the most hours first.
    known
        Whether there is a today to compare with.
    """

    came: pd.DataFrame
    went: pd.DataFrame
    known: bool


def changes_of(session: Session, who: Who) -> Changes:
    """Give what the plan changes for a rep against today's territories."""
    today, accounts = session.today, session.study.accounts
    if today is None:
        none = pd.DataFrame(columns=COLUMNS)
        return Changes(none, none, known=False)
    before, after = owners(today, accounts), owners(session.plan, accounts)
    had, has = _rep(today, before), _rep(session.plan, after)
    reasons = why(session)
    came = accounts.index[((has == who.rep_id) & (had != who.rep_id)).to_numpy()]
    went = accounts.index[((had == who.rep_id) & (has != who.rep_id)).to_numpy()]
    return Changes(
        _rows(session, came, _called(session, today, before, had), reasons),
        _rows(session, went, _called(session, session.plan, after, has), reasons),
        known=True,
    )


def why(session: Session) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Give (kind, id) -> (why, when) of the last edit that stands on each key.

    The kinds are unit, account and territory.rep_id, as `geo.edits.touches` has them.
    """
    names, kind = session.names, session.kind
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for event in standing(session.store.log(session.plan.plan_id)):
        at = event.at.astimezone()
        told = reason(event, names, kind), f"{at.day} {at:%b %H:%M}"
        found |= dict.fromkeys(touches(event.inverse), told)
    return found


def standing(log: Iterable[Event]) -> list[Event]:
    """Give the edits of a log that were not taken back, oldest first."""
    edits: dict[int, Event] = {}
    gone: set[int] = set()
    for event in log:
        if event.role == "edit":
            edits[event.rev] = event
        elif event.role == "undo":
            gone.add(event.of_rev)
        else:
            gone.discard(event.of_rev)
    return [event for rev, event in edits.items() if rev not in gone]


def reason(event: Event, names: Mapping[str, str], kind: str) -> str:
    """Say an edit as the reason why an account changed hands."""
    edit = event.edit
    to = str(names.get(edit.to, edit.to)) or "nobody"
    n = len(edit.keys)
    match edit.kind:
        case "move":
            return f"{words.units(n, kind)} given to {to}"
        case "override":
            return f"named for {to}"
        case "clear_override":
            return f"goes with its {words.units(1, kind).removeprefix('1 ')} again"
        case "merge":
            return f"{words.listed(list(edit.before))} merged into {to}"
        case "drop":
            return f"{words.listed(list(edit.before))} removed"
        case "split":
            return f"{names.get(edit.keys[0], edit.keys[0])} split in two"
        case "cut" | "uncut":
            return "a boundary was drawn"
        case "assign_rep":
            return f"{names.get(edit.keys[0], edit.keys[0])} has another rep"
        case "restore":
            return "a proposal was taken"
    return edit.kind.replace("_", " ")


def _rep(plan: Plan, owner: pd.Series) -> pd.Series:
    """Give the rep of each account; the territory's id where it has none."""
    rep = plan.territories["rep_id"].astype("str")
    found: pd.Series = owner.map(rep).fillna("").astype("str")
    return found


def _called(
    session: Session, plan: Plan, owner: pd.Series, rep: pd.Series
) -> pd.Series:
    """Give who an account is with in words: the rep, else the territory."""
    names = session.reps["name"].astype("str")
    ground = owner.map(plan.territories["name"]).fillna("nobody").astype("str")
    called: pd.Series = rep.map(names).fillna("").astype("str")
    return called.mask(called == "", ground)


def _rows(
    session: Session,
    ids: pd.Index,
    other: pd.Series,
    reasons: Mapping[tuple[str, str], tuple[str, str]],
) -> pd.DataFrame:
    study = session.study
    accounts = study.accounts.loc[ids]
    unit = np.append(study.table.unit_id, "")[
        study.account_unit[study.accounts.index.get_indexer(ids)]
    ]
    ground = owners(session.plan, study.accounts).loc[ids]
    told = [
        reasons.get(("account", str(i)))
        or reasons.get(("unit", str(u)))
        or reasons.get(("territory.rep_id", str(t)))
        or (BEGAN, "")
        for i, u, t in zip(ids, unit, ground, strict=True)
    ]
    hours = accounts.get("workload_h", np.nan)
    rows = pd.DataFrame(
        {
            "Account": accounts["name"].astype("str"),
            "Other": other.loc[ids],
            "Hours a year": hours,
            "Why": [said for said, _ in told],
            "When": [at for _, at in told],
        },
        index=ids,
    )
    return rows.sort_values("Hours a year", ascending=False, kind="stable")


def sentence(session: Session, who: Who) -> str:
    """Say the territory in one line: "East: 62 accounts, 92 % of your hours"."""
    card = session.card.loc[list(who.territories)]
    names = words.listed(card["name"].astype("str").tolist())
    said = f"{names}: {words.accounts(len(who.accounts))}"
    capacity_h = float(who.rep.get("capacity_h") or np.nan)
    if np.isfinite(capacity_h) and capacity_h > 0:
        load = float(card["workload_h"].sum()) / capacity_h
        said += f", {words.percent(load)} of your hours"
    return said


def hours_line(session: Session, who: Who) -> str:
    """Say the hours a year: visits, driving, and how much of both driving is."""
    card = session.card.loc[list(who.territories)]
    work_h = float(card["workload_h"].sum())
    drive_h = float(card["travel_h"].sum()) if "travel_h" in card else np.nan
    if not work_h > 0 or not np.isfinite(drive_h):
        return ""
    by = who.accounts.get("travel_by", pd.Series("estimate", who.accounts.index))
    about = "" if len(by) and by.isin(["calendar", "file"]).all() else "about "
    return (
        f"{words.hours(work_h)} of work a year, {about}{words.hours(drive_h)} of it "
        f"driving ({words.percent(drive_h / work_h)})."
    )


def change_line(changes: Changes) -> str:
    """Say how many accounts came and went."""
    if not changes.known:
        return "The accounts do not say who has them today."
    came, went = len(changes.came), len(changes.went)
    if not came and not went:
        return "The same accounts as today."
    return f"Against today {words.count(came)} came and {words.count(went)} went."
