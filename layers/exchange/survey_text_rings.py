"""How the points of a parcel become its outline: rings closed, holes told from further parts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from layers.exchange.oddities import Oddities

MAX_RINGS = 2_000
"""Rings of one parcel; more are a broken file, and would be compared each with each."""

CLOSED_WITHIN_M = 0.0005
"""Two points nearer than the format's three decimals can tell apart are one point."""

MISCLOSED_WITHIN_M = 0.1
"""A last point that bears the first one's number and lies this near is it too, badly written."""


class Corner(NamedTuple):
    """One point of a parcel: its line, label and ring, east and north [m or degrees]."""

    line: int
    label: str
    ring: str
    x: float
    y: float


class RingError(Exception):
    """A parcel's points make no outline: a code and the line where it shows."""

    def __init__(self, code: str, line: int) -> None:
        super().__init__(code, line)
        self.code = code
        self.line = line


def _broken(code: str, line: int) -> RingError:
    return RingError(code, line)


@dataclass(frozen=True)
class Outline:
    """A parcel's shape, and how many of its points only repeat another."""

    shape: shapely.Geometry
    repeated: int


def outline_of(corners: Sequence[Corner], kind: str, metres: float, oddities: Oddities) -> Outline:
    """Build a parcel's shape from its points.

    Parameters
    ----------
    corners
        Points in the file's order.
    kind
        ``面`` (also where empty), ``线`` or ``点``.
    metres
        Length of a unit of the coordinates: 1, or that of a degree.
    oddities
        Where what is unusual is noted.

    Returns
    -------
    Outline
        For ``面`` a (multi)polygon by the even-odd rule: a ring inside another is a hole, one
        beside it a further part, whatever their numbers are.

    Raises
    ------
    RingError
        ``txt_ring_short``, ``txt_ring_misclosed``, ``txt_rings_many``, ``txt_points_missing``.
    """
    if not corners:
        raise _broken("txt_points_missing", 0)
    if kind == "点":
        return Outline(shapely.MultiPoint([(c.x, c.y) for c in corners]), 0)
    if kind == "线":
        return Outline(_lines(corners), 0)
    rings, repeated = rings_of_parcel(corners, metres, oddities)
    polygons = np.array([shapely.Polygon([(c.x, c.y) for c in ring]) for ring in rings])
    if len(polygons) == 1:
        return Outline(polygons[0], repeated)
    return Outline(nested(polygons), repeated)


def rings_of_parcel(
    corners: Sequence[Corner], metres: float, oddities: Oddities
) -> tuple[list[list[Corner]], int]:
    """Divide points into rings: by their ring number, and where a ring comes back to its start.

    Parameters
    ----------
    corners
        Points in the file's order.
    metres
        Length of a unit of the coordinates.
    oddities
        Where what is unusual is noted.

    Returns
    -------
    rings, repeated
        Rings of three different points or more, without the closing point, in the order they
        begin; count of the points left out because they repeat the first or the last one.

    Raises
    ------
    RingError
        As ``outline_of``.
    """
    walk = _Walk(metres, oddities)
    for position, corner in enumerate(corners):
        after = corners[position + 1] if position + 1 < len(corners) else None
        walk.take(corner, after)
    for ring in walk.under_way.values():
        walk.left_out += _close(ring, metres, oddities)
    for ring in walk.rings:
        _note_labels(ring, oddities)
    return _without_copies(walk.rings, oddities), walk.left_out


@dataclass
class _Walk:
    """Rings found so far, those still open by their number, and where each number last closed."""

    metres: float
    oddities: Oddities
    rings: list[list[Corner]] = field(default_factory=list)
    under_way: dict[str, list[Corner]] = field(default_factory=dict)
    closed: dict[str, Corner] = field(default_factory=dict)
    left_out: int = 0

    def take(self, corner: Corner, after: Corner | None) -> None:
        ring = self.under_way.get(corner.ring)
        before = ring[-1] if ring else self.closed.get(corner.ring)
        if before is not None and self._same(before, corner):
            self.oddities.note("txt_point_twice", corner.line)
            self.left_out += 1
        elif ring is None:
            self._begin(corner)
        elif len(ring) > 1 and self._same(ring[0], corner):
            _check_length(ring)
            del self.under_way[corner.ring]
            self.closed[corner.ring] = corner
            self.left_out += 1
        elif _restarts(ring, corner, after):
            self.oddities.note("txt_ring_open", ring[-1].line)
            self._begin(corner)
        else:
            ring.append(corner)

    def _begin(self, corner: Corner) -> None:
        self.under_way[corner.ring] = ring = [corner]
        self.rings.append(ring)
        if len(self.rings) > MAX_RINGS:
            raise _broken("txt_rings_many", corner.line)

    def _same(self, first: Corner, second: Corner) -> bool:
        return _distance(first, second) * self.metres <= CLOSED_WITHIN_M


def _restarts(ring: list[Corner], corner: Corner, after: Corner | None) -> bool:
    """Say whether labels begin again, as they do where rings share a number and stay open."""
    return (
        len(ring) > 2
        and after is not None
        and after.ring == corner.ring
        and bool(corner.label)
        and (corner.label, after.label) == (ring[0].label, ring[1].label)
    )


def _without_copies(rings: list[list[Corner]], oddities: Oddities) -> list[list[Corner]]:
    """Leave out a ring that stands in the file twice: it would be its own hole."""
    if len(rings) == 1:
        return rings
    kept: dict[frozenset[tuple[float, float]], list[Corner]] = {}
    for ring in rings:
        points = frozenset((corner.x, corner.y) for corner in ring)
        if points in kept:
            oddities.note("txt_ring_twice", ring[0].line)
        kept.setdefault(points, ring)
    return list(kept.values())


def _close(ring: list[Corner], metres: float, oddities: Oddities) -> int:
    """Close a ring that doesn't come back to its first point; tell how many points closed it."""
    first, last = ring[0], ring[-1]
    if len(ring) > 2 and last.label and last.label == first.label:
        apart = _distance(first, last) * metres
        if apart > MISCLOSED_WITHIN_M:
            raise _broken("txt_ring_misclosed", last.line)
        oddities.note("txt_ring_closed_near", f"{last.line} ({apart:.3f} m)")
        ring.pop()
        _check_length(ring)
        return 1
    _check_length(ring)
    oddities.note("txt_ring_open", last.line)
    return 0


def _check_length(ring: list[Corner]) -> None:
    if len(ring) < 3:
        raise _broken("txt_ring_short", ring[-1].line)


def _note_labels(ring: list[Corner], oddities: Oddities) -> None:
    seen: set[str] = set()
    for corner in ring:
        if corner.label and corner.label in seen:
            oddities.note("txt_label_twice", f"{corner.line} {corner.label[:12]}")
        seen.add(corner.label)


def nested(polygons: npt.NDArray[np.object_]) -> shapely.Geometry:
    """Put rings into each other: inside an odd number of others a ring is a hole.

    Parameters
    ----------
    polygons
        One polygon without holes per ring, array of n.

    Returns
    -------
    Polygon or MultiPolygon
        The shape that the rings bound together.

    Examples
    --------
    >>> boxes = [(0, 0, 9, 9), (1, 1, 2, 2), (9, 9, 10, 10)]
    >>> nested(np.array([shapely.box(*bounds) for bounds in boxes])).area
    81.0
    """
    areas = shapely.area(polygons)
    order = np.argsort(-areas, kind="stable")
    ranked = polygons[order]
    inner, outer = shapely.STRtree(ranked).query(_inside_points(ranked), predicate="within")
    larger = outer < inner
    inner, outer = inner[larger], outer[larger]
    depth = np.bincount(inner, minlength=len(ranked))
    # The nearest ring around is the last of those that hold it: they are ranked by size.
    around = np.full(len(ranked), -1)
    np.maximum.at(around, inner, outer)
    holes: dict[int, list[npt.NDArray]] = {int(p): [] for p in np.flatnonzero(depth % 2 == 0)}
    for position in np.flatnonzero(depth % 2 == 1):
        shell = int(around[position])
        hole = shapely.get_coordinates(ranked[position])
        if depth[shell] % 2 == 0:
            holes[shell].append(hole)
        else:  # rings that cross each other; validation mends them and lists it
            holes[int(position)] = []
    by_file = sorted(holes, key=lambda position: order[position])
    parts = [
        shapely.Polygon(shapely.get_coordinates(ranked[shell]), holes[shell]) for shell in by_file
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _inside_points(polygons: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Give a point inside each ring, also for rings that cross themselves or have no width."""
    points = shapely.point_on_surface(polygons)
    empty = shapely.is_empty(points) | shapely.is_missing(points)
    points[empty] = shapely.centroid(polygons[empty])
    return np.asarray(points)


def _lines(corners: Sequence[Corner]) -> shapely.Geometry:
    lines: dict[str, list[tuple[float, float]]] = {}
    for corner in corners:
        lines.setdefault(corner.ring, []).append((corner.x, corner.y))
    if any(len(line) < 2 for line in lines.values()):
        raise _broken("txt_ring_short", corners[-1].line)
    parts = [shapely.LineString(line) for line in lines.values()]
    return parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)


def _distance(first: Corner, second: Corner) -> float:
    return math.hypot(first.x - second.x, first.y - second.y)
