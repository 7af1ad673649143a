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
from geo.tools import Progress, within
from geo.topology import Finding, TopologyRule, gap_findings, same_outlines, sliver_findings
from geo.union import overlapping_pairs
from geo.units import RELATIVE_TOLERANCE
from layers.exchange.checks.faults import Limits, Lines, single_lines

REACH_M = 50.0
"""Rows held farther than this from every new one are none of their neighbours [m]."""


@dataclass(frozen=True, eq=False)
class Ground:
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


def ground_of(
    shapes: Shapes,
    names: list[str],
    area_m2: Floats,
    held: Shapes,
    held_names: list[str],
    crs: CRS,
) -> Ground:
    """Lay the shapes of a file beside those held that are near.

    ``shapes, names, area_m2``: Valid shapes of the file, n, missing where there is none, their
      keys and areas [m²].
    """
    rows = _with_land(shapes)
    ones = shapes[rows]
    there = _with_land(held)
    near = _near(ones, held[there])
    beside = there[near]
    keys = [names[p] for p in rows.tolist()] + [held_names[p] for p in beside.tolist()]
    areas = np.concatenate([area_m2[rows], areas_m2(held[beside], crs)])
    return Ground(np.concatenate([ones, held[beside]]), rows, keys, areas, crs)


def _with_land(shapes: Shapes) -> Positions:
    return np.flatnonzero((shapely.get_dimensions(shapes) == 2) & (shapely.area(shapes) > 0))


def _near(ones: Shapes, held: Shapes) -> Positions:
    if not len(ones) or not len(held):
        return np.empty(0, dtype=np.intp)
    # The tree is made of the fewer: a few rows beside a whole city, or a city beside a few.
    reach = REACH_M * np.array([-1, -1, 1, 1])
    boxes = [shapely.box(*(shapely.bounds(ones) + reach).T), shapely.box(*shapely.bounds(held).T)]
    if len(ones) <= len(held):
        return np.unique(shapely.STRtree(boxes[1]).query(boxes[0])[1])
    return np.unique(shapely.STRtree(boxes[0]).query(boxes[1])[0])


def pair_lines(ground: Ground, limits: Limits, taken: Mapping[str, str]) -> list[Lines]:
    """Find overlaps, the same outline under two ids, and one parcel under two.

    ``ground``: The shapes.
    ``taken``: Held parcels that live projects have, each with the projects.

    ``shape_duplicate``, ``parcel_two_names``, ``overlap``, ``parcel_taken``: what there is of each.
    A line is about the later row of the file; an overlap with a row held, about the new one. A pair
    is told once.
    """
    first, second, common_m2 = overlapping_pairs(ground.shapes, ground.crs)
    keys = np.asarray(ground.names, dtype=object)
    told = ground.is_new(first) & (keys[first] != keys[second])
    first, second, common_m2 = first[told], second[told], common_m2[told]
    area_m2 = ground.area_m2
    same = same_outlines(ground.shapes, area_m2, first, second, common_m2)
    share = common_m2 / np.maximum(area_m2[first], area_m2[second])
    one = ~same & (share >= limits.two_names_share * (1 - RELATIVE_TOLERANCE))
    over = ~same & ~one & (common_m2 >= limits.overlap_m2 * (1 - RELATIVE_TOLERANCE))
    once = np.flatnonzero(same)
    _, earliest = np.unique(_about(ground, first[once], second[once])[0], return_index=True)
    pairs = [("shape_duplicate", once[earliest]), ("parcel_two_names", np.flatnonzero(one)),
             ("overlap", np.flatnonzero(over))]  # fmt: skip
    found = [
        _paired(ground, code, first[at], second[at], common_m2[at], limits)
        for code, at in pairs
        if len(at)
    ]
    return [*found, *_on_taken_land(ground, taken, first[over], second[over], common_m2[over],
                                    limits)]  # fmt: skip


def _about(ground: Ground, first: Positions, second: Positions) -> tuple[Positions, Positions]:
    """Say which shape of each pair a line is about, and which is the other."""
    both = ground.is_new(second)
    return np.where(both, second, first), np.where(both, first, second)


def _paired(
    ground: Ground,
    code: str,
    first: Positions,
    second: Positions,
    common_m2: Floats,
    limits: Limits,
) -> Lines:
    about, other = _about(ground, first, second)
    inside = ground.is_new(other)
    of_line = np.concatenate([np.arange(len(about)), np.flatnonzero(inside)])
    of_row = ground.row(np.concatenate([about, other[inside]]))
    order = np.argsort(of_line, kind="stable")

    @cache
    def common(most: int) -> Shapes:
        if code == "shape_duplicate":
            whole: Shapes = ground.shapes[about[:most]]
            return whole
        one, two = ground.shapes[about[:most]], ground.shapes[other[:most]]
        return solid(shapely.intersection(one, two))

    return Lines(
        code, "geometry", ground.row(about), tuple(f"{m2:.2f} m²" for m2 in common_m2.tolist()),
        tuple(ground.names[p] for p in other.tolist()), common_m2, of_line[order], of_row[order],
        _mendable(code, common, limits), common,
    )  # fmt: skip


def _mendable(code: str, common: Callable[[int], Shapes], limits: Limits) -> Callable[[int], Flags]:
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
    ground: Ground,
    taken: Mapping[str, str],
    first: Positions,
    second: Positions,
    common_m2: Floats,
    limits: Limits,
) -> list[Lines]:
    """Find new rows on land that a live project has under another id: more than a survey's slip."""
    at = [
        p for p, other in enumerate(second.tolist())
        if other >= len(ground.rows) and ground.names[other] in taken
    ]  # fmt: skip
    if not at:
        return []
    cut = solid(shapely.intersection(ground.shapes[first[at]], ground.shapes[second[at]]))
    wide = mean_width_m(cut) > limits.overlap_cut_m * (1 + RELATIVE_TOLERANCE)
    if not wide.any():
        return []
    kept = np.asarray(at)[wide]
    others = [f"{ground.names[p]} ({taken[ground.names[p]]})" for p in second[kept].tolist()]
    return [
        single_lines(
            "parcel_taken", "geometry", ground.row(first[kept]), others=others,
            values=[taken[ground.names[p]] for p in second[kept].tolist()],
            area_m2=common_m2[kept], make_shapes=lambda: cut[wide],
        )
    ]  # fmt: skip


def gap_lines(ground: Ground, limits: Limits, progress: Progress | None) -> list[Lines]:
    """Find gaps between the shapes of a file and its neighbours, and slivers among its own.

    ``ground``: The shapes.
    """
    rule = TopologyRule(
        min_overlap_m2=limits.overlap_m2, max_gap_m=limits.gap_m, max_gap_m2=limits.gap_m2,
        min_width_m=limits.sliver_m,
    )  # fmt: skip
    parts, of_shape, _ = single_parts(ground.shapes)
    gaps, _ = gap_findings(parts, ground.crs, rule, within(progress, 0.0, 0.9))
    own = ground.is_new(of_shape)
    thin = sliver_findings(parts[own], ground.crs, rule)
    return [
        *_told("gap", ground, of_shape, gaps),
        *_told("sliver", ground, of_shape[own], thin),
    ]


def _told(
    code: str, ground: Ground, of_shape: Positions, findings: Iterable[Finding]
) -> list[Lines]:
    held = []
    for one in findings:
        places = np.unique(of_shape[list(one.rows)])
        new = places[ground.is_new(places)]
        if len(new):
            held.append((one, new, places))
    if not held:
        return []
    about = [ground.rows[new[-1]] for _, new, _ in held]
    shapes = np.empty(len(held), dtype=object)
    shapes[:] = [one.shape for one, _, _ in held]
    others = [
        ", ".join(ground.names[p] for p in places.tolist() if p != new[-1])
        for _, new, places in held
    ]
    return [
        Lines(
            code, "geometry", np.asarray(about, dtype=np.intp),
            tuple(f"{one.area_m2:.2f} m² / {one.width_m:.2f} m" for one, _, _ in held),
            tuple(others), np.array([one.area_m2 for one, _, _ in held]),
            np.repeat(np.arange(len(held)), [len(new) for _, new, _ in held]),
            np.concatenate([ground.row(new) for _, new, _ in held]),
            lambda most: np.zeros(most, dtype=bool), lambda most: shapes[:most],
        )
    ]  # fmt: skip
