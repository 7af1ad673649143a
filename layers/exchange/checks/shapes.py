"""What is wrong between the shapes of an import, and between them and those held already."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from geo.arrays import Flags, Floats, Positions, Shapes
from geo.contiguity import single_parts
from geo.overlay import areas_m2
from geo.shape import solid
from geo.tools import Progress, awaited, within
from geo.topology import (
    Finding,
    TopologyRule,
    gap_findings,
    pairs_with_common_land,
    same_outlines,
    sliver_findings,
)
from geo.units import RELATIVE_TOLERANCE
from layers.exchange.checks.faults import FaultRows, Limits, single_lines

REACH_M = 50.0
"""Rows held farther than this from every new one are none of their neighbours [m]."""


@dataclass(frozen=True, eq=False)
class ShapeContext:
    """The shapes of a file, and those held beside them.

    ``shapes``: Valid polygons with an area: those of the file, then those held, n and m of them.
    ``rows``: Position in the file of each of the n.
    ``names``: Keys of all n + m.
    ``area_m2``: Areas of all n + m on the ellipsoid [m²].
    ``crs``: System of the workspace.
    """

    shapes: Shapes
    rows: Positions
    names: list[str]
    area_m2: Floats
    crs: CRS

    def row(self, place: npt.ArrayLike) -> Positions:
        """Give the position in the file of shapes of the file."""
        return self.rows[np.asarray(place, dtype=np.intp)]

    def is_new(self, place: npt.ArrayLike) -> Flags:
        """Say which shapes are the file's."""
        return np.asarray(place, dtype=np.intp) < len(self.rows)


def shape_context(
    shapes: Shapes,
    names: list[str],
    area_m2: Floats,
    existing: Shapes,
    existing_names: list[str],
    crs: CRS,
) -> ShapeContext:
    """Lay the shapes of a file beside those held that are near.

    ``shapes, names, area_m2``: Valid shapes of the file, n, missing where there is none, their
      keys and areas [m²].
    """
    rows = _with_land(shapes)
    new = shapes[rows]
    there = _with_land(existing)
    near = _near(new, existing[there])
    neighbours = there[near]
    keys = [names[p] for p in rows.tolist()] + [existing_names[p] for p in neighbours.tolist()]
    areas = np.concatenate([area_m2[rows], areas_m2(existing[neighbours], crs)])
    return ShapeContext(np.concatenate([new, existing[neighbours]]), rows, keys, areas, crs)


def _with_land(shapes: Shapes) -> Positions:
    return np.flatnonzero((shapely.get_dimensions(shapes) == 2) & (shapely.area(shapes) > 0))


def _near(new: Shapes, existing: Shapes) -> Positions:
    if not len(new) or not len(existing):
        return np.empty(0, dtype=np.intp)
    # The tree is made of the fewer: a few rows beside a whole city, or a city beside a few.
    reach = REACH_M * np.array([-1, -1, 1, 1])
    boxes = [
        shapely.box(*(shapely.bounds(new) + reach).T),
        shapely.box(*shapely.bounds(existing).T),
    ]
    if len(new) <= len(existing):
        return np.unique(shapely.STRtree(boxes[1]).query(boxes[0])[1])
    return np.unique(shapely.STRtree(boxes[0]).query(boxes[1])[0])


def pair_lines(
    context: ShapeContext, limits: Limits, holders: Mapping[str, str]
) -> list[FaultRows]:
    """Find overlaps, the same outline under two ids, and one parcel under two.

    ``context``: The shapes.
    ``holders``: Held parcels that live projects have, each with the projects.

    ``shape_duplicate``, ``parcel_two_names``, ``overlap``, ``parcel_taken``: what there is of each.
    A line is about the later row of the file; an overlap with a row held, about the new one. A pair
    is told once.
    """
    first, second, common_m2 = pairs_with_common_land(context.shapes, context.area_m2, context.crs)
    keys = np.asarray(context.names, dtype=object)
    told = context.is_new(first) & (keys[first] != keys[second])
    first, second, common_m2 = first[told], second[told], common_m2[told]
    area_m2 = context.area_m2
    same = same_outlines(context.shapes, area_m2, first, second, common_m2)
    share = common_m2 / np.maximum(area_m2[first], area_m2[second])
    two_names = ~same & (share >= limits.two_names_share * (1 - RELATIVE_TOLERANCE))
    over = ~same & ~two_names & (common_m2 >= limits.overlap_m2 * (1 - RELATIVE_TOLERANCE))
    once = np.flatnonzero(same)
    _, earliest = np.unique(_about(context, first[once], second[once])[0], return_index=True)
    pairs = [("shape_duplicate", once[earliest]), ("parcel_two_names", np.flatnonzero(two_names)),
             ("overlap", np.flatnonzero(over))]  # fmt: skip
    faults = [
        _paired(context, code, first[at], second[at], common_m2[at], limits)
        for code, at in pairs
        if len(at)
    ]
    return [*faults, *_on_taken_land(context, holders, first[over], second[over], common_m2[over],
                                    limits)]  # fmt: skip


def _about(
    context: ShapeContext, first: Positions, second: Positions
) -> tuple[Positions, Positions]:
    """Say which shape of each pair a line is about, and which is the other."""
    both = context.is_new(second)
    return np.where(both, second, first), np.where(both, first, second)


def _paired(
    context: ShapeContext,
    code: str,
    first: Positions,
    second: Positions,
    common_m2: Floats,
    limits: Limits,
) -> FaultRows:
    about, other = _about(context, first, second)
    inside = context.is_new(other)
    of_line = np.concatenate([np.arange(len(about)), np.flatnonzero(inside)])
    of_row = context.row(np.concatenate([about, other[inside]]))
    order = np.argsort(of_line, kind="stable")

    @cache
    def common(most: int) -> Shapes:
        if code == "shape_duplicate":
            whole: Shapes = context.shapes[about[:most]]
            return whole
        left, right = context.shapes[about[:most]], context.shapes[other[:most]]
        return solid(shapely.intersection(left, right))

    return FaultRows(
        code, "geometry", context.row(about), tuple(f"{m2:.2f} m²" for m2 in common_m2.tolist()),
        tuple(context.names[p] for p in other.tolist()), common_m2, of_line[order], of_row[order],
        _repairable(code, common, limits), common,
    )  # fmt: skip


def _repairable(
    code: str, common: Callable[[int], Shapes], limits: Limits
) -> Callable[[int], Flags]:
    if code != "overlap":
        return lambda most: np.full(most, code == "shape_duplicate")
    widest = limits.overlap_cut_m * (1 + RELATIVE_TOLERANCE)
    return lambda most: mean_width_m(common(most)) <= widest


def mean_width_m(shapes: Shapes) -> Floats:
    """Measure how wide strips are on average: 2 A / P [m], array of n."""
    around = shapely.length(shapes)
    width: Floats = 2 * shapely.area(shapes) / np.where(around > 0, around, 1.0)
    return width


def _on_taken_land(
    context: ShapeContext,
    holders: Mapping[str, str],
    first: Positions,
    second: Positions,
    common_m2: Floats,
    limits: Limits,
) -> list[FaultRows]:
    """Find new rows on land that a live project has under another id: more than a survey's slip."""
    at = [
        p for p, other in enumerate(second.tolist())
        if other >= len(context.rows) and context.names[other] in holders
    ]  # fmt: skip
    if not at:
        return []
    cut = solid(shapely.intersection(context.shapes[first[at]], context.shapes[second[at]]))
    wide = mean_width_m(cut) > limits.overlap_cut_m * (1 + RELATIVE_TOLERANCE)
    if not wide.any():
        return []
    kept = np.asarray(at)[wide]
    others = [f"{context.names[p]} ({holders[context.names[p]]})" for p in second[kept].tolist()]
    return [
        single_lines(
            "parcel_taken", "geometry", context.row(first[kept]), others=others,
            values=[holders[context.names[p]] for p in second[kept].tolist()],
            area_m2=common_m2[kept], make_shapes=lambda: cut[wide],
        )
    ]  # fmt: skip


def gap_lines(context: ShapeContext, limits: Limits, progress: Progress | None) -> list[FaultRows]:
    """Find gaps between the shapes of a file and its neighbours, and slivers among its own.

    ``context``: The shapes.
    """
    rule = TopologyRule(
        min_overlap_m2=limits.overlap_m2, max_gap_m=limits.gap_m, max_gap_m2=limits.gap_m2,
        min_width_m=limits.sliver_m,
    )  # fmt: skip
    parts, of_shape, _ = single_parts(context.shapes)
    gaps, _ = gap_findings(parts, context.crs, rule, within(progress, 0.0, 0.9))
    is_new = context.is_new(of_shape)
    thin = awaited(
        lambda: sliver_findings(parts[is_new], context.crs, rule), within(progress, 0.9, 1.0)
    )
    return [
        *_told("gap", context, of_shape, gaps),
        *_told("sliver", context, of_shape[is_new], thin),
    ]


def _told(
    code: str, context: ShapeContext, of_shape: Positions, findings: Iterable[Finding]
) -> list[FaultRows]:
    told = []
    for finding in findings:
        places = np.unique(of_shape[list(finding.rows)])
        new = places[context.is_new(places)]
        if len(new):
            told.append((finding, new, places))
    if not told:
        return []
    about = [context.rows[new[-1]] for _, new, _ in told]
    shapes = np.empty(len(told), dtype=object)
    shapes[:] = [finding.shape for finding, _, _ in told]
    others = [
        ", ".join(context.names[p] for p in places.tolist() if p != new[-1])
        for _, new, places in told
    ]
    return [
        FaultRows(
            code, "geometry", np.asarray(about, dtype=np.intp),
            tuple(f"{finding.area_m2:.2f} m² / {finding.width_m:.2f} m" for finding, _, _ in told),
            tuple(others), np.array([finding.area_m2 for finding, _, _ in told]),
            np.repeat(np.arange(len(told)), [len(new) for _, new, _ in told]),
            np.concatenate([context.row(new) for _, new, _ in told]),
            lambda most: np.zeros(most, dtype=bool), lambda most: shapes[:most],
        )
    ]  # fmt: skip
