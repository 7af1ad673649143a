"""Which shapes are broken, how they are repaired, and how much area a repair moved."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Flags, Floats, Positions
from geo.limits import MAX_BROKEN_CORNERS, MAX_CROSSINGS, MAX_NEAR_SIDES, MAX_SIDE_TESTS
from geo.tools import Progress, awaited, kernels_available, report, within


@dataclass(frozen=True)
class Repair:
    """One mended shape.

    ``position``: Position of the shape in the array given.
    ``reason``: What was wrong, in GEOS's words.
    ``area_before_m2, area_after_m2``: Planar area [m²] as drawn and as repaired.
    """

    position: int
    reason: str
    area_before_m2: float
    area_after_m2: float


TANGLED = "Too many self-intersections"
"""Reason of an outline that is beyond repair, in the manner of GEOS."""

SIDES_AT_ONCE = 2_000_000
"""So many pairs of sides are compared at a time."""


def tangled(
    geometries: npt.NDArray[np.object_], progress: Progress | None = None
) -> npt.NDArray[np.bool_]:
    """Say which outlines are too tangled to be rebuilt in bounded time.

    Parameters
    ----------
    geometries
        Shapes, array of n.
    progress
        Told the share done.

    Returns
    -------
    array of bool
        True for broken polygons of more than ``MAX_BROKEN_CORNERS`` corners, or whose sides cross
        or touch in more than ``MAX_CROSSINGS`` places, or lie close in more than
        ``MAX_NEAR_SIDES``; array of n.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> tangled(np.array([bow_tie], dtype=object)).tolist()
    [False]
    """
    hopeless = np.zeros(len(geometries), dtype=bool)
    corners = shapely.get_num_coordinates(geometries)
    # So few sides can't cross in more places than that.
    many = np.flatnonzero(corners * (corners - 1) / 2 > MAX_CROSSINGS)
    broken = many[~awaited(lambda: shapely.is_valid(geometries[many]), progress)]
    for done, position in enumerate(broken.tolist(), 1):
        hopeless[position] = corners[position] > MAX_BROKEN_CORNERS or _crosses_often(
            _sides(geometries[position])
        )
        report(progress, done / len(broken))
    return hopeless


def _sides(shape: shapely.Geometry) -> Floats:
    """Give the sides of a shape's rings: from x, y to x, y; k by 4."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    points, of_ring = shapely.get_coordinates(rings, return_index=True)
    sides = np.hstack([points[:-1], points[1:]])[of_ring[:-1] == of_ring[1:]]
    long: Floats = sides[(sides[:, :2] != sides[:, 2:]).any(axis=1)]
    return long


def _crosses_often(sides: Floats) -> bool:
    """Say whether sides meet, elsewhere than at a common end, or nearly meet too often.

    Sides are gone through along the axis in which they are shorter, each compared with those that
    begin before it ends; where that would be more than ``MAX_SIDE_TESTS`` pairs, they do.
    """
    low, high = _low(sides), _high(sides)
    pairs_by_axis = []
    for axis in (0, 1):
        order = np.argsort(low[:, axis], kind="stable")
        end = np.searchsorted(low[order, axis], high[order, axis], side="right")
        pairs_by_axis.append((int((end - np.arange(len(order)) - 1).sum()), order, end))
    count, order, end = min(pairs_by_axis, key=lambda entry: entry[0])
    if count > MAX_SIDE_TESTS:
        return True
    if kernels_available():
        from geo.kernels.boxes import meetings_up_to

        met_at_most = meetings_up_to(
            sides[order], end.astype(np.int64), MAX_CROSSINGS, MAX_NEAR_SIDES
        )
        return bool(met_at_most > MAX_CROSSINGS)
    return _often_met(sides[order], end)


def _often_met(sides: Floats, end: Positions) -> bool:
    """Do what ``geo.kernels.boxes.meetings_up_to`` is for."""
    low, high = _low(sides), _high(sides)
    met = begin = close = 0
    ahead = np.cumsum(end - np.arange(len(sides)) - 1)
    while begin < len(sides) and met <= MAX_CROSSINGS and close <= MAX_NEAR_SIDES:
        told = ahead[begin - 1] if begin else 0
        stop = max(int(np.searchsorted(ahead, told + SIDES_AT_ONCE, side="right")), begin + 1)
        some = np.arange(begin, stop)
        number = end[some] - some - 1
        first = np.repeat(some, number)
        second = np.arange(len(first)) - np.repeat(np.cumsum(number) - number, number) + first + 1
        near = ((low[first] <= high[second]) & (low[second] <= high[first])).all(axis=1)
        close += int(near.sum())
        met += _meetings(sides[first[near]], sides[second[near]])
        begin = stop
    return met > MAX_CROSSINGS or close > MAX_NEAR_SIDES


def _meetings(first: Floats, second: Floats) -> int:
    """Count the pairs of sides that meet, those left out that only have an end in common."""
    turns = [
        _turns(first, second[:, :2]), _turns(first, second[:, 2:]),
        _turns(second, first[:, :2]), _turns(second, first[:, 2:]),
    ]  # fmt: skip
    meet = (turns[0] * turns[1] <= 0) & (turns[2] * turns[3] <= 0)
    joined = np.zeros(len(first), dtype=bool)
    for a in (slice(0, 2), slice(2, 4)):
        for b in (slice(0, 2), slice(2, 4)):
            joined |= (first[:, a] == second[:, b]).all(axis=1)
    # Of two sides in one line with a common end, one may go on or fold back upon the other.
    low = np.maximum(_low(first), _low(second))
    folded = (np.minimum(_high(first), _high(second)) > low).any(axis=1)
    folded &= ~np.any(turns, axis=0)
    return int((meet & (~joined | folded)).sum())


def _low(sides: Floats) -> Floats:
    return np.minimum(sides[:, :2], sides[:, 2:])


def _high(sides: Floats) -> Floats:
    return np.maximum(sides[:, :2], sides[:, 2:])


def _turns(sides: Floats, points: Floats) -> Floats:
    """Say on which side of a line each point lies: 1 left, -1 right, 0 on it."""
    along, to = sides[:, 2:] - sides[:, :2], points - sides[:, :2]
    turns: Floats = np.sign(along[:, 0] * to[:, 1] - along[:, 1] * to[:, 0])
    return turns


def _broken(geometries: npt.NDArray[np.object_]) -> Positions:
    broken: Positions = np.flatnonzero(
        ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    )
    return broken


def _rebuilt(shape: shapely.Geometry) -> shapely.Geometry:
    rebuilt = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if not shapely.is_valid(rebuilt):  # parts that share an edge: GEOS leaves them apart
        rebuilt = shapely.union_all(shapely.get_parts(rebuilt))
    return rebuilt


def repair(
    geometries: npt.NDArray[np.object_],
    progress: Progress | None = None,
    *,
    beyond: Flags | None = None,
) -> tuple[npt.NDArray[np.object_], list[Repair]]:
    """Mend invalid polygons and list every change.

    Parameters
    ----------
    geometries
        Shapes, array of n; missing shapes stay missing.
    progress
        Told the share done.
    beyond
        What ``tangled`` says of them, None to ask it here.

    Returns
    -------
    mended
        Shapes, array of n: valid ones untouched, invalid ones rebuilt by their linework. Only the
        parts of the shape's own dimension are kept: a bow tie leaves no stray line. Tangled ones
        are missing.
    ledger
        One entry per mended shape.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    >>> mended, ledger = repair(np.array([bow_tie], dtype=object))
    >>> mended[0].is_valid, ledger[0].area_after_m2
    (True, 2.0)
    """
    mended = geometries.copy()
    hopeless = tangled(geometries, progress) if beyond is None else beyond
    mended[hopeless] = None
    broken = awaited(lambda: _broken(mended), progress)
    ledger = []
    for done, position in enumerate(broken):
        report(progress, done / len(broken))
        shape = geometries[position]
        so_far = within(progress, done / len(broken), 1.0)
        rebuilt = awaited(partial(_rebuilt, shape), so_far)
        mended[position] = rebuilt
        ledger.append(
            Repair(
                int(position),
                str(shapely.is_valid_reason(shape)),
                float(shapely.area(shape)),
                float(shapely.area(rebuilt)),
            )
        )
    return mended, ledger
