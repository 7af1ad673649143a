"""How enterprises are graded by a scheme: points by indicator, score, rank, class A-D.

score = sum(min(max(value / base, floor), cap) x weight) x multipliers + bonus (亩均论英雄).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.units import compare
from platforms.errors import PlanningError
from platforms.indicators.firm_measures import MEASURES, measure_of
from platforms.indicators.per_mu import refuse_twice
from platforms.indicators.ranks import ranks_with_ties
from platforms.indicators.scheme import Adjustment, Condition, Criterion, Scheme
from platforms.source import LayerSource
from platforms.statement import Statement, say

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

STANDINGS = ("graded", "exempt", "no_data", "out_of_scope")


@dataclass(frozen=True)
class Grading:
    """What a scheme says of the firms of a year.

    Attributes
    ----------
    firms
        One row a firm: ``enterprise_id``, ``name``, ``unit_id``, ``period``, ``standing``
        (``graded``, ``exempt``, ``no_data``, ``out_of_scope``), ``score``, ``rank`` and ``grade``
        of the graded; the best first.
    points
        One row a firm in scope and indicator: ``enterprise_id``, ``indicator``, ``value`` and
        ``base`` [``unit``], ``ratio`` as it counts, ``weight``, ``points``, ``status``
        (``counted``, ``capped``, ``floored``, ``missing_zero``, ``missing_average``, ``missing``).
    reasons
        What is to be said of each row of ``firms``, in its order.
    notes
        What is to be said of the whole.
    """

    firms: pd.DataFrame
    points: pd.DataFrame
    reasons: tuple[tuple[Statement, ...], ...]
    notes: tuple[Statement, ...]


def grade_firms(scheme: Scheme, period: str, source: LayerSource) -> Grading:
    """Grade the enterprises of a year.

    Parameters
    ----------
    scheme
        Weights, base values, classes.
    period
        Year of the figures (``2024``).
    source
        Gives ``enterprises`` and ``enterprise_indicators``.

    Returns
    -------
    Grading
        Every firm on record or with figures of the year, none hidden.

    Raises
    ------
    PlanningError
        ``period_not_yearly``, ``indicator_twice``.

    Notes
    -----
    Class by rank: a firm at place r of n is in the first class with r / n <= its share. Firms
    equal within a relative 1e-9 share the better place and so the better class: nobody is put
    lower for a difference that no figure shows (docs/decisions/0009).
    """
    if not (len(period) == 4 and period.isdigit()):
        raise PlanningError("period_not_yearly", period=period)
    firms = _firms(period, source)
    in_scope, unclear = _in_scope(firms, scheme)
    exempt, unsaid = _exempt(firms, scheme, int(period))
    rated = in_scope & ~exempt.astype(bool)
    points, table = _points(firms, scheme, rated)
    graded = rated & ~np.isnan(points).any(axis=1)
    factor, bonus, applied = _adjusted(firms, scheme, int(period))
    score = pd.Series(np.where(graded, points.sum(axis=1) * factor + bonus, np.nan))
    standing = np.select(
        [~in_scope & ~unclear, exempt.astype(bool) & ~unclear, graded],
        ["out_of_scope", "exempt", "graded"],
        "no_data",
    )
    ranks = ranks_with_ties(score)
    frame = firms[["enterprise_id", "name", "unit_id"]].assign(
        period=period,
        standing=standing,
        score=score,
        rank=ranks,
        grade=_grades(score, ranks, scheme),
    )
    reasons = [
        _reasons(n, firms, scheme, exempt, unclear, applied, unsaid, points, rated)
        for n in range(len(frame))
    ]
    order = frame.sort_values(["rank", "enterprise_id"], na_position="last").index
    notes = (
        (say("scheme_year_differs", scheme_year=scheme.year, period=period),)
        if int(period) != scheme.year
        else ()
    )
    return Grading(
        frame.loc[order].reset_index(drop=True), table, tuple(reasons[n] for n in order), notes
    )


def _firms(period: str, source: LayerSource) -> pd.DataFrame:
    indicators = source.read("enterprise_indicators")
    rows = indicators[(indicators["year"] == int(period)).fillna(value=False)]
    refuse_twice(rows, "enterprise_id", period)
    enterprises = pd.DataFrame(source.read("enterprises")).drop(
        columns=["geometry", "note", "source_doc"], errors="ignore"
    )
    figures = rows.drop(columns=["note", "source_doc"]).assign(has_figures=True)
    firms = enterprises.merge(figures, on="enterprise_id", how="outer")
    return firms.reset_index(drop=True)


def _in_scope(firms: pd.DataFrame, scheme: Scheme) -> tuple[Flags, Flags]:
    """Say which firms the scheme is for, and of which it isn't known."""
    size = firms["is_above_scale"].astype("boolean")
    wanted = size if scheme.scope == "above_scale" else ~size
    if scheme.scope == "all":
        wanted = pd.Series(data=True, index=firms.index, dtype="boolean")
    if scheme.units:
        here = firms["unit_id"].isin(scheme.units).astype("boolean")
        wanted = wanted & here.where(firms["unit_id"].notna())
    unclear = wanted.isna().to_numpy(dtype=bool)
    return wanted.fillna(value=False).to_numpy(dtype=bool), unclear


def _exempt(firms: pd.DataFrame, scheme: Scheme, year: int) -> tuple[npt.NDArray, list[list[str]]]:
    """Name the rule that exempts each firm ('' where none), and those that can't be told."""
    found = np.full(len(firms), "", dtype=object)
    unsaid: list[list[str]] = [[] for _ in range(len(firms))]
    for rule in scheme.exempt:
        holds, unknown = _holds(firms, rule.when, year)
        found[holds & (found == "")] = rule.title
        for n in np.flatnonzero(unknown):
            unsaid[n].append(rule.title)
    return found, unsaid


def _holds(firms: pd.DataFrame, when: Condition, year: int) -> tuple[Flags, Flags]:
    """Say of which firms a condition holds, and of which it isn't known."""
    column = firms[when.column]
    unknown = column.isna().to_numpy(dtype=bool)
    if when.test in ("is_true", "is_false"):
        is_set = column.astype("boolean").fillna(value=False).to_numpy(dtype=bool)
        return (is_set if when.test == "is_true" else ~is_set) & ~unknown, unknown
    if when.test == "younger_than_years":
        young = [isinstance(day, str) and _whole_years(day, year) < when.value for day in column]
        return np.array(young, dtype=bool), unknown
    signs = (0, 1) if when.test == "at_least" else (-1, 0)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    held = [not np.isnan(v) and compare(float(v), when.value) in signs for v in values]
    return np.array(held, dtype=bool), unknown


def _whole_years(since: str, year: int) -> int:
    """Count the whole years from a day to the last day of a year."""
    return year - date.fromisoformat(since).year


def _points(firms: pd.DataFrame, scheme: Scheme, rated: Flags) -> tuple[Numbers, pd.DataFrame]:
    """Give the points of each firm by indicator, NaN where it can't be graded for want of one."""
    points = np.full((len(firms), len(scheme.criteria)), np.nan)
    tables = []
    for position, criterion in enumerate(scheme.criteria):
        value = measure_of(firms, criterion.measure)
        ratio, status = _counted(value / criterion.base, criterion)
        given = ratio * criterion.weight
        gone = np.isnan(value)
        if criterion.missing == "zero":
            given[gone], status[gone] = 0.0, "missing_zero"
        elif criterion.missing == "average":
            others = given[rated & ~gone]
            given[gone] = others.mean() if len(others) else np.nan
            status[gone] = "missing_average" if len(others) else "missing"
        points[:, position] = given
        tables.append(
            pd.DataFrame(
                {
                    "enterprise_id": firms["enterprise_id"], "indicator": criterion.measure,
                    "value": value, "base": criterion.base,
                    "unit": MEASURES[criterion.measure].unit, "ratio": ratio,
                    "weight": criterion.weight, "points": given, "status": status,
                }
            )[rated]
        )  # fmt: skip
    whole = pd.concat(tables, ignore_index=True)
    return points, whole.sort_values("enterprise_id", kind="stable", ignore_index=True)


def _counted(ratio: Numbers, criterion: Criterion) -> tuple[Numbers, npt.NDArray]:
    """Hold value / base between floor and cap."""
    status = np.where(np.isnan(ratio), "missing", "counted").astype(object)
    low = ratio < criterion.floor
    status[low] = "floored"
    counted = np.where(low, criterion.floor, ratio)
    if criterion.cap_factor is not None:
        high = counted > criterion.cap_factor
        status[high] = "capped"
        counted = np.where(high, criterion.cap_factor, counted)
    return counted, status


def _adjusted(
    firms: pd.DataFrame, scheme: Scheme, year: int
) -> tuple[Numbers, Numbers, list[list[tuple[str, Adjustment, bool]]]]:
    """Give factor and extra points of each firm, and which rules gave them or couldn't be told."""
    factor, extra = np.ones(len(firms)), np.zeros(len(firms))
    applied: list[list[tuple[str, Adjustment, bool]]] = [[] for _ in range(len(firms))]
    for kind, rules in (("multiplier", scheme.multipliers), ("bonus", scheme.bonus)):
        for rule in rules:
            holds, unknown = _holds(firms, rule.when, year)
            if kind == "multiplier":
                factor[holds] *= rule.amount
            else:
                extra[holds] += rule.amount
            for n in np.flatnonzero(holds | unknown):
                applied[n].append((kind, rule, bool(holds[n])))
    return factor, extra, applied


def _grades(score: pd.Series, ranks: pd.Series, scheme: Scheme) -> pd.Series:
    count = int(ranks.notna().sum())
    grades = [
        None if pd.isna(rank) else _grade(float(value), int(rank), count, scheme)
        for value, rank in zip(score, ranks, strict=True)
    ]
    return pd.Series(np.array(grades, dtype=object), index=score.index, dtype="str")


def _grade(score: float, rank: int, count: int, scheme: Scheme) -> str | None:
    """Take the first class whose limit the firm is within; the last one takes what is left."""
    for one in scheme.classes:
        if one.limit is None:
            return one.grade
        if scheme.by == "rank_pct" and compare(100.0 * rank / count, one.limit) <= 0:
            return one.grade
        if scheme.by == "score" and compare(score, one.limit) >= 0:
            return one.grade
    return None


def _reasons(
    n: int,
    firms: pd.DataFrame,
    scheme: Scheme,
    exempt: npt.NDArray,
    unclear: Flags,
    applied: list[list[tuple[str, Adjustment, bool]]],
    unsaid: list[list[str]],
    points: Numbers,
    rated: Flags,
) -> tuple[Statement, ...]:
    """Say of one firm why it stands as it does."""
    if unclear[n]:
        return (say("grading_scope_unknown"),)
    if exempt[n]:
        return (say("grading_exempt", title=str(exempt[n])),)
    if not rated[n]:
        return ()
    if pd.isna(firms["has_figures"].iloc[n]):
        return (say("grading_no_row"),)
    said = [
        say("grading_missing", graded_by=one.measure)
        for one, given in zip(scheme.criteria, points[n], strict=True)
        if np.isnan(given)
    ]
    for kind, rule, is_known in applied[n]:
        if not is_known:
            said.append(say("grading_rule_unknown", title=rule.title))
        elif kind == "multiplier":
            said.append(say("grading_multiplied", title=rule.title, factor=rule.amount))
        else:
            said.append(say("grading_bonus", title=rule.title, points=rule.amount))
    said += [say("grading_rule_unknown", title=title) for title in unsaid[n]]
    return tuple(said)
