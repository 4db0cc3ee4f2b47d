"""What each command does, from its words to the answer it prints.

A command takes the parsed words and a `Report`, and gives an `Answer`; it prints
nothing itself. `cli.py` is the only caller.
"""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.account_files import write_accounts, write_rows
from data.atomic import check_folder
from data.boundaries import read_units
from data.by_road import ByRoad, road_cost
from data.clock import MaxRuntime
from data.demo import write_demo
from data.demo_helsinki import CREDIT
from data.doctor import examine
from data.document import Json, NoPlanError
from data.engines import engine_of
from data.findings import compare_answer, intake_answer, score_answer
from data.forget import forget as delete_data
from data.forget import kept
from data.formats import over, read_plan, write_plan, writer_of
from data.intake import Intake, column_of, read_accounts, read_reps, select
from data.market import join, with_market
from data.propose import shares_of
from data.reading import Reading, geocoder_of
from data.refresh import refresh
from data.settings import read_settings
from data.study import no_accounts, study_over, units_for
from data.tables import read_table
from geo.baseline import todays
from geo.breaks import breaks
from geo.design import Progress
from geo.errors import InputError
from geo.frames import Scorecard
from geo.metrics import disruption, scorecard, summary
from geo.plan import Plan
from geo.study import Study
from routing.connection import road_pieces

Report = Callable[[str, float], None]
"""Takes the step a command is at and the share of it that is done."""

DEFAULT_MEASURE = {"workload_h": 0.10}
OK, BROKEN_RULE = 0, 3
RULES = ("pieces", "over", "under", "lock")
"""Kinds of breaks that make a plan a draft."""


@dataclass(frozen=True, eq=False)
class Answer:
    """What a command found out.

    Parameters
    ----------
    values
        What ``--json`` prints.
    text
        What is printed without it.
    code
        Exit code.
    notes
        Sentences for stderr.
    """

    values: Json
    text: str
    code: int = OK
    notes: tuple[str, ...] = ()


class Watch:
    """A stop that reports where the search stands and ends it when time is up."""

    reason = "clock"

    def __init__(self, seconds: float, report: Report) -> None:
        self.clock, self.report = MaxRuntime(seconds), report

    def __call__(self, progress: Progress) -> bool:
        """Report, then tell whether the time is up."""
        self.report(progress.step, progress.share)
        return self.clock(progress)


def demo(asked: Namespace, report: Report) -> Answer:
    """Write fictional accounts and reps."""
    report("drawing accounts", 0.0)
    values: Json = write_demo(
        Path(asked.folder), name=asked.name, accounts=asked.accounts, seed=asked.seed
    )
    files = [str(path) for path in values["files"]]
    text = f"{values['accounts']:,} fictional accounts, {values['reps']} reps"
    notes = (CREDIT,) if asked.name == "helsinki" else ()
    return Answer(values | {"files": files}, "\n".join([text, *files]), OK, notes)


def check(asked: Namespace, report: Report) -> Answer:
    """Read, clean and place accounts; say what became of them."""
    for path in filter(None, (asked.out, asked.issues)):
        check_folder(Path(path))
    report("reading", 0.0)
    reading = Reading(
        **{k: getattr(asked, k) for k in ("sheet", "encoding", "crs", "decimal")},
        currency=asked.currency,
        day_first={"day": True, "month": False}.get(asked.dates),
        accept=tuple(asked.accept),
    )
    intake = read_accounts(
        Path(asked.accounts),
        mapping=dict(asked.map),
        reading=reading,
        geocoder=lambda accounts: geocoder_of(
            asked.geocode,
            accounts,
            read_settings(os.environ),
            agreed=asked.agree,
            actor="command line",
        ),
    )
    values = intake_answer(intake)
    if asked.previous:
        values["refresh"] = _refreshed(Path(asked.previous), intake)
    if asked.out:
        write_accounts(intake.accounts, Path(asked.out))
    if asked.issues:
        write_rows(pd.DataFrame(map(vars, intake.issues)), Path(asked.issues))
    lines = [f"{key}: {value}" for key, value in values.items()]
    return Answer(values, "\n".join(lines))


def _refreshed(previous: Path, intake: Intake) -> Json:
    """Count what a newer export changes against an older one."""
    change = refresh(read_accounts(previous).accounts, intake.accounts)
    return {
        "new": len(change.new),
        "gone": len(change.gone),
        "moved": len(change.moved),
        "changed": int(change.changed["account_id"].nunique()),
    }


def forget(asked: Namespace, report: Report) -> Answer:
    """Delete what the program keeps for the user, once that is confirmed."""
    home = read_settings(os.environ).home
    found = [str(path) for path in kept(home)]
    if not asked.yes:
        text = "\n".join(["Would be deleted; repeat with --yes:", *found])
        return Answer({"deleted": [], "kept": found}, text if found else "Nothing.")
    report("deleting", 0.0)
    gone = [str(path) for path in delete_data(home)]
    return Answer({"deleted": gone, "kept": []}, f"{len(gone)} deleted from {home}")


def score(asked: Namespace, report: Report) -> Answer:
    """Score any plan over a file of accounts."""
    started = time.monotonic()
    report("reading", 0.0)
    intake = intake_of(asked)
    study, plan = _opened(asked.plan, intake, asked)
    today = today_of(study)
    measures = tolerances_of(asked, intake, _stated(plan))
    reps = read_reps(Path(asked.reps)) if asked.reps else None
    targets = shares_of(plan, study, measures=measures, reps=reps)
    card = scorecard(plan, study, targets=targets, reps=reps, today=today)
    found = breaks(plan, study, targets=targets)
    by_road = roads_of(asked)
    if by_road is not None:
        found += road_pieces(plan, study, by_road.engine)
    rules = (*RULES, "apart") if asked.by_road else RULES
    broken = [b.sentence for b in found if b.kind in rules]
    cost = road_cost(study, by_road, targets)
    values = score_answer(plan, study, card, measures, broken, cost=cost, today=today)
    values["seconds"] = round(time.monotonic() - started, 3)
    notes = tuple(b.sentence for b in found if b.kind not in rules) + _divided(plan)
    values["notes"] = list(notes)
    code = OK if not broken else BROKEN_RULE
    return Answer(values, scores_text(values, card), code, notes)


def compare(asked: Namespace, report: Report) -> Answer:
    """Say which accounts change hands between two plans."""
    report("reading", 0.0)
    intake = intake_of(asked)
    study, after = _opened(asked.plans[1], intake, asked)
    before = read_plan(Path(asked.plans[0]), study)
    moved = disruption(before, after, study.accounts)
    values = compare_answer(moved, study.accounts, [before, after])
    rows = pd.DataFrame(values["territories"])
    text = (
        f"{values['moved_accounts']:,} accounts change hands "
        f"({values['moved_share']:.1%})\n{columns_text(rows)}"
    )
    return Answer(values, text)


def export(asked: Namespace, report: Report) -> Answer:
    """Write a plan file in other formats."""
    outs = [writable(path) for path in asked.out]
    report("reading", 0.0)
    if asked.accounts:
        study, plan = _opened(asked.plan, intake_of(asked), asked)
    else:
        plan = read_plan(Path(asked.plan))
        study = study_over(no_accounts(), units_for(plan, units=asked.units))
        plan = over(plan, study, where=asked.plan)
    wanted = asked.territory or None
    for path in outs:
        report(f"writing {path.name}", 0.5)
        write_plan(plan, study, path, territories=wanted, accounts=bool(asked.accounts))
    files = [str(path) for path in outs]
    return Answer({"files": files}, "\n".join(files))


def doctor(_asked: Namespace, report: Report) -> Answer:
    """Say whether this computer has what the program needs."""
    report("looking", 0.0)
    values = examine()
    lines = [f"{key}: {value}" for key, value in values.items()]
    return Answer(values, "\n".join(lines), OK if values["ok"] else 2)


def intake_of(asked: Namespace) -> Intake:
    """Read the accounts, filtered and with the baseline the words ask for."""
    intake = read_accounts(Path(asked.accounts), mapping=dict(asked.map))
    wanted = {column_of(intake, name): value for name, value in asked.where}
    accounts = select(intake.accounts, wanted) if wanted else intake.accounts
    if asked.baseline:
        column = accounts[column_of(intake, asked.baseline)]
        accounts = accounts.assign(territory=column.fillna("").astype("str"))
    return replace(intake, accounts=accounts)


def tolerances_of(
    asked: Namespace, intake: Intake, usual: Mapping[str, float]
) -> dict[str, float]:
    """Give the measures the words name and their tolerances, else the usual ones."""
    ground = _market_of(asked).columns if asked.market else ()
    named = {
        name
        if name == "accounts" or name in ground
        else column_of(intake, name): tolerance
        for name, tolerance in asked.measure
    }
    return named or dict(usual)


def summable(intake: Intake) -> set[str]:
    """Give the measures that are columns of the accounts."""
    return {"accounts", *map(str, intake.accounts.columns)}


def _market_of(asked: Namespace) -> pd.DataFrame:
    return read_table(Path(asked.market))


def joined_market(study: Study, asked: Namespace) -> Study:
    """Give the study with the numbers of the market file, if there is one."""
    if not asked.market:
        return study
    return with_market(study, join(_market_of(asked), study.units))


def _stated(plan: Plan) -> Mapping[str, float]:
    stated = plan.meta.get("tolerance")
    return stated if isinstance(stated, dict) and stated else DEFAULT_MEASURE


def _opened(path: str, intake: Intake, asked: Namespace) -> tuple[Study, Plan]:
    """Give the study a plan is drawn over, and the plan over it.

    Polygons of another program are laid over the units asked for, else counties.
    """
    try:
        plan = read_plan(Path(path))
        units = units_for(plan, units=asked.units, near=intake.accounts)
        usual = _stated(plan)
    except NoPlanError:
        units = read_units(asked.units or "county", near=intake.accounts)
        usual = DEFAULT_MEASURE
    measures = [*tolerances_of(asked, intake, usual)]
    unit_id = column_of(intake, asked.unit_id) if asked.unit_id else ""
    measures = [m for m in measures if not asked.market or m in summable(intake)]
    study = study_over(intake.accounts, units, unit_id=unit_id, measures=measures)
    study = joined_market(study, asked)
    return study, read_plan(Path(path), study)


def _divided(plan: Plan) -> tuple[str, ...]:
    """Say how many units a foreign plan's borders cut through."""
    divided = plan.meta.get("divided")
    if not isinstance(divided, list):
        return ()
    return (f"{len(divided)} units lie in two territories; the larger part decides",)


def roads_of(asked: Namespace) -> ByRoad | None:
    """Give the roads the words name; None for none.

    Raises
    ------
    InputError
        A word needs roads and there are none, or there is no such network.
    """
    if asked.roads:
        engine = engine_of(asked.roads, profile=asked.profile, online=asked.online)
        return ByRoad(engine, from_homes=asked.from_homes, joined=asked.by_road)
    word = "--by-road" if asked.by_road else "--from-homes"
    if asked.by_road or asked.from_homes:
        fix = "Name a network, or the estimate: --roads FILE"
        raise InputError(f"{word} needs roads", where="--roads", fix=fix)
    return None


def today_of(study: Study) -> Plan | None:
    """Give today's alignment if the accounts say one."""
    plan = todays(study)
    return plan if len(plan.territories) else None


def writable(text: str) -> Path:
    """Give a path that can be written, in a format that is known.

    Raises
    ------
    InputError
        It cannot.
    """
    path = Path(text)
    writer_of(path)
    check_folder(path)
    return path


def scores_text(values: Json, card: Scorecard) -> str:
    """Give the scorecard as text: a sentence, a table, what is wrong."""
    shown = [
        *("name", "rep_id", "accounts"),
        *(c for m in values["worst_deviation"] for c in (m, f"{m}_deviation")),
        *("area_km2", "compactness", "pieces"),
    ]
    table = card[[c for c in dict.fromkeys(shown) if c in card]].reset_index()
    worth = [values["certificate"]] if values["certificate"] else []
    said = [*values["binding"], *values["relaxations"], *worth]
    return "\n".join([summary(card), "", columns_text(table), *said])


def columns_text(rows: pd.DataFrame) -> str:
    """Give a table as text, a line a row."""
    return rows.to_string(index=False, float_format=lambda x: f"{x:,.3f}")
