"""Completion of yearly tasks, construction of the city (B11 E1 E8)."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from geo.units import compare
from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import (
    BEGINNING,
    ProjectLedger,
    count_verdict,
    dated_verdict,
    ledger_of,
    part_verdict,
)
from platforms.policy.check import CheckJob, counted_rows, judge, outcome_between
from platforms.policy.in_force import DatedRule
from platforms.policy.registry import check
from platforms.policy.uncertain import Maybe, conditions_on
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.targets.counts import fits, started
from platforms.targets.reported import reported_figures

LAYER = "targets"
State = bool | None
"""True or False where it is known, None where data is missing."""


@check("B11", "excellence", unit="share", grouped_by="unit")
@check("B11", "last_two_years", "short_two_years", unit="年", grouped_by="unit")
def completion_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge completion of the year's tasks, and two years running, by limb.

    One a unit. ``excellence``: the mean completion of the unit's tasks, each counted up to 100 %,
    with the worst of them beside it; one that isn't known may be anything up to 100 %.
    ``last_two_years`` and ``short_two_years``: years in a row up to this one, each by itself. A
    year that isn't over has no completion to judge. A task is a row of a unit with a target; rows
    of towns and leaders are other tasks.

    B11 《进一步推动招大引强工作实施方案》 三（一）.
    """
    targets = job.source.read(LAYER)
    all_units = list(map(str, job.layer("units")["unit_id"]))
    is_task = targets["town"].isna() & targets["leader"].isna() & targets["unit_id"].notna()
    rows = targets[is_task.to_numpy(dtype=bool)]
    verdicts = []
    for unit_id in job.unit_ids:
        mine = rows[rows["unit_id"] == unit_id]

        def fell_short(in_year: int, mine: pd.DataFrame = mine) -> State:
            return _fell_short(_tasks(mine, in_year))

        def was_last(in_year: int, unit_id: str = unit_id) -> State:
            return _was_last(rows, unit_id, all_units, in_year, dated)

        if dated.rule.part == "excellence":
            verdicts.append(_excellence(job, dated, mine, unit_id))
        else:
            is_bad = was_last if dated.rule.part == "last_two_years" else fell_short
            verdicts.append(_running(job, dated, mine, is_bad, unit_id))
    return verdicts


def completions(tasks: pd.DataFrame) -> pd.Series:
    """Give what part of each task was done: actual ÷ target, missing where it can't be told."""
    target = tasks["target_value"].astype("float64")
    return tasks["actual_value"].astype("float64") / target.where(target > 0)


def _tasks(mine: pd.DataFrame, year: int) -> pd.DataFrame:
    in_year = mine["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)
    return mine[in_year & mine["target_value"].notna().to_numpy(dtype=bool)]


def _excellence(job: CheckJob, dated: DatedRule, mine: pd.DataFrame, unit_id: str) -> Verdict:
    year, window = job.year, window_of(dated.rule, job.year, job.policy.as_of)
    tasks = _tasks(mine, year)
    evidence = (Evidence(LAYER, tuple(tasks["target_id"])),) if len(tasks) else ()
    done = completions(tasks)
    missing, known = int(done.isna().sum()), done.dropna()
    negative = tasks["target_value"].astype("float64") < 0
    lacking: Statement | None = None
    if not len(tasks):
        lacking = say("b11_no_tasks", year=year)
    elif not window.has_begun:
        lacking = say("target_not_begun", first=window.first)
    elif negative.any():
        lacking = say("b11_task_negative", target_ids="、".join(tasks["target_id"][negative]))
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(lacking,))
    said = []
    if len(known):
        worst = str(tasks["indicator"][known.index[int(known.argmin())]])
        said.append(say("b11_worst", indicator=worst, least=float(known.min()), count=len(tasks)))
    if missing:
        said.append(say("b11_actuals_missing", count=missing, year=year))
    # a task exceeded makes up for no other one
    low = float(known.clip(0.0, 1.0).sum()) / len(tasks)
    high = low + missing / len(tasks)
    if outcome_between(dated.rule, low, high) == "no_data":
        return judge(
            dated, None, unit_id=unit_id, year=year, evidence=evidence,
            reasons=(*said, say("b11_between", low=low, high=high)),
        )  # fmt: skip
    return dated_verdict(dated, low, window, unit_id, evidence, said)


def _fell_short(tasks: pd.DataFrame) -> State:
    """Say whether any task of a year was left undone."""
    done = completions(tasks)
    known = done.dropna()
    if any(compare(float(value), 1.0) < 0 for value in known):
        return True
    return None if len(known) < len(done) or not len(done) else False


def _was_last(
    rows: pd.DataFrame, unit_id: str, all_units: Sequence[str], year: int, dated: DatedRule
) -> State:
    """Say whether a unit's score was the lowest of all; units that tie for it are all last."""
    of_year = rows["year"].eq(year).fillna(value=False).to_numpy(bool)
    is_score = counted_rows(dated.rule, LAYER, rows).yes & of_year
    scores = rows[is_score].set_index("unit_id")["actual_value"].dropna().astype("float64")
    scores = scores[~scores.index.duplicated(keep=False)]
    if unit_id not in scores.index:
        return None
    score = float(scores[unit_id])
    if any(compare(score, float(other)) > 0 for other in scores):
        return False
    return None if set(all_units) - set(scores.index) or not all_units[1:] else True


def _running(
    job: CheckJob,
    dated: DatedRule,
    mine: pd.DataFrame,
    is_bad: Callable[[int], State],
    unit_id: str,
) -> Verdict:
    """Count the bad years in a row up to the year asked."""
    year, window = job.year, window_of(dated.rule, job.year, job.policy.as_of)
    count, asked = 0, year
    state: State = None if window.is_running else is_bad(asked)
    while state:
        count += 1
        asked -= 1
        state = is_bad(asked)
    used = mine["year"].between(asked, year).fillna(value=False).to_numpy(dtype=bool)
    evidence = (Evidence(LAYER, tuple(mine["target_id"][used])),) if used.any() else ()
    # Where an earlier year isn't known the count may be larger: it only helps once it is too large.
    if state is None and compare(count, dated.rule.number) < 0:
        why = (
            say("target_running", as_of=window.as_of, due=window.due)
            if window.is_running
            else say("b11_year_unknown", year=asked)
        )
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(why,))
    return judge(dated, float(count), unit_id=unit_id, year=year, evidence=evidence)


OVER = ("production", "ended")
PLANNED_START = "start_planned_on"


@check("E1")
@check("E8")
def construction_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge one part of the construction targets of the city (E1, E8).

    Counted up to the target date or the as-of date, whichever comes first; the growth of investment
    is the figure reported.

    E1, E8 长府办发 一2、五（一）28. 开工 by a day takes in works resumed on projects of earlier
    years; 新开工 doesn't.
    """
    if not job.is_whole_city:
        return []
    if conditions_on(dated.rule, LAYER):
        return reported_figures(job, dated)
    ledger, window = ledger_of(job), window_of(dated.rule, job.year, job.policy.as_of)
    part = dated.rule.part
    fit = fits(ledger, dated)
    if part in ("new_starts", "new_starts_june"):
        counted = started(ledger, window)
    elif part == "under_construction":
        carried = carried_over(ledger, window)
        counted = (started(ledger, window) - carried) | carried
    elif part in ("started_june", "starts_september"):
        resumed = carried_over(ledger, window) & _resumed(ledger, window)
        counted = started(ledger, window) | resumed
    elif part == "reserve":
        counted = _reserve(ledger, window)
    elif part == "industrial_share":
        new_starts = job.policy.rule(job.rule_id, "new_starts")
        base = fits(ledger, new_starts) & started(ledger, window)
        return [part_verdict(dated, ledger, fit, base, window, None)]
    elif part == "resumption_june":
        base = carried_over(ledger, window) & fit
        return [part_verdict(dated, ledger, _resumed(ledger, window), base, window, None)]
    elif part == "new_start_rate_june":
        planned = _to_start(ledger, window)
        if planned is None:
            return [judge(dated, None, year=window.year, reasons=(say("target_plan_missing"),))]
        return [part_verdict(dated, ledger, started(ledger, window), planned & fit, window, None)]
    else:
        return []
    return [count_verdict(dated, ledger, counted & fit, window, None)]


def carried_over(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say which projects were under construction when the year began."""
    before = f"{int(window.first[:4]) - 1:04d}-12-31"
    begun = ledger.happened(("started",), BEGINNING, before)
    return begun - ledger.happened(OVER, BEGINNING, before)


def _to_start(ledger: ProjectLedger, window: Window) -> Maybe | None:
    """Say which projects were to start anew in the year: that started in it, or were planned to.

    A project without either isn't; None where a planned start is filled in for no project.
    """
    if not ledger.is_filled_in(PLANNED_START):
        return None
    year = window.first[:4]
    began = ledger.happened(("started",), f"{year}-01-01", f"{year}-12-31")
    earlier = ledger.happened(("started",), BEGINNING, f"{int(year) - 1:04d}-12-31")
    planned = ledger.projects[PLANNED_START].str.startswith(year).fillna(value=False)
    ended = ledger.happened(("ended",), BEGINNING, window.last)
    return (began | Maybe.known(planned.to_numpy(dtype=bool))) - earlier - Maybe.known(ended.yes)


def _resumed(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say on which projects works were resumed; open for all where nobody enters such events."""
    yes = ledger.happened(("resumed",), window.first, window.last).yes
    is_entered = (ledger.events["event_kind"] == "resumed").any()
    return Maybe(yes, np.zeros_like(yes) if is_entered else ~yes)


def _reserve(ledger: ProjectLedger, window: Window) -> Maybe:
    """Say which projects stood in a reserve: entered in one, not started, not ended."""
    is_reserve = ledger.projects["reserve_level"].notna().to_numpy(dtype=bool)
    gone = ledger.happened(("started", "ended"), BEGINNING, window.last)
    return Maybe(is_reserve, ~is_reserve) - gone
