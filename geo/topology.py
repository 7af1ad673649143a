"""Duplicates, overlaps, gaps, slivers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.arrays import Floats, Positions, Shapes
from geo.contiguity import MOST_GAP_M, component_labels, near_pairs, single_parts
from geo.crs import require_projected
from geo.errors import GeometryError
from geo.limits import pairs_limit
from geo.overlay import areas_m2
from geo.shape import EXACT_M, circle_fits, compactness, inscribed_width_m, solid
from geo.tools import Progress, in_batches, report, within
from geo.union import overlapping_pairs, united
from geo.units import RELATIVE_TOLERANCE
from geo.validity import TANGLED, repair, tangled

Kind = Literal["empty", "invalid", "duplicate", "overlap", "gap", "sliver"]
KINDS: tuple[Kind, ...] = get_args(Kind)

WIDEST_SLIVER_M = 100.0
LARGEST_LEAST_M2 = 1e9


@dataclass(frozen=True)
class TopologyRule:
    """What counts as a fault between shapes.

    ``min_overlap_m2``: Common land of two shapes from this area on is an overlap (重叠), land
      between shapes a gap (缝隙) [m²]; what is smaller is counted only.
    ``max_gap_m``: A slit between shapes up to this wide is a gap [m], 0 to 50.
    ``max_gap_m2``: Land enclosed by shapes up to this area is a gap, however wide [m²].
    ``min_width_m``: A shape, or part of one, narrower than this is a sliver (狭长碎斑) [m], 0 to
      100.
    ``min_compactness``: So is one less compact (4πA/P²) than this, 0 to 1; 0: roads may be long.

    Raises
    ------
    GeometryError
        ``gap_out_of_range``, ``topology_out_of_range``.
    """

    min_overlap_m2: float = 1.0
    max_gap_m: float = 2.0
    max_gap_m2: float = 200.0
    min_width_m: float = 1.0
    min_compactness: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.max_gap_m <= MOST_GAP_M:
            raise GeometryError("gap_out_of_range", gap_m=self.max_gap_m)
        for name, most in (
            ("min_overlap_m2", LARGEST_LEAST_M2), ("max_gap_m2", LARGEST_LEAST_M2),
            ("min_width_m", WIDEST_SLIVER_M), ("min_compactness", 1.0),
        ):  # fmt: skip
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise GeometryError("topology_out_of_range", name=name, value=value, most=most)


@dataclass(frozen=True)
class Finding:
    """One fault.

    ``kind``: ``empty`` 空图形, ``invalid`` 图形错误, ``duplicate`` 重复图斑, ``overlap`` 重叠,
      ``gap`` 缝隙, ``sliver`` 狭长碎斑.
    ``rows``: Positions of the shapes concerned, rising.
    ``shape``: The land concerned; None where there is none.
    ``area_m2``: Its ellipsoidal area [m²], missing where there is none.
    ``width_m``: Its greatest width (最大内切圆直径) [m], for overlaps, gaps and slivers.
    ``reason``: What is wrong with a broken outline, in GEOS's words.
    """

    kind: Kind
    rows: tuple[int, ...]
    shape: shapely.Geometry | None
    area_m2: float = math.nan
    width_m: float = math.nan
    reason: str = ""


@dataclass(frozen=True)
class Topology:
    """All faults of a layer.

    ``findings``: In the order of ``KINDS``, then of their rows.
    ``small_overlaps, small_gaps``: Those below the least area: counted, not listed.
    """

    findings: tuple[Finding, ...]
    small_overlaps: int
    small_gaps: int


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

    ``shapes``: Polygons, array of k.
    ``area_m2``: Ellipsoidal area of each [m²].
    ``of_gap, of_part``: Which shape runs along which gap, sorted; at least two shapes for every
      gap.
    """

    shapes: Shapes
    area_m2: Floats
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

    ``parts``: Valid polygons of one part each, array of n, in ``crs``; they may overlap.
    ``crs``: Projected system in metres.
    ``most_width_m``: A slit up to this wide is a gap, closed at its ends or open [m]; 0 for none.
    ``most_area_m2``: Enclosed land up to this area is a gap, however wide [m²]; 0 for none.

    Land in no shape that at least two shapes run along: the hole of one shape, copied or not, is
    none.

    Raises GeometryError: ``crs_missing``, ``crs_not_projected``.

    Slits are what the closing of the united land by a square-cornered half width adds to it:
    corners stay as they are, so a bare corner between two shapes is no slit.

    Two squares half a metre apart:

    >>> squares = [shapely.box(5e5 + x, 34e5, 5e5 + x + 10, 34e5 + 10) for x in (0, 10.5)]
    >>> gaps_between(squares, CRS(4549), 2.0, 200.0).area_m2.round(2).tolist()
    [5.0]
    """
    every: Shapes = np.asarray(parts, dtype=object)
    firsts = first_equal(every)
    distinct, copy_of = np.unique(firsts, return_inverse=True)
    polygons = every[distinct]
    first, second = near_pairs(polygons, most_width_m)
    label = component_labels(len(polygons), first, second)
    count = int(label.max(initial=-1)) + 1
    land = united(polygons, label, count, within(progress, 0.0, 0.3))
    enclosed = _enclosed(land)
    small = enclosed[areas_m2(enclosed, crs) <= most_area_m2]
    several = np.bincount(label, minlength=count) > 1
    slits = _slits(land[several], most_width_m, within(progress, 0.3, 0.9))
    slits = slits[~_inside(slits, small)]
    pieces = np.concatenate([small, slits])
    area = areas_m2(pieces, crs)
    is_large = area > LEAST_M2
    pieces, area = pieces[is_large], area[is_large]
    of_gap, of_part, along_m = _shared_edges(pieces, polygons)
    between = np.bincount(of_gap, minlength=len(pieces)) > 1
    on_shapes_m = np.bincount(of_gap, along_m, len(pieces)).astype(np.float64)
    between &= ~_only_rounded(pieces, on_shapes_m, most_width_m)
    number = np.cumsum(between) - 1
    kept = between[of_gap]
    of_gap, of_part = number[of_gap[kept]], of_part[kept]
    if len(distinct) < len(every):
        of_gap, of_part = _with_copies(of_gap, of_part, copy_of)
    return Gaps(pieces[between], area[between], of_gap, of_part)


def _with_copies(
    of_gap: Positions, of_part: Positions, copy_of: Positions
) -> tuple[Positions, Positions]:
    """Let the copies of a shape run along the gaps that it runs along."""
    members = np.argsort(copy_of, kind="stable")
    sizes = np.bincount(copy_of)
    begin, times = np.cumsum(sizes) - sizes, sizes[of_part]
    number = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
    parts = members[np.repeat(begin[of_part], times) + number]
    gaps = np.repeat(of_gap, times)
    order = np.lexsort((parts, gaps))
    return gaps[order], parts[order]


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
        rings_with_islands, place = np.unique(hole[order], return_inverse=True)
        islands = shapely.geometrycollections(filled[order], indices=place)
        holes[rings_with_islands] = shapely.difference(
            holes[rings_with_islands], shapely.unary_union(islands[:, None], axis=1)
        )
    return _polygons_of(holes)


def _slits(land: Shapes, most_width_m: float, progress: Progress | None) -> Shapes:
    """Give what the closing of each group of shapes adds to it."""
    if most_width_m <= 0:
        return np.empty(0, dtype=object)
    half = most_width_m / 2 + EXACT_M

    def of_batch(batch: slice) -> Shapes:
        some = land[batch]
        wide = shapely.buffer(some, half, join_style="mitre")
        closed = shapely.buffer(wide, -half, join_style="mitre")
        return _polygons_of(shapely.difference(closed, some))

    # The largest groups begin: one alone at the end would keep the others waiting.
    land = land[np.argsort(-shapely.get_num_coordinates(land), kind="stable")]
    batches = in_batches(len(land), GROUPS_AT_ONCE, of_batch, progress)
    return np.concatenate([np.empty(0, dtype=object), *batches])


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


def _shared_edges(pieces: Shapes, parts: Shapes) -> tuple[Positions, Positions, Floats]:
    """Find which shapes run along which pieces, and for how long [m]."""
    wide = shapely.buffer(pieces, TOUCH_M, join_style="mitre")
    used = np.unique(shapely.STRtree(parts).query(wide)[1])
    runs, of_run = _runs(parts[used])
    of_piece, run = shapely.STRtree(runs).query(wide, predicate="intersects")
    length_m = shapely.length(shapely.intersection(runs[run], wide[of_piece]))
    key = of_piece * len(parts) + used[of_run[run]]
    keys, place = np.unique(key, return_inverse=True)
    along_m = np.bincount(place, length_m, len(keys)).astype(np.float64)
    keys, along_m = keys[along_m > LEAST_EDGE_M], along_m[along_m > LEAST_EDGE_M]
    return keys // len(parts), keys % len(parts), along_m


SIDES_IN_A_RUN = 64
"""Long outlines are taken in runs of so many sides: what lies along a few sides of an outline with
a thousand holes is not cut with all of it."""


def _runs(parts: Shapes) -> tuple[Shapes, Positions]:
    """Give the outlines of polygons in runs, and the polygon of each."""
    rings, of_part = shapely.get_rings(parts, return_index=True)
    is_long = shapely.get_num_coordinates(rings) > SIDES_IN_A_RUN + 1
    runs: list[shapely.Geometry] = []
    of_run: list[int] = []
    for ring, part in zip(rings[is_long], of_part[is_long].tolist(), strict=True):
        points = shapely.get_coordinates(ring)
        for begin in range(0, len(points) - 1, SIDES_IN_A_RUN):
            runs.append(shapely.linestrings(points[begin : begin + SIDES_IN_A_RUN + 1]))
            of_run.append(part)
    whole = np.concatenate([rings[~is_long], np.array(runs, dtype=object)])
    return whole, np.concatenate([of_part[~is_long], np.array(of_run, dtype=np.intp)])


def _only_rounded(pieces: Shapes, along_m: Floats, most_width_m: float) -> npt.NDArray[np.bool_]:
    """Find pieces that only the rounding of outlines in the closing made.

    It leaves corners out that lie within a hundredth of its distance off a straight line: such a
    piece is that thin, and open along the whole of one side.
    """
    around = shapely.length(pieces)
    thin = 2 * shapely.area(pieces) <= 0.011 * most_width_m / 2 * around
    rounded: npt.NDArray[np.bool_] = thin & (along_m < 0.75 * around)
    return rounded


SAME_M = 1e-3
"""Outlines nowhere farther apart than this are the same [m]."""


def topology(
    shapes: npt.ArrayLike,
    crs: CRS | None,
    rule: TopologyRule | None = None,
    progress: Progress | None = None,
) -> Topology:
    """Find duplicates, overlaps, gaps and slivers of a layer (拓扑检查).

    Parameters
    ----------
    shapes
        Polygons of one or more parts, array of n, in ``crs``. Those without land are listed as
        ``empty``; broken outlines are listed as ``invalid`` and looked at as ``geo.validity``
        would mend them. The shapes given stay as they are.
    crs
        Projected system in metres.
    rule
        What counts as a fault.
    progress
        Told the share done.

    Returns
    -------
    Topology
        Every fault with its shape. Three shapes over one place are three overlapping pairs; a
        duplicate is no overlap as well. Slivers are looked for part by part.

    Raises
    ------
    GeometryError
        ``crs_missing``, ``crs_not_projected``.

    Examples
    --------
    Two squares overlap by a metre, a third lies half a metre off:

    >>> squares = [shapely.box(5e5 + x, 34e5, 5e5 + x + 10, 34e5 + 10) for x in (0, 9, 19.5)]
    >>> for fault in topology(squares, CRS(4549)).findings:
    ...     print(fault.kind, fault.rows, round(fault.area_m2), round(fault.width_m, 2))
    overlap (0, 1) 10 1.0
    gap (1, 2) 5 0.5
    """
    system = require_projected(crs)
    rule = rule or TopologyRule()
    geometries: Shapes = np.asarray(shapes, dtype=object)
    placed = geometries.copy()
    points, place = shapely.get_coordinates(geometries, return_index=True)
    placed[place[~np.isfinite(points).all(axis=1)]] = None
    knotted = tangled(placed)
    sound, ledger = repair(placed, beyond=knotted)
    rows = np.arange(len(geometries))
    row_of_polygon = np.flatnonzero(
        (shapely.get_dimensions(sound) == 2) & (shapely.area(sound) > 0)
    )
    polygons = sound[row_of_polygon]
    area_m2 = areas_m2(polygons, system)
    bare = np.setdiff1d(rows[~knotted], row_of_polygon)
    findings = [Finding("empty", (int(row),), None) for row in bare]
    findings += [
        Finding("invalid", (int(row),), None, reason=TANGLED) for row in np.flatnonzero(knotted)
    ]
    whole_m2 = dict(zip(row_of_polygon.tolist(), area_m2.tolist(), strict=True))
    findings += [
        Finding("invalid", (repaired.position,), sound[repaired.position],
                whole_m2.get(repaired.position, math.nan), reason=repaired.reason)
        for repaired in ledger
    ]  # fmt: skip
    report(progress, 0.05)
    pairs, small_overlaps = _pairs(polygons, area_m2, system, rule)
    findings += [_at(row_of_polygon, pair) for pair in pairs]
    parts, of_shape, _ = single_parts(polygons)
    gaps, small_gaps = gap_findings(parts, system, rule, within(progress, 0.2, 0.9))
    findings += [_at(row_of_polygon[of_shape], gap) for gap in gaps]
    slivers = sliver_findings(parts, system, rule)
    findings += [_at(row_of_polygon[of_shape], sliver) for sliver in slivers]
    report(progress, 1.0)
    findings.sort(key=lambda finding: (KINDS.index(finding.kind), finding.rows, -finding.area_m2))
    return Topology(tuple(findings), small_overlaps, small_gaps)


def _at(row: Positions, finding: Finding) -> Finding:
    """Name the rows of a finding by their place among all."""
    rows = tuple(sorted({int(row[place]) for place in finding.rows}))
    return Finding(finding.kind, rows, finding.shape, finding.area_m2, finding.width_m)


def _pairs(
    shapes: Shapes, area_m2: npt.NDArray[np.float64], crs: CRS, rule: TopologyRule
) -> tuple[list[Finding], int]:
    """Find duplicates and overlaps; count the overlaps that are too small."""
    first, second, common_m2 = pairs_with_common_land(shapes, area_m2, crs)
    same = same_outlines(shapes, area_m2, first, second, common_m2)
    findings = list(_duplicates(shapes, area_m2, first[same], second[same]))
    first, second, common_m2 = first[~same], second[~same], common_m2[~same]
    large = common_m2 >= rule.min_overlap_m2 * (1 - RELATIVE_TOLERANCE)
    cut = shapely.intersection(shapes[first[large]], shapes[second[large]])
    common = solid(cut)
    findings += [
        Finding("overlap", (int(i), int(j)), shape, float(m2), float(width))
        for i, j, shape, m2, width in zip(
            first[large], second[large], common, common_m2[large], inscribed_width_m(common),
            strict=True,
        )
    ]  # fmt: skip
    return findings, int((~large).sum())


def first_equal(shapes: Shapes) -> Positions:
    """Find for each shape the first that has the same corners.

    Parameters
    ----------
    shapes
        Polygons, array of n.

    Returns
    -------
    array of int
        Position of the first such shape, its own where there is none before; array of n.

    Examples
    --------
    >>> first_equal(np.array([shapely.box(0, 0, 1, 1), shapely.box(0, 0, 2, 2),
    ...                       shapely.box(0, 0, 1, 1, ccw=False)])).tolist()
    [0, 1, 0]
    """
    firsts = np.arange(len(shapes))
    if len(shapes) < 2:
        return firsts
    # Only what has the same box as another is looked at more closely.
    _, box, times = np.unique(
        shapely.bounds(shapes), axis=0, return_inverse=True, return_counts=True
    )
    alike = np.flatnonzero(times[box.ravel()] > 1)
    earliest: dict[bytes, int] = {}
    for place, key in zip(
        alike.tolist(), shapely.to_wkb(shapely.normalize(shapes[alike])), strict=True
    ):
        firsts[place] = earliest.setdefault(key, place)
    return firsts


def pairs_with_common_land(
    shapes: Shapes, area_m2: npt.NDArray[np.float64], crs: CRS
) -> tuple[Positions, Positions, npt.NDArray[np.float64]]:
    """Find the pairs of shapes that have land in common; equal ones are paired with their first.

    Parameters
    ----------
    shapes, area_m2
        Valid polygons and their areas [m²], arrays of n.
    crs
        Projected system in metres.

    Returns
    -------
    first, second, common_m2
        Positions of the pairs, first < second, sorted, and their common land [m²]: all pairs of
        different shapes, and of k equal ones k - 1, so that a heap of copies takes no more than
        its number.

    Raises
    ------
    GeometryError
        ``pairs_too_many``.

    Examples
    --------
    >>> heap = np.array([shapely.box(5e5, 34e5, 5e5 + 10, 34e5 + 10)] * 4)
    >>> [side.tolist() for side in pairs_with_common_land(heap, np.full(4, 100.0), CRS(4549))[:2]]
    [[0, 0, 0], [1, 2, 3]]
    """
    firsts = first_equal(shapes)
    distinct, of_class = np.unique(firsts, return_inverse=True)
    left, right, common_m2 = overlapping_pairs(shapes[distinct], crs)
    sizes = np.bincount(of_class, minlength=len(distinct))
    times = sizes[left] * sizes[right]
    limit = pairs_limit(len(shapes))
    if times.sum() > limit:
        raise GeometryError("pairs_too_many", shapes=len(shapes), limit=limit)
    members, begin = np.argsort(of_class, kind="stable"), np.cumsum(sizes) - sizes
    pair = np.repeat(np.arange(len(left)), times)
    number = np.arange(len(pair)) - np.repeat(np.cumsum(times) - times, times)
    of_right = sizes[right[pair]]
    one = members[begin[left[pair]] + number // np.maximum(of_right, 1)]
    other = members[begin[right[pair]] + number % np.maximum(of_right, 1)]
    copies = np.flatnonzero(firsts != np.arange(len(shapes)))
    first = np.concatenate([np.minimum(one, other), firsts[copies]])
    second = np.concatenate([np.maximum(one, other), copies])
    common = np.concatenate([common_m2[pair], area_m2[copies]])
    order = np.lexsort((second, first))
    return first[order], second[order], common[order]


def same_outlines(
    shapes: Shapes,
    area_m2: npt.NDArray[np.float64],
    first: Positions,
    second: Positions,
    common_m2: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Say which pairs of shapes have the same outline, to a millimetre.

    Parameters
    ----------
    shapes, area_m2
        Valid polygons and their areas [m²], arrays of n.
    first, second, common_m2
        Pairs and the land they have in common [m²], arrays of k.

    Returns
    -------
    array of bool
        True for the same outline, array of k.
    """
    larger_m2 = np.maximum(area_m2[first], area_m2[second])
    around = np.maximum(shapely.length(shapes[first]), shapely.length(shapes[second]))
    same: npt.NDArray[np.bool_] = larger_m2 - common_m2 <= SAME_M * around
    apart_m = shapely.hausdorff_distance(
        shapely.boundary(shapes[first[same]]), shapely.boundary(shapes[second[same]])
    )
    same[same] = apart_m <= SAME_M
    return same


def _duplicates(
    shapes: Shapes, area_m2: npt.NDArray[np.float64], first: Positions, second: Positions
) -> Iterator[Finding]:
    """Put pairs of the same shape into groups."""
    label = component_labels(len(shapes), first, second)
    members = np.unique(np.concatenate([first, second]))
    for group in np.unique(label[members]):
        rows = members[label[members] == group]
        yield Finding("duplicate", tuple(rows.tolist()), shapes[rows[0]], float(area_m2[rows[0]]))


def gap_findings(
    parts: Shapes, crs: CRS, rule: TopologyRule, progress: Progress | None = None
) -> tuple[list[Finding], int]:
    """Find the gaps between single polygons; count those that are too small.

    Parameters
    ----------
    parts
        Valid polygons of one part, array of n, in ``crs``.
    crs
        Projected system in metres.
    rule
        What counts as a gap.
    progress
        Told the share done.
    """
    gaps = gaps_between(parts, crs, rule.max_gap_m, rule.max_gap_m2, progress)
    large = gaps.area_m2 >= rule.min_overlap_m2 * (1 - RELATIVE_TOLERANCE)
    width = np.full(len(large), math.nan)
    width[large] = inscribed_width_m(gaps.shapes[large])
    start = np.searchsorted(gaps.of_gap, np.arange(len(large) + 1))
    listed = [
        Finding("gap", tuple(gaps.of_part[start[at] : start[at + 1]].tolist()), gaps.shapes[at],
                float(gaps.area_m2[at]), float(width[at]))
        for at in np.flatnonzero(large)
    ]  # fmt: skip
    return listed, int((~large).sum())


def sliver_findings(parts: Shapes, crs: CRS, rule: TopologyRule) -> list[Finding]:
    """Find parts that no circle of the least width fits into, or that are not compact.

    Parameters
    ----------
    parts
        Valid polygons of one part, array of n, in ``crs``.
    crs
        Projected system in metres.
    rule
        What counts as a sliver.
    """
    # A circle of diameter 2A/P fits into any shape: all wider ones need no closer look.
    thin = np.flatnonzero(2 * shapely.area(parts) < rule.min_width_m * shapely.length(parts))
    thin = thin[~circle_fits(parts[thin], rule.min_width_m - EXACT_M)]
    loose = np.flatnonzero(compactness(parts) < rule.min_compactness)
    narrow = np.union1d(thin, loose)
    some = parts[narrow]
    return [
        Finding("sliver", (int(place),), shape, float(m2), float(width))
        for place, shape, m2, width in zip(
            narrow, some, areas_m2(some, crs), inscribed_width_m(some), strict=True
        )
    ]
