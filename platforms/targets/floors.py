"""The floor of investment of a 市长工程 or 县长工程 (C2)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from platforms.judge import judge
from platforms.policy.dated import PolicySet
from platforms.statement import say
from platforms.targets.conditions import conditions_on, fitting
from platforms.targets.ledger import Ledger
from platforms.verdict import Evidence, Verdict


def floor_verdicts(
    ledger: Ledger, unit_ids: Sequence[str], policy: PolicySet, year: int
) -> list[Verdict]:
    """Judge the investment of each project against the floor of its class.

    Parameters
    ----------
    ledger
        The ledger on the as-of date.
    unit_ids
        Units whose projects are judged.
    policy
        Rules on that date.
    year
        Year asked; projects that came on the list later aren't shown.

    Returns
    -------
    list of Verdict
        One a project and part of its class [亿元]; its evidence names the project. Where the
        project isn't of the kind whose floor is stated, or doesn't say, ``no_data``. A unit
        without such projects has one verdict a part: ``not_applicable``, or ``no_data`` where
        projects don't state their class.

    Notes
    -----
    C2 嘉政办发〔2018〕52号 二: no other floor is stated.
    """
    verdicts = []
    for part in policy.parts("C2"):
        for unit_id in unit_ids:
            verdicts += _of_unit(ledger, part, unit_id, policy, year)
    return verdicts


def _of_unit(
    ledger: Ledger, part: str, unit_id: str, policy: PolicySet, year: int
) -> list[Verdict]:
    dated = policy.rule("C2", part)
    conditions = conditions_on(dated.rule, "projects")
    of_class = fitting(
        ledger.projects, [one for one in conditions if one.column == "project_class"]
    )
    own = ledger.of_unit(unit_id).yes
    listed_on = ledger.first_day(("listed",)).fillna("").to_numpy(dtype=object)
    until = np.array([day <= min(f"{year}-12-31", policy.as_of) for day in listed_on], dtype=bool)
    shown = np.flatnonzero(own & of_class.yes & until)
    verdicts = []
    for position in shown:
        verdicts.append(floor_verdict(ledger, int(position), part, policy, unit_id, year))
    if verdicts:
        return verdicts
    open_ids = ledger.ids(own & of_class.open)
    if ledger.is_empty or open_ids:
        none = say("target_no_projects") if ledger.is_empty else say(
            "c2_class_unknown", count=len(open_ids)
        )  # fmt: skip
        rows = (Evidence("projects", open_ids, say("target_unclear")),) if open_ids else ()
        return [judge(dated, None, unit_id=unit_id, year=year, evidence=rows, reasons=(none,))]
    return [
        judge(
            dated, None, unit_id=unit_id, year=year, outcome="not_applicable",
            reasons=(say("c2_none_of_class"),),
        )
    ]  # fmt: skip


def floor_verdict(
    ledger: Ledger, position: int, part: str, policy: PolicySet, unit_id: str | None, year: int
) -> Verdict:
    """Judge the investment of one project of the class against its floor.

    Parameters
    ----------
    ledger
        The ledger.
    position
        The project, by its position in it; of the class that the part speaks of.
    part
        Part of C2.
    policy
        Rules on the as-of date.
    unit_id, year
        Subject and year of the verdict.

    Returns
    -------
    Verdict
        [亿元]; ``no_data`` where the project isn't of the kind whose floor is stated, or doesn't
        say.
    """
    dated = policy.rule("C2", part)
    one = ledger.projects.iloc[[position]]
    fit = fitting(one, conditions_on(dated.rule, "projects"))
    row = one.iloc[0]
    amount = row["investment_yi_yuan"]
    if fit.yes[0]:
        reason = say("target_amount_missing") if pd.isna(amount) else None
    elif fit.open[0]:
        reason = say("c2_kind_unknown")
    else:
        reason = say("c2_no_floor_stated")
    return judge(
        dated, float(amount) if reason is None else None, unit_id=unit_id, year=year,
        evidence=(Evidence("projects", (str(row["project_id"]),), say("target_counted")),),
        reasons=() if reason is None else (reason,),
    )  # fmt: skip
