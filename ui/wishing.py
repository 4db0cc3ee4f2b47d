"""All rules of a proposal, as tables to fill in, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import shapely
import streamlit as st

from data.rules import COLUMNS, read_lines, read_rules
from data.task import Homes
from geo.frames import WGS84
from ui import state, words
from ui.session import Session

Row = dict[str, str]

HOMES: Mapping[str, Homes] = {
    "The search begins there": "near",
    "Distances count from there": "fixed",
    "They do not count": "free",
}
UNIT_RULES = {
    "stays as it is": "lock",
    "must be in": "require",
    "may not be in": "forbid",
    "stays with the group": "together",
}
BORDERS = {"a bridge or ferry joins": "crossing", "nothing joins": "barrier"}
ROWS_PX = 190


@dataclass(frozen=True)
class Wanted:
    """What the tables ask for.

    Parameters
    ----------
    rules
        Rows of `data.rules`.
    families
        Column of the accounts; "" for none.
    lines
        Shapes in degrees that no territory crosses.
    homes, minutes, parts, prices
        As in `ui.search.Question`.
    """

    rules: tuple[Row, ...] = ()
    families: str = ""
    lines: tuple[shapely.Geometry, ...] = field(default_factory=tuple)
    homes: Homes = "near"
    minutes: float = 0.0
    parts: bool = False
    prices: bool = False


def wanted(session: Session, *, afresh: bool) -> Wanted:
    """Show the tables and give what they say.

    Parameters
    ----------
    afresh
        Whether the map is drawn anew: then exceptions are not kept unless asked for.
    """
    rules: list[Row] = []
    with st.expander("All rules"):
        tabs = st.tabs(["Territories", "Accounts", "Areas", "Borders", "File"])
        with tabs[0]:
            rules += _territories(session)
            homes, minutes = _centers(session)
        with tabs[1]:
            named, families = _accounts(session, kept=not afresh)
            rules += named
        with tabs[2]:
            rules += _areas(session)
        with tabs[3]:
            pairs, lines, parts = _borders()
            rules += pairs
        with tabs[4]:
            rules += _file(rules)
        prices = st.checkbox(
            "Say what balance and one piece cost",
            key="propose_prices",
            help="Two more searches, each without one of the two",
        )
    return Wanted(tuple(rules), families, lines, homes, minutes, parts, prices)


def _territories(session: Session) -> list[Row]:
    """Ask of each territory whether it stays, its share of a full load, its limits."""
    table = session.plan.territories
    if table.empty:
        st.caption("There are no territories yet.")
        return []
    measure = "workload_h" if "workload_h" in session.study.table.measures else ""
    rows = pd.DataFrame(
        {
            "Territory": table["name"].astype("str").to_numpy(),
            "Locked": table["locked"].to_numpy(bool),
            "Load %": 100,
            "Min h": pd.array([None] * len(table), dtype="Float64"),
            "Max h": pd.array([None] * len(table), dtype="Float64"),
        },
        index=pd.Index([str(i) for i in table.index]),
    )
    said = st.data_editor(
        rows,
        key=f"propose_territories_{session.plan.plan_id}_{session.rev}",
        hide_index=True,
        height=ROWS_PX,
        disabled=["Territory"],
        column_config={
            "Territory": st.column_config.TextColumn(width=130),
            "Locked": st.column_config.CheckboxColumn(
                width=60, help="Stays as it is now"
            ),
            "Min h": st.column_config.NumberColumn(width=60, help="At least, hours"),
            "Max h": st.column_config.NumberColumn(width=60, help="At most, hours"),
            "Load %": st.column_config.NumberColumn(
                width=60,
                min_value=5,
                max_value=300,
                help="Of a full load: 50 for half time or ramping up, 120 for a senior",
            ),
        },
    )
    return territory_rules(said, measure)


def territory_rules(said: pd.DataFrame, measure: str) -> list[Row]:
    """Give the table of territories as rules; full shares and no limit say nothing."""
    rules: list[Row] = []
    for territory, row in zip(said.index.astype(str), _cells(said), strict=True):
        if row["Locked"]:
            rules.append({"rule": "lock", "territory": territory})
        load = row["Load %"]
        if not pd.isna(load) and float(load) != 100:
            share = f"{float(load) / 100:g}"
            rules.append({"rule": "share", "territory": territory, "value": share})
        low, high = (_number(row[f"{side} h"]) for side in ("Min", "Max"))
        if measure and (low or high):
            limit = {"measure": measure, "low": low, "high": high}
            rules.append({"rule": "limit", "territory": territory, **limit})
    return rules


def _cells(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _number(value: Any) -> str:
    return "" if pd.isna(value) else f"{float(value):g}"


def _centers(session: Session) -> tuple[Homes, float]:
    left, right = st.columns(2)
    said = left.selectbox(
        "Reps' homes",
        list(HOMES),
        key="propose_centers",
        disabled=not len(session.reps),
    )
    minutes = right.number_input(
        "Longest drive, min",
        min_value=0,
        value=0,
        step=15,
        key="propose_minutes",
        help="From the middle; 0 for any. About, unless drive time is kept short",
    )
    return HOMES[str(said)], float(minutes)


def _accounts(session: Session, *, kept: bool) -> tuple[list[Row], str]:
    """Ask which accounts belong to a territory wherever they lie, and stay together."""
    names = _names(session)
    given = session.plan.overrides
    rules: list[Row] = []
    if len(given) and st.checkbox(
        f"Keep the {words.count(len(given))} exceptions of this plan",
        value=kept,
        key=f"propose_exceptions_{kept}",
        help="Accounts given away by name stay where they are",
    ):
        rules += exception_rules(given)
    said = st.data_editor(
        pd.DataFrame({"Account": [""], "Territory": [""], "Counts": [True]}).iloc[:0],
        key="propose_named",
        num_rows="dynamic",
        hide_index=True,
        height=ROWS_PX,
        column_config={
            "Account": st.column_config.TextColumn(help="Its id"),
            "Territory": st.column_config.SelectboxColumn(options=list(names)),
            "Counts": st.column_config.CheckboxColumn(
                default=True, help="Whether it is part of the load there"
            ),
        },
    )
    for row in _filled(said, "Account", "Territory"):
        counts = "no" if row.get("Counts") is False else "yes"
        owner = names.get(row["Territory"], row["Territory"])
        account = {"account": row["Account"], "territory": owner, "counts": counts}
        rules.append({"rule": "named", **account})
    return rules, _families(session)


def exception_rules(given: pd.DataFrame) -> list[Row]:
    """Give a plan's exceptions as named accounts; those of nobody are left out."""
    return [
        {
            "rule": "named",
            "account": str(account),
            "territory": str(territory),
            "counts": "yes" if counts else "no",
        }
        for account, territory, counts in zip(
            given.index, given["territory_id"], given["counts"], strict=True
        )
        if territory
    ]


def _families(session: Session) -> str:
    accounts = session.study.accounts
    texts = [
        str(column)
        for column in accounts.columns
        if column not in ("unit_id", "territory", "owner", "name", "street", "match")
        and pd.api.types.is_string_dtype(accounts[column])
    ]
    said = st.selectbox(
        "Keep accounts together that have the same",
        ["", *texts],
        format_func=lambda column: column or "nothing",
        key="propose_families",
        help="A parent company, a group: each family is in one territory",
    )
    return str(said or "")


def _areas(session: Session) -> list[Row]:
    """Ask what holds for single units."""
    names, kind = _names(session), words.units(1, session.kind).split(" ", 1)[1]
    locks = sorted(unit for unit in session.plan.locks if "~" not in unit)
    rules: list[Row] = []
    if locks and st.checkbox(
        f"Keep the {words.units(len(locks), session.kind)} locked on the map",
        value=True,
        key="propose_locks",
    ):
        rules += [{"rule": "lock", "unit": unit} for unit in locks]
    said = st.data_editor(
        pd.DataFrame({"Area": [""], "Rule": [""], "Territory or group": [""]}).iloc[:0],
        key="propose_areas",
        num_rows="dynamic",
        hide_index=True,
        height=ROWS_PX,
        column_config={
            "Area": st.column_config.TextColumn(help=f"Id of the {kind}"),
            "Rule": st.column_config.SelectboxColumn(options=list(UNIT_RULES)),
        },
    )
    for row in _filled(said, "Area", "Rule"):
        rule = UNIT_RULES[row["Rule"]]
        word = row.get("Territory or group") or ""
        cell = "group" if rule == "together" else "territory"
        more = {} if rule == "lock" else {cell: names.get(word, word)}
        rules.append({"rule": rule, "unit": row["Area"], **more})
    return rules


def _borders() -> tuple[list[Row], tuple[shapely.Geometry, ...], bool]:
    """Ask which areas are joined or parted in spite of the map."""
    said = st.data_editor(
        pd.DataFrame({"Area": [""], "What": [""], "Other area": [""]}).iloc[:0],
        key="propose_borders",
        num_rows="dynamic",
        hide_index=True,
        height=ROWS_PX,
        column_config={"What": st.column_config.SelectboxColumn(options=list(BORDERS))},
    )
    rules = [
        {"rule": BORDERS[row["What"]], "unit": row["Area"], "other": row["Other area"]}
        for row in _filled(said, "Area", "What", "Other area")
    ]
    file = st.file_uploader(
        "Lines no territory crosses",
        type=["geojson", "json", "gpkg"],
        key="propose_lines",
        help="Rivers, ranges: GeoJSON or GeoPackage",
    )
    lines: tuple[shapely.Geometry, ...] = ()
    if file is not None:
        with state.telling():
            lines = lines_of(file.name, file.getvalue())
            st.caption(f"{words.count(len(lines))} read.")
    parts = st.checkbox("Territories may lie in several parts", key="propose_parts")
    return rules, lines, bool(parts)


def lines_of(name: str, content: bytes) -> tuple[shapely.Geometry, ...]:
    """Read a file of lines that was dropped on the page, in degrees.

    Raises
    ------
    InputError
        It holds neither lines nor areas.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"lines{Path(name).suffix.lower()}"
        path.write_bytes(content)
        return tuple(read_lines(path, WGS84))


def _file(rules: Sequence[Row]) -> list[Row]:
    """Take more rules from a file; give those of the tables as one."""
    more: list[Row] = []
    file = st.file_uploader(
        "Rules from a file",
        type=["csv", "json"],
        key="propose_rules",
        help="A row a rule; the guide has the words",
    )
    if file is not None:
        with state.telling(), TemporaryDirectory() as folder:
            path = Path(folder) / Path(file.name).name
            path.write_bytes(file.getvalue())
            more = [dict(rule.cells) for rule in read_rules(path)]
            st.caption(f"{words.count(len(more))} rules read.")
    st.download_button(
        "These rules as a file",
        csv_of([*rules, *more]),
        "rules.csv",
        "text/csv",
        key="propose_rules_out",
        disabled=not (rules or more),
        on_click="ignore",
    )
    return more


def csv_of(rules: Iterable[Row]) -> str:
    """Give rules as the text of a file that `data.rules.read_rules` reads."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rules)
    return out.getvalue()


def _names(session: Session) -> dict[str, str]:
    return {name: territory for territory, name in session.names.items()}


def _filled(table: pd.DataFrame, *needed: str) -> list[dict[str, Any]]:
    """Give the rows whose needed cells are filled, text trimmed."""
    rows = []
    for row in _cells(table):
        cells = {
            key: value.strip() if isinstance(value, str) else value
            for key, value in row.items()
            if not pd.isna(value)
        }
        if all(cells.get(name) for name in needed):
            rows.append(cells)
    return rows
