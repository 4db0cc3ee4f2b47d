"""Opening what a plan is drawn over: the demo, or accounts a user brought in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data import library
from data.demo import sample, sample_helsinki
from data.ingest import plain_name, upload_polygons
from data.library import DEMO, DEMOS, HELSINKI, Entry
from data.mappings import remember
from data.market import Market, with_market
from data.refresh import Refresh, refresh
from data.store import PlanStore
from data.study import study_of
from geo.baseline import todays, todays_owner
from geo.errors import InputError
from geo.frames import REPS, WGS84, Accounts, Reps, names
from geo.plan import Plan
from geo.study import Study
from geo.territories import colors
from ui.intake import Upload
from ui.session import ACTOR, Ground, Session, first_plan, opened

KINDS = {
    "county": "US counties",
    "state": "US states",
    "country": "Countries",
    "zip": "US ZIP areas (approximate)",
    "hex": "Hexagons of about 250 km\u00b2",
    "account": "One cell an account",
    "file": "My own areas (a file)",
}
"""Kind of basic unit -> what it is called on screen."""


def read_ground(home: Path, study_id: str) -> Ground:
    """Open a study: the shipped demo, or one kept in the user's folder.

    Raises
    ------
    InputError
        It is no longer there or cannot be read.
    """
    entry = library.entry_of(home, study_id)
    if study_id == DEMO:
        accounts, reps = sample()
    elif study_id == HELSINKI:
        accounts, reps = sample_helsinki()
    else:
        accounts, reps = library.read(home, study_id)
    return ground_of(entry, accounts, reps, market=library.market_of(home, study_id))


def ground_of(
    entry: Entry,
    accounts: Accounts,
    reps: Reps,
    *,
    market: pd.DataFrame | None = None,
) -> Ground:
    """Put accounts on their units, the numbers of the ground beside them.

    Parameters
    ----------
    market
        As `data.market.Market.values`; None for none.
    """
    study = study_of(accounts, units=entry.kind)
    if market is not None:
        study = with_market(study, Market(market, "unit_id", ()))
    return Ground(entry, study, _today(entry, study, reps), reps)


def numbered(session: Session, market: pd.DataFrame) -> Session:
    """Keep these numbers of the ground as measures; without columns, none.

    Raises
    ------
    InputError
        A column is called like another measure.
    """
    old = session.ground
    accounts = old.study.accounts.drop(columns="unit_id", errors="ignore")
    ground = ground_of(old.entry, accounts, old.reps, market=market)
    library.save_market(session.home, old.entry.study_id, market)
    return opened(session.store, session.home, ground, session.plan.plan_id)


def _today(entry: Entry, study: Study, reps: Reps) -> Plan:
    """Give today's alignment with colours, and with the reps who own it."""
    today = todays(study, plan_id=entry.study_id, name=entry.name)
    table = today.territories.copy()
    owned = reps[reps["territory"].isin(table.index)]
    owner = pd.Series(owned.index, index=owned["territory"].to_numpy())
    owner = owner[~owner.index.duplicated()]
    table["rep_id"] = owner.reindex(table.index).fillna("").astype("str")
    today = replace(today, territories=table)
    return replace(today, territories=table.assign(color=colors(today, study)))


def reopened(store: PlanStore, home: Path, ground: Callable[[str], Ground]) -> Session:
    """Open the plan that was open last, or the demo.

    Parameters
    ----------
    ground
        Gives the ground of a study id.
    """
    plan_id = library.last_plan(home) or DEMO
    known = {entry.plan_id: str(entry.meta.get("study", "")) for entry in store.plans()}
    if plan_id in known and library.is_kept(home, known[plan_id]):
        return opened(store, home, ground(known[plan_id]), plan_id)
    demo = DEMO if DEMO in known else first_plan(store, ground(DEMO))
    return opened(store, home, ground(DEMO), demo)


def open_plan(
    session: Session, ground: Callable[[str], Ground], plan_id: str
) -> Session:
    """Open another plan of the store.

    Raises
    ------
    InputError
        Its accounts are no longer there.
    """
    entries = {entry.plan_id: entry for entry in session.store.plans()}
    study_id = str(entries[plan_id].meta.get("study", ""))
    return opened(session.store, session.home, ground(study_id), plan_id)


def open_demo(
    session: Session, ground: Callable[[str], Ground], study_id: str
) -> Session:
    """Open a shipped study: its plan as it was left, else today's territories."""
    known = {entry.plan_id for entry in session.store.plans()}
    demo = ground(study_id)
    plan_id = study_id if study_id in known else first_plan(session.store, demo)
    return opened(session.store, session.home, demo, plan_id)


def copy_plan(session: Session, name: str) -> Session:
    """Copy the open plan under another name and open the copy."""
    copy = session.store.fork(session.plan.plan_id, name=name.strip(), actor=ACTOR)
    return opened(session.store, session.home, session.ground, copy)


def use_accounts(
    session: Session, upload: Upload, kind: str, areas: tuple[str, bytes] | None
) -> Session:
    """Open a file's accounts; its alignment of today is the first plan."""
    if upload.accounts is None:
        raise InputError("No account can be used", where=upload.name)
    name = Path(upload.name).stem
    ground = bring_in(session.home, name, upload.accounts, kind=kind, areas=areas)
    remember(session.home, upload.raw, dict(upload.columns))
    return first(session, ground)


def change_of(session: Session, upload: Upload) -> Refresh:
    """Say what a newer export changes of the accounts that are open.

    Raises
    ------
    InputError
        The demo is open, the file has no ids, or none of them is known.
    """
    if session.ground.entry.study_id in DEMOS:
        fix = "Use the accounts for a plan of their own"
        raise InputError("The demo's accounts cannot be replaced", fix=fix)
    if upload.accounts is None or "account_id" not in upload.columns:
        what, fix = "Accounts are told apart by their ids", "Choose the column of ids"
        raise InputError(what, where=upload.name, fix=fix)
    change = refresh(session.ground.study.accounts, upload.accounts)
    if len(change.new) == len(upload.accounts):
        what = "None of these accounts is in the open plan"
        fix = "Use them for a plan of their own"
        raise InputError(what, where=upload.name, fix=fix)
    return change


def renew(session: Session, upload: Upload) -> Session:
    """Put a newer export under the open plan.

    Its territories, exceptions and history stay; a new account belongs to the territory
    that owns its ground.

    Raises
    ------
    InputError
        See `change_of`; or the areas of the plan were drawn around the old accounts.
    """
    accounts = change_of(session, upload).accounts.drop(
        columns="unit_id", errors="ignore"
    )
    entry = session.ground.entry
    market = library.market_of(session.home, entry.study_id)
    ground = ground_of(entry, accounts, session.ground.reps, market=market)
    if ground.study.table.unit_set != session.ground.study.table.unit_set:
        what = "The areas of this plan were drawn around its old accounts"
        fix = "Use the accounts for a plan of their own"
        raise InputError(what, where=upload.name, fix=fix)
    library.save_accounts(session.home, entry.study_id, accounts)
    remember(session.home, upload.raw, dict(upload.columns))
    return opened(session.store, session.home, ground, session.plan.plan_id)


def first(session: Session, ground: Ground) -> Session:
    """Open the first plan over a ground: today's territories."""
    plan_id = first_plan(session.store, ground)
    return opened(session.store, session.home, ground, plan_id)


def bring_in(
    home: Path,
    name: str,
    accounts: Accounts,
    *,
    kind: str,
    areas: tuple[str, bytes] | None = None,
    where: Mapping[str, tuple[str, ...]] | None = None,
    reps: Reps | None = None,
) -> Ground:
    """Keep accounts as a study and open it.

    Parameters
    ----------
    kind
        One of `KINDS`.
    areas
        Name and content of the file of areas, for kind "file".
    where
        The segment the accounts are of.
    reps
        None: one rep an owner the accounts name.

    Raises
    ------
    InputError
        The areas cannot be read, or no account lies in them; nothing is kept.
    """
    if kind == "file":
        if areas is None:
            raise InputError("No file of areas is chosen", fix="Drop one")
        kind = str(_keep_areas(home, *areas))
    reps = reps_of(accounts) if reps is None else reps
    entry = Entry("", name, kind, where or {})
    ground = ground_of(entry, accounts, reps)
    if (ground.study.account_unit < 0).all():
        raise InputError(
            "No account lies in these areas",
            where=KINDS.get(kind, Path(kind).name),
            fix="Choose other areas",
        )
    saved = library.save(home, entry, accounts, reps)
    today = replace(ground.today, plan_id=saved.study_id)
    return replace(ground, entry=saved, today=today)


def _keep_areas(home: Path, name: str, content: bytes) -> Path:
    """Keep the areas, read at arm's length, under a name of ours."""
    frame = upload_polygons(content, name)
    folder = home / "areas"
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(plain_name(name)).stem).strip("-")[:40]
    path = (
        folder / f"{stem or 'areas'}-{hashlib.sha256(content).hexdigest()[:8]}.parquet"
    )
    frame.to_parquet(path)
    return path


def reps_of(accounts: Accounts) -> Reps:
    """Give one rep for each owner or territory the accounts name; hours unknown."""
    said = todays_owner(accounts)
    ids = sorted(set(said) - {""})
    who = pd.Series(ids, index=ids, dtype="str")
    if "owner" in accounts and ids:
        owner = accounts["owner"].fillna("").astype("str")
        known = owner[(said != "") & (owner != "")]
        if len(known):
            who.update(known.groupby(said).agg(lambda o: o.mode().iloc[0]))
    table = pd.DataFrame(
        dict.fromkeys(names(REPS)[1:-1], ""),
        index=pd.Index([f"R{i + 1:02d}" for i in range(len(ids))], name="rep_id"),
    )
    table["name"] = who.to_numpy()
    table["territory"] = ids
    table[["capacity_h", "fte", "quota"]] = np.nan
    table[["active_from", "active_to"]] = pd.NaT
    points = np.full(len(ids), None, dtype=object)
    return gpd.GeoDataFrame(table, geometry=points, crs=WGS84)


def segment(accounts: Accounts, where: Mapping[str, tuple[str, ...]]) -> Accounts:
    """Give the accounts of a segment.

    Raises
    ------
    InputError
        There are none.
    """
    keep = pd.Series(True, index=accounts.index)
    for column, values in where.items():
        keep &= accounts[column].isin(values)
    if not keep.any():
        raise InputError("No account is in this segment", fix="Choose more values")
    return accounts[keep]


def segment_name(name: str, where: Mapping[str, tuple[str, ...]]) -> str:
    """Give what a plan of a segment is called: Demo data, Dental and Retail."""
    said = [value for values in where.values() for value in values]
    return f"{name}, {' and '.join(said)}" if said else name
