"""Width, compactness, frontage, slicing."""

import math
from bisect import bisect_left
from functools import partial

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.tools import Progress, awaited, batches, in_batches, within

EXACT_M = 1e-6
"""A width or gap of exactly the number given counts as that wide [m]."""

CLOSE_M = 0.05
"""The largest inscribed circle is found to this [m]."""


def is_polygonal(shapes: npt.ArrayLike) -> Flags:
    """Tell which shapes are polygons or of polygons; array of n."""
    dimensions: Flags = np.asarray(shapely.get_dimensions(shapes)) == 2
    return dimensions


def filled(shapes: npt.ArrayLike, gap_m: float, progress: Progress | None = None) -> Shapes:
    """Fill the gaps of shapes up to a width: bridged land is one shape.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.
    gap_m
        Widest gap filled [m].
    progress
        Told the share done.

    Returns
    -------
    array of polygons
        The shapes with what was filled.
    """
    geometries: Shapes = np.asarray(shapes, dtype=object)
    if gap_m <= 0:
        return geometries
    half = gap_m / 2 + EXACT_M
    counts = _hole_counts(geometries)
    many = counts > MANY_HOLES
    wholes, inner = geometries.copy(), {}
    for place in np.flatnonzero(many):
        wholes[place], inner[place] = _without_free_holes(geometries[place])
    result = awaited(
        lambda: solid(shapely.union(wholes, _moved(_moved(wholes, half), -half))), progress
    )
    for done, (place, holes) in enumerate(inner.items()):
        whole = within(progress, done / len(inner), (done + 1) / len(inner))
        opened = []
        for batch in batches(len(holes), HOLES_AT_ONCE, whole):
            some = holes[batch]
            opened.append(shapely.intersection(_moved(_moved(some, -half), half), some))
        left = shapely.get_parts(np.concatenate([np.empty(0, dtype=object), *opened]))
        left = left[shapely.area(left) > 0]
        cut = partial(shapely.difference, result[place], shapely.multipolygons(left))
        result[place] = awaited(cut, within(whole, 1.0, 1.0))
    return solid(result)


MANY_HOLES = 1_000
"""From so many holes on they are filled each by itself: the library's time to move an outline
grows with the square of its rings, 40 seconds and more for 50 000."""


HOLES_AT_ONCE = 5_000
"""So many holes are filled between two tellings of progress."""


def _moved(shapes: Shapes, distance_m: float) -> Shapes:
    moved: Shapes = shapely.buffer(shapes, distance_m, join_style="mitre")
    return moved


def _hole_counts(shapes: Shapes) -> Positions:
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    holes = shapely.get_num_interior_rings(parts)
    return np.bincount(of_shape, holes, len(shapes)).astype(np.intp)


def _without_free_holes(shape: shapely.Geometry) -> tuple[shapely.Geometry, Shapes]:
    """Take out the holes that hold no other part of a shape: no gap reaches beyond such a hole."""
    parts = shapely.get_parts(shape)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    is_outer = np.concatenate([[True], of_part[1:] != of_part[:-1]])
    holes = shapely.polygons(rings)
    occupied = is_outer.copy()
    if len(parts) > 1:
        corners = shapely.get_point(rings[is_outer], 0)
        hole = shapely.STRtree(corners).query(holes[~is_outer], predicate="intersects")[0]
        occupied[np.flatnonzero(~is_outer)[hole]] = True
    kept = [
        shapely.polygons(rings[is_outer & (of_part == part)][0],
                         rings[occupied & ~is_outer & (of_part == part)])
        for part in range(len(parts))
    ]  # fmt: skip
    whole = kept[0] if len(kept) == 1 else shapely.multipolygons(kept)
    return whole, holes[~occupied]


def solid(shapes: Shapes) -> Shapes:
    """Keep the polygons of shapes that hold lines and points beside them.

    Parameters
    ----------
    shapes
        Any shapes, array of n.

    Returns
    -------
    array of shapes
        Collections become multi-polygons; the others stay as they are.

    Examples
    --------
    >>> mixed = shapely.from_wkt("GEOMETRYCOLLECTION (POINT (9 9), POLYGON ((0 0, 1 0, 0 1, 0 0)))")
    >>> solid(np.array([mixed]))[0].geom_type
    'MultiPolygon'
    """
    result = shapes.copy()
    mixed = shapely.get_type_id(result) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in np.flatnonzero(mixed):
        pieces = shapely.get_parts(result[place])
        result[place] = shapely.multipolygons(pieces[is_polygonal(pieces)])
    return result


def width_m(shapes: npt.ArrayLike) -> Floats:
    """Measure how wide shapes are: the diameter of the largest circle inside (最大内切圆直径).

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.

    Returns
    -------
    array of float
        Diameter [m], to 0.1 m; array of n, missing for empty shapes.

    Examples
    --------
    >>> width_m([shapely.box(0, 0, 30, 80)]).round(0).tolist()
    [30.0]
    """
    areas = solid(np.asarray(shapes, dtype=object))
    widths = np.full(len(areas), np.nan)
    filling = np.flatnonzero(shapely.area(areas) > 0)
    circles = shapely.maximum_inscribed_circle(areas[filling], CLOSE_M)
    widths[filling] = 2 * shapely.length(circles)
    return widths


def compactness(shapes: npt.ArrayLike) -> Floats:
    """Say how compact shapes are: 4πA/P² (Polsby–Popper), 1 for a circle, 0.785 for a square.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.

    Returns
    -------
    array of float
        0 to 1, array of n, missing for empty shapes.

    Examples
    --------
    >>> compactness([shapely.box(0, 0, 10, 10)]).round(3).tolist()
    [0.785]
    """
    geometries: Shapes = np.asarray(shapes, dtype=object)
    around = shapely.length(geometries)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = np.where(
            around > 0, 4 * np.pi * shapely.area(geometries) / around**2, np.nan
        )
    return share


def frontage_m(shapes: npt.ArrayLike, roads: npt.ArrayLike, beside_m: float) -> Floats:
    """Measure the boundary of shapes that lies beside roads.

    Parameters
    ----------
    shapes
        Polygons and multi-polygons, array of n, in a projected system.
    roads
        Lines or polygons, array of m.
    beside_m
        How near boundary must lie [m].

    Returns
    -------
    array of float
        Length [m], array of n; boundary beside two roads counts once.

    Examples
    --------
    >>> road = shapely.LineString([(-50, -5), (150, -5)])
    >>> frontage_m([shapely.box(0, 0, 100, 60)], [road], 5.0).round(6).tolist()
    [100.0]
    """
    geometries: Shapes = np.asarray(shapes, dtype=object)
    others: Shapes = np.asarray(roads, dtype=object)
    length = np.zeros(len(geometries))
    shape, road = shapely.STRtree(others).query(geometries, predicate="dwithin", distance=beside_m)
    wide = shapely.buffer(others[road], beside_m)
    edges = shapely.boundary(geometries)
    for place in np.unique(shape):
        near = shapely.union_all(wide[shape == place])
        length[place] = shapely.length(shapely.intersection(edges[place], near))
    return length


WIDTH_STEP_M = 1e-3
"""Widths are found to this [m]."""

ROUND_M = 1e-8
"""Coordinates of ten million metres are exact to this [m]."""


def circle_fits(shapes: npt.ArrayLike, diameter_m: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say into which shapes a circle fits.

    ``diameter_m``: Diameter of the circle, above 0: one for all, or one for each [m].

    True where it fits, array of n.

    >>> circle_fits([shapely.box(0, 0, 3, 9)] * 2, [2.9, 3.1]).tolist()
    [True, False]
    """
    geometries: Shapes = np.asarray(shapes, dtype=object)
    radius = np.broadcast_to(np.asarray(diameter_m, dtype=np.float64) / 2, len(geometries))
    left = shapely.buffer(geometries, -radius)
    fits: npt.NDArray[np.bool_] = ~shapely.is_empty(left)
    # An outline moved a little too far may come out turned inside out: its land is too near.
    middle = shapely.point_on_surface(left[fits])
    fits[fits] = (
        shapely.distance(middle, shapely.boundary(geometries[fits])) >= radius[fits] - ROUND_M
    )
    return fits


def inscribed_width_m(shapes: npt.ArrayLike) -> Floats:
    """Measure how wide narrow shapes are at their widest (最大内切圆直径).

    ``shapes``: Valid polygons with an area, array of n, in a projected system.

    Diameter of the largest circle inside [m], array of n: to a millimetre and 0.01 % of it, at
    most too small by the latter; to 1 % where the outline is bent.

    Between 2A/P and 2√(A/π), A the area and P the perimeter, the width at which nothing is left
    when the outline is moved inwards by half of it. For narrow shapes this is quicker and more
    exact than a search for the circle's centre. Of the last 0.005 % the library leaves nothing: it
    drops what is left of an outline when that is so much smaller than the distance moved.

    >>> inscribed_width_m([shapely.box(0, 0, 0.5, 100)]).round(2).tolist()
    [0.5]
    """
    geometries: Shapes = np.asarray(shapes, dtype=object)
    area = shapely.area(geometries)
    low, high = 2 * area / shapely.length(geometries), 2 * np.sqrt(area / np.pi)
    while len(geometries) and (high - low).max() > WIDTH_STEP_M:
        some = np.flatnonzero(high - low > WIDTH_STEP_M)
        middle = (low[some] + high[some]) / 2
        fits = circle_fits(geometries[some], middle)
        low[some[fits]], high[some[~fits]] = middle[fits], middle[~fits]
    widths: Floats = np.round((low + high) / 2, 3)
    return widths


Direction = tuple[float, float]


def frontage_direction(
    shape: shapely.Geometry, roads: shapely.Geometry, beside_m: float
) -> Direction | None:
    """Find the way that the frontage of a shape runs.

    Parameters
    ----------
    shape
        Polygon in a projected system.
    roads
        Roads, as one geometry of the same system.
    beside_m
        Boundary this near to a road is frontage [m].

    Returns
    -------
    tuple of float or None
        Unit vector along most of the frontage; None where there is none. Opposite ways are one.

    Examples
    --------
    >>> road = shapely.LineString([(-50, -5), (150, -5)])
    >>> along = frontage_direction(shapely.box(0, 0, 100, 60), road, 6.0)
    >>> [abs(round(part, 6)) for part in along]
    [1.0, 0.0]
    """
    near = shapely.buffer(roads, beside_m, cap_style="flat")
    return _main_direction(shapely.intersection(shapely.boundary(shape), near))


def long_side_direction(shape: shapely.Geometry) -> Direction:
    """Find the way of the long side of the narrowest rectangle around a shape.

    Parameters
    ----------
    shape
        Polygon in a projected system.

    Returns
    -------
    tuple of float
        Unit vector.

    Examples
    --------
    >>> along = long_side_direction(shapely.box(0, 0, 100, 60))
    >>> [abs(round(part, 6)) for part in along]
    [1.0, 0.0]
    """
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shape))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(*sides.T)
    along = sides[lengths.argmax()] / lengths.max()
    return float(along[0]), float(along[1])


def sliced(
    shape: shapely.Geometry, along: Direction, area_m2: float
) -> tuple[shapely.Geometry, shapely.Geometry]:
    """Cut a piece of a given area off a shape, square to a direction, from where it begins.

    Parameters
    ----------
    shape
        Polygon in a projected system.
    along
        Unit vector; the piece is at the near end. The opposite vector gives the other end.
    area_m2
        Planar area of the piece [m²], more than 0 and less than the shape's.

    Returns
    -------
    tuple of shapes
        The piece and the rest; of several parts where the shape bends.

    Raises
    ------
    ValueError
        The area is not between 0 and that of the shape.

    Examples
    --------
    >>> piece, rest = sliced(shapely.box(0, 0, 100, 60), (1.0, 0.0), 1500)
    >>> [round(edge, 6) for edge in piece.bounds], round(rest.area)
    ([0.0, 0.0, 25.0, 60.0], 4500)
    """
    if not 0 < area_m2 < shape.area:
        raise ValueError(f"cannot cut {area_m2} m² off {shape.area} m²")
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]])
    origin = shapely.get_coordinates(shape).mean(axis=0)
    turned = shapely.transform(shape, lambda points: (points - origin) @ turn.T)
    west, south, _, north = turned.bounds
    # turned to the shape: corners of a shape that is turned and back again move, if by less than a
    # micrometre, and narrow land may cross itself then
    box = shapely.box(west - 1, south - 1, _line_before(turned, area_m2), north + 1)
    near = shapely.transform(box, lambda points: points @ turn + origin)
    return shapely.intersection(shape, near), shapely.difference(shape, near)


def _line_before(shape: shapely.Geometry, area_m2: float) -> float:
    """Return the easting of the line that parts a given area of a polygon from the rest.

    The area west of a line is the integral of the boundary up to it: between two corners it grows
    as a quadratic, which three of its values give.
    """
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape)))
    sides = [shapely.get_coordinates(ring) for ring in rings]
    begin = np.concatenate([ring[:-1] for ring in sides])
    end = np.concatenate([ring[1:] for ring in sides])
    eastward = begin[:, 0] < end[:, 0]
    west, east = np.where(eastward[:, None], begin, end), np.where(eastward[:, None], end, begin)
    run = east[:, 0] - west[:, 0]
    slope = np.divide(east[:, 1] - west[:, 1], run, out=np.zeros(len(run)), where=run > 0)
    sign = np.where(eastward, -1.0, 1.0)

    def west_of(easting: float) -> float:
        past = np.clip(easting - west[:, 0], 0.0, run)
        return float((sign * past * (west[:, 1] + slope * past / 2)).sum())

    corners = np.unique(begin[:, 0])
    after = min(bisect_left(corners, area_m2, 1, key=west_of), len(corners) - 1)
    low, high = float(corners[after - 1]), float(corners[after])
    first, middle, last = (west_of(at) for at in (low, (low + high) / 2, high))
    square = 2 * (first + last - 2 * middle)
    linear = last - first - square
    wanted = area_m2 - first
    root = math.sqrt(max(linear * linear + 4 * square * wanted, 0.0))
    return low + (high - low) * min(max(2 * wanted / (linear + root), 0.0), 1.0)


def _main_direction(lines: shapely.Geometry) -> Direction | None:
    """Average the ways of lines by length; angles are doubled, so that opposite ways are one."""
    sides = [np.diff(shapely.get_coordinates(part), axis=0) for part in shapely.get_parts(lines)]
    every = np.concatenate([np.empty((0, 2)), *sides])
    length = np.hypot(*every.T)
    angle = np.arctan2(every[:, 1], every[:, 0])
    east, north = (length * np.cos(2 * angle)).sum(), (length * np.sin(2 * angle)).sum()
    if length.sum() <= 0 or np.hypot(east, north) <= 1e-9 * length.sum():
        return None
    main = np.arctan2(north, east) / 2
    return float(np.cos(main)), float(np.sin(main))


GROUPS_AT_ONCE = 256


def unary_union_by_group(
    shapes: Shapes, group: Positions, count: int, progress: Progress | None = None
) -> Shapes:
    """Unite groups by the general union alone.

    ``shapes``: Valid polygons, group by group; array of n.
    ``group``: Group of each shape.

    The union of each group, empty for one without shapes; array of ``count``.
    """
    start = np.searchsorted(group, np.arange(count + 1))

    def of_batch(batch: slice) -> Shapes:
        begin, end = start[batch.start], start[batch.stop]
        unions = np.empty(batch.stop - batch.start, dtype=object)
        unions[:] = shapely.Polygon()
        groups, place = np.unique(group[begin:end] - batch.start, return_inverse=True)
        if len(groups):
            bundles = shapely.geometrycollections(shapes[begin:end], indices=place)
            unions[groups] = shapely.unary_union(bundles[:, None], axis=1)
        return unions

    batches = in_batches(count, GROUPS_AT_ONCE, of_batch, progress)
    return np.concatenate([np.empty(0, dtype=object), *batches])
