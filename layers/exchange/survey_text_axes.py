"""Which number of each point is north and which is east, decided parcel by parcel and said."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from layers.exchange.axes import ORDERS, orders_of, zones_of
from layers.exchange.oddities import Oddities
from layers.exchange.survey_text_lines import Block
from layers.exchange.survey_text_rings import Corner

UNKNOWN = -1
_SWAPPED = {ORDERS.index("east_north"), ORDERS.index("lon_lat")}
_DEGREES = {ORDERS.index("lat_lon"), ORDERS.index("lon_lat")}


@dataclass(frozen=True)
class PlacedPoints:
    """The points of a file with x east and y north.

    Attributes
    ----------
    corners
        Per parcel its points; empty where the parcel's numbers contradict each other.
    order
        Position in ``axes.ORDERS`` of the order most parcels have, -1 where no size tells.
    zone
        Zone in front of the eastings, 0 where there is none.
    is_geographic
        True where the numbers are degrees.
    """

    corners: list[list[Corner]]
    order: int
    zone: int
    is_geographic: bool


def place_points(blocks: list[Block], oddities: Oddities) -> PlacedPoints:
    """Tell north from east for every parcel, and mark parcels that don't fit the others.

    Parameters
    ----------
    blocks
        Parcels as they stand; those whose numbers contradict each other are marked.
    oddities
        Where swapped parcels are noted.

    Returns
    -------
    PlacedPoints
        Points, order, zone. Numbers whose sizes tell nothing are taken as the format has them:
        north first.
    """
    kept = [block for block in blocks if block.points]
    first = np.array([point.first for block in kept for point in block.points])
    second = np.array([point.second for block in kept for point in block.points])
    orders = orders_of(first, second)
    swapped = np.isin(orders, list(_SWAPPED))
    east = np.where(swapped, first, second)
    north = np.where(swapped, second, first)
    metric = (orders >= 0) & ~np.isin(orders, list(_DEGREES))
    zones = np.where(metric, zones_of(east), 0)
    usual_order, usual_zone = _most(orders), _most(zones[metric], 0)
    is_geographic = usual_order in _DEGREES
    start = 0
    corners: dict[int, list[Corner]] = {}
    for block in kept:
        own = slice(start, start + len(block.points))
        start = own.stop
        _check(block, orders[own], zones[own], usual_order, usual_zone)
        if block.problem is None and swapped[own.start] != (usual_order in _SWAPPED):
            oddities.note("txt_axes_differ", f"{block.line} {block.label[:20]}")
        corners[id(block)] = [
            Corner(p.line, p.label, _ring(p.ring), float(x), float(y))
            for p, x, y in zip(block.points, east[own], north[own], strict=True)
        ]
    return PlacedPoints(
        [corners.get(id(block), []) for block in blocks], usual_order, usual_zone, is_geographic
    )


def _most(values: npt.NDArray, empty: int = UNKNOWN) -> int:
    if not len(values):
        return empty
    found, counts = np.unique(values, return_counts=True)
    return int(found[np.argmax(counts)])


def _check(
    block: Block, orders: npt.NDArray, zones: npt.NDArray, usual_order: int, usual_zone: int
) -> None:
    """Mark a parcel one of whose numbers can't be what the others are."""
    first = int(orders[0])
    usual = _most(orders)
    odd = np.flatnonzero(orders != usual)
    if len(odd):
        block.spoil("txt_number_odd", block.points[int(odd[0])].line)
    elif (first in _DEGREES) != (usual_order in _DEGREES) or (first < 0) != (usual_order < 0):
        block.spoil("txt_unit_mixed", block.points[0].line)
    elif (zones != usual_zone).any() and first >= 0 and first not in _DEGREES:
        block.spoil(
            "txt_zone_mixed", block.points[int(np.flatnonzero(zones != usual_zone)[0])].line
        )


def _ring(text: str) -> str:
    number = text.partition(".")[0]
    return str(int(number)) if number.isascii() and number.isdigit() else text
