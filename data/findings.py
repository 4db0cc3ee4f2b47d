"""What a command found, as plain values under the names scripts rely on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from data.document import Json, plain
from data.intake import Intake
from geo.design import Cost, Result
from geo.frames import Accounts, Scorecard
from geo.metrics import disruption
from geo.plan import Plan, aligned_labels, owners
from geo.study import Study


def intake_answer(intake: Intake) -> Json:
    """Say what became of a file of accounts."""
    return {
        "rows": intake.rows,
        "accounts": len(intake.accounts),
        "rejected": intake.rejected,
        "duplicates": intake.duplicates,
        "columns": dict(intake.columns),
        "match": dict(sorted(Counter(intake.accounts["match"]).items())),
        "issues": dict(sorted(Counter(i.kind for i in intake.issues).items())),
    }


def design_answer(
    result: Result, study: Study, card: Scorecard, *, today: Plan | None
) -> Json:
    """Say what a proposal is worth."""
    return {
        "status": result.status,
        "feasible": result.status == "feasible",
        "stopped": result.stopped,
        **plan_answer(result.plan, study, card, today=today),
        "worst_deviation": plain(result.deviation),
        "objective": plain(result.objective),
        "objective_unit": result.objective_unit,
        "lower_bound": plain(result.lower_bound),
        "gap": plain(result.gap),
        "proof": result.proof,
        "certificate": result.certificate,
        "binding": list(result.binding),
        "relaxations": list(result.relaxations),
        "notes": list(result.notes),
    }


def score_answer(
    plan: Plan,
    study: Study,
    card: Scorecard,
    measures: Mapping[str, float],
    broken: Sequence[str],
    *,
    cost: Cost,
    today: Plan | None,
) -> Json:
    """Say what any plan is worth: as a proposal, with its scorecard.

    Nothing was searched: there is no bound, and a plan that breaks a rule is one for
    which nothing feasible was found.
    """
    return {
        "status": "not_found" if broken else "feasible",
        "feasible": not broken,
        "stopped": "converged",
        **plan_answer(plan, study, card, today=today),
        "worst_deviation": {
            measure: plain(card[f"{measure}_deviation"].abs().max())
            for measure in measures
        },
        "objective": plain(objective(plan, study, cost)),
        "objective_unit": cost.unit,
        "lower_bound": None,
        "gap": None,
        "proof": "Nothing is proven of a plan that was not searched for",
        "certificate": "",
        "binding": list(broken),
        "relaxations": [],
        "scorecard": plain(card.reset_index().to_dict("records")),
    }


def compare_answer(
    moved: pd.DataFrame, accounts: Accounts, plans: Sequence[Plan]
) -> Json:
    """Say what changes hands between two plans, territory by territory."""
    ids = sorted({str(i) for plan in plans for i in plan.territories.index})
    revenue = moved.get("revenue", pd.Series(0.0, index=moved.index))
    gone, won = moved["from"], moved["to"]
    return {
        "moved_accounts": len(moved),
        "moved_share": len(moved) / max(len(accounts), 1),
        "moved_revenue": float(revenue.sum()),
        "territories": [
            {
                "territory_id": i,
                "in_accounts": int((won == i).sum()),
                "out_accounts": int((gone == i).sum()),
                "in_revenue": float(revenue[won == i].sum()),
                "out_revenue": float(revenue[gone == i].sum()),
            }
            for i in ids
        ],
    }


def objective(plan: Plan, study: Study, cost: Cost) -> float:
    """Give the sum of weight x cost over the assigned units."""
    label = aligned_labels(plan, study)
    rows = np.flatnonzero(label >= 0)
    centers = cost.recenter(label, len(plan.territories))
    own = cost.block(rows, centers)[np.arange(len(rows)), label[rows]]
    return float(np.sum(study.table.weight[rows] * own))


def plan_answer(
    plan: Plan, study: Study, card: Scorecard, *, today: Plan | None
) -> Json:
    """Say how many of everything a plan has, and what changes hands against today."""
    owner = owners(plan, study.accounts)
    moved = 0 if today is None else len(disruption(today, plan, study.accounts))
    return {
        "territories": len(plan.territories),
        "units": len(plan.unit_id),
        "accounts": len(study.accounts),
        "unassigned": int((owner == "").sum()),
        "extra_pieces": int((card["pieces"] - 1).clip(lower=0).sum()),
        "moved_accounts": moved,
    }
