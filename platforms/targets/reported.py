"""Figures that the city reports for the years of a target (B10, E8)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from platforms.ledger.calendar import window_of
from platforms.ledger.counting import dated_verdict
from platforms.policy.check import CheckJob, counted_rows, holds, judge
from platforms.policy.in_force import DatedRule
from platforms.policy.uncertain import conditions_on
from platforms.policy.verdict import Evidence, Verdict, say

LAYER = "targets"
SCALES = {("亿美元", "亿美元"): 1.0, ("万美元", "亿美元"): 1e-4, ("share", "share"): 1.0,
          ("%", "share"): 0.01}  # fmt: skip
"""From the unit a figure is reported in to that of the rule; a currency is never converted."""


def reported_figures(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """Judge what the city reached by reported figures.

    ``job``: The city, judged as a whole, and the year where the rule has no period.
    ``dated``: The rule; its conditions name the indicator. Without a condition on the targets it
      isn't about reported figures.

    ``list of Verdict``: One, or none.

    B10 一（二）; 长春 E8 一2.
    """
    if not conditions_on(dated.rule, LAYER):
        return []
    targets = job.source.read(LAYER)
    all_units = list(map(str, job.layer("units")["unit_id"]))
    window = window_of(dated.rule, job.year, job.policy.as_of)
    rows = targets[counted_rows(dated.rule, LAYER, targets).yes]
    rows = rows[(rows["town"].isna() & rows["leader"].isna()).to_numpy(dtype=bool)]
    if not window.has_begun:
        reason = say("target_not_begun", first=window.first)
        return [judge(dated, None, year=window.year, reasons=(reason,))]
    total, used, missing = 0.0, [], []
    for year in range(int(window.first[:4]), int(window.last[:4]) + 1):
        in_year = rows[rows["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)]
        figures, is_whole = _of_year(in_year, all_units, dated.rule.unit)
        total += float(figures.sum())
        used += list(in_year["target_id"])
        missing += [] if is_whole else [year]
    evidence = (Evidence(LAYER, tuple(used)),) if used else ()
    if missing and (dated.rule.unit == "share" or not total or not holds(dated.rule, total)):
        said = say("target_figures_missing", years=", ".join(map(str, missing)), total=total)
        return [judge(dated, None, year=window.year, evidence=evidence, reasons=(said,))]
    more = [say("target_figures_open", years=", ".join(map(str, missing)))] if missing else []
    return [dated_verdict(dated, total, window, None, evidence, more)]


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
    unit_ids = rows["unit_id"][by_unit]
    known = figures[by_unit]
    twice = unit_ids.duplicated(keep=False).to_numpy(dtype=bool)
    known = known[~twice].dropna()
    is_whole = bool(len(all_units)) and len(known) == len(all_units)
    return known, is_whole
