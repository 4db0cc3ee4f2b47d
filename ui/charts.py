"""Charts for what people look at rather than read. Each says what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from routing.mileage import METRES_PER_MILE
from ui import theme, words

Chart = alt.LayerChart | alt.FacetChart

ACCENT = "#2a8f8a"
BAND = "#8fa3ad"
PLACED_COLORS = ("#2a8f8a", "#e0a03c", "#7a5ea8", "#3b78b5", "#c2557a", "#5c6f7a")
INK_ON_LIGHT, INK_ON_DARK = "#17242b", "#e3ecef"
FLOW_POINTS = 24
ROW_PX = 22
ISSUES_PX = 320
MOST_POINTS = 4_000


def load_chart(
    card: pd.DataFrame,
    *,
    lower: float,
    upper: float,
    what: str = "Hours used by each territory",
) -> Chart:
    """Draw the load of each territory against the band it should lie in.

    Parameters
    ----------
    card
        One row a territory: name, load (share of the rep's hours or of a fair
        share).
    lower, upper
        Ends of the band, in the unit of load.
    what
        What the load is, for the title.
    """
    rows = card[["name", "load"]].dropna().sort_values("load", ascending=False)
    levels = [theme.load_level(load) for load in rows["load"]]
    rows = rows.assign(
        level=[level.word for level in levels],
        text=[words.percent(load) for load in rows["load"]],
    )
    seen = {level.word: theme.color_of(level) for level in levels}
    y = alt.Y("name:N", sort=None, title=None)
    bars = alt.Chart(rows).encode(
        y=y, x=alt.X("load:Q", title="hours used", axis=alt.Axis(format=".0%"))
    )
    color = alt.Color(
        "level:N",
        title=None,
        scale=alt.Scale(domain=list(seen), range=list(seen.values())),
        legend=alt.Legend(orient="top"),
    )
    tooltip = [
        alt.Tooltip("name:N", title="Territory"),
        alt.Tooltip("text:N", title="Hours used"),
        alt.Tooltip("level:N", title="State"),
    ]
    band = (
        alt.Chart(pd.DataFrame({"lower": [lower], "upper": [upper]}))
        .mark_rect(opacity=0.22, color=BAND)
        .encode(x="lower:Q", x2="upper:Q")
    )
    drawn = bars.mark_bar(height=13).encode(color=color, tooltip=tooltip)
    numbers = bars.mark_text(color=_ink(), align="left", dx=4).encode(text="text:N")
    ends = f"{words.percent(lower)} to {words.percent(upper)}"
    return alt.layer(band, drawn, numbers).properties(
        title=f"{what}; band {ends}", height=alt.Step(ROW_PX)
    )


def _ink() -> str:
    """Give the colour of numbers beside marks: Vega's own is black on dark too."""
    return INK_ON_DARK if theme.is_dark() else INK_ON_LIGHT


WEEK_COLORS = {"visits": "#2a8f8a", "driving": "#e0a03c", "free": "#d4dde1"}


def weeks_chart(hours: pd.DataFrame, *, estimated: bool) -> Chart:
    """Draw what each week of a calendar holds: visits, driving, and what is free.

    Parameters
    ----------
    hours
        Index week (its first day): visit_h, drive_h, available_h, drive_m.
    estimated
        Whether the driving is an estimate: the title says "about".
    """
    free = (hours["available_h"] - hours["visit_h"] - hours["drive_h"]).clip(lower=0)
    parts = {"visits": hours["visit_h"], "driving": hours["drive_h"], "free": free}
    week = pd.Series(hours.index).dt.strftime("%d %b").to_numpy()
    tables = [
        pd.DataFrame({"week": week, "what": what, "hours": list(h), "order": place})
        for place, (what, h) in enumerate(parts.items())
    ]
    rows = pd.concat(tables, ignore_index=True)
    about = "about " if estimated else ""
    bars = (
        alt.Chart(rows)
        .mark_bar(size=26)
        .encode(
            x=alt.X("week:N", sort=None, title="week of", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("hours:Q", title="hours"),
            order="order:Q",
            color=alt.Color(
                "what:N",
                title=None,
                sort=list(WEEK_COLORS),
                scale=alt.Scale(
                    domain=list(WEEK_COLORS), range=list(WEEK_COLORS.values())
                ),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("week:N", title="Week of"),
                alt.Tooltip("what:N", title="What"),
                alt.Tooltip("hours:Q", title="Hours", format=".1f"),
            ],
        )
    )
    far = hours["drive_m"] / METRES_PER_MILE
    filled = hours["visit_h"] + hours["drive_h"] + free
    tops = pd.DataFrame({"week": week, "hours": list(filled)})
    tops = tops.assign(miles=[f"{about}{words.short(miles)} mi" for miles in far])
    miles = (
        alt.Chart(tops)
        .mark_text(color=_ink(), dy=-7, fontSize=11)
        .encode(x=alt.X("week:N", sort=None), y="hours:Q", text="miles:N")
    )
    title = f"Hours and miles a week: visits, {about}driving, and what is free"
    return alt.layer(bars, miles).properties(title=title, height=240)


def potential_chart(card: pd.DataFrame) -> Chart:
    """Draw what each territory could sell against how full it is.

    Parameters
    ----------
    card
        One row a territory: name, load, potential, revenue.
    """
    rows = card[["name", "load", "potential", "revenue"]].dropna()
    base = alt.Chart(rows).encode(
        x=alt.X("load:Q", title="hours used", axis=alt.Axis(format=".0%")),
        y=alt.Y("potential:Q", title="potential", axis=alt.Axis(format="$.3~s")),
    )
    dots = base.mark_circle(color=ACCENT, opacity=0.8).encode(
        size=alt.Size(
            "revenue:Q",
            title="revenue",
            legend=alt.Legend(orient="top", format="$.2~s"),
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Territory"),
            alt.Tooltip("load:Q", title="Hours used", format=".0%"),
            alt.Tooltip("potential:Q", title="Potential", format="$,.0f"),
            alt.Tooltip("revenue:Q", title="Revenue", format="$,.0f"),
        ],
    )
    labels = base.mark_text(color=_ink(), align="left", dx=8, fontSize=10).encode(
        text="name:N"
    )
    title = "Potential against hours used, sized by revenue"
    return alt.layer(dots, labels).properties(title=title, height=320)


def flow_chart(moved: pd.DataFrame, *, most: int = 12) -> Chart:
    """Draw accounts changing hands as ribbons from their old to their new territory.

    Parameters
    ----------
    moved
        One row a pair of territories: source, target (names), accounts.
    most
        Only the largest pairs are drawn.
    """
    rows = moved.nlargest(most, "accounts").reset_index(drop=True)
    ribbons = _ribbons(rows)
    drawn = (
        alt.Chart(ribbons)
        .mark_area(opacity=0.55)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("low:Q", axis=None, scale=alt.Scale(reverse=True)),
            y2="high:Q",
            color=alt.Color("source:N", legend=None),
            detail="pair:N",
            tooltip=[
                alt.Tooltip("source:N", title="From"),
                alt.Tooltip("target:N", title="To"),
                alt.Tooltip("accounts:Q", title="Accounts", format=",.0f"),
            ],
        )
    )
    ends = _ends(ribbons)
    left = alt.Chart(ends[ends["x"] == 0]).mark_text(color=_ink(), align="right", dx=-6)
    right = alt.Chart(ends[ends["x"] == 1]).mark_text(color=_ink(), align="left", dx=6)
    where = {"x": "x:Q", "y": "middle:Q", "text": "label:N"}
    pairs = f"The {most} largest of {len(moved)}" if len(moved) > most else "All"
    title = alt.TitleParams(
        "Accounts changing hands, from today (left) to this plan",
        subtitle=f"{pairs} pairs of territories",
        anchor="start",
    )
    return alt.layer(drawn, left.encode(**where), right.encode(**where)).properties(
        title=title, height=max(160, ROW_PX * len(rows)), padding={"left": 90}
    )


def placed_chart(
    points: pd.DataFrame, outline: Mapping[str, Any], *, projection: str = "albersUsa"
) -> Chart:
    """Draw where the accounts were placed, and how well.

    Parameters
    ----------
    points
        One row an account: lon, lat, placed (in words).
    outline
        GeoJSON in degrees, drawn below.
    projection
        A projection of Vega's; "equalEarth" shows the whole world.
    """
    shown = points.sample(min(MOST_POINTS, len(points)), random_state=1)
    ground = alt.Chart(alt.InlineData(values=outline["features"]))
    land = ground.mark_geoshape(filled=False, stroke=BAND, strokeWidth=0.7)
    dots = (
        alt.Chart(shown)
        .mark_circle(size=9, opacity=0.7)
        .encode(
            longitude="lon:Q",
            latitude="lat:Q",
            color=alt.Color(
                "placed:N",
                title=None,
                scale=alt.Scale(range=list(PLACED_COLORS)),
                legend=alt.Legend(orient="bottom", columns=3),
            ),
        )
    )
    some = f", {MOST_POINTS:,} of {len(points):,}" if len(points) > len(shown) else ""
    return alt.layer(land, dots).properties(
        title=f"Where accounts were placed, and how{some}",
        height=ISSUES_PX,
        projection={"type": projection},
    )


def _ribbons(rows: pd.DataFrame) -> pd.DataFrame:
    """Stack the pairs on both sides and join them by smooth bands."""
    gap = 0.04 * rows["accounts"].sum()
    left = _stacked(rows, "source", gap)
    right = _stacked(rows, "target", gap)
    x = np.linspace(0, 1, FLOW_POINTS)
    ease = x * x * (3 - 2 * x)
    parts = [
        pd.DataFrame(
            {
                "x": x,
                "low": left[i] + (right[i] - left[i]) * ease,
                "high": left[i] + (right[i] - left[i]) * ease + row.accounts,
                "pair": str(i),
                "source": row.source,
                "target": row.target,
                "accounts": row.accounts,
            }
        )
        for i, row in enumerate(rows.itertuples())
    ]
    return pd.concat(parts, ignore_index=True)


def _stacked(rows: pd.DataFrame, side: str, gap: float) -> np.ndarray:
    """Give the start of each pair when the pairs of a side are stacked by name."""
    order = np.argsort(rows[side].to_numpy(dtype=str), kind="stable")
    sizes = rows["accounts"].to_numpy(dtype=np.float64)[order]
    names = rows[side].to_numpy(dtype=str)[order]
    jumps = np.concatenate([[0.0], np.cumsum(names[1:] != names[:-1]) * gap])
    start = np.empty(len(rows))
    start[order] = np.concatenate([[0.0], np.cumsum(sizes)[:-1]]) + jumps
    return start


def _ends(ribbons: pd.DataFrame) -> pd.DataFrame:
    """Give one label for each territory on each side."""
    sides = []
    for x, side in ((0.0, "source"), (1.0, "target")):
        edge = ribbons[ribbons["x"] == x]
        grouped = edge.groupby(side, sort=False)
        ends = grouped.agg(
            low=("low", "min"), high=("high", "max"), n=("accounts", "sum")
        )
        ends["middle"] = (ends["low"] + ends["high"]) / 2
        ends["label"] = [f"{name} {words.count(n)}" for name, n in ends["n"].items()]
        sides.append(ends.assign(x=x))
    return pd.concat(sides, ignore_index=True)


def options_chart(rows: pd.DataFrame, *, shown: int, within: float | None) -> Chart:
    """Draw what each amount of change buys: accounts changing hands against balance.

    Parameters
    ----------
    rows
        One row an option: Option, Accounts, Farthest (share), Rules.
    shown
        Row of the option on the map.
    within
        How close to a fair share was asked for; None for no line.
    """
    table = rows.assign(
        state=["On the map" if i == shown else "Option" for i in range(len(rows))]
    )
    x = alt.X("Accounts:Q", title="accounts changing hands")
    y = alt.Y(
        "Farthest:Q",
        title="farthest from a fair share",
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    base = alt.Chart(table).encode(x=x, y=y)
    line = base.mark_line(color=BAND, strokeWidth=1.5)
    points = base.mark_point(filled=True, opacity=1).encode(
        color=alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=["On the map", "Option"], range=[ACCENT, BAND]),
            legend=alt.Legend(orient="top"),
        ),
        size=alt.condition(
            alt.datum.state == "On the map", alt.value(160), alt.value(70)
        ),
        shape=alt.Shape(
            "Rules:N",
            title=None,
            scale=alt.Scale(domain=["all met", "missed"], range=["circle", "cross"]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=[
            alt.Tooltip("Option:N"),
            alt.Tooltip("Accounts:Q", title="Accounts changing hands", format=","),
            alt.Tooltip("Farthest:Q", title="Farthest from a fair share", format=".1%"),
            alt.Tooltip("Rules:N"),
        ],
    )
    layers: list[alt.Chart] = [line, points]
    if within is not None:
        rule = alt.Chart(pd.DataFrame({"within": [within]}))
        layers.insert(
            0, rule.mark_rule(strokeDash=[4, 3], color=BAND).encode(y="within:Q")
        )
    title = "What more change buys"
    return alt.layer(*layers).properties(title=title, height=280)
