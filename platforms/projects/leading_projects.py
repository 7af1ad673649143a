"""Whether each leader leads a new large project a year, and how large (C11)."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from platforms.check_job import CheckJob
from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.projects.dossiers import Dossiers
from platforms.projects.findings import nothing_found
from platforms.projects.rows import number_of, text_of
from platforms.statement import say
from platforms.targets.conditions import Fit
from platforms.targets.counts import NO_CLASS, fits, listed
from platforms.targets.ledger import Ledger, ledger_on
from platforms.targets.tally import count_verdict
from platforms.targets.windows import window_of
from platforms.verdict import Evidence, Verdict

UNIT_ROLES = ("unit_head", "unit_leader")


def leader_verdicts(job: CheckJob, held: Dossiers, dated: DatedRule) -> list[Verdict]:
    """Judge what each leader leads in a year.

    Parameters
    ----------
    job
        Units, year and layers.
    held
        The ledger.
    dated
        A part of C11: the number of new projects [个], or their size [亿元], which is shown only.

    Returns
    -------
    list of Verdict
        Their number one a leader, their size one a project; the leader's name stands behind the
        part. Leaders are those that the targets of the year name in such a role, and those that
        lead such a project; where the targets name none, one ``no_data`` says so, since a leader
        who leads nothing can't be told from there being none.

    Notes
    -----
    嘉政办发〔2018〕52号 二（一）–（三）: of a unit its own leaders, of city and departments those
    of the city. New is what came on the list in the year in one of the programmes (as C1). A
    project without a leader is led by nobody, unless the column isn't kept at all.
    """
    roles = _roles(dated)
    is_of_unit = any(role in UNIT_ROLES for role in roles)
    subjects: Sequence[str | None] = job.unit_ids if is_of_unit else (None,)
    if not is_of_unit and not job.is_whole_city:
        return []
    ledger = ledger_on(job.source, job.policy.as_of)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    new = listed(ledger, window) & _classed(ledger) & fits(ledger, dated)
    found: list[Verdict] = []
    for unit_id in subjects:
        own = new & ledger.of_unit(unit_id)
        if dated.rule.comparator == "none":
            found += _sizes(job, held, dated, ledger, own, unit_id)
        else:
            found += _counts(job, held, dated, ledger, own, unit_id)
    return found


def _roles(dated: DatedRule) -> tuple[str, ...]:
    return next(
        one.value for one in dated.rule.where
        if one.column == "leader_role" and isinstance(one.value, tuple)
    )  # fmt: skip


def _classed(ledger: Ledger) -> Fit:
    classes = ledger.projects["project_class"].astype("object")
    return Fit(
        (classes.notna() & classes.ne(NO_CLASS)).to_numpy(dtype=bool),
        classes.isna().to_numpy(dtype=bool),
    )


def _counts(
    job: CheckJob, held: Dossiers, dated: DatedRule, ledger: Ledger, own: Fit, unit_id: str | None
) -> list[Verdict]:
    window = window_of(dated.rule, job.year, job.policy.as_of)
    rows = _roster(job, dated, unit_id)
    roster = dict(iter(rows.groupby("leader")["target_id"]))
    names = ledger.projects["leader"].astype("object").map(_plain)
    leading = set(names[own.yes].dropna())
    unsaid = names.isna().to_numpy(dtype=bool) & (not held.is_kept("leader"))
    found = []
    for name in sorted({*roster, *leading}):
        is_theirs = Fit(names.eq(name).to_numpy(dtype=bool), unsaid)
        one = count_verdict(dated, ledger, own & is_theirs, window, unit_id)
        named = roster.get(name)
        rows_named = () if named is None else (Evidence("targets", tuple(map(str, named))),)
        found.append(
            dataclasses.replace(
                one, part=f"{dated.rule.part}:{name}", evidence=(*one.evidence, *rows_named)
            )
        )
    if not roster:
        said = say("target_no_projects") if ledger.is_empty else say("c11_no_roster", year=job.year)
        found.append(judge(dated, None, unit_id=unit_id, year=job.year, reasons=(said,)))
    return found


def _roster(job: CheckJob, dated: DatedRule, unit_id: str | None) -> pd.DataFrame:
    """Give the rows of the targets of the year that name a leader in such a role."""
    targets = pd.DataFrame(job.source.read("targets"))
    named = targets["leader"].map(_plain)
    chosen = (
        named.notna()
        & targets["leader_role"].isin(_roles(dated))
        & targets["year"].eq(job.year).fillna(value=False)
    )
    if unit_id is not None:
        chosen &= targets["unit_id"].eq(unit_id).fillna(value=False)
    return targets.assign(leader=named)[chosen.to_numpy(dtype=bool)]


def _plain(value: object) -> str | None:
    return text_of({"leader": value}, "leader")


def _sizes(
    job: CheckJob, held: Dossiers, dated: DatedRule, ledger: Ledger, own: Fit, unit_id: str | None
) -> list[Verdict]:
    """Show how far each project led lies from the amount marked 左右."""
    found = []
    for position in np.flatnonzero(own.yes):
        row = ledger.projects.iloc[int(position)].to_dict()
        amount, leader = number_of(row, "investment_yi_yuan"), text_of(row, "leader")
        if leader is None:
            continue
        said = say("target_amount_missing") if amount is None else say("target_about")
        found.append(
            judge(
                dated, amount, unit_id=unit_id, year=job.year,
                part=f"{dated.rule.part}:{leader}", reasons=(said,),
                evidence=(Evidence("projects", (str(row["project_id"]),), say("target_counted")),),
            )
        )  # fmt: skip
    return found or [nothing_found(dated, unit_id, job.year, held.is_on_file)]
