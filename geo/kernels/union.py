"""Union by outlines, in parallel."""

import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Flags, Positions, Shapes
from geo.kernels.boxes import box_pairs
from geo.kernels.dissolve import united_rings
from geo.kernels.edges import CONTACT_M
from geo.kernels.facing import coverage_faults
from geo.kernels.polygons import PAIRS_AT_ONCE, rings_of
from geo.prepared import Given, PreparedShapes, prepared
from geo.shape import unary_union_by_group
from geo.tools import Progress, in_batches, within


def coverage_fault_pairs(
    shapes: Given, group: Positions | None = None, progress: Progress | None = None
) -> npt.NDArray[np.int64]:
    """Find the pairs of shapes that don't fit; all others have no land in common.

    ``shapes``: Valid polygons of one or more parts, array of n.
    ``group``: Group of each shape: only pairs of one group are looked at, and none of a negative
      one; None for all pairs.

    Pairs of positions, first < second, k by 2; not sorted.

    The second square fits to the first, the third lies over the second:

    >>> import shapely
    >>> squares = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 15)]
    >>> coverage_fault_pairs(np.array(squares)).tolist()
    [[1, 2]]
    """
    prepared_shapes = prepared(shapes)
    (rings, bounds), outlines = prepared_shapes.rings, prepared_shapes.outlines
    pairs = box_pairs(bounds, CONTACT_M)
    if group is not None:
        first = group[pairs[:, 0]]
        pairs = pairs[(first == group[pairs[:, 1]]) & (first >= 0)]
    is_fault = np.zeros(len(pairs), dtype=bool)
    in_batches(
        len(pairs),
        PAIRS_AT_ONCE,
        lambda batch: coverage_faults(outlines, rings.forward, pairs[batch], is_fault[batch]),
        progress,
    )
    misfitting: npt.NDArray[np.int64] = pairs[is_fault]
    return misfitting


SHAPES_AT_ONCE = 4_096
"""Groups are taken in batches of about this many shapes."""


def coverage_union(
    prepared_shapes: PreparedShapes,
    group: Positions,
    order: Positions,
    count: int,
    progress: Progress | None = None,
) -> Shapes:
    """Unite groups: by their outlines what shares its edges, generally what doesn't.

    ``group``: Group of each shape, array of n; a negative one leaves the shape out.
    ``order``: Positions of the shapes that take part, group by group.

    The union of each group, array of ``count``.
    """
    tidy = ~_untidy(prepared_shapes, group, within(progress, 0.0, 0.4))[order]
    shapes, group = prepared_shapes.shapes[order], group[order]
    start = np.searchsorted(group, np.arange(count + 1))
    polygons, of_polygon, sound = _outlines(shapes, start, tidy, within(progress, 0.4, 0.6))
    # An outline that is not sound had something in it that was no tidy contact after all.
    broken = np.zeros(len(start), dtype=bool)
    broken[of_polygon[~sound]] = True
    kept = ~broken[of_polygon]
    loose = ~tidy | broken[group]
    pieces = np.concatenate([polygons[kept], shapes[loose]])
    of_piece = np.concatenate([of_polygon[kept], group[loose]])
    united = np.empty(count, dtype=object)
    united[:] = shapely.Polygon()
    single = np.bincount(of_piece, minlength=count) == 1
    alone = single[of_piece]
    united[of_piece[alone]] = pieces[alone]
    order = np.argsort(of_piece[~alone], kind="stable")
    several, place = np.unique(of_piece[~alone][order], return_inverse=True)
    united[several] = unary_union_by_group(
        pieces[~alone][order], place, len(several), within(progress, 0.6, 1.0)
    )
    return united


def _untidy(shapes: PreparedShapes, group: Positions, progress: Progress | None) -> Flags:
    """Choose from each pair that fits badly the shape that fits badly with more."""
    bad = coverage_fault_pairs(shapes, group, progress)
    untidy = np.zeros(len(shapes), dtype=bool)
    while len(bad):
        times = np.bincount(bad.ravel(), minlength=len(shapes))
        # The worst of its surroundings is set aside; what fits badly with it alone may stay.
        rank = times * len(shapes) + np.arange(len(shapes))
        worst = np.zeros(len(shapes), dtype=np.int64)
        np.maximum.at(worst, bad[:, 0], rank[bad[:, 1]])
        np.maximum.at(worst, bad[:, 1], rank[bad[:, 0]])
        untidy |= (times > 0) & (rank > worst)
        bad = bad[~untidy[bad].any(axis=1)]
    return untidy


def _outlines(
    shapes: Shapes, start: Positions, tidy: Flags, progress: Progress | None
) -> tuple[Shapes, Positions, Flags]:
    """Give the outlines of the tidy shapes of each group as polygons: group, and whether sound."""
    batches = np.unique(np.searchsorted(start, np.arange(0, len(shapes) + 1, SHAPES_AT_ONCE)))
    bounds = np.unique(np.concatenate([batches, [0, len(start) - 1]]))

    def of_batch(batch: slice) -> tuple[Shapes, Positions, Flags]:
        first, last = bounds[batch.start], bounds[batch.stop]
        begin, end = start[first], start[last]
        rings, _ = rings_of(shapes[begin:end])
        points, corner, of_ring, hole = united_rings(
            rings, (start[first : last + 1] - begin).astype(np.int64), tidy[begin:end]
        )
        polygons, place = _polygons(points, corner, of_ring, hole)
        return polygons, place + first, shapely.is_valid(polygons)

    outlines = in_batches(len(bounds) - 1, 1, of_batch, progress)
    polygons = np.concatenate([np.empty(0, dtype=object), *(batch[0] for batch in outlines)])
    places = np.concatenate([np.empty(0, dtype=np.intp), *(batch[1] for batch in outlines)])
    sound = np.concatenate([np.empty(0, dtype=bool), *(batch[2] for batch in outlines)])
    return polygons, places.astype(np.intp), sound


def _polygons(
    points: npt.NDArray[np.float64],
    corner: npt.NDArray[np.int64],
    group: npt.NDArray[np.int64],
    hole: Flags,
) -> tuple[Shapes, Positions]:
    """Put holes into their shells."""
    index = np.repeat(np.arange(len(group)), np.diff(corner))
    rings = shapely.linearrings(points, indices=index)
    shells, holes = np.flatnonzero(~hole), np.flatnonzero(hole)
    of_shell = np.full(len(group), -1)
    of_shell[shells] = np.arange(len(shells))
    number = np.bincount(group[shells], minlength=int(group.max(initial=-1)) + 1)
    only = np.full(len(number), -1)
    only[group[shells]] = np.arange(len(shells))
    of_shell[holes] = only[group[holes]]
    among = holes[number[group[holes]] > 1]
    if len(among):
        of_shell[among] = _shells_around(rings, group, shells, among)
    order = np.lexsort((hole, of_shell))
    polygons: Shapes = shapely.polygons(rings[order], indices=of_shell[order])
    return polygons, group[shells].astype(np.intp)


def _shells_around(
    rings: Shapes, group: npt.NDArray[np.int64], shells: Positions, holes: Positions
) -> Positions:
    """Give the smallest shell of the same group around each hole."""
    whole = shapely.polygons(rings[shells])
    inside = shapely.point_on_surface(shapely.polygons(rings[holes]))
    place, shell = shapely.STRtree(whole).query(inside, predicate="within")
    same = group[holes[place]] == group[shells[shell]]
    place, shell = place[same], shell[same]
    order = np.lexsort((shapely.area(whole[shell]), place))
    first = np.unique(place[order], return_index=True)[1]
    shells_of_holes: Positions = shell[order][first]
    return shells_of_holes
