"""Tables on screen: the columns a page shows, in words, units and colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from geo.frames import MEASURES, Accounts, Reps, Scorecard
from geo.plan import Plan
from ui import theme, words
from ui.effects import lead_column

TOLERANCE = 0.10
"""Without hours a load within 10 % of a fair share counts as fair."""

SWATCH = "\u2588"

TERRITORY, REP, LOAD = "Territory", "Rep", "Load"
ACCOUNTS, REVENUE, TODAY, CHANGE = "Accounts", "Revenue", "Vs today", "Change"


def rep_names(reps: Reps, ids: pd.Series) -> pd.Series:
    """Give the name of each rep, "vacant" where a territory has none."""
    return ids.map(reps["name"]).fillna("vacant").astype("str")


def scorecard_rows(
    card: Scorecard,
    plan: Plan,
    reps: Reps,
    changes: Mapping[str, str],
    *,
    market: Sequence[str] = (),
) -> pd.DataFrame:
    """Give the scorecard as shown beside the map, the most loaded first.

    Parameters
    ----------
    market
        Measures of the ground, shown last.

    Returns
    -------
    pandas.DataFrame
        Index territory_id; the load is a number, so that sorting works. Accounts
        gained against today are told once any have changed hands.
    """
    owners = plan.territories["rep_id"].reindex(card.index).fillna("")
    rows = pd.DataFrame(
        {
            " ": SWATCH,
            TERRITORY: card["name"].astype("str"),
            REP: rep_names(reps, owners),
            LOAD: card[lead_column(card)],
            ACCOUNTS: card["accounts"],
            REVENUE: card.get("revenue", np.nan),
        },
        index=card.index,
    )
    moved = card["moved_in_accounts"] - card["moved_out_accounts"]
    if (card[["moved_in_accounts", "moved_out_accounts"]] > 0).any(axis=None):
        rows[TODAY] = moved
    if changes:
        changed = pd.Series(changes).reindex(card.index).fillna("")
        rows = rows.assign(**{CHANGE: changed})
        first = [" ", TERRITORY, LOAD, CHANGE, ACCOUNTS, REVENUE]
        rows = rows[[*first, *rows.columns.difference(first, sort=False)]]
    rows = rows.join(card[list(market)])
    return rows.sort_values(LOAD, ascending=False, na_position="last")


def totals(card: Scorecard) -> str:
    """Say what all territories hold together.

    Examples
    --------
    "21 territories, 5,000 accounts, $612M revenue, 23,100 of 27,750 h used (83 %)"
    """
    n = len(card)
    parts = ["1 territory" if n == 1 else f"{words.count(n)} territories"]
    parts.append(words.accounts(float(card["accounts"].sum())))
    if "revenue" in card and card["revenue"].sum() > 0:
        parts.append(f"{words.money(float(card['revenue'].sum()))} revenue")
    owned = card[card["load"].notna()]
    if len(owned):
        used = float((owned["load"] * owned["capacity_h"]).sum())
        all_h = float(owned["capacity_h"].sum())
        share = words.percent(used / all_h)
        parts.append(f"{words.count(used)} of {words.hours(all_h)} used ({share})")
    return ", ".join(parts)


def scorecard_style(
    rows: pd.DataFrame, plan: Plan, *, tolerance: float | None
) -> Styler:
    """Give the scorecard with its colours and icons.

    Parameters
    ----------
    rows
        From `scorecard_rows`.
    tolerance
        Share of a fair load that counts as fair, None where the load is in hours.
    """

    def level(load: float) -> theme.Level:
        if tolerance is None:
            return theme.load_level(load)
        return theme.share_level(load, tolerance)

    colors = plan.territories["color"].reindex(rows.index).fillna("")
    rows = rows.reset_index(drop=True)  # nobody sees it: it only goes over the wire

    def swatch(_: pd.Series) -> list[str]:
        return [f"color: {color}" if color else "" for color in colors]

    def full(load: Any) -> str:
        return f"{level(load).icon} {words.percent(load)}"

    shown: dict[str, Callable[[Any], str]] = {
        LOAD: full,
        ACCOUNTS: words.count,
        REVENUE: words.money,
        **({TODAY: signed} if TODAY in rows else {}),
        **dict.fromkeys(rows.columns.difference([*scorecard_columns()]), words.count),
    }
    styled = rows.style.format(shown)  # type: ignore[arg-type]
    styled = styled.apply(swatch, subset=[" "])
    return styled.map(
        lambda load: f"color: {theme.color_of(level(load))}; font-weight: 600",
        subset=[LOAD],
    )


def load_style(rows: pd.DataFrame, column: str) -> Styler:
    """Give a table whose column of loads wears their icons and colours.

    Parameters
    ----------
    column
        Hours used of hours available, 1.0 is full; missing where there are none.
    """

    def full(load: Any) -> str:
        return f"{theme.load_level(load).icon} {words.percent(load)}"

    styled = rows.style.format({column: full}, na_rep=words.MISSING)
    return styled.map(
        lambda load: f"color: {theme.color_of(theme.load_level(load))}",
        subset=[column],
    )


def scorecard_columns() -> dict[str, Any]:
    """Give how Streamlit shows the scorecard's columns."""
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    return {
        " ": text(width=20, help="Colour on the map"),
        TERRITORY: text(width=94),
        REP: text(width=84),
        LOAD: number(
            width=60,
            help="Hours of work of the rep's field hours a year; without hours, the "
            "load of a fair share. Driving is estimated.",
        ),
        CHANGE: text(width=80, help="What the last edit did"),
        ACCOUNTS: number(width=58),
        REVENUE: number(width=58, help="Sales of the last year"),
        TODAY: number(width=62, help="Accounts gained or lost against today"),
    }


def market_measures(measures: Sequence[str]) -> list[str]:
    """Give those measures that came with the user's own data."""
    return [m for m in measures if m not in (ACCOUNTS.lower(), *MEASURES)]


ACCOUNT_COLUMNS = {
    "name": "Account",
    "city": "City",
    "state": "State",
    "territory": "Territory today",
    "stage": "Stage",
    "revenue": REVENUE,
    "potential": "Potential",
    "workload_h": "Hours a year",
}
"""Columns of accounts a reader is shown, in words."""


def account_rows(accounts: Accounts, *, most: int) -> pd.DataFrame:
    """Give the accounts with the most revenue, with the columns that hold anything.

    Parameters
    ----------
    most
        How many rows at most.

    Returns
    -------
    pandas.DataFrame
        Index account_id, columns in words.
    """
    rows = pd.DataFrame(accounts.drop(columns="geometry"))
    if "revenue" in rows:
        rows = rows.sort_values("revenue", ascending=False, kind="stable")
    kept = [
        column
        for column in ACCOUNT_COLUMNS
        if column in rows and rows[column].replace("", None).notna().any()
    ]
    return rows[kept].head(most).rename(columns=ACCOUNT_COLUMNS)


def account_columns() -> dict[str, Any]:
    """Give how Streamlit shows the columns of accounts."""
    number = st.column_config.NumberColumn
    return {
        "_index": None,
        REVENUE: number("Revenue, $", format="localized"),
        "Potential": number("Potential, $", format="localized"),
        "Hours a year": number(format="%.1f", help="Visits and driving, about"),
    }


def signed(n: float) -> str:
    """Give a change in accounts: +24, -10, 0."""
    return "0" if n == 0 else f"{n:+,.0f}"


def moved_rows(
    moved: pd.DataFrame, accounts: Accounts, names: Mapping[str, str]
) -> pd.DataFrame:
    """Give the accounts changing hands as a list to read.

    Parameters
    ----------
    moved
        From `geo.metrics.disruption`: from, to, revenue, workload_h by account_id.
    names
        territory_id -> name, of today and of the plan.
    """
    return pd.DataFrame(
        {
            "Account": accounts["name"].reindex(moved.index).astype("str"),
            "From": moved["from"].map(names).fillna("nobody").astype("str"),
            "To": moved["to"].map(names).fillna("nobody").astype("str"),
            "Revenue": moved["revenue"],
            "Hours a year": moved["workload_h"],
        },
        index=moved.index,
    ).sort_values("Revenue", ascending=False)


def flows(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the accounts changing hands per pair of territories.

    Returns
    -------
    pandas.DataFrame
        source, target, accounts; the largest first.
    """
    pairs = rows.groupby(["From", "To"], sort=True).size().rename("accounts")
    table = pairs.reset_index().rename(columns={"From": "source", "To": "target"})
    return table.sort_values("accounts", ascending=False, ignore_index=True)
