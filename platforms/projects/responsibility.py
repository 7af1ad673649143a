"""Who leads and looks after (B15 C11 E5)."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from geo.units import compare, compare_all
from platforms.ledger.calendar import window_of
from platforms.ledger.counting import ProjectLedger, competition_ledger, count_verdict, ledger_of
from platforms.ledger.histories import (
    Finding,
    State,
    finding,
    is_finished,
    must_be_empty,
    none_concerned,
)
from platforms.ledger.rows import Row, number_of, text_of
from platforms.policy.check import CheckJob, counted_rows, judge, judge_between
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.targets.counts import NO_CLASS, fits, listed

UNIT_ROLES = ("unit_head", "unit_leader")


@check("C11", "city_leader", "unit_leader", "department_head", unit="个")
@check("C11", "city_leader_size", "unit_leader_size", "department_head_size", unit="亿元")
def leader_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge what each leader leads in a year.

    ``dated``: A part of C11: the number of new projects [个], or their size [亿元], which is shown
      only.

    Their number one a leader, their size one a project; the leader's name stands behind the part.
    Leaders are those that the targets of the year name in such a role, and those that lead such a
    project; where the targets name none, one ``no_data`` says so, since a leader who leads nothing
    can't be told from there being none.

    嘉政办发〔2018〕52号 二（一）–（三）: of a unit its own leaders, of city and departments those
    of the city. New is what came on the list in the year in one of the programmes (as C1). A
    project without a leader is led by nobody, unless the column isn't kept at all.
    """
    roles = _roles(dated)
    is_of_unit = any(role in UNIT_ROLES for role in roles)
    subjects: Sequence[str | None] = job.unit_ids if is_of_unit else (None,)
    if not is_of_unit and not job.is_whole_city:
        return []
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    new = listed(ledger, window) & _classed(ledger) & fits(ledger, dated)
    shown_only = dated.rule.comparator == "none"
    verdicts: list[Verdict] = []
    for unit_id in subjects:
        new_in_unit = new & ledger.of_unit(unit_id)
        verdicts += (_sizes if shown_only else _counts)(job, dated, ledger, new_in_unit, unit_id)
    return verdicts


@check("C11", "city_secretary", "unit_secretary", unit="个")
def secretary_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge whether a new project of the year was put under the party secretary (C11).

    ``dated``: C11 ``city_secretary``, of the projects that leaders of the city lead, or
      ``unit_secretary``, of those of a unit [个].

    One for the city, or one a unit. Where nobody says of any project whether the secretary looks
    after it, that isn't known.

    嘉政办发〔2018〕52号 二（一）: 择优推荐一个项目由市委主要领导联系; 二（二）.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    new = listed(ledger, window) & _classed(ledger) & fits(ledger, dated)
    is_of_unit = dated.rule.part == "unit_secretary"
    subjects: Sequence[str | None] = job.unit_ids if is_of_unit else (None,)
    if not is_of_unit and not job.is_whole_city:
        return []
    if not ledger.is_empty and not ledger.is_filled_in("is_secretary_contact"):
        said = say("c11_secretary_not_kept")
        return [
            judge(dated, None, unit_id=unit_id, year=job.year, reasons=(said,))
            for unit_id in subjects
        ]
    return [
        count_verdict(dated, ledger, new & ledger.of_unit(unit_id), window, unit_id)
        for unit_id in subjects
    ]


def _roles(dated: DatedRule) -> tuple[str, ...]:
    return next(
        condition.value for condition in dated.rule.where
        if condition.column == "leader_role" and isinstance(condition.value, tuple)
    )  # fmt: skip


def _classed(ledger: ProjectLedger) -> Maybe:
    classes = ledger.projects["project_class"].astype("object")
    return Maybe(
        (classes.notna() & classes.ne(NO_CLASS)).to_numpy(dtype=bool),
        classes.isna().to_numpy(dtype=bool),
    )


def _counts(
    job: CheckJob, dated: DatedRule, ledger: ProjectLedger, new: Maybe, unit_id: str | None
) -> list[Verdict]:
    window = window_of(dated.rule, job.year, job.policy.as_of)
    rows = _roster(job, dated, unit_id)
    roster = dict(iter(rows.groupby("leader")["target_id"]))
    names = ledger.projects["leader"].astype("object").map(_plain)
    leading = set(names[new.yes].dropna())
    unsaid = names.isna().to_numpy(dtype=bool) & (
        not competition_ledger(job).is_filled_in("leader")
    )
    verdicts = []
    for name in sorted({*roster, *leading}):
        is_led = Maybe(names.eq(name).to_numpy(dtype=bool), unsaid)
        verdict = count_verdict(dated, ledger, new & is_led, window, unit_id)
        naming = roster.get(name)
        named_by = () if naming is None else (Evidence("targets", tuple(map(str, naming))),)
        verdicts.append(
            dataclasses.replace(
                verdict, part=f"{dated.rule.part}:{name}", evidence=(*verdict.evidence, *named_by)
            )
        )
    if not roster:
        said = say("target_no_projects") if ledger.is_empty else say("c11_no_roster", year=job.year)
        verdicts.append(judge(dated, None, unit_id=unit_id, year=job.year, reasons=(said,)))
    return verdicts


def _roster(job: CheckJob, dated: DatedRule, unit_id: str | None) -> pd.DataFrame:
    """Give the rows of the targets of the year that name a leader in such a role."""
    targets = pd.DataFrame(job.source.read("targets"))
    names = targets["leader"].map(_plain)
    chosen = (
        names.notna()
        & targets["leader_role"].isin(_roles(dated))
        & targets["year"].eq(job.year).fillna(value=False)
    )
    if unit_id is not None:
        chosen &= targets["unit_id"].eq(unit_id).fillna(value=False)
    return targets.assign(leader=names)[chosen.to_numpy(dtype=bool)]


def _plain(value: object) -> str | None:
    return text_of({"leader": value}, "leader")


def _sizes(
    job: CheckJob, dated: DatedRule, ledger: ProjectLedger, new: Maybe, unit_id: str | None
) -> list[Verdict]:
    """Show how far each project led lies from the amount marked 左右."""
    verdicts = []
    for position in np.flatnonzero(new.yes):
        row = ledger.projects.iloc[int(position)].to_dict()
        amount, leader = number_of(row, "investment_yi_yuan"), text_of(row, "leader")
        if leader is None:
            continue
        said = say("target_amount_missing") if amount is None else say("target_about")
        verdicts.append(
            judge(
                dated, amount, unit_id=unit_id, year=job.year,
                part=f"{dated.rule.part}:{leader}", reasons=(said,),
                evidence=(Evidence("projects", (str(row["project_id"]),), say("target_counted")),),
            )
        )  # fmt: skip
    return verdicts or [none_concerned(job, dated, unit_id)]


CITY_LEADER = "city_leader"


def least_investment(dated: DatedRule) -> float:
    """Give the investment from which on the rule speaks of a project [亿元]."""
    (least, *_) = [
        float(condition.value)
        for condition in dated.rule.where
        if isinstance(condition.value, float) and condition.column == "investment_yi_yuan"
    ]
    return least


@check("E5", "leader", "secretary")
@must_be_empty
def unattended(job: CheckJob, dated: DatedRule) -> Iterator[Finding]:
    """Find large projects without a leader of the city, or without a secretary.

    长春 五（二）30, 31. A project in production needs neither any more. A column that is filled in
    for no project isn't kept.
    """
    least = least_investment(dated)
    judged = _leader if dated.rule.part == "leader" else _secretary
    ledger = competition_ledger(job)
    for row, events in ledger.histories:
        invested = number_of(row, "investment_yi_yuan")
        if is_finished(row, events) or (invested is not None and compare(invested, least) < 0):
            continue
        if invested is None:
            yield finding(row, "open", say("target_amount_missing"))
        else:
            yield finding(row, *judged(ledger, row, invested, least))


def _leader(
    ledger: ProjectLedger, row: Row, invested: float, least: float
) -> tuple[State, Statement]:
    leader, role = text_of(row, "leader"), text_of(row, "leader_role")
    if leader is not None and role == CITY_LEADER:
        return "keeps", say("e5_attended")
    said = say("warning_no_leader", invested=invested, least=least)
    if leader is not None and role is None:
        return "open", say("e5_role_unknown")
    return "departs" if ledger.is_filled_in("leader") else "open", said


def _secretary(
    ledger: ProjectLedger, row: Row, invested: float, least: float
) -> tuple[State, Statement]:
    if text_of(row, "secretary") is not None:
        return "keeps", say("e5_attended")
    said = say("warning_no_secretary", invested=invested, least=least)
    return "departs" if ledger.is_filled_in("secretary") else "open", said


FIRMS = "enterprises"


@check("B15", "contacts", unit="家")
def contact_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many key foreign firms have a contact.

    ``dated``: B15 ``contacts`` [家].

    One for the city; key firms without a contact are named. Where no firm has one, they aren't
    kept, and nothing is known; a firm that doesn't say whether it is a key one may be.

    《进一步推动招大引强工作实施方案》 二（二）6.
    """
    if not job.is_whole_city:
        return []
    firms = pd.DataFrame(job.layer(FIRMS)).reset_index(drop=True)
    fit = counted_rows(dated.rule, FIRMS, firms)
    has = firms["contact"].map(lambda name: text_of({"": name}, "") is not None)
    looked_after = has.to_numpy(dtype=bool)
    if not looked_after.any():
        said = say("b15_not_kept" if len(firms) else "b15_no_firms")
        return [judge(dated, None, year=job.year, reasons=(said,))]
    ids = firms["enterprise_id"].astype(str)
    alone = tuple(ids[fit.yes & ~looked_after])
    unsaid = fit.open & looked_after
    evidence = [
        Evidence(FIRMS, tuple(ids[fit.yes & looked_after]), say("b15_looked_after")),
        Evidence(FIRMS, alone, say("b15_alone")),
        Evidence(FIRMS, tuple(ids[unsaid]), say("b15_unsaid")),
    ]
    rows = tuple(item for item in evidence if item.rows)
    low, high = (fit & Maybe.known(looked_after)).bounds()
    verdict = judge_between(
        dated, low, high, year=job.year, evidence=rows,
        reasons=(say("b15_without", count=len(alone)),) if alone else (),
        undecided=(say("b15_undecided", low=low, high=high),),
    )  # fmt: skip
    return [verdict]


LISTS = "foreign_lists"
FOREIGN_FIGURES = (
    "foreign_total_wan_usd", "foreign_contracted_wan_usd", "foreign_paid_in_wan_usd",
    "foreign_undistributed_wan_yuan",
)  # fmt: skip


@check("B17", unit="家")
def foreign_list_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show how many foreign-funded firms belong on each of the three lists (外资三张清单, B17).

    ``dated``: B17 [家], never judged: newly registered with a large total investment
      (``new_total``), much profit of foreign shareholders not distributed (``undistributed``),
      little of the contracted capital paid in (``paid_in``); its condition names the milestone that
      dates the list.

    One for the city a list, with its firms and the day of the list. Cut-offs are assumed
    (``foreign_lists``). A figure that is filled in for no firm isn't kept: ``no_data``.

    《进一步推动招大引强工作实施方案》 二（二）6.
    """
    if not job.is_whole_city:
        return []
    firms = pd.DataFrame(job.layer(FIRMS)).reset_index(drop=True)
    on_list = _listed_firms(job, dated, firms)
    ids = firms["enterprise_id"].astype(str)
    milestones = pd.DataFrame(job.source.read("unit_milestones"))
    days = milestones.loc[milestones["milestone"].isin(_milestones(dated)), "done_on"].dropna()
    past = [str(day) for day in days if str(day) <= job.policy.as_of]
    dated_on = say("b17_listed_on", on=max(past)) if past else say("b17_not_listed")
    if on_list is None:
        said = say("b17_not_kept")
        return [judge(dated, None, year=job.year, reasons=(said, dated_on))]
    reasons = [dated_on]
    if on_list.open.any():
        reasons.append(say("b17_open", count=int(on_list.open.sum())))
    rows = tuple(ids[on_list.yes])
    return [
        judge(
            dated, float(len(rows)), year=job.year, reasons=tuple(reasons),
            evidence=(Evidence(FIRMS, rows, say("b17_on_list")),) if rows else (),
        )
    ]  # fmt: skip


def _milestones(dated: DatedRule) -> tuple[str, ...]:
    return next(
        (
            condition.value for condition in dated.rule.where
            if condition.column == "milestone" and isinstance(condition.value, tuple)
        ),
        (),
    )  # fmt: skip


def _listed_firms(job: CheckJob, dated: DatedRule, firms: pd.DataFrame) -> Maybe | None:
    """Say which firms belong on a list; None where nobody keeps its figures.

    Of a firm with any foreign capital on file a figure that is missing leaves it open.
    """
    figures = firms[list(FOREIGN_FIGURES)].astype("float64")
    total, contracted, paid_in, undistributed = (figures[name] for name in FOREIGN_FIGURES)
    name, figure = {
        "new_total": ("total_from_wan_usd", total),
        "undistributed": ("undistributed_from_wan_yuan", undistributed),
        "paid_in": ("paid_in_share_below", paid_in / contracted.where(contracted > 0)),
    }[dated.rule.part]
    known = figure.notna().to_numpy(dtype=bool)
    if not known.any():
        return None
    cut_off = job.policy.setting_number(LISTS, name)
    above = compare_all(figure.fillna(0.0).to_numpy(dtype=float), cut_off)
    yes = known & (above < 0 if dated.rule.part == "paid_in" else above >= 0)
    is_foreign = figures.notna().any(axis=1) | firms["is_key_foreign"].fillna(value=False)
    on_list = Maybe(yes, is_foreign.to_numpy(dtype=bool) & ~known)
    if dated.rule.part != "new_total":
        return on_list
    year = firms["founded_on"].fillna("").str[:4]
    is_new = Maybe(year.eq(str(job.year)).to_numpy(bool), year.eq("").to_numpy(bool))
    return on_list & is_new
