"""Plain, slow second answers to what the product computes, written from the definitions alone."""

import math
from itertools import pairwise

import numpy as np
import shapely

GRS80_A_M, GRS80_FLATTENING = 6378137.0, 1 / 298.257222101
"""Ellipsoid of CGCS2000."""


def trapezoid_area_m2(ring_lon_lat):
    """Area of a ring on the ellipsoid by the trapezoid formula of the national land survey.

    国土调查办发〔2008〕32号, with the constants of CGCS2000: the signed sum of the trapezoids
    between each edge and one meridian.
    """
    a, b = GRS80_A_M, GRS80_A_M * (1 - GRS80_FLATTENING)
    e2 = (a * a - b * b) / (a * a)
    series = (
        1 + 3 / 6 * e2 + 30 / 80 * e2**2 + 35 / 112 * e2**3 + 630 / 2304 * e2**4,
        -(1 / 6 * e2 + 15 / 80 * e2**2 + 21 / 112 * e2**3 + 420 / 2304 * e2**4),
        3 / 80 * e2**2 + 7 / 112 * e2**3 + 180 / 2304 * e2**4,
        -(1 / 112 * e2**3 + 45 / 2304 * e2**4),
        5 / 2304 * e2**4,
    )
    points = np.radians(np.asarray(ring_lon_lat, dtype=float))
    reference = points[0, 0]
    total = 0.0
    for (lon1, lat1), (lon2, lat2) in pairwise(points):
        width, height, middle = (lon1 + lon2) / 2 - reference, lat2 - lat1, (lat1 + lat2) / 2
        total += (
            2 * b * b * width
            * sum(
                factor * math.sin((2 * k + 1) / 2 * height) * math.cos((2 * k + 1) * middle)
                for k, factor in enumerate(series)
            )
        )  # fmt: skip
    return abs(total)


def sampled_boundary(shape, step_m):
    """Middles of short equal pieces of every straight edge, length and ring of each piece."""
    points, lengths, of_ring = [], [], []
    rings = [shape.exterior, *shape.interiors]
    for number, ring in enumerate(rings):
        corners = np.asarray(ring.coords)
        for start, end in pairwise(corners):
            metres = math.dist(start, end)
            if not metres:
                continue
            count = max(1, math.ceil(metres / step_m))
            at = (np.arange(count) + 0.5)[:, None] / count
            points.append(start + at * (end - start))
            lengths.append(np.full(count, metres / count))
            of_ring.append(np.full(count, number))
    return (
        shapely.points(np.concatenate(points)), np.concatenate(lengths), np.concatenate(of_ring)
    )  # fmt: skip


def facing_boundary(one, two, cutting, covering, gap_m, step_m):
    """Distance, length and ring of the samples of ``one``; and whether ``two`` can be reached."""
    points, lengths, of_ring = sampled_boundary(one, step_m)
    distance = shapely.distance(points, two)
    near = distance <= gap_m + 1e-6
    distance = np.where(near, distance, np.inf)
    clear = near.copy()
    ways = shapely.shortest_line(points[near], two)
    clear_ways = np.ones(len(ways), dtype=bool)
    for thing in cutting:
        clear_ways &= shapely.distance(ways, thing) > 1e-6
    # A way is over a polygon where it runs through its interior; in or along its own shape there
    # is no gap.
    gaps = shapely.difference(ways, shapely.buffer(one, 1e-5))
    for thing in covering:
        inner = shapely.buffer(thing, -0.01)  # a centimetre is below the survey's accuracy
        clear_ways &= (distance[near] <= 1e-6) | ~shapely.intersects(gaps, inner)
    clear[near] = clear_ways
    return distance, lengths, of_ring, clear


def runs_of_samples(near, of_ring):
    """Number of the connected run of each sample that is near, ring by ring; -1 elsewhere."""
    label = np.full(len(near), -1)
    count = 0
    for ring in np.unique(of_ring):
        places = np.flatnonzero(of_ring == ring)
        is_near = near[places]
        begins = is_near & ~np.roll(is_near, 1)
        number = np.cumsum(begins) - 1
        number[number < 0] = begins.sum() - 1  # the last run passes the start of the ring
        number = np.maximum(number, 0)
        label[places[is_near]] = count + number[is_near]
        count += max(int(begins.sum()), 1)
    return label


def run_margin_m(side, distance_m, gap_m, min_edge_m, step_m):
    """How much more the runs of one side count than is asked at a gap, from its samples.

    A run counts the length from which the other can be reached, less twice what the gap goes
    beyond its distance; and all such length together is ``min_edge + 2 gap`` at least.
    """
    distance, lengths, of_ring, clear = side
    label = runs_of_samples(distance <= gap_m + step_m / 2, of_ring)
    total, counted = 0.0, 0.0
    for run in range(label.max() + 1):
        of_run = label == run
        metres = float(lengths[of_run & clear].sum())
        nearest = min(float(distance[of_run].min(initial=math.inf)), gap_m)
        total += metres
        counted += max(metres - 2 * (gap_m - nearest), 0.0)
    return min(counted - 2 * distance_m, total - 2 * gap_m) - min_edge_m


def neighbour_margin_m(one, two, gap_m, min_edge_m, cutting=(), covering=(), step_m=0.05) -> float:
    """How much more facing boundary two parcels show than they need, at the best gap up to ``g``.

    Neighbours where it is not negative: at some gap up to ``g`` the runs of boundary of each within
    that gap of the other, less what an obstacle hides, count ``min_edge + 2 d``, where ``d`` is
    the distance of the two.
    """
    sides = [
        facing_boundary(one, two, cutting, covering, gap_m, step_m),
        facing_boundary(two, one, cutting, covering, gap_m, step_m),
    ]
    distance_m = one.distance(two)
    gaps = np.append(np.arange(distance_m, gap_m, max(0.1, gap_m / 100)), gap_m)
    return max(
        min(run_margin_m(side, min(distance_m, gap), gap, min_edge_m, step_m) for side in sides)
        for gap in gaps.tolist()
    )


def boundary_runs(one, two, gap_m):
    """Length and distance of each run of the boundary of ``one`` within a gap of ``two``."""
    reach = shapely.buffer(two, gap_m + 1e-6, quad_segs=256)
    runs = []
    for ring in (one.exterior, *one.interiors):
        within = shapely.get_parts(shapely.intersection(ring, reach))
        lines = within[shapely.get_dimensions(within) == 1]
        merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
        runs += [(float(run.length), float(run.distance(two))) for run in without_breaks(merged)]
    return runs


def without_breaks(lines):
    """Lines of one ring, those whose ends lie nearer than two micrometres taken as one."""
    left, joined = list(lines), []
    while left:
        line = left.pop()
        ends = shapely.boundary(line)
        near = [other for other in left if ends.distance(shapely.boundary(other)) < 2e-6]
        if near:
            left = [other for other in left if other not in near]
            left.append(shapely.multilinestrings(shapely.get_parts([line, *near])))
        else:
            joined.append(line)
    return joined


def contact_margin_m(one, two, gap_m, min_edge_m) -> float:
    """How much more the runs of two parcels count than is asked at one gap, by their buffers."""
    distance_m = min(float(one.distance(two)), gap_m)
    margins = []
    for runs in (boundary_runs(one, two, gap_m), boundary_runs(two, one, gap_m)):
        counted = sum(max(metres - 2 * (gap_m - min(r, gap_m)), 0.0) for metres, r in runs)
        total = sum(metres for metres, _ in runs)
        margins += [counted - 2 * distance_m, total - 2 * gap_m]
    return min(margins) - min_edge_m + 4e-6


def component_sets(count, pairs):
    """Groups that hang together, by walking from each member to its neighbours."""
    links = {i: set() for i in range(count)}
    for a, b in pairs:
        links[a].add(b)
        links[b].add(a)
    groups, seen = set(), set()
    for start in range(count):
        if start in seen:
            continue
        group, open_ends = set(), [start]
        while open_ends:
            node = open_ends.pop()
            if node not in group:
                group.add(node)
                open_ends.extend(links[node] - group)
        seen |= group
        groups.add(frozenset(group))
    return groups


def cell_parts(shape, raster):
    """Part of every cell of a raster inside a shape: each cell a box, cut by the shape."""
    rows, columns = raster.cells.shape
    west = raster.west + np.arange(columns) * raster.cell_width
    north = raster.north - np.arange(rows)[:, None] * raster.cell_height
    boxes = shapely.box(west, north - raster.cell_height, west + raster.cell_width, north)
    return shapely.area(shapely.intersection(boxes, shape)) / shapely.area(boxes)
