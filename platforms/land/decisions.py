"""Which parcels planners joined or parted by hand, each with a name and a reason."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.contiguity import JoiningGaps, Positions
from platforms.errors import PlanningError


@dataclass(frozen=True)
class Decided:
    """Pairs of parts with the decision that holds for them.

    Attributes
    ----------
    first, second
        Positions of the parts, ``first < second``.
    row
        Row of the decision.
    joins
        True where they are joined, False where they are parted.
    """

    first: Positions
    second: Positions
    row: Positions
    joins: np.ndarray


def decisions_on(decisions: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Give the decisions made by a date.

    Parameters
    ----------
    decisions
        Table ``adjacency_decisions``; one without a date holds always.
    as_of
        The date.

    Returns
    -------
    DataFrame
        Those that hold.
    """
    if not len(decisions):
        return decisions
    later = decisions["decided_on"].fillna("").astype(str) > as_of
    return decisions[~later.to_numpy(dtype=bool)].reset_index(drop=True)


def decided_pairs(parts: gpd.GeoDataFrame, decisions: pd.DataFrame) -> Decided:
    """Find the parts that decisions are about.

    Parameters
    ----------
    parts
        ``parcel_id``, ``part_id`` and shape of the parts taken.
    decisions
        Table ``adjacency_decisions``; a parcel named as ``id#n`` is that part alone. Joined
        parcels of several parts are joined by the nearest two.

    Returns
    -------
    Decided
        Decisions about parcels that aren't taken bear on nothing.

    Raises
    ------
    PlanningError
        ``decisions_contradict``: the same two parcels are both joined and parted.
    """
    columns: tuple[list[int], ...] = ([], [], [])
    joins: list[bool] = []
    if len(decisions):
        _refuse_contradictions(decisions)
        places = _places(parts)
        for row, one in enumerate(decisions.to_dict("records")):
            ones = places.get(str(one["parcel_id"]), [])
            twos = places.get(str(one["other_parcel_id"]), [])
            pairs = [(a, b) for a in ones for b in twos if a != b]
            join = bool(one["adjacency"] == "join")
            if join and pairs:
                shapes = parts.geometry.array
                pairs = [min(pairs, key=lambda pair: shapes[pair[0]].distance(shapes[pair[1]]))]
            for a, b in pairs:
                columns[0].append(min(a, b))
                columns[1].append(max(a, b))
                columns[2].append(row)
                joins.append(join)
    first, second, rows = (np.array(column, dtype=np.intp) for column in columns)
    return Decided(first, second, rows, np.array(joins, dtype=bool))


def decide(found: JoiningGaps, decided: Decided, count: int) -> JoiningGaps:
    """Let decisions stand above what was measured.

    Parameters
    ----------
    found
        Joining gaps measured.
    decided
        What was decided by hand.
    count
        Number of parts.

    Returns
    -------
    JoiningGaps
        Pairs joined by hand are neighbours at any gap, pairs parted by hand at none.
    """
    kept = ~np.isin(found.first * count + found.second, decided.first * count + decided.second)
    first = np.concatenate([found.first[kept], decided.first[decided.joins]])
    second = np.concatenate([found.second[kept], decided.second[decided.joins]])
    gap_m = np.concatenate([found.gap_m[kept], np.zeros(int(decided.joins.sum()))])
    order = np.lexsort((second, first))
    return JoiningGaps(first[order], second[order], gap_m[order])


def _places(parts: gpd.GeoDataFrame) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    names = zip(parts["parcel_id"], parts["part_id"], strict=True)
    for place, (parcel_id, part_id) in enumerate(names):
        for name in {parcel_id, part_id}:
            places.setdefault(name, []).append(place)
    return places


def _refuse_contradictions(decisions: pd.DataFrame) -> None:
    held: dict[frozenset[str], tuple[str, str]] = {}
    for one in decisions.to_dict("records"):
        pair = frozenset((str(one["parcel_id"]), str(one["other_parcel_id"])))
        adjacency, decision = str(one["adjacency"]), str(one["decision_id"])
        before, earlier = held.setdefault(pair, (adjacency, decision))
        if before != adjacency:
            raise PlanningError(
                "decisions_contradict", parcels=", ".join(sorted(pair)), one=earlier,
                other=decision,
            )  # fmt: skip
