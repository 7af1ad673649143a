"""Figures that units or the city report as such: staff, posts outside, weights (B12, B13)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from platforms.judge import judge
from platforms.policy.dated import DatedRule
from platforms.statement import say
from platforms.targets.conditions import conditions_on, fitting
from platforms.targets.figures import SCALES
from platforms.targets.tally import dated_verdict
from platforms.targets.windows import window_of
from platforms.verdict import Evidence, Verdict

LAYER = "targets"
GROWING = ("人", "个", "家")
"""Units of what adds up over a year: short of it, it isn't due before the year is over."""


def reported_verdicts(
    targets: pd.DataFrame,
    dated: DatedRule,
    unit_ids: Sequence[str | None],
    year: int,
    as_of: str,
) -> list[Verdict]:
    """Judge a figure that each unit, or the city, reports for a year.

    Parameters
    ----------
    targets
        Table ``targets``; rows of towns and leaders are left aside.
    dated
        The rule [share or a number]; its condition names the indicator.
    unit_ids
        Units to judge, None among them for the city: rows that name no unit.
    year
        Year asked.
    as_of
        The day (ISO).

    Returns
    -------
    list of Verdict
        One each; ``no_data`` without a figure, with one in another unit of measure, or with two.

    Notes
    -----
    B12 《进一步推动招大引强工作实施方案》 二（三）11, 12; B13 三（一）.
    """
    rows = targets[fitting(targets, conditions_on(dated.rule, LAYER)).yes]
    whole = rows["town"].isna() & rows["leader"].isna()
    of_year = rows["year"].eq(year).fillna(value=False)
    rows = rows[(whole & of_year).to_numpy(dtype=bool)]
    return [_verdict(rows, dated, unit_id, year, as_of) for unit_id in unit_ids]


def _verdict(
    rows: pd.DataFrame, dated: DatedRule, unit_id: str | None, year: int, as_of: str
) -> Verdict:
    own = rows["unit_id"].isna() if unit_id is None else rows["unit_id"].eq(unit_id)
    mine = rows[own.fillna(value=False).to_numpy(dtype=bool)]
    unit = dated.rule.unit
    scale = [
        1.0 if one == unit else SCALES.get((one, unit), np.nan) for one in mine["measure_unit"]
    ]
    figures = (mine["actual_value"].astype("float64") * scale).dropna()
    evidence = (Evidence(LAYER, tuple(map(str, mine["target_id"]))),) if len(mine) else ()
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
