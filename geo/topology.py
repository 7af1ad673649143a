"""What is wrong between the shapes of a layer (拓扑检查): found and listed, never changed.

Duplicates, overlaps, gaps, slivers, shapes without land, broken outlines – each with its shape,
its area, its width and the rows concerned.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.contiguity import component_labels, single_parts
from geo.crs import require_projected
from geo.edges import Positions, Shapes
from geo.faults import KINDS, Finding, Kind, Topology, TopologyRule
from geo.gaps import gaps_between
from geo.narrow import circle_fits, inscribed_width_m
from geo.overlaps import LEAST_M2
from geo.overlay import areas_m2, common_area_m2, intersecting_pairs
from geo.progress import Progress, report, within
from geo.shape import EXACT_M, compactness, solid
from geo.units import RELATIVE_TOLERANCE
from geo.validity import repair

__all__ = [
    "KINDS", "Finding", "Kind", "Topology", "TopologyRule", "gap_findings", "same_outlines",
    "sliver_findings", "topology",
]  # fmt: skip

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
    given: Shapes = np.asarray(shapes, dtype=object)
    placed = given.copy()
    points, place = shapely.get_coordinates(given, return_index=True)
    placed[place[~np.isfinite(points).all(axis=1)]] = None
    sound, ledger = repair(placed)
    rows = np.arange(len(given))
    held = np.flatnonzero((shapely.get_dimensions(sound) == 2) & (shapely.area(sound) > 0))
    ones = sound[held]
    area_m2 = areas_m2(ones, system)
    found = [Finding("empty", (int(row),), None) for row in np.setdiff1d(rows, held)]
    whole_m2 = dict(zip(held.tolist(), area_m2.tolist(), strict=True))
    found += [
        Finding("invalid", (one.position,), sound[one.position],
                whole_m2.get(one.position, math.nan), reason=one.reason)
        for one in ledger
    ]  # fmt: skip
    report(progress, 0.05)
    pairs, small_overlaps = _pairs(ones, area_m2, system, rule)
    found += [_at(held, one) for one in pairs]
    parts, of_shape, _ = single_parts(ones)
    gaps, small_gaps = gap_findings(parts, system, rule, within(progress, 0.2, 0.9))
    found += [_at(held[of_shape], one) for one in gaps]
    found += [_at(held[of_shape], one) for one in sliver_findings(parts, system, rule)]
    report(progress, 1.0)
    found.sort(key=lambda one: (KINDS.index(one.kind), one.rows, -one.area_m2))
    return Topology(tuple(found), small_overlaps, small_gaps)


def _at(row: Positions, one: Finding) -> Finding:
    """Name the rows of a finding by their place among all."""
    rows = tuple(sorted({int(row[place]) for place in one.rows}))
    return Finding(one.kind, rows, one.shape, one.area_m2, one.width_m)


def _pairs(
    shapes: Shapes, area_m2: npt.NDArray[np.float64], crs: CRS, rule: TopologyRule
) -> tuple[list[Finding], int]:
    """Find duplicates and overlaps; count the overlaps that are too small."""
    first, second = intersecting_pairs(shapes, shapes)
    once = first < second
    first, second = first[once], second[once]
    common_m2 = common_area_m2(shapes, shapes, first, second, crs)
    land = common_m2 > LEAST_M2
    first, second, common_m2 = first[land], second[land], common_m2[land]
    same = same_outlines(shapes, area_m2, first, second, common_m2)
    found = list(_duplicates(shapes, area_m2, first[same], second[same]))
    first, second, common_m2 = first[~same], second[~same], common_m2[~same]
    large = common_m2 >= rule.min_overlap_m2 * (1 - RELATIVE_TOLERANCE)
    cut = shapely.intersection(shapes[first[large]], shapes[second[large]])
    common = solid(cut)
    found += [
        Finding("overlap", (int(one), int(two)), shape, float(m2), float(width))
        for one, two, shape, m2, width in zip(
            first[large], second[large], common, common_m2[large], inscribed_width_m(common),
            strict=True,
        )
    ]  # fmt: skip
    return found, int((~large).sum())


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
    found = gaps_between(parts, crs, rule.max_gap_m, rule.max_gap_m2, progress)
    large = found.area_m2 >= rule.min_overlap_m2 * (1 - RELATIVE_TOLERANCE)
    width = np.full(len(large), math.nan)
    width[large] = inscribed_width_m(found.shapes[large])
    start = np.searchsorted(found.of_gap, np.arange(len(large) + 1))
    listed = [
        Finding("gap", tuple(found.of_part[start[at] : start[at + 1]].tolist()), found.shapes[at],
                float(found.area_m2[at]), float(width[at]))
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
