"""What the command `design` does, from its words to the answer it prints."""

from __future__ import annotations

import time
from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from data.account_files import write_rows
from data.atomic import check_folder
from data.commands import (
    BROKEN_RULE,
    DEFAULT_MEASURE,
    OK,
    Answer,
    Report,
    Watch,
    columns_text,
    intake_of,
    joined_market,
    roads_of,
    scores_text,
    summable,
    today_of,
    tolerances_of,
    writable,
)
from data.document import Json, plain
from data.findings import design_answer
from data.formats import write_plan
from data.intake import Intake, column_of, read_reps
from data.propose import count_territories, propose, propose_options
from data.rules import (
    Rule,
    families_of,
    known_territories,
    read_lines,
    read_rules,
    rules_of,
    wishes_of,
)
from data.study import study_of
from data.task import Order, stated, targets_for
from geo.design import Result
from geo.errors import InputError
from geo.metrics import disruption, scorecard
from geo.plan import Plan, owners
from geo.reckoning import exceptions_of, reckoned
from geo.study import Study
from geo.warm import warm_up
from geo.wishes import Wishes

LEAST = "least"
"""The word for as few moves as it takes."""


@dataclass(frozen=True, eq=False)
class Found:
    """A result, those beside it, and what was worked out before."""

    result: Result
    options: Json
    notes: tuple[str, ...] = ()


def design(asked: Namespace, report: Report) -> Answer:
    """Propose a plan for a file of accounts and write it."""
    started = time.monotonic()
    outs = [writable(path) for path in asked.out]
    if asked.unassigned:
        check_folder(Path(asked.unassigned))
    report("reading", 0.0)
    study, order = _asked_for(asked)
    if asked.estimate and asked.territories != "auto":
        return _estimated(study, order, started)
    report("getting ready", 0.0)
    warm_up()  # compiling is not charged to --seconds
    watch = Watch(asked.seconds, report)
    counted: tuple[str, ...] = ()
    if asked.territories == "auto":
        count = count_territories(study, order, seed=asked.seed, stop=watch)
        order, counted = replace(order, territories=count.k), (count.sentence,)
        if asked.estimate:
            return _estimated(study, order, started)
    report(_expected(study, order), 0.0)
    found = _searched(study, order, asked, watch)
    plan = _as_draft(found.result)
    ground = replace(study, neighbors=reckoned(study, order.wishes).study.neighbors)
    targets = targets_for(study, order)
    today = order.today
    card = scorecard(plan, ground, targets=targets, reps=order.reps, today=today)
    for path in outs:
        report(f"writing {path.name}", 1.0)
        write_plan(plan, ground, path, card=card, today=today)
    result = replace(found.result, notes=(*counted, *found.result.notes))
    notes = result.notes + _list_unassigned(plan, study, asked.unassigned)
    values = design_answer(result, study, card, today=today) | found.options
    values["seconds"] = round(time.monotonic() - started, 3)
    values["files"] = [str(path) for path in outs]
    code = OK if values["feasible"] else BROKEN_RULE
    lines = [scores_text(values, card), *_frontier_text(values), *values["files"]]
    return Answer(values, "\n".join(lines), code, notes)


def _asked_for(asked: Namespace) -> tuple[Study, Order]:
    """Read the accounts, reps and rules the words name."""
    intake = intake_of(asked)
    measures = tolerances_of(asked, intake, DEFAULT_MEASURE)
    study = study_of(
        intake.accounts,
        units=asked.units,
        unit_id=column_of(intake, asked.unit_id) if asked.unit_id else "",
        measures=[m for m in measures if m in summable(intake)],
    )
    study = joined_market(study, asked)
    k = 1 if asked.territories == "auto" else asked.territories
    order = Order(
        k,
        measures,
        reps=read_reps(Path(asked.reps)) if asked.reps else None,
        today=today_of(study),
        roads=roads_of(asked),
        homes=asked.centers,
        moved_by=asked.moved_by,
        max_minutes=asked.max_minutes,
    )
    owned = _owned(study, asked.moved_by) if asked.max_moved else 0.0
    order = replace(order, max_moved=_most(asked.max_moved, owned))
    return study, replace(order, wishes=_wishes(asked, intake, study, order))


def _wishes(asked: Namespace, intake: Intake, study: Study, order: Order) -> Wishes:
    """Give the rules of the file and of the words."""
    rules: list[Rule] = read_rules(Path(asked.rules)) if asked.rules else []
    for word, cell, values in (
        ("--lock", "territory", asked.lock),
        ("--lock-unit", "unit", asked.lock_unit),
    ):
        rows = [{"rule": "lock", cell: value} for value in values]
        rules += [replace(rule, where=word) for rule in rules_of(rows, where=word)]
    if order.today is None and any(rule.text("rule") == "lock" for rule in rules):
        raise InputError(
            "There is no alignment of today to lock",
            where="--lock",
            fix="Name the column that holds it: --baseline COL",
        )
    known = known_territories(order, new=asked.territories != "auto")
    free = order.today is None and order.reps is None
    wishes = wishes_of(rules, study, territories=known, free=free)
    if asked.keep_exceptions and order.today is not None:
        kept = exceptions_of(order.today)
        wishes = replace(wishes, named={**kept, **wishes.named})
    if asked.families:
        column = column_of(intake, asked.families)
        wishes = replace(
            wishes, families=(*wishes.families, *families_of(study, column))
        )
    if asked.barriers:
        lines = read_lines(Path(asked.barriers), study.units.crs)
        wishes = replace(wishes, lines=lines)
    capacity = {
        column_of(intake, name) if name not in study.table.measures else name: most
        for name, most in _capacity(asked, order)
    }
    return replace(wishes, capacity=capacity, parts=asked.parts)


def _capacity(asked: Namespace, order: Order) -> list[tuple[str, float]]:
    lead = next(iter(order.measures))
    return [(name or lead, most) for name, most in asked.capacity]


def _searched(study: Study, order: Order, asked: Namespace, watch: Watch) -> Found:
    """Run what the words ask for: one plan, or one for each share that may move."""
    if not asked.frontier:
        least = asked.max_moved == LEAST
        result = propose(
            study,
            order,
            least=least,
            prices=asked.prices,
            seed=asked.seed,
            stop=watch,
        )
        return Found(result, {})
    shares = [percent / 100 for percent in asked.frontier]
    if not all(0 <= share <= 1 for share in shares):
        what = "A share that may change hands is between 0 and 100 %"
        raise InputError(what, where="--frontier", fix="Give 0,5,10,20,40")
    results = propose_options(
        study, order, shares=shares, prices=asked.prices, seed=asked.seed, stop=watch
    )
    met = [result for result in results if result.status == "feasible"]
    rows = [
        _option(share, result, study, order)
        for share, result in zip(shares, results, strict=True)
    ]
    return Found(met[0] if met else results[-1], {"frontier": rows})


def _option(share: float, result: Result, study: Study, order: Order) -> Json:
    """Say what one share of a frontier buys."""
    moved = (
        disruption(order.today, result.plan, study.accounts)
        if order.today is not None
        else pd.DataFrame()
    )
    revenue = moved["revenue"].sum() if "revenue" in moved else 0.0
    return {
        "max_share": share,
        "status": result.status,
        "moved_accounts": len(moved),
        "moved_revenue": float(revenue),
        "worst_deviation": plain(result.deviation),
        "objective": plain(result.objective),
        "gap": plain(result.gap),
        "binding": list(result.binding),
    }


def _frontier_text(values: Json) -> list[str]:
    rows = values.get("frontier")
    if not rows:
        return []
    table = pd.DataFrame(
        {
            "at most": [f"{100 * row['max_share']:g} %" for row in rows],
            "accounts changing hands": [row["moved_accounts"] for row in rows],
            **{
                f"{measure} within": [
                    f"{100 * row['worst_deviation'][measure]:.1f} %" for row in rows
                ]
                for measure in rows[0]["worst_deviation"]
            },
            "cost": [row["objective"] for row in rows],
            "": ["" if row["status"] == "feasible" else row["status"] for row in rows],
        }
    )
    return ["", columns_text(table)]


def _estimated(study: Study, order: Order, started: float) -> Answer:
    """Say at once what stands in the way; search for nothing."""
    task = stated(study, order).task
    told = task.estimated()
    ways = [way.sentence for way in task.ways()] if told.binding else []
    values: Json = {
        "territories": order.territories,
        "units": len(task.table),
        "accounts": len(study.accounts),
        "fair_share": {
            measure: {
                str(i): float(load)
                for i, load in task.territories[f"target_{measure}"].items()
            }
            for measure in order.measures
        },
        "possible": not told.binding,
        "binding": list(told.binding),
        "relaxations": list(dict.fromkeys([*told.relaxations, *ways])),
        "seconds": round(time.monotonic() - started, 3),
    }
    said = [f"Can't be met, because {line}" for line in told.binding]
    lines = said or ["Nothing is proven against it"]
    code = OK if not told.binding else BROKEN_RULE
    return Answer(values, "\n".join([*lines, *values["relaxations"]]), code)


def _expected(study: Study, order: Order) -> str:
    """Give the estimate as the step before the search."""
    if order.roads is not None:  # the search asks the roads, the estimate does not
        order = replace(order, roads=None, max_minutes=None)
    binding = stated(study, order).task.estimated().binding
    if not binding:
        return "estimate: nothing is proven against it"
    return f"estimate: can't be met, because {binding[0]}"


def _owned(study: Study, moved_by: str) -> float:
    """Give all that may change hands: accounts, or a measure of them."""
    if moved_by == "accounts":
        return float(len(study.accounts))
    if moved_by not in study.table.measures:
        raise InputError(
            f"There is no '{moved_by}'",
            where="--moved-by",
            fix=f"Choose from {', '.join(study.table.measures)}",
        )
    return float(study.account_loads[:, study.table.measures.index(moved_by)].sum())


def _most(text: str, owned: float) -> float | None:
    """Give what ``N`` or ``P%`` means of all that is owned; None for no limit."""
    if not text or text == LEAST:
        return None
    number = text.removesuffix("%")
    try:
        most = float(number)
    except ValueError:
        raise InputError(
            f"'{text}' is no number of accounts",
            where="--max-moved",
            fix="Give a number, 500, a share, 5%, or the word least",
        ) from None
    return most * owned / 100 if number != text else most


def _as_draft(result: Result) -> Plan:
    """Give the plan of a result; one that breaks a rule says so itself."""
    if result.status == "feasible":
        return result.plan
    told = {"draft": True, "breaks": list(result.binding)}
    return replace(result.plan, meta={**result.plan.meta, **told})


def _list_unassigned(plan: Plan, study: Study, path: str) -> tuple[str, ...]:
    """Write the accounts that are nobody's, or say how to have them listed."""
    owner = owners(plan, study.accounts)
    lost = study.accounts[owner == ""]
    if path:
        told = pd.DataFrame(lost.drop(columns="geometry")).reset_index()
        write_rows(told, Path(path))
        return ()
    if lost.empty:
        return ()
    return (
        f"{len(lost):,} accounts lie in no territory; list them: --unassigned FILE",
    )
