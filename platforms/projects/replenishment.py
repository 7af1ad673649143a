"""Whether the list holds as many projects as the task asks (退一补一, C6)."""

import pandas as pd

from platforms.judge import holds, judge
from platforms.policy.dated import DatedRule
from platforms.projects.corrections import corrected
from platforms.projects.dossiers import Dossiers
from platforms.statement import say
from platforms.targets.landing import on_years_list
from platforms.targets.ledger import Ledger
from platforms.targets.windows import window_of
from platforms.verdict import Evidence, Verdict


def replenishment_verdict(held: Dossiers, dated: DatedRule, targets: pd.DataFrame) -> Verdict:
    """Judge by how many projects the list of a year falls short of the task.

    Parameters
    ----------
    held
        The ledger.
    dated
        C6 ``replenish`` [项]; its condition names the task among the targets.
    targets
        Table ``targets``; tasks of units are summed where the city has none of its own.

    Returns
    -------
    Verdict
        Of the city; what left the list by starting in the year still counts, as in the landing
        rate (C8).

    Notes
    -----
    嘉政办发〔2018〕52号 四（一）: 项目数少于下达任务数的要求“退一补一”.
    """
    names = [
        name for one in dated.rule.where if one.layer == "targets"
        for name in (one.value if isinstance(one.value, tuple) else ())
    ]  # fmt: skip
    own = targets[targets["indicator"].isin(names) & targets["year"].eq(held.year)]
    own = own[own["target_value"].notna()]
    city = own[own["unit_id"].isna()]
    counted = city if len(city) else own
    if not len(counted):
        said = say("c6_no_task", year=held.year)
        return judge(dated, None, year=held.year, reasons=(said,))
    if not held.is_on_file:
        return judge(dated, None, year=held.year, reasons=(say("target_no_projects"),))
    task = float(counted["target_value"].sum())
    events = corrected(held.events, held.policy.as_of).reset_index(drop=True)
    ledger = Ledger(held.projects.reset_index(drop=True), events, held.policy.as_of)
    listed = on_years_list(ledger, window_of(dated.rule, held.year, held.policy.as_of))
    most = max(0.0, task - float(listed.yes.sum()))
    least = max(0.0, most - float(listed.open.sum()))
    rows = tuple(map(str, counted["target_id"]))
    evidence = (
        Evidence("targets", rows, say("c6_task", task=task)),
        *(
            [Evidence("projects", ledger.ids(listed.yes), say("c6_listed"))]
            if listed.yes.any()
            else []
        ),
    )
    if holds(dated.rule, least) != holds(dated.rule, most):
        said = say("target_undecided", low=least, high=most, count=int(listed.open.sum()))
        return judge(dated, None, year=held.year, evidence=evidence, reasons=(said,))
    return judge(dated, most, year=held.year, evidence=evidence)
