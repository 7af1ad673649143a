"""Land left over between shapes: enclosed remnants, and slits narrower than a width (缝隙)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.contiguity import component_labels, near_pairs
from geo.dissolve import united
from geo.edges import Numbers, Positions, Shapes
from geo.lots import in_lots
from geo.overlay import areas_m2
from geo.progress import Progress, within
from geo.shape import EXACT_M

TOUCH_M = 1e-3
"""An outline within this of another runs along it [m]."""

LEAST_EDGE_M = 0.01
"""What runs along a gap for less than this touches it at a corner only [m]."""

LEAST_M2 = 1e-6
"""Smaller pieces are rounding [m²]."""

GROUPS_AT_ONCE = 32


@dataclass(frozen=True)
class Gaps:
    """Land in no shape, and the shapes along it.

    Attributes
    ----------
    shapes
        Polygons, array of k.
    area_m2
        Ellipsoidal area of each [m²].
    of_gap, of_part
        Which shape runs along which gap, sorted; at least two shapes for every gap.
    """

    shapes: Shapes
    area_m2: Numbers
    of_gap: Positions
    of_part: Positions


def gaps_between(
    parts: npt.ArrayLike,
    crs: CRS,
    most_width_m: float,
    most_area_m2: float,
    progress: Progress | None = None,
) -> Gaps:
    """Find the gaps between shapes (缝隙).

    Parameters
    ----------
    parts
        Valid polygons of one part each, array of n, in ``crs``; they may overlap.
    crs
        Projected system in metres.
    most_width_m
        A slit up to this wide is a gap, closed at its ends or open [m]; 0 for none.
    most_area_m2
        Enclosed land up to this area is a gap, however wide [m²]; 0 for none.
    progress
        Told the share done.

    Returns
    -------
    Gaps
        Land in no shape that at least two shapes run along: the hole of one shape alone is none.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.

    Notes
    -----
    Slits are what the closing of the united land by a square-cornered half width adds to it:
    corners stay as they are, so a bare corner between two shapes is no slit.

    Examples
    --------
    Two squares half a metre apart:

    >>> squares = [shapely.box(5e5 + x, 34e5, 5e5 + x + 10, 34e5 + 10) for x in (0, 10.5)]
    >>> gaps_between(squares, CRS(4549), 2.0, 200.0).area_m2.round(2).tolist()
    [5.0]
    """
    ones: Shapes = np.asarray(parts, dtype=object)
    first, second = near_pairs(ones, most_width_m)
    label = component_labels(len(ones), first, second)
    count = int(label.max(initial=-1)) + 1
    land = united(ones, label, count, within(progress, 0.0, 0.3))
    enclosed = _enclosed(land)
    small = enclosed[areas_m2(enclosed, crs) <= most_area_m2]
    several = np.bincount(label, minlength=count) > 1
    slits = _slits(land[several], most_width_m, within(progress, 0.3, 0.9))
    slits = slits[~_inside(slits, small)]
    pieces = np.concatenate([small, slits])
    area = areas_m2(pieces, crs)
    held = area > LEAST_M2
    pieces, area = pieces[held], area[held]
    of_gap, of_part, along_m = _beside(pieces, ones)
    between = np.bincount(of_gap, minlength=len(pieces)) > 1
    on_shapes_m = np.bincount(of_gap, along_m, len(pieces)).astype(np.float64)
    between &= ~_only_rounded(pieces, on_shapes_m, most_width_m)
    number = np.cumsum(between) - 1
    kept = between[of_gap]
    return Gaps(pieces[between], area[between], number[of_gap[kept]], of_part[kept])


def _enclosed(land: Shapes) -> Shapes:
    """Give all land in no shape that shapes enclose; land is united, groups apart from others."""
    whole = shapely.get_parts(land)
    whole = whole[~shapely.is_empty(whole)]
    rings, of_whole = shapely.get_rings(whole, return_index=True)
    is_hole = np.r_[False, np.diff(of_whole) == 0][: len(rings)]
    holes: Shapes = shapely.polygons(rings[is_hole])
    tree = shapely.STRtree(shapely.point_on_surface(whole))
    hole, island = tree.query(holes, predicate="contains")
    if len(hole):
        filled = shapely.polygons(shapely.get_exterior_ring(whole[island]))
        order = np.argsort(hole, kind="stable")
        held, place = np.unique(hole[order], return_inverse=True)
        islands = shapely.geometrycollections(filled[order], indices=place)
        holes[held] = shapely.difference(holes[held], shapely.unary_union(islands[:, None], axis=1))
    return _polygons_of(holes)


def _slits(land: Shapes, most_width_m: float, progress: Progress | None) -> Shapes:
    """Give what the closing of each group of shapes adds to it."""
    if most_width_m <= 0:
        return np.empty(0, dtype=object)
    half = most_width_m / 2 + EXACT_M

    def one(lot: slice) -> Shapes:
        some = land[lot]
        wide = shapely.buffer(some, half, join_style="mitre")
        closed = shapely.buffer(wide, -half, join_style="mitre")
        return _polygons_of(shapely.difference(closed, some))

    # The largest groups begin: one alone at the end would keep the others waiting.
    land = land[np.argsort(-shapely.get_num_coordinates(land), kind="stable")]
    lots = in_lots(len(land), GROUPS_AT_ONCE, one, progress)
    return np.concatenate([np.empty(0, dtype=object), *lots])


def _polygons_of(shapes: Shapes) -> Shapes:
    pieces = shapely.get_parts(shapes)
    solid: Shapes = pieces[shapely.area(pieces) > 0]
    return solid


def _inside(pieces: Shapes, others: Shapes) -> npt.NDArray[np.bool_]:
    """Say which pieces lie in one of the others, which they never cross."""
    inside = np.zeros(len(pieces), dtype=bool)
    place, _ = shapely.STRtree(others).query(shapely.point_on_surface(pieces), predicate="within")
    inside[place] = True
    return inside


def _beside(pieces: Shapes, parts: Shapes) -> tuple[Positions, Positions, Numbers]:
    """Find which shapes run along which pieces, and for how long [m]."""
    wide = shapely.buffer(pieces, TOUCH_M, join_style="mitre")
    of_piece, of_part = shapely.STRtree(parts).query(wide, predicate="intersects")
    used, place = np.unique(of_part, return_inverse=True)
    edges = shapely.boundary(parts[used])
    along_m = shapely.length(shapely.intersection(edges[place], wide[of_piece]))
    held = along_m > LEAST_EDGE_M
    of_piece, of_part, along_m = of_piece[held], of_part[held], along_m[held]
    order = np.lexsort((of_part, of_piece))
    return of_piece[order], of_part[order], along_m[order]


def _only_rounded(pieces: Shapes, along_m: Numbers, most_width_m: float) -> npt.NDArray[np.bool_]:
    """Find pieces that only the rounding of outlines in the closing made.

    It leaves corners out that lie within a hundredth of its distance off a straight line: such a
    piece is that thin, and open along the whole of one side.
    """
    around = shapely.length(pieces)
    thin = 2 * shapely.area(pieces) <= 0.011 * most_width_m / 2 * around
    rounded: npt.NDArray[np.bool_] = thin & (along_m < 0.75 * around)
    return rounded
