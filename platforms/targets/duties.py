"""Recurring duties and reported staff (B12–B14 C15 D9 D10 E11)."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from platforms.errors import PolicyError
from platforms.ledger.calendar import months_later, window_of
from platforms.ledger.counting import dated_verdict
from platforms.policy.check import CheckJob, counted_rows, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Verdict, say
from platforms.targets.reported import SCALES

LAYER = "unit_milestones"
Span = tuple[date, date]
MONTHS_OF = {"月": 1, "季": 3, "半年": 6, "年": 12}
WEEKS_OF = {"周": 1, "双周": 2}


def spans_of(unit: str, year: int) -> list[Span]:
    """Cut a year into the spans in which a duty is due.

    ``unit``: Unit of the rule: ``次/`` and ``周``, ``双周``, ``月``, ``季``, ``半年`` or ``年``;
      anything else is by month.

    First and last day; weeks begin on Monday, and only those that lie in the year whole count.

    >>> [len(spans_of(f"次/{span}", 2024)) for span in ("双周", "月", "季", "半年", "年")]
    [26, 12, 4, 2, 1]
    """
    name = unit.partition("/")[2]
    first, last = date(year, 1, 1), date(year, 12, 31)
    if name in WEEKS_OF:
        days = timedelta(days=7 * WEEKS_OF[name])
        begin = first + timedelta(days=-first.weekday() % 7)
        count = ((last - begin).days + 1) // days.days
        return [
            (begin + n * days, begin + (n + 1) * days - timedelta(days=1)) for n in range(count)
        ]
    months = MONTHS_OF.get(name, 1)
    begins = [date(year, month, 1) for month in range(1, 13, months)]
    return [(day, months_later(day, months) - timedelta(days=1)) for day in begins]


@check("B14")
@check("C15", "monthly_report")
@check("D9", "monthly_notice", "monthly_report", "quarterly_ranking")
@check("D10", "monthly_panel")
@check("E11")
def recurring_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge how often a duty was done in each span of a year that is over.

    ``dated``: The rule: ``>=`` so many times in the unit's span, or a list of missed spans that is
      to be empty; its condition names the milestone.

    One a unit, or for the city by rows that name no unit: the least number of times in one span,
    or the number of spans missed. Spans that ended before the first entry of the subject aren't
    judged; without an entry, ``no_data``.

    B14 《进一步推动招大引强工作实施方案》 二（一）1, 三（二）; C15 嘉政办发〔2018〕52号 四（三）;
    D9, D10 磐安 一（四）, 二（三）; E11 长春 五, 六.
    """
    milestones = pd.DataFrame(job.source.read(LAYER))
    rows = milestones[milestones["milestone"].isin(_names(dated))]
    return [
        _verdict(rows, dated, unit_id, job.year, job.policy.as_of)
        for unit_id in _subjects(job, dated)
    ]


def _subjects(job: CheckJob, dated: DatedRule) -> list[str | None]:
    """Return the units to judge, or None for the city where the rule speaks of it."""
    if "city" in dated.rule.scope:
        return [None] if job.is_whole_city else []
    return list(job.unit_ids)


def _names(dated: DatedRule) -> tuple[str, ...]:
    for condition in dated.rule.where:
        if (condition.layer, condition.column) == (LAYER, "milestone"):
            names = condition.value
            return names if isinstance(names, tuple) else (str(names),)
    rule = dated.rule
    raise PolicyError(
        "rule_without_number", pack=rule.pack, line=rule.line, rule=rule.rule_id, part=rule.part
    )


def _verdict(
    rows: pd.DataFrame, dated: DatedRule, unit_id: str | None, year: int, as_of: str
) -> Verdict:
    mine = rows[rows["unit_id"].isna() if unit_id is None else rows["unit_id"].eq(unit_id)]
    known = mine["due_on"].fillna(mine["done_on"]).dropna()
    if known.empty:
        said = say("recurring_none", milestone=", ".join(_names(dated)))
        return judge(dated, None, unit_id=unit_id, year=year, reasons=(said,))
    over = [
        span for span in spans_of(dated.rule.unit, year)
        if span[1].isoformat() < as_of and span[1].isoformat() >= str(known.min())
    ]  # fmt: skip
    if not over:
        outcome: Outcome = "not_applicable"
        said = say("recurring_none_over", year=year)
        return judge(dated, None, unit_id=unit_id, year=year, outcome=outcome, reasons=(said,))
    done = [str(day) for day in mine["done_on"].dropna() if str(day) <= as_of]
    counts = [sum(f"{first}" <= day <= f"{last}" for day in done) for first, last in over]
    missed = [str(first) for (first, _), count in zip(over, counts, strict=True) if not count]
    is_list = dated.rule.comparator == "list_empty"
    said = say("recurring_missed", count=len(missed), periods=", ".join(missed))
    return judge(
        dated, float(len(missed) if is_list else min(counts)), unit_id=unit_id, year=year,
        evidence=(Evidence(LAYER, tuple(map(str, mine["milestone_id"]))),),
        reasons=(said,) if missed else (),
    )  # fmt: skip


@check("B16")
def established_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show for each unit whether what it is to set up exists, and since when (B16).

    ``dated``: The rule [个], never judged; its condition names the milestone.

    《进一步推动招大引强工作实施方案》 二（三）10.
    """
    milestones = pd.DataFrame(job.source.read(LAYER))
    rows = milestones[milestones["milestone"].isin(_names(dated))]
    verdicts = []
    for unit_id in _subjects(job, dated):
        mine = rows[rows["unit_id"].isna() if unit_id is None else rows["unit_id"].eq(unit_id)]
        done_on = [str(day) for day in mine["done_on"].dropna() if str(day) <= job.policy.as_of]
        said = say("recurring_none", milestone=", ".join(_names(dated)))
        if len(mine):
            said = say("milestone_done", on=min(done_on)) if done_on else say("milestone_open")
        verdicts.append(
            judge(
                dated, float(bool(done_on)) if len(mine) else None, unit_id=unit_id, year=job.year,
                evidence=(Evidence(LAYER, tuple(map(str, mine["milestone_id"]))),)
                if len(mine) else (),
                reasons=(said,),
            )
        )  # fmt: skip
    return verdicts


@check("B11", "bonus", unit="项")
def bonus_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Show which units got extra marks by decision of the leading group in the year (B11).

    ``dated``: B11 ``bonus`` [项], never judged; its condition names the milestone.

    One a unit with a decision on file; where there is none one for the city says so.

    《进一步推动招大引强工作实施方案》 三（一）: 可…予以加分.
    """
    milestones = pd.DataFrame(job.source.read(LAYER))
    done_on = milestones["done_on"].fillna("")
    of_year = done_on.str[:4].eq(str(job.year)) & done_on.le(job.policy.as_of)
    rows = milestones[milestones["milestone"].isin(_names(dated)) & of_year]
    verdicts = []
    for unit_id in job.unit_ids:
        mine = rows[rows["unit_id"].eq(unit_id).fillna(value=False).to_numpy(dtype=bool)]
        if len(mine):
            verdicts.append(
                judge(
                    dated, float(len(mine)), unit_id=unit_id, year=job.year,
                    evidence=(Evidence(LAYER, tuple(map(str, mine["milestone_id"]))),),
                    reasons=(say("milestone_done", on=str(mine["done_on"].min())),),
                )
            )  # fmt: skip
    if verdicts or not job.is_whole_city:
        return verdicts
    none = say("b11_no_bonus", year=job.year)
    outcome: Outcome = "not_applicable" if len(milestones) else "no_data"
    return [judge(dated, None, year=job.year, outcome=outcome, reasons=(none,))]


SEASONS = "start_seasons"


@check("E11", "spring_start", "autumn_start", unit="次/年")
def season_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge whether works were started together about the middle of a month (E11).

    ``dated``: E11 ``spring_start`` or ``autumn_start`` [次/年]; ``start_seasons`` states the days
      between which it counts (左右).

    Of the city: how often it was done in that season of the year; the days on which it was are
    said. ``no_data`` where nothing on file reaches back to the season, ``not_applicable`` while it
    may still come.

    长春 五（一）28.
    """
    if not job.is_whole_city:
        return []
    year, as_of = job.year, job.policy.as_of
    first, last = (f"{year}-{day}" for day in job.policy.setting_texts(SEASONS, dated.rule.part))
    milestones = pd.DataFrame(job.source.read(LAYER))
    rows = milestones[milestones["milestone"].isin(_names(dated)) & milestones["unit_id"].isna()]
    done = rows[rows["done_on"].between(first, min(last, as_of)).fillna(value=False)]
    days = sorted(map(str, done["done_on"]))
    known = rows["due_on"].fillna(rows["done_on"]).dropna()
    evidence = (Evidence(LAYER, tuple(map(str, rows["milestone_id"]))),) if len(rows) else ()
    outcome: Outcome | None = None
    measured: float | None = float(len(days))
    if days:
        said = say("season_held", days="、".join(days))
    elif as_of <= last:
        outcome, measured, said = "not_applicable", None, say("season_running", last=last)
    elif known.empty or str(known.min()) > last:
        said = say("recurring_none", milestone=", ".join(_names(dated)))
        measured = None
    else:
        said = say("season_missed", first=first, last=last)
    return [
        judge(
            dated, measured, year=year, outcome=outcome, evidence=evidence, reasons=(said,)
        )
    ]  # fmt: skip


REPORTED_UNITS_LAYER = "targets"
GROWING = ("人", "个", "家")
"""Units of what adds up over a year: short of it, it isn't due before the year is over."""


@check("B12", "experience", unit="share")
@check("B12", "posted_outside", unit="人")
@check("B13", unit="share")
def reported_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge a figure that each unit, or the city, reports for a year.

    ``dated``: The rule [share or a number]; its condition names the indicator. Rows of towns and
      leaders are left aside.

    One a unit, or for the city by rows that name no unit; ``no_data`` without a figure, with one in
    another unit of measure, or with two.

    B12 《进一步推动招大引强工作实施方案》 二（三）11, 12; B13 三（一）.
    """
    targets = pd.DataFrame(job.source.read(REPORTED_UNITS_LAYER))
    rows = targets[counted_rows(dated.rule, REPORTED_UNITS_LAYER, targets).yes]
    whole = rows["town"].isna() & rows["leader"].isna()
    of_year = rows["year"].eq(job.year).fillna(value=False)
    rows = rows[(whole & of_year).to_numpy(dtype=bool)]
    return [
        _reported_units_verdict(rows, dated, unit_id, job.year, job.policy.as_of)
        for unit_id in _subjects(job, dated)
    ]


def _reported_units_verdict(
    rows: pd.DataFrame, dated: DatedRule, unit_id: str | None, year: int, as_of: str
) -> Verdict:
    is_mine = rows["unit_id"].isna() if unit_id is None else rows["unit_id"].eq(unit_id)
    mine = rows[is_mine.fillna(value=False).to_numpy(dtype=bool)]
    unit = dated.rule.unit
    scale = [
        1.0 if measure == unit else SCALES.get((measure, unit), np.nan)
        for measure in mine["measure_unit"]
    ]
    figures = (mine["actual_value"].astype("float64") * scale).dropna()
    evidence = (
        (Evidence(REPORTED_UNITS_LAYER, tuple(map(str, mine["target_id"]))),) if len(mine) else ()
    )
    if len(figures) != 1:
        said = say(
            "reported_twice" if len(figures) else "reported_missing", year=year, measure_unit=unit
        )
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(said,))
    figure = float(figures.iloc[0])
    if unit in GROWING:
        window = window_of(dated.rule, year, as_of)
        return dated_verdict(dated, figure, window, unit_id, evidence)
    return judge(dated, figure, unit_id=unit_id, year=year, evidence=evidence)
