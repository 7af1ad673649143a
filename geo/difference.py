"""What is left of shapes without the land under covers, and what each cover takes away."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.overlay import ZoneShares, areas_m2, intersecting_pairs, zone_shares
from geo.tools import Progress, in_batches, report, within
from geo.units import RELATIVE_TOLERANCE

SHAPES_AT_ONCE = 2_048

MOST_TURNS = 12
"""A shape with more covers is cut once, by their union; others cover by cover, which is faster."""

COLLECTION = 7
"""Shapely's number for shapes of mixed kinds."""

MANY_CORNERS, AROUND_M = 150, 1.0
"""A cover with more corners is first cut down to the surroundings of the shape [m]."""


@dataclass(frozen=True)
class Remainder:
    """What is left of shapes, and what is lost to whom. Areas are ellipsoidal.

    ``shapes``: What is left of each shape, one part or more; empty where nothing is; array of n.
    ``whole_m2, net_m2, covered_m2``: Area of each shape before and after, and the difference
      [m²], arrays of n.
    ``of_shape, of_cover``: Positions of each pair with land in common, sorted by shape, then
      cover; arrays of k.
    ``lost_m2``: Land of the shape under this cover [m²]; land under several is in the row of
      each.
    ``alone_m2``: Land of the shape under this cover and no other [m²]: what would be free without
      it.
    """

    shapes: Shapes
    whole_m2: Floats
    net_m2: Floats
    covered_m2: Floats
    of_shape: Positions
    of_cover: Positions
    lost_m2: Floats
    alone_m2: Floats

    @property
    def shared_m2(self) -> Floats:
        """Land of each shape under more than one cover, counted once [m²]."""
        alone = np.bincount(self.of_shape, self.alone_m2, len(self.shapes))
        shared: Floats = np.maximum(self.covered_m2 - alone, 0.0)
        return shared


def without(
    shapes: npt.ArrayLike, covers: npt.ArrayLike, progress: Progress | None = None
) -> Shapes:
    """Cut the land under covers out of shapes.

    Parameters
    ----------
    shapes, covers
        Valid polygons of one or more parts, arrays of n and m, in one projected system; missing
        covers cover nothing.
    progress
        Told the share done.

    Returns
    -------
    array of shapes
        What is left of each shape, array of n: the shape itself where no cover takes land from it,
        an empty polygon where nothing is left, missing where the shape is.

    Examples
    --------
    >>> covers = [shapely.box(1, -1, 2, 9), shapely.box(0, 0, 2, 9)]
    >>> float(without([shapely.box(0, 0, 4, 4)], covers)[0].area)
    8.0
    """
    minuends: Shapes = np.asarray(shapes, dtype=object)
    many: Shapes = np.asarray(covers, dtype=object)
    rows = zone_shares(minuends, many, None, within(progress, 0.0, 0.3))
    return _cut_away(minuends, many, rows, within(progress, 0.3, 1.0))


def remainder(
    shapes: npt.ArrayLike, covers: npt.ArrayLike, crs: CRS, progress: Progress | None = None
) -> Remainder:
    """Cut the land under covers out of shapes, and account for what each cover takes.

    Parameters
    ----------
    shapes, covers
        Valid polygons of one or more parts, arrays of n and m, in ``crs``; what is missing has no
        land.
    crs
        Projected system in metres.
    progress
        Told the share done.

    Returns
    -------
    Remainder
        Whatever the order of the covers: whole = net + covered, covered = sum of what is under one
        cover alone + land under several.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.
    """
    minuends: Shapes = np.asarray(shapes, dtype=object)
    many: Shapes = np.asarray(covers, dtype=object)
    rows = zone_shares(minuends, many, crs, within(progress, 0.0, 0.3))
    left = _cut_away(minuends, many, rows, within(progress, 0.3, 0.9))
    touched = np.unique(rows.of_shape)
    net = rows.whole_m2.copy()
    net[touched] = np.clip(areas_m2(left[touched], crs), 0.0, rows.whole_m2[touched])
    alone = _alone_m2(minuends, many, rows, rows.whole_m2 - net, crs)
    report(progress, 1.0)
    return Remainder(
        left, rows.whole_m2, net, rows.whole_m2 - net, rows.of_shape, rows.of_zone, rows.area_m2,
        alone,
    )  # fmt: skip


def _cut_away(
    shapes: Shapes, covers: Shapes, rows: ZoneShares, progress: Progress | None
) -> Shapes:
    """Cut covers out of the shapes that they take land from."""
    left: Shapes = shapes.copy()
    gone = rows.of_shape[rows.share >= 1 - RELATIVE_TOLERANCE]
    left[gone] = shapely.Polygon()
    cut = ~np.isin(rows.of_shape, gone)
    of_shape, of_cover = rows.of_shape[cut], rows.of_zone[cut]
    each, begin = np.unique(of_shape, return_index=True)
    begin = np.append(begin, len(of_shape))

    def of_batch(batch: slice) -> None:
        inner = slice(begin[batch.start], begin[batch.stop])
        _subtract(left, covers, of_shape[inner], of_cover[inner])

    in_batches(len(each), SHAPES_AT_ONCE, of_batch, progress)
    return left


def _subtract(left: Shapes, covers: Shapes, of_shape: Positions, of_cover: Positions) -> None:
    """Take covers from shapes, in place; pairs are sorted by the shape."""
    each, begin, count = np.unique(of_shape, return_index=True, return_counts=True)
    for position, first, number in zip(each, begin, count, strict=True):
        if number > MOST_TURNS:
            union = shapely.union_all(covers[of_cover[first : first + number]])
            left[position] = shapely.difference(left[position], union)
    few = count <= MOST_TURNS
    each, begin, count = each[few], begin[few], count[few]
    for turn in range(int(count.max(initial=0))):
        now = count > turn
        at = each[now]
        left[at] = shapely.difference(
            left[at], _near(covers[of_cover[begin[now] + turn]], left[at])
        )


def _near(covers: Shapes, shapes: Shapes) -> Shapes:
    """Cut covers of many corners down to the surroundings of the shape each is taken from."""
    large = np.flatnonzero(shapely.get_num_coordinates(covers) > MANY_CORNERS)
    if not len(large):
        return covers
    boxes = shapely.bounds(shapes[large])
    boxes[:, :2] -= AROUND_M
    boxes[:, 2:] += AROUND_M
    known = ~np.isnan(boxes[:, 0])
    large, boxes = large[known], boxes[known]
    pieces: Shapes = np.empty(len(large), dtype=object)
    for number, (cover, window) in enumerate(zip(covers[large], boxes.tolist(), strict=True)):
        pieces[number] = shapely.clip_by_rect(cover, *window)
    # The clipping is fast, and not bound to give valid polygons.
    sound = shapely.is_valid(pieces) & (shapely.get_type_id(pieces) != COLLECTION)
    near = covers.copy()
    near[large[sound]] = pieces[sound]
    return near


def _alone_m2(
    shapes: Shapes, covers: Shapes, rows: ZoneShares, covered_m2: Floats, crs: CRS
) -> Floats:
    """Measure the land under each cover and no other of the same shape."""
    alone = rows.area_m2.copy()
    lost = np.bincount(rows.of_shape, rows.area_m2, len(shapes))
    twice = lost - covered_m2 > RELATIVE_TOLERANCE * rows.whole_m2
    some = np.flatnonzero(twice[rows.of_shape])
    whole = rows.share >= 1 - RELATIVE_TOLERANCE
    wholes = np.bincount(rows.of_shape[whole], minlength=len(shapes))
    beside_whole = wholes[rows.of_shape] > whole
    _, begin = np.unique(rows.of_shape[some], return_index=True)
    begin = np.append(begin, len(some))

    def of_batch(batch: slice) -> None:
        at = some[begin[batch.start] : begin[batch.stop]]
        pieces: Shapes = shapes[rows.of_shape[at]]
        part = ~whole[at]
        near = _near(covers[rows.of_zone[at[part]]], pieces[part])
        pieces[part] = _polygons_of(shapely.intersection(pieces[part], near))
        left = _apart(pieces, rows.of_shape[at], ~beside_whole[at])
        alone[at] = np.minimum(areas_m2(left, crs), alone[at])

    in_batches(len(begin) - 1, SHAPES_AT_ONCE, of_batch)
    return alone


def _polygons_of(shapes: Shapes) -> Shapes:
    """Leave out the lines and points where shapes met without sharing land."""
    mixed = np.flatnonzero(shapely.get_type_id(shapes) == COLLECTION)
    for at in mixed:
        parts = shapely.get_parts(shapes[at])
        shapes[at] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _apart(pieces: Shapes, of_shape: Positions, wanted: npt.NDArray[np.bool_]) -> Shapes:
    """Cut the other pieces of the same shape out of each piece wanted; the rest are missing."""
    left: Shapes = pieces.copy()
    left[~wanted] = None
    piece, other = intersecting_pairs(left, pieces)
    mates = (of_shape[piece] == of_shape[other]) & (piece != other)
    _subtract(left, pieces, piece[mates], other[mates])
    return left
