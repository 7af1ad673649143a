"""Rankings by quarter and year, with ties shown as ties, and the trend (A22)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import pandas as pd
import yaml

from geo.nearest import nearest_name
from platforms.errors import PlanningError, PolicyError
from platforms.indicators.measures import (
    MEASURES,
    Measure,
    RankedBy,
    figures_of,
    previous_period,
    year_before,
)
from platforms.indicators.ranks import ranks_with_ties
from platforms.policy.dated import PolicySet
from platforms.source import LayerSource

FULL_POINTS = 100.0


@dataclass(frozen=True)
class RankingQuery:
    """What is to be ranked.

    Attributes
    ----------
    by
        ``platform`` or ``unit``.
    period
        ``2024`` or ``2024Q3``.
    measures
        Names of the measures, none given: all.

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
        _one(MEASURES[name], query, names, source, policy).reset_index(names=f"{query.by}_id")
        for name in query.asked
    ]
    return pd.concat(tables, ignore_index=True)


def _one(
    measure: Measure,
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


def _ranks(values: pd.Series, measure: Measure) -> pd.Series:
    return ranks_with_ties(-values if measure.lower_is_better else values)


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
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyError("weights_bad", key=str(error).splitlines()[0]) from error
    if not isinstance(data, dict) or set(data) != {"basis", "assumption", "weights"}:
        raise PolicyError("weights_bad", key="basis, assumption, weights")
    if data["basis"] != "assumed" or not isinstance(data["weights"], dict) or not data["weights"]:
        raise PolicyError("weights_bad", key="weights")
    weights = {}
    for name, entry in data["weights"].items():
        weight = entry.get("weight") if isinstance(entry, dict) else None
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if name not in MEASURES or not is_number or not 0 < float(weight or 0) < float("inf"):
            raise PolicyError("weights_bad", key=str(name))
        weights[str(name)] = float(weight or 0)
    return weights


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
