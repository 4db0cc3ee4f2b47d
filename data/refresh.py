"""A newer export against the accounts in use: new, gone, moved and changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.coordinates import distance_km
from geo.frames import Accounts

MOVED_KM = 0.25
"""A shorter step is the geocoder's, not the account's."""
OURS = ("match", "score", "radius_km", "matched", "unit_id", "geometry")
KEPT = ("visit_h", "travel_h", "workload_h", "unit_id")
"""Columns of ours that a newer export does not bring and the old accounts have."""


@dataclass(frozen=True)
class Refresh:
    """What a newer export changes.

    Parameters
    ----------
    accounts
        The newer accounts, ids as before.
    new, gone, moved
        Ids: only in the newer, only in the older, placed more than 250 m away.
    changed
        One row per changed cell: account_id, field, before, after (text).
    """

    accounts: Accounts
    new: pd.Index
    gone: pd.Index
    moved: pd.Index
    changed: pd.DataFrame

    @property
    def sentence(self) -> str:
        """Say it: "3 new, 1 gone, 2 moved, 5 changed accounts"."""
        n_changed = self.changed["account_id"].nunique()
        return (
            f"{len(self.new):,} new, {len(self.gone):,} gone, "
            f"{len(self.moved):,} moved, {n_changed:,} changed accounts"
        )


def refresh(old: Accounts, new: Accounts) -> Refresh:
    """Compare a newer export with the accounts in use, id by id.

    An account that is only placed better than before, or as well but within 250 m,
    keeps its unit; one that is new or moved has an empty ``unit_id``, so that
    `geo.units.locate` gives it the unit, and with it the territory, of its ground.
    Overrides and history hang on ids and stay.

    Parameters
    ----------
    old, new
        Accounts in degrees, geocoded; `old` may also be located and have its workload.

    Returns
    -------
    Refresh
        `accounts` has the rows and order of `new`; columns of hours that only `old`
        has are carried over for the accounts both have.
    """
    both = new.index[new.index.isin(old.index)]
    fresh = new.index.difference(old.index, sort=False)
    gone = old.index.difference(new.index, sort=False)
    moved = both[_moved(old.loc[both], new.loc[both])]
    accounts = _carried(old, new, both, moved)
    changed = _changes(old.loc[both], new.loc[both])
    return Refresh(accounts, fresh, gone, moved, changed)


def _moved(old: Accounts, new: Accounts) -> NDArray[np.bool_]:
    """Tell who lies elsewhere: past 250 m, placed or lost."""
    a, b = old.geometry.to_crs(4326), new.geometry.to_crs(4326)
    was, is_ = (~(g.isna() | g.is_empty).to_numpy(bool) for g in (a, b))
    km = distance_km(
        a.x.to_numpy(np.float64),
        a.y.to_numpy(np.float64),
        b.x.to_numpy(np.float64),
        b.y.to_numpy(np.float64),
    )
    return np.asarray((was != is_) | (was & is_ & ~(km <= MOVED_KM)), dtype=bool)


def _carried(old: Accounts, new: Accounts, both: pd.Index, moved: pd.Index) -> Accounts:
    accounts = new.copy()
    for column in KEPT:
        if column in old and column not in new:
            accounts[column] = old[column].reindex(new.index)
    if "unit_id" in accounts:
        placed = both.difference(moved, sort=False)
        stays = accounts.index.isin(placed)
        accounts["unit_id"] = accounts["unit_id"].where(stays, "").fillna("")
    return accounts


def _changes(old: Accounts, new: Accounts) -> pd.DataFrame:
    """List the cells that differ, as text; where an account lies is not among them."""
    shared = [c for c in new.columns if c in old.columns and c not in (*OURS, *KEPT)]
    found = []
    for column in shared:
        before, after = _text(old[column]), _text(new[column])
        differs = (before != after).to_numpy(bool)
        found.append(
            pd.DataFrame(
                {
                    "account_id": new.index[differs],
                    "field": column,
                    "before": before[differs].to_numpy(),
                    "after": after[differs].to_numpy(),
                }
            )
        )
    columns = ["account_id", "field", "before", "after"]
    if not found:
        return pd.DataFrame(columns=columns)
    return pd.concat(found, ignore_index=True)


def _text(cells: pd.Series) -> pd.Series[str]:
    """Give cells as text to compare: 12.0 and 12 are the same, empty is empty."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64").map(lambda v: "" if pd.isna(v) else f"{v:.12g}")
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.strftime("%Y-%m-%d")
    return pd.Series(cells.astype("str").fillna(""), dtype="str")
