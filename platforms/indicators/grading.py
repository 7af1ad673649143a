"""A–D grades by scheme."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Flags, Floats
from geo.strict_yaml import Block, read_block
from geo.units import compare
from layers.contracts import CONTRACTS
from layers.fields import FIELDS
from platforms.errors import PlanningError, PolicyError, pack_error
from platforms.indicators.per_mu import ranks_with_ties, refuse_twice
from platforms.policy.pack import BASES
from platforms.policy.uncertain import SIGNS, Maybe
from platforms.policy.verdict import Basis, Statement, say
from platforms.source import LayerSource

YEARS = (1990, 2101)
"""A scheme's year: the first, and the one after the last."""


@dataclass(frozen=True)
class Measure:
    """A ratio of two columns of ``enterprise_indicators``.

    ``unit``: Unit of the ratio, which a scheme has to state beside its base value.
    ``numerator, denominator``: Columns.
    ``factor``: From the columns' units to the ratio's.
    """

    unit: str
    numerator: str
    denominator: str
    factor: float = 1.0


MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        "tax_per_mu": Measure("万元/亩", "tax_wan_yuan", "land_in_use_mu"),
        "value_added_per_mu": Measure("万元/亩", "value_added_wan_yuan", "land_in_use_mu"),
        "output_per_mu": Measure("万元/亩", "output_wan_yuan", "land_in_use_mu"),
        "revenue_per_mu": Measure("万元/亩", "revenue_wan_yuan", "land_in_use_mu"),
        "value_added_per_energy": Measure("万元/吨标煤", "value_added_wan_yuan", "energy_tce"),
        "value_added_per_emission": Measure("万元/吨", "value_added_wan_yuan", "emission_t"),
        "value_added_per_employee": Measure("万元/人", "value_added_wan_yuan", "employees"),
        "rd_share": Measure("%", "rd_wan_yuan", "revenue_wan_yuan", 100.0),
        "tax_per_electricity": Measure("元/kWh", "tax_wan_yuan", "electricity_kwh", 10_000.0),
    }
)
"""Every ratio by its id."""


def measure_of(figures: pd.DataFrame, measure: str) -> npt.NDArray[np.float64]:
    """Compute a ratio of each firm.

    ``figures``: Rows of ``enterprise_indicators``, n of them.
    ``measure``: Key of ``MEASURES``.

    Ratio [unit of the measure], array of n; NaN where a figure is missing or nothing positive
    stands below: without land there is no yield of land.

    >>> rows = pd.DataFrame({"tax_wan_yuan": [300.0, 5.0], "land_in_use_mu": [10.0, 0.0]})
    >>> measure_of(rows, "tax_per_mu").tolist()
    [30.0, nan]
    """
    sources = MEASURES[measure]
    above = figures[sources.numerator].to_numpy(dtype=float)
    below = figures[sources.denominator].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: npt.NDArray[np.float64] = np.where(below > 0, above / below * sources.factor, np.nan)
    return ratio


SCHEME_KEYS = ("scheme", "title", "year", "scope", "units", "basis", "source", "indicators",
               "multipliers", "bonus", "classes", "exempt", "note")  # fmt: skip
INDICATOR_KEYS = ("id", "weight", "base", "unit", "cap_factor", "floor", "missing", "basis", "note")

Scope = Literal["above_scale", "below_scale", "all"]
Missing = Literal["zero", "average", "exclude"]
GradedBy = Literal["rank_pct", "score"]
Test = Literal["is_true", "is_false", "at_least", "at_most", "younger_than_years"]

SCOPES: tuple[Scope, ...] = get_args(Scope)
MISSING: tuple[Missing, ...] = get_args(Missing)
BYS: tuple[GradedBy, ...] = get_args(GradedBy)
TESTS: Mapping[Test, tuple[str, ...]] = {
    "is_true": ("bool",),
    "is_false": ("bool",),
    "at_least": ("int", "float"),
    "at_most": ("int", "float"),
    "younger_than_years": ("date",),
}
"""Tests of a condition, each with the kinds of column it can be asked of."""


@dataclass(frozen=True)
class Criterion:
    """One indicator of a scheme: it adds ``value / base * weight`` points.

    ``measure``: Key of ``MEASURES``.
    ``weight``: Points of a firm at the base value; the weights sum to 100.
    ``base``: Base value [unit of the measure].
    ``cap_factor``: Most that value / base counts, None for no cap.
    ``floor``: Least that value / base counts.
    ``missing``: What a missing value does: counts ``zero``, the ``average`` of the other firms'
      points, or the firm is not graded (``exclude``).
    ``basis``: Whether the document states all this.
    """

    measure: str
    weight: float
    base: float
    cap_factor: float | None
    floor: float
    missing: Missing
    basis: Basis


@dataclass(frozen=True)
class Condition:
    """What must hold of a firm: a column of ``enterprises`` or ``enterprise_indicators``, a test.

    ``column, test, value``: ``younger_than_years`` counts whole years to the end of the year
      graded.
    """

    column: str
    test: Test
    value: float


@dataclass(frozen=True)
class Adjustment:
    """What a condition does: ``amount`` points more or less, or a factor; of an exemption nothing.

    ``rule_id, title``: What it is called.
    ``when``: Firms it holds for.
    ``amount``: Points (bonus) or factor (multiplier).
    """

    rule_id: str
    title: str
    when: Condition
    amount: float = 0.0


@dataclass(frozen=True)
class GradeClass:
    """One class: up to a share of the ranks [%], or from a score on (None: whatever is left)."""

    grade: str
    limit: float | None


@dataclass(frozen=True)
class Scheme:
    """A grading scheme as read.

    ``name, title, year, basis, source, note``: What it is and where it is stated.
    ``scope``: Above-scale firms (规上), below-scale ones (规下), or all.
    ``units``: Units whose firms are graded; empty for all.
    ``criteria, multipliers, bonus, exempt``: score = sum of points x multipliers + bonus.
    ``by, classes``: How classes are cut, the best first.
    """

    name: str
    title: str
    year: int
    scope: Scope
    units: tuple[str, ...]
    basis: Basis
    source: str
    note: str
    criteria: tuple[Criterion, ...]
    multipliers: tuple[Adjustment, ...]
    bonus: tuple[Adjustment, ...]
    by: GradedBy
    classes: tuple[GradeClass, ...]
    exempt: tuple[Adjustment, ...]


def parse_scheme(text: str, name: str) -> Scheme:
    r"""Read a grading scheme strictly.

    Parameters
    ----------
    text
        The scheme (YAML), as ``data/grading/README.md`` explains it.
    name
        Name of its file; the scheme must state the same.

    Returns
    -------
    Scheme
        The scheme.

    Raises
    ------
    PolicyError
        Whatever is wrong first, with its line: what ``geo.strict_yaml`` finds, and
        ``scheme_weights_off``, ``scheme_classes_bad``, ``scheme_unit_unfit``,
        ``scheme_number_bad``, ``scheme_test_unfit``.

    Examples
    --------
    >>> parse_scheme("scheme: a\nwieght: 1\n", "a")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    platforms.errors.PolicyError: ('pack_key_unknown', {'pack': 'a', 'line': 2, ...
    """
    top = read_block(text, name, pack_error, SCHEME_KEYS)
    if top.text("scheme") != name:
        raise PolicyError(
            "pack_name_differs", pack=name, line=top.line_of("scheme"), stated=top.text("scheme")
        )
    source = top.block("source", ("document", "place"))
    criteria = _criteria(top)
    by, classes = _classes(top)
    return Scheme(
        name=name,
        title=top.text("title"),
        year=_year(top),
        scope=top.word("scope", SCOPES),
        units=top.texts("units"),
        basis=top.word("basis", BASES),
        source=" ".join(filter(None, (source.text("document"), source.optional_text("place")))),
        note=top.optional_text("note") or "",
        criteria=criteria,
        multipliers=_adjustments(top, "multipliers", "factor"),
        bonus=_adjustments(top, "bonus", "points"),
        by=by,
        classes=classes,
        exempt=_adjustments(top, "exempt", None),
    )


def _year(top: Block) -> int:
    year = top.number("year")
    if not year.is_integer() or year not in range(*YEARS):
        raise _bad_number(top, "year", year)
    return int(year)


def _criteria(top: Block) -> tuple[Criterion, ...]:
    top.node("indicators")
    blocks = top.blocks("indicators", INDICATOR_KEYS)
    criteria = tuple(_criterion(block) for block in blocks)
    top.check_ids("indicators", blocks)
    total = math.fsum(one.weight for one in criteria)
    if compare(total, 100.0) != 0:
        line = top.line_of("indicators")
        raise PolicyError("scheme_weights_off", pack=top.source, line=line, total=total)
    return criteria


def _criterion(block: Block) -> Criterion:
    measure = block.word("id", tuple(MEASURES))
    unit = block.text("unit")
    if unit != MEASURES[measure].unit:
        raise PolicyError(
            "scheme_unit_unfit", pack=block.source, line=block.line_of("unit"), indicator=measure,
            unit=unit, expected=MEASURES[measure].unit,
        )  # fmt: skip
    floor = block.number("floor")
    cap = block.number("cap_factor") if block.has("cap_factor") else None
    if "cap_factor" not in block.nodes:
        # No cap is a choice that has to be written down: null.
        raise block.fault("key_missing", "cap_factor")
    if cap is not None and not cap > max(floor, 0.0):
        raise _bad_number(block, "cap_factor", cap)
    return Criterion(
        measure, _positive(block, "weight"), _positive(block, "base"), cap, floor,
        block.word("missing", MISSING),
        block.word("basis", BASES),
    )  # fmt: skip


def _classes(top: Block) -> tuple[GradedBy, tuple[GradeClass, ...]]:
    """Read the classes: shares rise to 100 %, scores fall and the last class takes the rest."""
    inner = top.block("classes", ("by", "steps"))
    by = inner.word("by", BYS)
    key = "to" if by == "rank_pct" else "from"
    inner.node("steps")
    steps = inner.blocks("steps", ("id", key))
    classes = tuple(
        GradeClass(step.text("id"), step.number(key) if step.has(key) else None) for step in steps
    )
    inner.check_ids("steps", steps)
    limits = [step.limit for step in classes]
    for step, (higher, lower) in zip(steps[1:], pairwise(limits), strict=True):
        is_last = step is steps[-1]
        if by == "rank_pct":
            fits = higher is not None and lower is not None and 0 < higher < lower
        else:
            fits = higher is not None and (is_last if lower is None else higher > lower)
        if not fits:
            raise PolicyError("scheme_classes_bad", pack=top.source, line=step.line_of(key), by=by)
    ends_well = bool(limits) and limits[-1] == (100.0 if by == "rank_pct" else None)
    if not ends_well:
        line = steps[-1].line_of(key) if steps else inner.line_of("steps")
        raise PolicyError("scheme_classes_bad", pack=top.source, line=line, by=by)
    return by, classes


def _adjustments(top: Block, key: str, amount: str | None) -> tuple[Adjustment, ...]:
    keys = ("id", "title", "when") if amount is None else ("id", "title", "when", amount)
    blocks = top.blocks(key, keys)
    adjustments = tuple(
        Adjustment(
            block.text("id"), block.text("title"), _condition(block),
            0.0 if amount is None else block.number(amount),
        )
        for block in blocks
    )  # fmt: skip
    top.check_ids(key, blocks)
    for block, adjustment in zip(blocks, adjustments, strict=True):
        if amount == "factor" and adjustment.amount <= 0:
            raise _bad_number(block, "factor", adjustment.amount)
    return adjustments


def _condition(block: Block) -> Condition:
    """Read a condition; its test must suit the kind of its column."""
    inner = block.block("when", ("column", "test", "value"))
    known = dict.fromkeys(
        (*CONTRACTS["enterprises"].columns, *CONTRACTS["enterprise_indicators"].columns)
    )
    column = inner.word("column", tuple(known))
    test = inner.word("test", tuple(TESTS))
    asks_value = not test.startswith("is_")
    if FIELDS[column].kind not in TESTS[test] or asks_value != inner.has("value"):
        raise PolicyError(
            "scheme_test_unfit", pack=inner.source, line=inner.line_of("test"), test=test,
            column=column,
        )  # fmt: skip
    return Condition(column, test, inner.number("value") if asks_value else 0.0)


def _positive(block: Block, key: str) -> float:
    value = block.number(key)
    if not value > 0:
        raise _bad_number(block, key, value)
    return value


def _bad_number(block: Block, key: str, value: float) -> PolicyError:
    return PolicyError(
        "scheme_number_bad", pack=block.source, line=block.line_of(key), key=key, value=value
    )


STANDINGS = ("graded", "exempt", "no_data", "out_of_scope")


@dataclass(frozen=True)
class Grading:
    """What a scheme says of the firms of a year.

    ``firms``: One row a firm: ``enterprise_id``, ``name``, ``unit_id``, ``period``, ``standing``
      (``graded``, ``exempt``, ``no_data``, ``out_of_scope``), ``score``, ``rank`` and ``grade`` of
      the graded; the best first.
    ``points``: One row a firm in scope and indicator: ``enterprise_id``, ``indicator``, ``value``
      and ``base`` [``unit``], ``ratio`` as it counts, ``weight``, ``points``, ``status``
      (``counted``, ``capped``, ``floored``, ``missing_zero``, ``missing_average``, ``missing``).
    ``reasons``: What is to be said of each row of ``firms``, in its order.
    ``notes``: What is to be said of the whole.
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
    if not re.fullmatch(r"[0-9]{4}", period):
        raise PlanningError("period_not_yearly", period=period)
    firms = _firms(period, source)
    in_scope, unclear = _in_scope(firms, scheme)
    exempt, unsaid = _exempt(firms, scheme, int(period))
    rated = in_scope & ~exempt.astype(bool)
    points, table = _points(firms, scheme, rated)
    graded = rated & ~np.isnan(points).any(axis=1)
    factor, bonus, applied = _adjusted(firms, scheme, int(period))
    score = pd.Series(np.where(graded, points.sum(axis=1) * factor + bonus, np.nan))
    status = np.select(
        [~in_scope & ~unclear, exempt.astype(bool) & ~unclear, graded],
        ["out_of_scope", "exempt", "graded"],
        "no_data",
    )
    ranks = ranks_with_ties(score)
    frame = firms[["enterprise_id", "name", "unit_id"]].assign(
        period=period, standing=status, score=score, rank=ranks, grade=_grades(score, ranks, scheme)
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
    titles = np.full(len(firms), "", dtype=object)
    unsaid: list[list[str]] = [[] for _ in range(len(firms))]
    for rule in scheme.exempt:
        met = _condition_met(firms, rule.when, year)
        titles[met.yes & (titles == "")] = rule.title
        for n in np.flatnonzero(met.open):
            unsaid[n].append(rule.title)
    return titles, unsaid


def _condition_met(firms: pd.DataFrame, when: Condition, year: int) -> Maybe:
    """Say which firms meet a condition of the scheme."""
    column = firms[when.column]
    unknown = column.isna().to_numpy(dtype=bool)
    if when.test in ("is_true", "is_false"):
        is_set = column.astype("boolean").fillna(value=False).to_numpy(dtype=bool)
        return Maybe((is_set if when.test == "is_true" else ~is_set) & ~unknown, unknown)
    if when.test == "younger_than_years":
        young = [isinstance(day, str) and _whole_years(day, year) < when.value for day in column]
        return Maybe(np.array(young, dtype=bool), unknown)
    signs = SIGNS[">=" if when.test == "at_least" else "<="]
    values = column.to_numpy(dtype=float, na_value=np.nan)
    met = [not np.isnan(v) and compare(float(v), when.value) in signs for v in values]
    return Maybe(np.array(met, dtype=bool), unknown)


def _whole_years(since: str, year: int) -> int:
    """Count the whole years from a day to the last day of a year."""
    return year - date.fromisoformat(since).year


def _points(firms: pd.DataFrame, scheme: Scheme, rated: Flags) -> tuple[Floats, pd.DataFrame]:
    """Give the points of each firm by indicator, NaN where it can't be graded for want of one."""
    points = np.full((len(firms), len(scheme.criteria)), np.nan)
    tables = []
    for position, criterion in enumerate(scheme.criteria):
        value = measure_of(firms, criterion.measure)
        ratio, status = _counted(value / criterion.base, criterion)
        weighted = ratio * criterion.weight
        gone = np.isnan(value)
        if criterion.missing == "zero":
            weighted[gone], status[gone] = 0.0, "missing_zero"
        elif criterion.missing == "average":
            others = weighted[rated & ~gone]
            weighted[gone] = others.mean() if len(others) else np.nan
            status[gone] = "missing_average" if len(others) else "missing"
        points[:, position] = weighted
        tables.append(
            pd.DataFrame(
                {
                    "enterprise_id": firms["enterprise_id"], "indicator": criterion.measure,
                    "value": value, "base": criterion.base,
                    "unit": MEASURES[criterion.measure].unit, "ratio": ratio,
                    "weight": criterion.weight, "points": weighted, "status": status,
                }
            )[rated]
        )  # fmt: skip
    whole = pd.concat(tables, ignore_index=True)
    return points, whole.sort_values("enterprise_id", kind="stable", ignore_index=True)


def _counted(ratio: Floats, criterion: Criterion) -> tuple[Floats, npt.NDArray]:
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
) -> tuple[Floats, Floats, list[list[tuple[str, Adjustment, bool]]]]:
    """Give factor and extra points of each firm, and which rules gave them or couldn't be told."""
    factor, extra = np.ones(len(firms)), np.zeros(len(firms))
    applied: list[list[tuple[str, Adjustment, bool]]] = [[] for _ in range(len(firms))]
    for kind, rules in (("multiplier", scheme.multipliers), ("bonus", scheme.bonus)):
        for rule in rules:
            met = _condition_met(firms, rule.when, year)
            if kind == "multiplier":
                factor[met.yes] *= rule.amount
            else:
                extra[met.yes] += rule.amount
            for n in np.flatnonzero(met.may):
                applied[n].append((kind, rule, bool(met.yes[n])))
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
    for step in scheme.classes:
        if step.limit is None:
            return step.grade
        if scheme.by == "rank_pct" and compare(100.0 * rank / count, step.limit) <= 0:
            return step.grade
        if scheme.by == "score" and compare(score, step.limit) >= 0:
            return step.grade
    return None


def _reasons(
    n: int,
    firms: pd.DataFrame,
    scheme: Scheme,
    exempt: npt.NDArray,
    unclear: Flags,
    applied: list[list[tuple[str, Adjustment, bool]]],
    unsaid: list[list[str]],
    points: Floats,
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
    reasons = [
        say("grading_missing", graded_by=criterion.measure)
        for criterion, value in zip(scheme.criteria, points[n], strict=True)
        if np.isnan(value)
    ]
    for kind, rule, is_known in applied[n]:
        if not is_known:
            reasons.append(say("grading_rule_unknown", title=rule.title))
        elif kind == "multiplier":
            reasons.append(say("grading_multiplied", title=rule.title, factor=rule.amount))
        else:
            reasons.append(say("grading_bonus", title=rule.title, points=rule.amount))
    reasons += [say("grading_rule_unknown", title=title) for title in unsaid[n]]
    return tuple(reasons)
