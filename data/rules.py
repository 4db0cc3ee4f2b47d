"""Rules of a proposal as a table: read from a file or typed on the page, then named.

One row is one rule. Its words are `RULES`; docs/guide.md has a table of them.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from data.delimited import decode, delimiter_of
from data.task import Order
from geo.errors import InputError
from geo.frames import WGS84
from geo.study import Study
from geo.wishes import Center, Limit, Named, Wishes

COLUMNS = (
    *("rule", "territory", "unit", "other", "account", "group"),
    *("measure", "low", "high", "value", "lon", "lat", "counts", "fixed"),
)
"""Cells a rule may have; empty ones may be left out."""

NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "lock": (("territory",), ("unit",)),
    "require": (("unit", "territory"),),
    "forbid": (("unit", "territory"),),
    "together": (("group", "unit"), ("group", "account")),
    "named": (("account", "territory"),),
    "share": (("territory", "value"),),
    "limit": (("territory", "measure", "low"), ("territory", "measure", "high")),
    "center": (("territory", "lon", "lat"), ("territory", "unit")),
    "crossing": (("unit", "other"),),
    "barrier": (("unit", "other"),),
}
"""Rule -> the cells it needs, one way or another."""

YES = frozenset({"", "yes", "y", "true", "1", "1.0"})
NO = frozenset({"no", "n", "false", "0", "0.0"})
MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Rule:
    """One row: its cells as text, and where it stands."""

    cells: Mapping[str, str]
    where: str

    def text(self, name: str) -> str:
        """Give a cell, "" if it is empty."""
        return self.cells.get(name, "")

    def number(self, name: str) -> float | None:
        """Give a cell as a number, None if it is empty.

        Raises
        ------
        InputError
            It is no number.
        """
        text = self.text(name)
        if not text:
            return None
        try:
            number = float(text.replace(",", ""))
        except ValueError:
            number = float("nan")
        if not np.isfinite(number):
            raise InputError(f"'{text}' is no number", where=f"{self.where}, {name}")
        return number

    def yes(self, name: str) -> bool:
        """Give a cell as yes or no; empty is yes.

        Raises
        ------
        InputError
            It is neither.
        """
        text = self.text(name).casefold()
        if text not in YES | NO:
            raise InputError(
                f"'{text}' is neither yes nor no", where=f"{self.where}, {name}"
            )
        return text in YES


def read_rules(path: Path) -> list[Rule]:
    """Read a file of rules: CSV or TSV with headings, or JSON.

    JSON is a list of objects, or an object with such a list under "rules".

    Raises
    ------
    InputError
        The file cannot be read, or a row is no rule.
    """
    content = _content(path)
    text, _ = decode(content, where=path.name)
    if text.lstrip().startswith(("[", "{")):
        return rules_of(_records(text, path.name), where=path.name)
    sample = io.StringIO(text.lstrip("\ufeff"), newline="")
    rows = csv.DictReader(sample, delimiter=delimiter_of(text), restval="")
    return rules_of([*rows], where=path.name)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise InputError("There is no such file", where=path.name, fix="Check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError("The file is too large for rules", where=path.name)
    return path.read_bytes()


def _records(text: str, where: str) -> list[Mapping[str, object]]:
    try:
        found = json.loads(text)
    except ValueError as error:
        what = "The file is not JSON"
        raise InputError(what, where=where, fix="Write a list of rules") from error
    rows = found.get("rules") if isinstance(found, dict) else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError("The file holds no list of rules", where=where)
    return rows


def rules_of(rows: Iterable[Mapping[str, object]], *, where: str) -> list[Rule]:
    """Give rows as rules; rows without any word are left out.

    Raises
    ------
    InputError
        A column or a rule is unknown, or a cell that a rule needs is empty.
    """
    found = []
    for number, row in enumerate(rows, 1):
        place = f"{where}, row {number}"
        cells = {_heading(key, place): _cell(value) for key, value in row.items()}
        cells = {key: value for key, value in cells.items() if value}
        if set(cells) <= {"rule"} and not cells.get("rule"):
            continue
        found.append(_checked(Rule(cells, place)))
    return found


def _heading(key: object, where: str) -> str:
    name = str(key or "").strip().casefold()
    if name not in COLUMNS:
        raise InputError(
            f"'{key}' is no column of rules",
            where=where,
            fix=f"Use {', '.join(COLUMNS)}",
        )
    return name


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _checked(rule: Rule) -> Rule:
    name = rule.text("rule").casefold()
    if name not in NEEDS:
        near = difflib.get_close_matches(name, NEEDS, n=2) or list(NEEDS)
        raise InputError(
            f"'{rule.text('rule')}' is no rule",
            where=rule.where,
            fix=f"Use {', '.join(near)}",
        )
    ways = NEEDS[name]
    if not any(all(rule.text(cell) for cell in way) for way in ways):
        needs = " or ".join(" and ".join(way) for way in ways)
        raise InputError(f"The rule '{name}' needs {needs}", where=rule.where)
    return Rule({**rule.cells, "rule": name}, rule.where)


def read_lines(path: Path, crs: pyproj.CRS | str) -> NDArray[np.object_]:
    """Read the lines and areas of a file, in the CRS of the units.

    Raises
    ------
    InputError
        The file cannot be read, or holds neither lines nor areas.
    """
    _content(path)
    try:
        frame = gpd.read_file(path)
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise InputError(
            "The file holds no lines that can be read",
            where=path.name,
            fix="Draw the barriers as lines and save them as GeoJSON or GeoPackage",
        ) from error
    kinds = frame.geom_type.fillna("") if isinstance(frame, gpd.GeoDataFrame) else []
    kept = [str(kind).endswith(("LineString", "Polygon")) for kind in kinds]
    if not any(kept):
        raise InputError(
            "The file holds neither lines nor areas",
            where=path.name,
            fix="Draw the barriers as lines, from one end to the other",
        )
    lines = frame[kept].geometry
    lines = lines.set_crs(WGS84) if lines.crs is None else lines
    return np.asarray(lines.to_crs(crs), dtype=object)


def wishes_of(
    rules: Sequence[Rule],
    study: Study,
    *,
    territories: Mapping[str, str],
    free: bool,
) -> Wishes:
    """Give rules as wishes over a study.

    Parameters
    ----------
    territories
        territory_id -> name of those that are known.
    free
        Whether other territories may be named: there is no alignment to follow.

    Raises
    ------
    InputError
        A rule names a unit, an account, a measure or a territory that is not there.
    """
    by = defaultdict(list)
    for rule in rules:
        by[rule.text("rule")].append(rule)
    words = _Words(study, territories, free)
    return Wishes(
        locked=tuple(_once(words.owner(r) for r in by["lock"] if r.text("territory"))),
        held=tuple(_once(words.unit(r) for r in by["lock"] if not r.text("territory"))),
        required={words.unit(rule): words.owner(rule) for rule in by["require"]},
        forbidden=_forbidden(by["forbid"], words),
        together=_groups((r for r in by["together"] if r.text("unit")), words.unit),
        named={
            words.account(rule): Named(words.owner(rule), rule.yes("counts"))
            for rule in by["named"]
        },
        families=_groups(
            (r for r in by["together"] if not r.text("unit")), words.account
        ),
        shares={words.owner(r): r.number("value") or 0.0 for r in by["share"]},
        limits=tuple(
            Limit(
                words.owner(rule),
                words.measure(rule),
                rule.number("low"),
                rule.number("high"),
            )
            for rule in by["limit"]
        ),
        centers=tuple(words.center(rule) for rule in by["center"]),
        crossings=tuple(
            (words.unit(r), words.unit(r, "other")) for r in by["crossing"]
        ),
        barriers=tuple((words.unit(r), words.unit(r, "other")) for r in by["barrier"]),
    )


def known_territories(order: Order, *, new: bool) -> dict[str, str]:
    """Give the territories that rules may name: today's, the reps', new ones.

    Parameters
    ----------
    new
        Whether T01, T02, ... may be named: their number is known.

    Returns
    -------
    dict
        territory_id -> name.
    """
    known: dict[str, str] = {}
    for plan in (order.today, order.settled):
        if plan is not None:
            ids, names = map(str, plan.territories.index), plan.territories["name"]
            known |= dict(zip(ids, map(str, names), strict=True))
    if order.reps is not None:
        known |= {str(t): str(t) for t in order.reps["territory"] if t}
    k = order.territories if new else 0
    width = max(2, len(str(k)))
    fresh = [f"T{i + 1:0{width}d}" for i in range(k)]
    return {i: i for i in fresh} | known


def families_of(study: Study, column: str) -> list[tuple[str, ...]]:
    """Give the accounts that have the same word in a column, two or more each."""
    said = study.accounts[column].fillna("").astype("str").str.strip()
    said = said[said != ""]
    groups = said.index.to_series().groupby(said.to_numpy(), sort=True)
    return [tuple(map(str, ids)) for _, ids in groups if len(ids) > 1]


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _forbidden(rules: Sequence[Rule], words: _Words) -> dict[str, frozenset[str]]:
    barred: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        barred[words.unit(rule)].add(words.owner(rule))
    return {unit: frozenset(owners) for unit, owners in barred.items()}


def _groups(
    rules: Iterable[Rule], member: Callable[[Rule], str]
) -> tuple[tuple[str, ...], ...]:
    groups: dict[str, list[str]] = defaultdict(list)
    for rule in rules:
        groups[rule.text("group")].append(member(rule))
    return tuple(tuple(_once(group)) for group in groups.values() if len(group) > 1)


class _Words:
    """Finds what the cells of a rule mean, or says that it is not there."""

    def __init__(
        self, study: Study, territories: Mapping[str, str], free: bool
    ) -> None:
        self.study, self.free = study, free
        self.ids = {str(i).casefold(): str(i) for i in territories}
        names = {str(name).casefold(): str(i) for i, name in territories.items()}
        self.ids = names | self.ids
        self.units = {str(i): str(i) for i in study.table.unit_id}
        self.width = max(map(len, self.units), default=0)

    def owner(self, rule: Rule) -> str:
        word = rule.text("territory")
        known = self.ids.get(word.casefold())
        if known is None and not self.free:
            raise _strange(word, "territory", self.ids.values(), rule)
        return known or word

    def unit(self, rule: Rule, cell: str = "unit") -> str:
        word = rule.text(cell)
        for said in (word, word.zfill(self.width)):
            if said in self.units:
                return said
        raise _strange(word, "unit", self.units, rule)

    def pair(self, rule: Rule) -> tuple[str, str]:
        return self.unit(rule), self.unit(rule, "other")

    def account(self, rule: Rule) -> str:
        word = rule.text("account")
        if word not in self.study.accounts.index:
            known = map(str, self.study.accounts.index)
            raise _strange(word, "account", known, rule)
        return word

    def measure(self, rule: Rule) -> str:
        word = rule.text("measure")
        if word not in self.study.table.measures:
            raise _strange(word, "measure", self.study.table.measures, rule)
        return word

    def center(self, rule: Rule) -> Center:
        owner, fixed = self.owner(rule), rule.yes("fixed")
        if rule.text("unit"):
            row = int(np.flatnonzero(self.study.table.unit_id == self.unit(rule))[0])
            x, y = self.study.table.xy[row].tolist()
        else:
            crs = self.study.units.crs
            there = pyproj.Transformer.from_crs(WGS84, crs, always_xy=True)
            x, y = there.transform(rule.number("lon"), rule.number("lat"))
        if not np.isfinite([x, y]).all():
            raise InputError("The center is not on the map", where=rule.where)
        return Center(owner, (float(x), float(y)), fixed)


def _strange(word: str, what: str, known: Iterable[str], rule: Rule) -> InputError:
    ids = list(dict.fromkeys(known))
    near = difflib.get_close_matches(word, ids, n=3, cutoff=0.5) or ids[:6]
    return InputError(
        f"There is no {what} '{word}'",
        where=rule.where,
        fix=f"Choose from {', '.join(near)}" if near else "",
    )
