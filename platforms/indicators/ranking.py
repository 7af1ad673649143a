"""Rankings with trend (A22)."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.strict_yaml import Fault, ValueFaultError, read_data
from geo.tools import nearest_name
from platforms.completeness import Completeness
from platforms.errors import PlanningError, PolicyError
from platforms.indicators.per_mu import PERIOD, WAN_YUAN_PER_YI_YUAN, ranks_with_ties
from platforms.ledger.counting import read_ledger
from platforms.policy.check import CheckJob, judge, reported_year, year_beside
from platforms.policy.in_force import DatedRule, PolicySet
from platforms.policy.registry import check
from platforms.policy.verdict import Evidence, Outcome, Verdict, say
from platforms.source import LayerSource
from platforms.territory import assessment_areas, shapes_of

RankedBy = Literal["platform", "unit"]


@dataclass(frozen=True)
class RankedMeasure:
    """One measure of a ranking.

    ``name``: Its name.
    ``over, under``: Figures above and below the fraction line, without their unit; no ``under``:
      an amount.
    ``unit``: Unit of measure; ``share`` is 0–1.
    ``scale``: From over ÷ under to that unit, of figures in 万元, 亩 and 吨标煤.
    ``lower_is_better``: True where the least takes the first place.
    """

    name: str
    over: str
    under: str | None
    unit: str
    scale: float = 1.0
    lower_is_better: bool = False


MEASURES: dict[str, RankedMeasure] = {
    measure.name: measure
    for measure in (
        RankedMeasure("output", "output", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
        RankedMeasure("value_added", "value_added", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
        RankedMeasure("value_added_growth", "value_added", None, "share"),
        RankedMeasure("tax", "tax", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
        RankedMeasure("output_per_mu", "output", "land", "万元/亩"),
        RankedMeasure("tax_per_mu", "tax", "land", "万元/亩"),
        RankedMeasure("hightech_share", "hightech_value_added", "value_added", "share"),
        RankedMeasure("rd_share", "rd", "revenue", "share"),
        RankedMeasure("energy_per_value_added", "energy", "value_added", "吨标煤/万元",
                lower_is_better=True),
        RankedMeasure("investment_attracted", "investment", None, "亿元", 1 / WAN_YUAN_PER_YI_YUAN),
    )
}  # fmt: skip
"""Every measure by its name."""

BROUGHT_IN = "S6"
"""Assumption that says when a project counts as brought in; without it no figure is given."""

FIGURES = ("output", "value_added", "tax", "revenue", "rd", "hightech_value_added")


def previous_period(period: str) -> str:
    """Give the quarter or year before (``2024Q1`` → ``2023Q4``)."""
    year, _, quarter = period.partition("Q")
    if not quarter:
        return str(int(year) - 1)
    return f"{int(year) - 1}Q4" if quarter == "1" else f"{year}Q{int(quarter) - 1}"


def year_before(period: str) -> str:
    """Give the same quarter, or the year, one year before."""
    return f"{int(period[:4]) - 1}{period[4:]}"


def days_of(period: str) -> tuple[str, str]:
    """Give the first and last day of a quarter or year.

    >>> days_of("2024Q1"), days_of("2024")
    (('2024-01-01', '2024-03-31'), ('2024-01-01', '2024-12-31'))
    """
    year, _, quarter = period.partition("Q")
    first, last = (int(quarter) * 3 - 2, int(quarter) * 3) if quarter else (1, 12)
    end = calendar.monthrange(int(year), last)[1]
    return f"{year}-{first:02d}-01", f"{year}-{last:02d}-{end:02d}"


def figures_of(
    measure: RankedMeasure, by: RankedBy, period: str, source: LayerSource, policy: PolicySet
) -> pd.DataFrame:
    """Give a measure's figure of each platform or unit in a period.

    ``by``: ``platform`` (the major platforms, from their indicators) or ``unit`` (sums of its
      above-scale firms; these report by year only).
    ``period``: Year (``2024``) or quarter (``2024Q3``), whose figures are those of the quarter
      alone.
    ``policy``: Rules on the as-of date: when a project counts as brought in (S6).

    Index the ids; ``value`` [unit of the measure], missing where a figure is; and
    ``coverage_share``, the part of rows with all figures needed (0 where there are none).

    Raises PlanningError: ``period_malformed``, ``indicator_twice``.
    """
    if not PERIOD.fullmatch(period):
        raise PlanningError("period_malformed", period=period)
    if measure.name == "investment_attracted":
        return _investment(measure, by, period, source, policy)
    now = _ratio(measure, by, period, source)
    if measure.name != "value_added_growth":
        return now
    then = _ratio(measure, by, year_before(period), source)
    base = then["value"].where(then["value"] > 0)
    lower = now["coverage_share"].where(
        now["coverage_share"] < then["coverage_share"], then["coverage_share"]
    )
    # A sum over other firms than a year ago is no growth: both years must be whole.
    value = (now["value"] / base - 1).where(lower >= 1)
    return pd.DataFrame({"value": value, "coverage_share": lower})


def _ratio(measure: RankedMeasure, by: RankedBy, period: str, source: LayerSource) -> pd.DataFrame:
    """Sum the figures over the rows that have all of them, and divide."""
    ids, rows = (_platform_rows if by == "platform" else _firm_rows)(period, source)
    needed = [measure.over, *([measure.under] if measure.under else [])]
    whole = rows[needed].notna().all(axis=1)
    if measure.under:
        whole &= rows[measure.under] > 0
    groups = rows.assign(whole=whole).groupby("key")
    sums = rows[whole].groupby("key")[needed].sum(min_count=1).reindex(ids)
    value = sums[measure.over] * measure.scale
    if measure.under:
        value = value / sums[measure.under]
    coverage = groups["whole"].mean().reindex(ids).fillna(0.0)
    return pd.DataFrame({"value": value, "coverage_share": coverage})


def _platform_rows(period: str, source: LayerSource) -> tuple[pd.Index, pd.DataFrame]:
    """Read the indicators of the major platforms in 万元, 亩, 吨标煤."""
    platforms = pd.DataFrame(source.read("major_platforms"))
    major = platforms["is_major"].astype("boolean").fillna(value=True).to_numpy(dtype=bool)
    of_period = source.read("platform_indicators")
    of_period = of_period[of_period["period"].eq(period).fillna(value=False).to_numpy(dtype=bool)]
    _refuse_twice(of_period["platform_id"], period)
    figures = {
        name: of_period[f"{name}_yi_yuan"].astype("float64") * WAN_YUAN_PER_YI_YUAN
        for name in FIGURES
    }
    rows = pd.DataFrame(
        {"key": of_period["platform_id"], **figures,
         "land": of_period["above_scale_land_mu"].astype("float64"),
         "energy": of_period["energy_tce"].astype("float64")}
    )  # fmt: skip
    return pd.Index(platforms["platform_id"][major]), rows


def _firm_rows(period: str, source: LayerSource) -> tuple[pd.Index, pd.DataFrame]:
    """Read the figures of above-scale firms with their unit; quarters have none."""
    firms = pd.DataFrame(source.read("enterprises"))
    scale = firms["is_above_scale"].astype("boolean").fillna(value=False).to_numpy(dtype=bool)
    firms = firms.loc[scale, ["enterprise_id", "unit_id"]]
    of_year = source.read("enterprise_indicators")
    year = -1 if "Q" in period else int(period)
    of_year = of_year[of_year["year"].eq(year).fillna(value=False).to_numpy(dtype=bool)]
    _refuse_twice(of_year["enterprise_id"], period)
    joined = firms.merge(of_year, on="enterprise_id", how="left")
    figures = {
        name: joined[f"{name}_wan_yuan"].astype("float64")
        if f"{name}_wan_yuan" in joined
        else np.nan
        for name in FIGURES
    }
    rows = pd.DataFrame(
        {"key": joined["unit_id"], **figures,
         "land": joined["land_in_use_mu"].astype("float64"),
         "energy": joined["energy_tce"].astype("float64")}
    )  # fmt: skip
    return pd.Index(source.read("units")["unit_id"]), rows


def _investment(
    measure: RankedMeasure, by: RankedBy, period: str, source: LayerSource, policy: PolicySet
) -> pd.DataFrame:
    """Sum the investment of projects brought in (registered, S6) in the period."""
    layer = "major_platforms" if by == "platform" else "units"
    table = pd.DataFrame(source.read(layer))
    ids = pd.Index(table[f"{by}_id"])
    if BROUGHT_IN not in policy.pack.assumptions:
        return pd.DataFrame({"value": np.nan, "coverage_share": 0.0}, index=ids)
    ledger = read_ledger(source, policy.as_of)
    first, last = days_of(period)
    came = ledger.happened(policy.setting_texts(BROUGHT_IN, "brought_in_events"), first, last)
    projects = ledger.projects[came.yes]
    amounts = projects["investment_yi_yuan"].astype("float64") * WAN_YUAN_PER_YI_YUAN
    key = projects[f"{by}_id"]
    value = (amounts.groupby(key).sum(min_count=1) * measure.scale).reindex(ids)
    coverage = amounts.notna().astype("float64").groupby(key).mean().reindex(ids)
    # Nothing came to a place only where its ledger is kept, and every project has its place.
    if first <= policy.as_of and not came.open.any() and key.notna().all():
        idle = coverage.isna() & _ledger_is_kept(by, first, last, source, policy).reindex(ids)
        value.loc[idle] = 0.0
        coverage.loc[idle] = 1.0
    return pd.DataFrame({"value": value, "coverage_share": coverage.fillna(0.0)})


def _ledger_is_kept(
    by: RankedBy, first: str, last: str, source: LayerSource, policy: PolicySet
) -> pd.Series:
    """Say of each platform or unit whether its events are on file up to the end of a period.

    A statement of coverage says so: of the whole ledger or of the events that count as brought in.
    Of a period that runs it must be of some day in it.
    """
    table = gpd.GeoDataFrame(source.read("units"))
    shapes, ids = shapes_of(assessment_areas(table)), assessment_areas(table)["unit_id"]
    if by == "platform":
        platforms = gpd.GeoDataFrame(source.read("major_platforms"))
        shapes, ids = shapes_of(platforms), platforms["platform_id"]
    kinds = policy.setting_texts(BROUGHT_IN, "brought_in_events")
    since = last if last <= policy.as_of else first
    kept = Completeness(source, policy).kept("project_events", kinds, since, shapes)
    return pd.Series(kept, index=pd.Index(ids))


def _refuse_twice(keys: pd.Series, period: str) -> None:
    twice = keys[keys.duplicated()]
    if len(twice):
        raise PlanningError("indicator_twice", rows=", ".join(sorted(set(twice))), period=period)


FULL_POINTS = 100.0


@dataclass(frozen=True)
class RankingQuery:
    """What is to be ranked.

    ``by``: ``platform`` or ``unit``.
    ``period``: ``2024`` or ``2024Q3``.
    ``measures``: Names of the measures, none given: all.

    Raises
    ------
    PlanningError
        ``by_unknown``, ``measure_unknown`` with the nearest name.
    """

    by: RankedBy
    period: str
    measures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "measures", tuple(self.measures))
        if self.by not in get_args(RankedBy):
            raise PlanningError("by_unknown", by=str(self.by), known=", ".join(get_args(RankedBy)))
        for name in self.measures:
            if name not in MEASURES:
                raise PlanningError(
                    "measure_unknown", measure=name, nearest=nearest_name(name, MEASURES),
                    known=", ".join(MEASURES),
                )  # fmt: skip

    @property
    def asked(self) -> tuple[str, ...]:
        """The measures asked for."""
        return self.measures or tuple(MEASURES)


def rankings(query: RankingQuery, source: LayerSource, policy: PolicySet) -> pd.DataFrame:
    """Rank platforms or units by each measure.

    Parameters
    ----------
    query
        What is to be ranked.
    source
        Gives the layers.
    policy
        Rules on the as-of date.

    Returns
    -------
    DataFrame
        One row a measure and platform or unit: ``measure``, key (``platform_id`` or ``unit_id``),
        ``name``, ``rank`` (ties share one), ``is_tied``, ``value``, ``unit``, ``coverage_share``;
        for the period before and for the same period a year before ``previous_value``,
        ``previous_rank``, ``change`` [unit], ``year_before_value``, ``year_before_rank``,
        ``year_before_change``; ``rank_change``, places gained since the period before. What is
        missing is missing, and takes no place.

    Notes
    -----
    A22 嘉政发〔2018〕15号 二（六）.
    """
    layer = "major_platforms" if query.by == "platform" else "units"
    names = pd.DataFrame(source.read(layer)).set_index(f"{query.by}_id")["name"]
    tables = [
        _ranked_measure(MEASURES[name], query, names, source, policy).reset_index(
            names=f"{query.by}_id"
        )
        for name in query.asked
    ]
    return pd.concat(tables, ignore_index=True)


def _ranked_measure(
    measure: RankedMeasure,
    query: RankingQuery,
    names: pd.Series,
    source: LayerSource,
    policy: PolicySet,
) -> pd.DataFrame:
    now = figures_of(measure, query.by, query.period, source, policy)
    frame = pd.DataFrame(
        {
            "measure": measure.name,
            "name": names.reindex(now.index),
            "rank": _ranks(now["value"], measure),
            "value": now["value"],
            "unit": measure.unit,
            "coverage_share": now["coverage_share"],
        },
        index=now.index,
    )
    frame["is_tied"] = frame["rank"].notna() & frame["rank"].duplicated(keep=False)
    periods = {"previous": previous_period(query.period), "year_before": year_before(query.period)}
    for label, period in periods.items():
        then = figures_of(measure, query.by, period, source, policy)["value"].reindex(frame.index)
        frame[f"{label}_value"] = then
        frame[f"{label}_rank"] = _ranks(then, measure)
        frame["change" if label == "previous" else f"{label}_change"] = frame["value"] - then
    frame["rank_change"] = frame["previous_rank"] - frame["rank"]
    return frame.sort_values("rank", kind="stable", na_position="last")


def _ranks(values: pd.Series, measure: RankedMeasure) -> pd.Series:
    return ranks_with_ties(-values if measure.lower_is_better else values)


@dataclass(frozen=True)
class _Aspect:
    """One measure of the file: the aspect it stands for, and its weight."""

    weight: float
    aspect: str = ""

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ValueFaultError(key="weight")


@dataclass(frozen=True)
class _Composite:
    """The file of weights."""

    basis: Literal["assumed"]
    assumption: str
    weights: Mapping[str, _Aspect]

    def __post_init__(self) -> None:
        if not self.weights:
            raise ValueFaultError(key="weights")
        for name in self.weights.keys() - MEASURES.keys():
            raise ValueFaultError(key=name)


def parse_weights(text: str) -> Mapping[str, float]:
    """Read the weights of the composite ranking strictly.

    Parameters
    ----------
    text
        YAML of ``data/rankings/composite.yaml``.

    Returns
    -------
    mapping of str to float
        Weight of each measure, all above 0.

    Raises
    ------
    PolicyError
        ``weights_bad`` naming the key at fault.
    """
    table = read_data(text, _Composite, "composite", _weights_error)
    return {name: aspect.weight for name, aspect in table.weights.items()}


def _weights_error(fault: Fault) -> PolicyError:
    """Make the error of a fault of the weights: it names the key within its section."""
    path = fault.path.removesuffix(".weight").split(".", 1)[-1]
    return PolicyError("weights_bad", key=path or f"YAML:{fault.line}")


def composite(table: pd.DataFrame, key: str, weights: Mapping[str, float]) -> pd.DataFrame:
    """Give the composite ranking: points by rank, never a mean of ratios.

    Parameters
    ----------
    table
        As ``rankings`` gives it, with every measure weighed.
    key
        ``platform_id`` or ``unit_id``.
    weights
        Weight of each measure.

    Returns
    -------
    DataFrame
        One row a platform or unit: key, ``name``, ``rank``, ``is_tied``, ``score`` (0–100; of each
        measure 100 for the first place and 0 for the last, ties alike, weighed), ``missing``, the
        measures without a figure (then there is neither score nor rank).
    """
    points = {}
    for name in weights:
        rows = table[table["measure"] == name].set_index(key)
        places = rows["rank"].astype("Float64")
        last = len(places.dropna())
        scale = FULL_POINTS / (last - 1) if last > 1 else 0.0
        points[name] = FULL_POINTS - (places - 1) * scale
    frame = pd.DataFrame(points)
    total = sum(weights.values())
    weighed = [frame[name] * (weight / total) for name, weight in weights.items()]
    score = pd.concat(weighed, axis=1).sum(axis=1, skipna=False).astype("float64")
    names = table.drop_duplicates(key).set_index(key)["name"]
    result = pd.DataFrame(
        {
            "name": names.reindex(frame.index),
            "rank": ranks_with_ties(score),
            "score": score,
            "missing": [_missing(row) for _, row in frame.isna().iterrows()],
        },
        index=frame.index,
    )
    result["is_tied"] = result["rank"].notna() & result["rank"].duplicated(keep=False)
    ordered = result.sort_values("rank", kind="stable", na_position="last")
    return ordered.reset_index(names=key)


def _missing(row: pd.Series) -> Sequence[str]:
    return tuple(str(name) for name, lost in row.items() if lost)


LAYER = "platform_indicators"
MONITORED = ("value_added_yi_yuan", "output_yi_yuan", "tax_yi_yuan")


@check("A22", "quarterly")
def quarter_verdicts(job: CheckJob, dated: DatedRule) -> list[Verdict]:
    """List the quarters of a year that a major platform has not reported in full (A22).

    One a major platform, of the year asked, else of the latest complete one with quarters on file;
    measured the number of quarters, over by the as-of date, without a row or without value added,
    output or tax. Quarters over since then stand beside it. Before the first quarter is over it is
    not applicable; where no platform has quarters of the year, monitoring isn't kept in these
    layers, which is ``no_data``.

    Raises PlanningError: ``indicator_twice`` where a platform has two rows of one quarter.

    A22 嘉政发〔2018〕15号 二（六）. No document says by when a quarter is to be reported: it is
    missed from the day after its end.
    """
    table = job.source.read(LAYER)
    major = [str(row["platform_id"]) for _, row in job.platforms()]
    year = reported_year(job, _years_with_quarters(table, major))
    of_year = _quarters_over(year, job.policy.as_of)
    since = [] if job.is_year_asked else _quarters_since(year, job.policy.as_of)
    of_quarters = table[table["period"].isin([*_quarters(year), *since])]
    twice = of_quarters[of_quarters.duplicated(["platform_id", "period"])]
    if len(twice):
        row = twice.iloc[0]
        raise PlanningError("indicator_twice", rows=row["platform_id"], period=row["period"])
    quarters = _Quarters(year, of_year, since, of_quarters)
    return [
        _verdict(job, dated, unit_id, str(row["platform_id"]), quarters)
        for unit_id, row in job.platforms()
    ]


def _quarters(year: int) -> list[str]:
    return [f"{year}Q{n}" for n in range(1, 5)]


def _quarters_over(year: int, as_of: str) -> list[str]:
    return [quarter for quarter in _quarters(year) if days_of(quarter)[1] < as_of]


def _quarters_since(year: int, as_of: str) -> list[str]:
    """List the quarters over by a day of the years after a year."""
    return [
        quarter
        for later in range(year + 1, int(as_of[:4]) + 1)
        for quarter in _quarters_over(later, as_of)
    ]


def _years_with_quarters(table: pd.DataFrame, platform_ids: Sequence[str]) -> list[int]:
    """List the years of which some platform has a quarter on file."""
    rows = table[table["platform_id"].isin(platform_ids)]
    quarters = rows["period"][rows["period"].str.contains("Q").fillna(value=False)]
    return [int(period[:4]) for period in quarters]


@dataclass(frozen=True)
class _Quarters:
    """Quarters of the year judged that are over, those over since, and what is on file of both."""

    year: int
    over: list[str]
    since: list[str]
    on_file: pd.DataFrame

    def missed(self, platform_id: str, quarters: list[str]) -> list[str]:
        """List the quarters of which a platform lacks a figure that is monitored."""
        own = self.on_file[self.on_file["platform_id"].eq(platform_id)]
        told = set(own["period"][own[list(MONITORED)].notna().all(axis=1)])
        return [quarter for quarter in quarters if quarter not in told]


def _verdict(
    job: CheckJob, dated: DatedRule, unit_id: str, platform_id: str, quarters: _Quarters
) -> Verdict:
    year, over = quarters.year, quarters.over
    own = quarters.on_file[quarters.on_file["period"].str[:4].eq(str(year))]
    rows = np.sort(own["period"][own["platform_id"].eq(platform_id)].to_numpy(dtype=object))
    missed = quarters.missed(platform_id, over)
    measured: float | None = float(len(missed)) if over and len(own) else None
    outcome: Outcome | None = None if over else "not_applicable"
    reasons = year_beside(job, year)
    if not over:
        reasons.append(say("a22_none_over", year=year))
    elif own.empty:
        reasons.append(say("a22_not_kept", year=year))
    elif missed:
        reasons.append(say("a22_missed", periods=", ".join(missed)))
    missed_since = quarters.missed(platform_id, quarters.since)
    if missed_since:
        reasons.append(say("a22_missed_since", periods=", ".join(missed_since)))
    return judge(
        dated,
        measured,
        unit_id=unit_id,
        platform_id=platform_id,
        year=year,
        outcome=outcome,
        evidence=(Evidence(LAYER, tuple(f"{platform_id}/{period}" for period in rows)),)
        if len(rows)
        else (),
        reasons=tuple(reasons),
    )
