"""Yearly tasks, construction, reported figures (B10 B11 E1 E8)."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from geo.units import compare
from platforms.ledger.calendar import Window, window_of
from platforms.ledger.counting import (
    Ledger,
    count_verdict,
    dated_verdict,
    part_verdict,
)
from platforms.policy.check import counted_rows, holds, judge
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.uncertain import Maybe
from platforms.policy.verdict import Evidence, Statement, Verdict, say
from platforms.targets.counts import BEGINNING, fits, started

LAYER = "targets"
SCALES = {("亿美元", "亿美元"): 1.0, ("万美元", "亿美元"): 1e-4, ("share", "share"): 1.0,
          ("%", "share"): 0.01}  # fmt: skip
"""From the unit a figure is reported in to that of the rule; a currency is never converted."""


def reported_verdict(
    dated: DatedRule, targets: pd.DataFrame, all_units: Sequence[str], policy: PolicySet, year: int
) -> Verdict:
    """Judge what the city reached by reported figures.

    ``dated``: The rule; its conditions name the indicator.
    ``targets``: Table ``targets``.
    ``year``: Year asked, where the rule has no period.

    Of each year of the period up to the as-of date the city's own figure, else the sum of all
    units' figures; the two are never summed, and shares never are. A figure that is missing leaves
    ``no_data``, unless the target is reached without it.

    Notes
    -----
    B10 一（二）; 长春 E8 一2.
    """
    window = window_of(dated.rule, year, policy.as_of)
    rows = targets[counted_rows(dated.rule, LAYER, targets).yes]
    rows = rows[(rows["town"].isna() & rows["leader"].isna()).to_numpy(dtype=bool)]
    if not window.has_begun:
        reason = say("target_not_begun", first=window.first)
        return judge(dated, None, year=window.year, reasons=(reason,))
    total, used, missing = 0.0, [], []
    for one in range(int(window.first[:4]), int(window.last[:4]) + 1):
        in_year = rows[rows["year"].eq(one).fillna(value=False).to_numpy(dtype=bool)]
        figures, is_whole = _of_year(in_year, all_units, dated.rule.unit)
        total += float(figures.sum())
        used += list(in_year["target_id"])
        missing += [] if is_whole else [one]
    evidence = (Evidence(LAYER, tuple(used)),) if used else ()
    if missing and (dated.rule.unit == "share" or not total or not holds(dated.rule, total)):
        said = say("target_figures_missing", years=", ".join(map(str, missing)), total=total)
        return judge(dated, None, year=window.year, evidence=evidence, reasons=(said,))
    more = [say("target_figures_open", years=", ".join(map(str, missing)))] if missing else []
    return dated_verdict(dated, total, window, None, evidence, more)


def _of_year(rows: pd.DataFrame, all_units: Sequence[str], unit: str) -> tuple[pd.Series, bool]:
    """Give the figures of a year in the rule's unit, and whether they make up the whole city."""
    scale = rows["measure_unit"].map(lambda measure: SCALES.get((measure, unit), np.nan))
    figures = rows["actual_value"].astype("float64") * scale.astype("float64")
    of_city = figures[rows["unit_id"].isna().to_numpy(dtype=bool)]
    if len(of_city) == 1 and of_city.notna().all():
        return of_city, True
    if unit == "share" or len(of_city) > 1:
        return of_city.iloc[:0], False
    by_unit = rows["unit_id"].isin(list(all_units)).to_numpy(dtype=bool)
    named = rows["unit_id"][by_unit]
    known = figures[by_unit]
    twice = named.duplicated(keep=False).to_numpy(dtype=bool)
    known = known[~twice].dropna()
    is_whole = bool(len(all_units)) and len(known) == len(all_units)
    return known, is_whole


State = bool | None
"""True or False where it is known, None where data is missing."""


def completion_verdicts(
    targets: pd.DataFrame, all_units: Sequence[str], unit_ids: Sequence[str], policy: PolicySet,
    year: int,
) -> list[Verdict]:  # fmt: skip
    """Judge completion of the year's tasks, and two years running, by limb.

    ``targets``: Table ``targets``. A task is a row of a unit with a target; rows of towns and
      leaders are other tasks.

    Three a unit. ``excellence``: the least completion of a task (ratios are never averaged).
    ``last_two_years`` and ``short_two_years``: years in a row up to this one, each by itself. A
    year that isn't over has no completion to judge.

    Notes
    -----
    B11 《进一步推动招大引强工作实施方案》 三（一）.
    """
    own_rows = targets["town"].isna() & targets["leader"].isna() & targets["unit_id"].notna()
    rows = targets[own_rows.to_numpy(dtype=bool)]
    verdicts = []
    for unit_id in unit_ids:
        mine = rows[rows["unit_id"] == unit_id]
        if "excellence" in policy.parts("B11"):
            verdicts.append(_excellence(mine, unit_id, policy, year))

        def short(in_year: int, mine: pd.DataFrame = mine) -> State:
            return _fell_short(_tasks(mine, in_year))

        def last(in_year: int, unit_id: str = unit_id) -> State:
            return _was_last(rows, unit_id, all_units, in_year, policy)

        for part, is_bad in (("last_two_years", last), ("short_two_years", short)):
            if part in policy.parts("B11"):
                verdicts.append(_running(mine, part, is_bad, unit_id, policy, year))
    return verdicts


def completions(tasks: pd.DataFrame) -> pd.Series:
    """Give what part of each task was done: actual ÷ target, missing where it can't be told."""
    target = tasks["target_value"].astype("float64")
    return tasks["actual_value"].astype("float64") / target.where(target > 0)


def _tasks(mine: pd.DataFrame, year: int) -> pd.DataFrame:
    in_year = mine["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)
    return mine[in_year & mine["target_value"].notna().to_numpy(dtype=bool)]


def _excellence(mine: pd.DataFrame, unit_id: str, policy: PolicySet, year: int) -> Verdict:
    dated = policy.rule("B11", "excellence")
    window = window_of(dated.rule, year, policy.as_of)
    tasks = _tasks(mine, year)
    evidence = (Evidence(LAYER, tuple(tasks["target_id"])),) if len(tasks) else ()
    known = completions(tasks).dropna()
    missing = len(tasks) - len(known)
    lacking: Statement | None = None
    if not len(tasks):
        lacking = say("b11_no_tasks", year=year)
    elif not window.has_begun:
        lacking = say("target_not_begun", first=window.first)
    elif missing and (not len(known) or compare(float(known.min()), dated.rule.number) >= 0):
        lacking = say("b11_actuals_missing", count=missing, year=year)
    if lacking is not None:
        return judge(dated, None, unit_id=unit_id, year=year, evidence=evidence, reasons=(lacking,))
    least = str(tasks["indicator"][known.index[int(known.argmin())]])
    said = [say("b11_least", indicator=least, count=len(tasks))]
    if missing:
        said.append(say("b11_actuals_missing", count=missing, year=year))
    return dated_verdict(dated, float(known.min()), window, unit_id, evidence, said)


def _fell_short(tasks: pd.DataFrame) -> State:
    """Say whether any task of a year was left undone."""
    done = completions(tasks)
    known = done.dropna()
    if any(compare(float(value), 1.0) < 0 for value in known):
        return True
    return None if len(known) < len(done) or not len(done) else False


def _was_last(
    rows: pd.DataFrame, unit_id: str, all_units: Sequence[str], year: int, policy: PolicySet
) -> State:
    """Say whether a unit's score was the lowest of all; units that tie for it are all last."""
    in_year = rows["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)
    named = counted_rows(policy.rule("B11", "last_two_years").rule, LAYER, rows).yes & in_year
    scores = rows[named].set_index("unit_id")["actual_value"].dropna().astype("float64")
    scores = scores[~scores.index.duplicated(keep=False)]
    if unit_id not in scores.index:
        return None
    own = float(scores[unit_id])
    if any(compare(own, float(other)) > 0 for other in scores):
        return False
    return None if set(all_units) - set(scores.index) or len(all_units) < 2 else True


def _running(
    mine: pd.DataFrame,
    part: str,
    is_bad: Callable[[int], State],
    unit_id: str,
    policy: PolicySet,
    year: int,
) -> Verdict:
    """Count the bad years in a row up to the year asked."""
    dated = policy.rule("B11", part)
    window = window_of(dated.rule, year, policy.as_of)
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


def construction_verdict(
    dated: DatedRule, ledger: Ledger, policy: PolicySet, year: int
) -> Verdict | None:
    """Judge one part of the construction targets of the city.

    ``year``: Year asked, where the rule has no period.

    Counted up to the target date or the as-of date, whichever comes first; None for a part that is
    not counted from projects.

    Notes
    -----
    E1, E8 长府办发 一2、五（一）28. 开工 by a day takes in works resumed on projects of earlier
    years; 新开工 doesn't.
    """
    window = window_of(dated.rule, year, policy.as_of)
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
        base = fits(ledger, policy.rule("E1", "new_starts")) & started(ledger, window)
        return part_verdict(dated, ledger, fit, base, window, None)
    elif part == "resumption_june":
        base = carried_over(ledger, window) & fit
        return part_verdict(dated, ledger, _resumed(ledger, window), base, window, None)
    elif part == "new_start_rate_june":
        # No column says which projects were to start in the year, so there is nothing to divide by.
        return judge(dated, None, year=window.year, reasons=(say("target_plan_missing"),))
    else:
        return None
    return count_verdict(dated, ledger, counted & fit, window, None)


def carried_over(ledger: Ledger, window: Window) -> Maybe:
    """Say which projects were under construction when the year began."""
    before = f"{int(window.first[:4]) - 1:04d}-12-31"
    begun = ledger.happened(("started",), BEGINNING, before)
    return begun - ledger.happened(OVER, BEGINNING, before)


def _resumed(ledger: Ledger, window: Window) -> Maybe:
    """Say on which projects works were resumed; open for all where nobody enters such events."""
    yes = ledger.happened(("resumed",), window.first, window.last).yes
    is_entered = (ledger.events["event_kind"] == "resumed").any()
    return Maybe(yes, np.zeros_like(yes) if is_entered else ~yes)


def _reserve(ledger: Ledger, window: Window) -> Maybe:
    """Say which projects stood in a reserve: entered in one, not started, not ended."""
    held = ledger.projects["reserve_level"].notna().to_numpy(dtype=bool)
    gone = ledger.happened(("started", "ended"), BEGINNING, window.last)
    return Maybe(held, ~held) - gone
