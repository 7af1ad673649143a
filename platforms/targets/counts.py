"""Projects brought in, listed, started, landed (A12 B9 B10 C1–C3 C8)."""

from dataclasses import replace

import numpy as np
import pandas as pd

from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import (
    BEGINNING,
    NEVER,
    ProjectLedger,
    count_verdict,
    ledger_of,
    part_verdict,
)
from platforms.policy.check import CheckJob, counted_rows, holds, judge, with_full_year
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.roles import Addressed, addressed_units
from platforms.policy.uncertain import Maybe, conditions_on, rows_meeting
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.targets.reported import reported_figures

CLASS = "project_class"


def on_years_list(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say which projects stood on the list of a year.

    Listed by its last day, not started before it and not gone from the list (C6: a project leaves
    by starting, or because the policy or the investor changed).
    """
    came = ledger.happened(("listed",), BEGINNING, window.last)
    earlier = ledger.happened(("started",), BEGINNING, _day_before(window.first))
    # A start without a date counts as open in the year itself, not a second time as an earlier one.
    return came - Maybe.known(earlier.yes) - ledger.left_list(window.last)


def signed_and_landed(
    ledger: ProjectLedger, policy: PolicySet, window: Window
) -> tuple[Maybe, Maybe]:
    """Say which projects of a year's list are signed, and which projects landed in the year.

    ``policy``: Rules on the as-of date; S5 states what is signed and what is landed.
    ``window``: The year, or its part up to a day.

    What lies under the fraction line of the landing rate, and what lies over it where it also lies
    under it.
    """
    listed = on_years_list(ledger, window)
    signed = ledger.happened(
        policy.setting_texts("S5", "denominator_events"), BEGINNING, window.last
    )
    landed = ledger.happened(policy.setting_texts("S5", "landed_events"), window.first, window.last)
    return listed & signed, landed


@check("C8", unit="share")
@with_full_year
def landing_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the landing rate of units, and of the city where the rule speaks of it.

    ``job``: Units, year and ledger; S5 of its rules states what is signed and what is landed.
    ``dated``: The rule [share].

    One each, by reading 1; the rate by reading 2, of all that are listed, stands in the reasons,
    and where it comes out otherwise that is said. Without a signed project, ``no_data``. One
    signed by its stage alone counts as signed, and the missing day is said.

    C8 嘉政办发〔2018〕52号 一、四（四）、附件; S5. The provincial definition is not stated.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    listed = on_years_list(ledger, window)
    signed, landed = signed_and_landed(ledger, job.policy, window)
    undated = ledger.first_day(job.policy.setting_texts("S5", "denominator_events")).isna()
    with_city = job.is_whole_city and "city" in dated.rule.scope
    subjects: list[str | None] = [*job.unit_ids, *([None] if with_city else [])]
    verdicts = []
    for unit_id in subjects:
        own = listed & ledger.of_unit(unit_id)
        whole = signed & own
        verdict = part_verdict(
            dated, ledger, landed, whole, window, unit_id, _beside(own, landed)
        )  # fmt: skip
        unsaid = ledger.ids(whole.yes & undated.to_numpy(dtype=bool))
        said = [say("signed_undated", project_ids="、".join(unsaid))] if unsaid else []
        if _readings_differ(verdict, dated, own, landed):
            is_met = verdict.outcome == "met"
            said.append(say("met_under_reading_1" if is_met else "met_under_reading_2"))
        verdicts.append(replace(verdict, reasons=(*verdict.reasons, *said)))
    return verdicts


def _beside(own: Maybe, landed: Maybe) -> list[Statement]:
    """Say the rate by reading 2: of all projects on the list of the year."""
    if not own.yes.any():
        return []
    count, base = int((own.yes & landed.yes).sum()), int(own.yes.sum())
    return [say("target_of_listed", part=count, whole=base, share=count / base)]


def _readings_differ(verdict: Verdict, dated: DatedRule, own: Maybe, landed: Maybe) -> bool:
    if verdict.measured is None or not own.yes.any():
        return False
    of_all = float((own.yes & landed.yes).sum() / own.yes.sum())
    return holds(dated.rule, of_all) is not holds(dated.rule, verdict.measured)


@check("C15", "veto_reference")
def veto_references(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show the landing rate of C8 as what 一票否优 refers to; it is no second verdict (C15).

    嘉政办发〔2018〕52号 四（七）.
    """
    if not job.policy.parts("C8"):
        return []
    rate = job.policy.rule("C8")
    units = replace(rate, rule=replace(rate.rule, scope=dated.rule.scope))
    return [
        judge(
            dated, verdict.measured, unit_id=verdict.unit_id, year=verdict.year,
            evidence=verdict.evidence,
            reasons=(say(f"c15_refers_{verdict.outcome}"), *verdict.reasons),
        )
        for verdict in landing_verdicts(job, units)
    ]  # fmt: skip


def _day_before(first: str) -> str:
    """Give the last day of the year before."""
    return f"{int(first[:4]) - 1:04d}-12-31"


@check("C2", unit="亿元")
def floor_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the investment of each project that claims a lowered floor against it.

    ``dated``: A part of C2 [亿元]; projects that came on the list after the year aren't shown.

    One a project of the class that says it is of the kind whose floor is stated; ``no_data`` where
    it says so in part only. Of the others nothing is said: no floor is stated for them. Where no
    project claims one the city has one verdict, ``not_applicable``.

    C2 嘉政办发〔2018〕52号 二: no other floor is stated.
    """
    ledger = ledger_of(job)
    claims = _claims(ledger, dated, min(f"{job.year}-12-31", job.policy.as_of))
    verdicts = [
        floor_verdict(ledger, int(position), dated, unit_id, job.year)
        for unit_id in job.unit_ids
        for position in np.flatnonzero(claims & ledger.of_unit(unit_id).yes)
    ]
    if verdicts or not job.is_whole_city:
        return verdicts
    if ledger.is_empty:
        return [judge(dated, None, year=job.year, reasons=(say("target_no_projects"),))]
    none = say("c2_none_claimed")
    return [judge(dated, None, year=job.year, outcome="not_applicable", reasons=(none,))]


def _claims(ledger: ProjectLedger, dated: DatedRule, until: str) -> np.ndarray:
    """Say which projects of the class, listed by a day, claim a lowered floor, if in part only."""
    conditions = conditions_on(dated.rule, "projects")
    of_class = rows_meeting(ledger.projects, [each for each in conditions if each.column == CLASS])
    kinds = [each for each in conditions if each.column != CLASS]
    stated = [rows_meeting(ledger.projects, [each]).yes for each in kinds]
    listed_on = ledger.first_day(("listed",)).fillna(NEVER).to_numpy(dtype=object)
    by_then = np.array([str(day) <= until for day in listed_on], dtype=bool)
    may = rows_meeting(ledger.projects, kinds).may
    return np.asarray(of_class.yes & may & np.any(stated, axis=0) & by_then)


def floor_verdict(
    ledger: ProjectLedger, position: int, dated: DatedRule, unit_id: str | None, year: int
) -> Verdict:
    """Judge the investment of one project against the floor that it claims.

    ``position``: The project, by its position in it; of the class that the rule speaks of.
    ``dated``: Part of C2.

    [亿元]; ``no_data`` where it says in part only that it is of the kind whose floor is stated.
    """
    rows = ledger.projects.iloc[[position]]
    row = rows.iloc[0]
    amount = row["investment_yi_yuan"]
    reason = say("target_amount_missing") if pd.isna(amount) else None
    if not counted_rows(dated.rule, "projects", rows).yes[0]:
        reason = say("c2_kind_unknown")
    return judge(
        dated, float(amount) if reason is None else None, unit_id=unit_id, year=year,
        evidence=(Evidence("projects", (str(row["project_id"]),), say("target_counted")),),
        reasons=() if reason is None else (reason,),
    )  # fmt: skip


SIZE_PARTS = {"governor_size", "mayor_size", "county_head_size"}
START_PARTS = {"starts_1", "starts_10"}


NO_CLASS = "other"
"""Class of a project that belongs to none of the programmes."""


def brought_in(ledger: ProjectLedger, policy: PolicySet, window: Window) -> Maybe:
    """Say which projects were brought in (引进) in a window: registered, S6."""
    kinds = policy.setting_texts("S6", "brought_in_events")
    return ledger.happened(kinds, window.first, window.last)


def listed(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say which projects came on the list in a window and hadn't left it but by starting (C6)."""
    came = ledger.happened(("listed",), window.first, window.last)
    return came - ledger.left_list(window.last)


def started(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say which projects started in a window (落地, S6)."""
    return ledger.happened(("started",), window.first, window.last)


def fits(ledger: ProjectLedger, dated: DatedRule) -> Maybe:
    """Say which projects meet the conditions of a rule."""
    return counted_rows(dated.rule, "projects", ledger.projects)


@check("B9", unit="个", grouped_by="unit")
@with_full_year
def led_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many large projects the head of each unit brought in (B9).

    One a unit, by contracted USD or by RMB; neither is converted into the other.

    B9 《进一步推动招大引强工作实施方案》 二（一）1; S6.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    counted = brought_in(ledger, job.policy, window) & fits(ledger, dated)
    return [
        count_verdict(dated, ledger, counted & ledger.of_unit(unit_id), window, unit_id)
        for unit_id in job.unit_ids
    ]


@check("B10")
def city_registered_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge what the city brought in over the period of the rule (B10).

    Projects by registration, foreign investment by the figures reported.

    B10 一（二）, S6.
    """
    if not job.is_whole_city:
        return []
    if any(condition.layer != "projects" for condition in dated.rule.where):
        return reported_figures(job, dated)
    ledger, window = ledger_of(job), window_of(dated.rule, job.year, job.policy.as_of)
    counted = brought_in(ledger, job.policy, window) & fits(ledger, dated)
    return [count_verdict(dated, ledger, counted, window, None)]


@check("C1")
def city_listed_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the projects on the list of the city, and its starts (C1).

    Projects by entry on the list, its starts by start. The sizes (左右) give one verdict a project
    of the class: the distance, and no judgement.

    C1 嘉政办发〔2018〕52号 一.
    """
    if not job.is_whole_city:
        return []
    if any(condition.layer != "projects" for condition in dated.rule.where):
        return reported_figures(job, dated)
    if dated.rule.part in SIZE_PARTS:
        ledger, window = ledger_of(job), window_of(dated.rule, job.year, job.policy.as_of)
        return _sizes(dated, ledger, window)
    return _city_counts(job, dated)


@with_full_year
def _city_counts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    ledger, window = ledger_of(job), window_of(dated.rule, job.year, job.policy.as_of)
    moved = (started if dated.rule.part in START_PARTS else listed)(ledger, window)
    return [count_verdict(dated, ledger, moved & fits(ledger, dated), window, None)]


def _sizes(dated: DatedRule, ledger: ProjectLedger, window: Window) -> list[Verdict]:
    """Show how far the investment of each listed project lies from an amount marked 左右."""
    shown = (listed(ledger, window) & fits(ledger, dated)).yes
    verdicts = []
    rows = ledger.projects[shown]
    amounts = rows["investment_yi_yuan"].astype("float64")
    for project_id, unit_id, amount in zip(
        rows["project_id"], rows["unit_id"], amounts, strict=True
    ):
        lost = np.isnan(amount)
        verdicts.append(
            judge(
                dated, None if lost else float(amount), unit_id=_text(unit_id), year=window.year,
                evidence=(Evidence("projects", (str(project_id),), say("target_counted")),),
                reasons=(say("target_amount_missing") if lost else say("target_about"),),
            )
        )  # fmt: skip
    return verdicts


HEADS, PORT_HEADS = "county_head", "county_head_port"
"""Parts of the annex that state the number of 县长工程 of the units they speak of."""
COUNTED_HEADS = frozenset((HEADS, PORT_HEADS))


@check("C3", "city_level", HEADS, PORT_HEADS, unit="个", grouped_by="unit")
@with_full_year
def annex_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge the numbers of listed projects in the annex table (C3; its landing rate is C8's).

    One for each unit that the part speaks of by its roles. A unit that no part about 县长工程
    speaks of gets ``no_data``: the annex states no number for it; so does the city where a role
    is carried by nobody, or by two units though by one alone.

    C3 嘉政办发〔2018〕52号 二（二）、附件. Floors of units and the total of C1 are tested apart.
    """
    ledger = ledger_of(job)
    window = window_of(dated.rule, job.year, job.policy.as_of)
    counted = listed(ledger, window) & fits(ledger, dated)
    by_part = job.per_rule(_units_by_part)
    addressed = by_part[dated.rule.part]
    verdicts = []
    for unit_id in job.unit_ids:
        if unit_id in addressed.unit_ids:
            in_unit = counted & ledger.of_unit(unit_id)
            verdict = count_verdict(dated, ledger, in_unit, window, unit_id)
            if addressed.lacking is not None and dated.rule.roles:
                verdict = judge(
                    dated, None, unit_id=unit_id, year=job.year, evidence=verdict.evidence,
                    reasons=(addressed.lacking,),
                )  # fmt: skip
            verdicts.append(verdict)
        is_named = any(unit_id in by_part[part].unit_ids for part in COUNTED_HEADS & set(by_part))
        if dated.rule.part == HEADS and not is_named:
            reason = say("target_unit_not_named")
            verdicts.append(judge(dated, None, unit_id=unit_id, year=job.year, reasons=(reason,)))
    if not addressed.unit_ids and addressed.lacking is not None and job.is_whole_city:
        verdicts.append(judge(dated, None, year=job.year, reasons=(addressed.lacking,)))
    return verdicts


def _units_by_part(job: CheckJob) -> dict[str, Addressed]:
    """Return for each part of the annex which units it speaks of."""
    units = job.layer("units").drop_duplicates("unit_id")
    return {
        part: addressed_units(units, job.policy.rule(job.rule_id, part).rule, job.policy)
        for part in job.policy.parts(job.rule_id)
    }


WITH_NATIONAL_ZONE = "with_national_zone"


@check("A12", WITH_NATIONAL_ZONE, "others", unit="个", grouped_by="unit")
def good_project_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how many major good projects (大项目好项目) each county brought in (A12).

    One a unit that the part is for: units with a state-level zone, or the others; zones of
    functional zones don't count for the county around them. Counted up to the target date;
    ``no_data`` where no platform is on file or a level that decides isn't stated.

    A12 嘉政发〔2018〕15号 一（招商服务更加精准）; S4: listed 省市县长工程 since 2018-06-08; S9.
    """
    since = job.policy.setting_texts("S4", "listed_from")[0]
    ledger, zones = ledger_of(job), job.per_rule(_national_zones)
    window = window_of(dated.rule, 0, job.policy.as_of, since=since)
    classes = ledger.projects[CLASS].astype("object")
    classed = Maybe(
        (classes.notna() & classes.ne(NO_CLASS)).to_numpy(dtype=bool),
        classes.isna().to_numpy(dtype=bool),
    )
    counted = listed(ledger, window) & classed
    is_for_zones = dated.rule.part == WITH_NATIONAL_ZONE
    verdicts = []
    for unit_id in job.unit_ids:
        has_zone = zones[unit_id]
        if isinstance(has_zone, Statement):
            if is_for_zones:
                verdicts.append(judge(dated, None, unit_id=unit_id, reasons=(has_zone,)))
        elif has_zone is is_for_zones:
            in_unit = counted & ledger.of_unit(unit_id)
            verdicts.append(count_verdict(dated, ledger, in_unit, window, unit_id))
    return verdicts


def _national_zones(job: CheckJob) -> dict[str, bool | Statement]:
    """Return whether each unit has a state-level zone, or why that isn't known."""
    platforms = job.layer("major_platforms")
    under = job.assessed("major_platforms", platforms)
    rule = job.policy.rule(job.rule_id, WITH_NATIONAL_ZONE).rule
    zones: dict[str, bool | Statement] = {}
    for unit_id in job.unit_ids:
        in_unit = platforms[under.eq(unit_id).to_numpy()]
        fit = counted_rows(rule, "major_platforms", in_unit)
        if not len(platforms):
            zones[unit_id] = say("platforms_missing")
        elif not fit.yes.any() and fit.open.any():
            zones[unit_id] = say("target_levels_unknown", count=int(fit.open.sum()))
        else:
            zones[unit_id] = bool(fit.yes.any())
    return zones


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
